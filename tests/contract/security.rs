//! `docs/operations/security.md` says where each requirement is met: the places exist, and no requirement has two answers.

use std::collections::BTreeSet;

use tests::events;

/// The rows of requirements: id, what about, state, where.
fn rows(markdown: &str) -> Vec<[String; 4]> {
    let row = |line: &str| {
        let cells = line.strip_prefix("| V")?.strip_suffix(" |")?;
        let cells: Vec<String> = cells.split(" | ").map(str::to_owned).collect();
        cells.try_into().ok()
    };
    markdown.lines().filter_map(row).collect()
}

/// What stands between backquotes and is a path of the project.
fn paths(cell: &str) -> Vec<&str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    let is_path =
        |word: &&str| word.contains('/') && word.chars().all(|c| !c.is_whitespace() && c != '{');
    quoted.filter(is_path).collect()
}

#[test]
fn each_requirement_has_one_answer_that_exists() {
    let path = events::root().join("docs/operations/security.md");
    let rows = rows(&std::fs::read_to_string(path).unwrap());
    assert!(rows.len() > 80, "only {} rows", rows.len());
    let mut seen = BTreeSet::new();
    for [id, about, state, place] in &rows {
        assert!(seen.insert(id), "twice: V{id}");
        let numbers: Vec<_> = id.split('.').map(str::parse::<u8>).collect();
        assert!(
            numbers.len() == 3 && numbers.iter().all(Result::is_ok),
            "V{id}"
        );
        assert!(
            ["met", "in part", "not met"].contains(&state.as_str()),
            "V{id}: {state}"
        );
        assert!(!about.is_empty() && place.len() > 1, "V{id} says nothing");
        for path in paths(place)
            .into_iter()
            .filter(|path| !path.starts_with('/'))
        {
            assert!(
                events::root().join(path).exists(),
                "V{id}: there is no {path}"
            );
        }
    }
}

#[test]
fn paths_are_told_from_words() {
    let cell = "`shared/src/a.rs`, `DELETE /users/{auraId}`, `typ`; `/metrics`";
    assert_eq!(paths(cell), ["shared/src/a.rs", "/metrics"]);
}
