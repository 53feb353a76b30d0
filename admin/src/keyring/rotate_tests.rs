//! The steps of a rotation and the guard between them.

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_795_363_920);

fn add() -> Rotate {
    Rotate {
        ring: Ring::Key,
        activate: None,
        force: false,
    }
}

fn activate(named: Option<&str>, force: bool) -> Rotate {
    Rotate {
        activate: Some(named.map(str::to_owned)),
        force,
        ..add()
    }
}

fn seconds_later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[test]
fn a_rotation_takes_two_steps() {
    let mut ring = KeyRing::generate("k1").unwrap();
    let staged = add().step(&mut ring, NOW).unwrap();
    assert!(
        staged.changed && staged.told().contains("Added"),
        "{staged:?}"
    );
    assert_eq!(staged.activate_from, Some(seconds_later(310).rfc3339()));
    assert_eq!(ring.active().0, "k1");
    let active = activate(None, false)
        .step(&mut ring, seconds_later(310))
        .unwrap();
    assert_eq!(
        (active.kid.as_str(), active.previous.as_deref()),
        (&*staged.kid, Some("k1"))
    );
    assert_eq!(ring.active().0, staged.kid);
    assert_eq!(ring.kids().count(), 2);
}

#[test]
fn each_step_can_be_repeated() {
    let mut ring = KeyRing::generate("k1").unwrap();
    let first = add().step(&mut ring, NOW).unwrap();
    let again = add().step(&mut ring, seconds_later(60)).unwrap();
    assert_eq!((again.changed, &again.kid), (false, &first.kid));
    assert_eq!(ring.kids().count(), 2);
    activate(None, true).step(&mut ring, NOW).unwrap();
    let named = activate(Some(&first.kid), false)
        .step(&mut ring, NOW)
        .unwrap();
    assert!(
        !named.changed && named.told().contains("already"),
        "{named:?}"
    );
}

#[test]
fn a_key_that_some_functions_do_not_know_is_not_made_active() {
    let mut ring = KeyRing::generate("k1").unwrap();
    add().step(&mut ring, NOW).unwrap();
    for early in [
        NOW,
        seconds_later(299),
        seconds_later(309),
        Timestamp::from_secs(0),
    ] {
        let refused = activate(None, false).step(&mut ring, early).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(
            refused.to_string().contains(&seconds_later(310).rfc3339()),
            "{refused}"
        );
    }
    assert_eq!(ring.active().0, "k1");
    assert!(activate(None, true).step(&mut ring, NOW).is_ok());
}

#[test]
fn a_key_of_unknown_age_needs_force() {
    let mut ring = KeyRing::generate("k1").unwrap();
    ring.add("by-hand").unwrap();
    let by_hand = Some("by-hand");
    assert_eq!(
        activate(by_hand, false)
            .step(&mut ring, NOW)
            .unwrap_err()
            .exit_code(),
        2
    );
    assert!(activate(by_hand, true).step(&mut ring, NOW).is_ok());
}

#[test]
fn there_must_be_something_to_make_active() {
    let mut ring = KeyRing::generate("k1").unwrap();
    let code = |named, ring: &mut KeyRing| {
        activate(named, false)
            .step(ring, NOW)
            .unwrap_err()
            .exit_code()
    };
    assert_eq!(code(None, &mut ring), 2);
    assert_eq!(code(Some("k9"), &mut ring), 1);
    ring.add("k20261122T161200Z-aaaa").unwrap();
    ring.add("k20261122T161201Z-bbbb").unwrap();
    assert_eq!(code(None, &mut ring), 2, "two staged keys");
}
