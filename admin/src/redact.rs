//! Messages without keys: a mistyped command must not spread one into a log.

/// Keys of ours start so and are far longer than this; whatever looks like one is not repeated in a message.
const KEY_START: &str = "eyJ";
const SHORTEST_KEY: usize = 40;

/// The text without whatever looks like a key.
pub(crate) fn without_keys(text: &str) -> String {
    let part_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(KEY_START) {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c| !part_of_key(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(length);
        shown.push_str(before);
        shown.push_str(if length < SHORTEST_KEY {
            word
        } else {
            "(a key, not shown)"
        });
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_as_long_as_a_key_goes() {
        let key = format!("eyJ{}..x-_y", "a".repeat(80));
        assert_eq!(
            without_keys(&format!("'{key}' and {key} after eyJhbGci, no é")),
            "'(a key, not shown)' and (a key, not shown) after eyJhbGci, no é"
        );
    }
}
