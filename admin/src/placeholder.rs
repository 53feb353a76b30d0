//! `{{name}}` in a text: where the placeholders are. What they stand for is the event's business.

use crate::failure::Failure;

const START: &str = "{{";
const END: &str = "}}";
/// The longest name: an app's, and its kind before it.
const MAX_NAME: usize = 160;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// The name between the braces.
    Placeholder(&'a str),
}

/// The text in its parts.
///
/// # Errors
/// [`Failure::Refused`] for braces that are not closed, or that hold no name.
pub(crate) fn split(text: &str) -> Result<Vec<Piece<'_>>, Failure> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(START) {
        let named = from
            .split_once(END)
            .filter(|(name, _)| is_name(name))
            .ok_or_else(|| not_a_name(text, rest, before))?;
        pieces.extend([Piece::Text(before), Piece::Placeholder(named.0)]);
        rest = named.1;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// The characters of ids (contract 1), which need no escaping in JSON.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@+-".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(fits)
}

fn not_a_name(text: &str, rest: &str, before: &str) -> Failure {
    let read = text.len() - rest.len() + before.len();
    let line = text[..read].matches('\n').count() + 1;
    Failure::Refused(format!(
        "line {line}: {START} must be followed by a placeholder's name (A-Z a-z 0-9 . _ : @ + -) and {END}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_between_the_text() {
        use Piece::{Placeholder, Text};
        assert_eq!(
            split(r#"{"a":"x {{apikey:kernel}}{{b}}"}"#).unwrap(),
            [
                Text(r#"{"a":"x "#),
                Placeholder("apikey:kernel"),
                Text(""),
                Placeholder("b"),
                Text(r#""}"#)
            ]
        );
        assert_eq!(
            split(r#"{"a":{"b":{}}}"#).unwrap(),
            [Text(r#"{"a":{"b":{}}}"#)]
        );
    }

    #[test]
    fn braces_without_a_name_are_told_by_their_line() {
        for bad in [
            "{}\n\"{{\"",
            "\n\"{{}}\"",
            "\n{{a b}}",
            "\n{{a\n}}",
            "\n{{{a}}}",
        ] {
            let told = split(bad).unwrap_err().to_string();
            assert!(told.starts_with("line 2:"), "{bad:?}: {told}");
        }
    }
}
