//! The commands of a document.

/// A command, and what the document says of who runs it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The command without its mark.
    pub(crate) command: String,
    /// What stands after the last ` # `.
    pub(crate) mark: Option<String>,
}

/// The lines of the document's blocks of commands.
pub(crate) fn lines(markdown: &str) -> Vec<Line> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_code = line == "```sh";
        } else if in_code && !line.trim().is_empty() {
            let (command, mark) = match line.rsplit_once(" # ") {
                Some((command, mark)) => (command, Some(mark.to_owned())),
                None => (line, None),
            };
            found.push(Line {
                command: command.trim_end().to_owned(),
                mark,
            });
        }
    }
    found
}

#[test]
fn commands_are_told_from_their_marks_and_from_prose() {
    let markdown = "a # b\n```sh\nc d    # AWS\n\ne \"#f\"\n```\ng\n```yaml\nh\n```\n";
    let line = |command: &str, mark: Option<&str>| Line {
        command: command.to_owned(),
        mark: mark.map(str::to_owned),
    };
    assert_eq!(
        lines(markdown),
        [line("c d", Some("AWS")), line("e \"#f\"", None)]
    );
}
