//! What the console promises: keys stay out of messages, questions need somebody to answer, a closed pipe is no fault.

use super::*;

struct Closed(io::ErrorKind);

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

fn console(input: &str, interactive: bool) -> Console<'_> {
    Console::new(input.as_bytes(), io::sink(), io::sink(), interactive)
}

#[test]
fn notes_never_repeat_a_key() {
    let mut notes = Vec::new();
    let key = format!("eyJ{}", "a".repeat(80));
    Console::new(io::empty(), io::sink(), &mut notes, false).note(&format!("bad {key}"));
    assert_eq!(notes, b"bad (a key, not shown)\n");
}

#[test]
fn nobody_to_ask_is_a_refusal() {
    assert_eq!(
        console("y\n", false)
            .confirm("Sure?")
            .unwrap_err()
            .exit_code(),
        2
    );
    let mut told_yes = console("", false);
    told_yes.yes = true;
    assert_eq!(told_yes.confirm("Sure?"), Ok(()));
}

#[test]
fn only_yes_is_yes() {
    for (said, good) in [
        ("y\n", true),
        ("YES\n", true),
        ("\n", false),
        ("", false),
        ("no\n", false),
        ("yep\n", false),
    ] {
        assert_eq!(
            console(said, true).confirm("Sure?").is_ok(),
            good,
            "{said:?}"
        );
    }
}

#[test]
fn keys_come_from_the_argument_or_the_first_line() {
    for (given, input, expected) in [
        (Some("abc"), "", "abc"),
        (Some("apikey abc"), "", "abc"),
        (Some("-"), "abc\nrest\n", "abc"),
        (None, " APIKEY abc \r\n", "abc"),
    ] {
        let key = console(input, false).key(given).unwrap();
        assert_eq!(key.as_str(), expected, "{given:?} {input:?}");
    }
    assert_eq!(console("\n", false).key(None).unwrap_err().exit_code(), 2);
}

#[test]
fn a_closed_pipe_is_no_fault_and_a_full_disk_is() {
    for (kind, good) in [
        (io::ErrorKind::BrokenPipe, true),
        (io::ErrorKind::StorageFull, false),
    ] {
        let mut console = Console::new(io::empty(), Closed(kind), io::sink(), false);
        assert_eq!(console.answer(&1, || "one".into()).is_ok(), good, "{kind}");
        assert_eq!(console.flush().is_ok(), good, "{kind}");
    }
}
