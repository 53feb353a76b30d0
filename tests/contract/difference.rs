//! Two lists that must be the same, and what is wrong when they are not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dev_server::bundle::operations;
use shared::api::Operation;

/// One of the two: where it is from, and its rows as people would write them.
pub(crate) struct Listed {
    place: &'static str,
    rows: Vec<String>,
}

/// The rows that `place` has.
pub(crate) fn listed(place: &'static str, rows: impl IntoIterator<Item = String>) -> Listed {
    Listed {
        place,
        rows: rows.into_iter().collect(),
    }
}

/// The rows that the route tables have.
pub(crate) fn routed(row: impl Fn(&Operation) -> String) -> Listed {
    listed("the route tables", operations().iter().map(row))
}

/// Fails with every row that only one of the two has, or that one of them has twice.
pub(crate) fn assert_same(one: &Listed, other: &Listed) {
    let mut wrong = String::new();
    for (here, there) in [(one, other), (other, one)] {
        let known: BTreeSet<&String> = there.rows.iter().collect();
        for row in here.rows.iter().filter(|row| !known.contains(row)) {
            let _ = writeln!(wrong, "in {}, not in {}: {row}", here.place, there.place);
        }
        let mut seen = BTreeSet::new();
        for row in here.rows.iter().filter(|row| !seen.insert(*row)) {
            let _ = writeln!(wrong, "twice in {}: {row}", here.place);
        }
    }
    assert!(!one.rows.is_empty(), "nothing in {}", one.place);
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
#[should_panic(expected = "in the one, not in the other: b\ntwice in the other: a\n")]
fn what_differs_is_named() {
    let row = |row: &&str| (*row).to_owned();
    assert_same(
        &listed("the one", ["a", "b"].iter().map(row)),
        &listed("the other", ["a", "a"].iter().map(row)),
    );
}
