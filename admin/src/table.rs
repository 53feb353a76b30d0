//! Aligned text for people.

/// Columns with their headings, two spaces apart. Control characters are shown, never sent to the terminal.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut lines = vec![headings.map(str::to_owned)];
    lines.extend(
        rows.iter()
            .map(|row| row.clone().map(|cell| visible(&cell))),
    );
    let widths: [usize; N] = std::array::from_fn(|column| {
        let width = |line: &[String; N]| line[column].chars().count();
        lines.iter().map(width).max().unwrap_or(0)
    });
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Names and values, one pair a line.
pub(crate) fn facts(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| format!("{name:width$}  {}\n", visible(value));
    pairs.iter().map(line).collect()
}

/// A list in one cell; `otherwise` stands for an empty one.
pub(crate) fn list(items: &[String], otherwise: &str) -> String {
    if items.is_empty() {
        otherwise.to_owned()
    } else {
        items.join(" ")
    }
}

fn visible(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_without_spaces() {
        let rows = [
            ["a".to_owned(), "é1".to_owned(), "x".to_owned()],
            ["long".to_owned(), "2".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["ID", "N", "REST"], &rows),
            "ID    N   REST\na     é1  x\nlong  2\n"
        );
    }

    #[test]
    fn no_rows_leave_the_headings() {
        assert_eq!(table(["ID", "NAME"], &[]), "ID  NAME\n");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(
            facts(&[("kid", "a\u{1b}[2J\n".into()), ("longer", "b".into())]),
            "kid     a\u{fffd}[2J\u{fffd}\nlonger  b\n"
        );
    }
}
