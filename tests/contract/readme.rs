//! The README's table lists every operation.

use std::collections::BTreeSet;

use dev_server::walk::who;
use tests::events;

use crate::difference::{assert_same, listed, routed};

const HEAD: &str = "| method and path | who | operation |";

/// The rows below the head, cell by cell.
fn rows(markdown: &str) -> Vec<[String; 3]> {
    let below = markdown
        .lines()
        .skip_while(|line| line.trim() != HEAD)
        .skip(2);
    let rows = below.take_while(|line| line.starts_with('|'));
    rows.map(|row| cells(row).unwrap_or_else(|| panic!("not three cells: {row}")))
        .collect()
}

fn cells(row: &str) -> Option<[String; 3]> {
    let row = row.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<String> = row
        .split('|')
        .map(|cell| cell.trim().trim_matches('`').to_owned())
        .collect();
    cells.try_into().ok()
}

/// The classes of callers, in one order.
fn classes(cell: &str) -> String {
    let words = cell.split(|c: char| !c.is_alphabetic());
    let known = |word: &&str| {
        matches!(
            *word,
            "internal" | "kernel" | "public" | "client" | "session" | "none"
        )
    };
    let words: BTreeSet<&str> = words.filter(known).collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn its_table_is_the_route_table() {
    let markdown = std::fs::read_to_string(events::root().join("README.md")).unwrap_or_default();
    let table = rows(&markdown).into_iter();
    let table = table.map(|[route, who, name]| format!("{route} | {} | {name}", classes(&who)));
    let code = routed(|row| {
        let (method, path, name) = (&row.method, row.path, row.doc.name);
        format!("{method} {path} | {} | {name}", classes(who(row.access)))
    });
    assert_same(&code, &listed("README.md", table));
}

#[test]
fn rows_are_read_cell_by_cell() {
    let markdown =
        format!("text\n\n{HEAD}\n| --- | --- | --- |\n| `GET /a` | internal, kernel | `b` |\n\n");
    assert_eq!(
        rows(&markdown),
        [["GET /a", "internal, kernel", "b"].map(str::to_owned)]
    );
    assert_eq!(classes("kernel and internal"), classes("internal, kernel"));
}
