//! `docs/operations/cost.md` adds up, and from the units of `docs/data-model.md`.

use std::collections::{BTreeMap, BTreeSet};

use tests::events;

use crate::difference::{assert_same, listed, routed};

/// Rows whose units are put together from several, or depend on how many instances there are.
const PUT_TOGETHER: [&str; 2] = ["erase: both rows and one Query", "metrics.md"];

struct Row {
    operation: String,
    counted_in: String,
    reads: f64,
    writes: f64,
    round_trips: f64,
    upstream_calls: f64,
    dollars: String,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(events::root().join(path)).unwrap()
}

/// The cells of every row of a document's tables.
fn tables(markdown: &str) -> Vec<Vec<String>> {
    let rows = markdown.lines().filter_map(|line| {
        let cells = line.strip_prefix('|')?.strip_suffix('|')?.split('|');
        Some(cells.map(|cell| cell.trim().to_owned()).collect())
    });
    rows.collect()
}

/// The prices and what is assumed, by name.
fn values(markdown: &str) -> BTreeMap<String, f64> {
    let value = |row: Vec<String>| {
        let name = row[0].strip_prefix('`')?.strip_suffix('`')?.to_owned();
        Some((name, row[1].parse().ok()?))
    };
    let three = tables(markdown).into_iter().filter(|row| row.len() == 3);
    three.filter_map(value).collect()
}

fn rows(markdown: &str) -> Vec<Row> {
    let number = |cell: &String| cell.parse::<f64>();
    let row = |row: Vec<String>| {
        let [
            operation,
            counted_in,
            reads,
            writes,
            round_trips,
            calls,
            dollars,
        ] = &row[..]
        else {
            return None;
        };
        Some(Row {
            operation: operation.clone(),
            counted_in: counted_in.clone(),
            reads: number(reads).ok()?,
            writes: number(writes).ok()?,
            round_trips: number(round_trips).ok()?,
            upstream_calls: number(calls).ok()?,
            dollars: dollars.clone(),
        })
    };
    tables(markdown).into_iter().filter_map(row).collect()
}

/// The formula of the document.
fn dollars(of: &BTreeMap<String, f64>, row: &Row) -> f64 {
    let ms = of["base_ms"]
        + row.round_trips * of["round_trip_ms"]
        + row.upstream_calls * of["upstream_ms"];
    let gb_seconds = 1e6 * ms / 1000.0 * of["memory_mb"] / 1024.0;
    let reads = row.reads + of["background_reads"] / 1e6;
    let writes = row.writes + of["background_writes"] / 1e6;
    of["gateway"]
        + of["lambda_request"]
        + gb_seconds * of["gb_second"]
        + reads * of["read_unit"]
        + writes * of["write_unit"]
        + of["log_bytes"] / 1000.0 * of["log_gb"]
}

#[test]
fn its_sums_come_from_its_tables() {
    let markdown = read("docs/operations/cost.md");
    let (values, rows) = (values(&markdown), rows(&markdown));
    assert!(rows.len() > 10, "only {} rows", rows.len());
    for row in &rows {
        let sum = format!("{:.2}", dollars(&values, row));
        assert_eq!(sum, row.dollars, "{}", row.operation);
    }
}

/// How many units of this kind a cell of the data model names.
fn units(cell: &str, kind: &str) -> f64 {
    let named = cell.split(", ").find_map(|part| part.strip_suffix(kind));
    named.map_or(0.0, |number| number.trim().parse().unwrap())
}

#[test]
fn its_units_are_those_of_the_data_model() {
    let model = tables(&read("docs/data-model.md"));
    for row in rows(&read("docs/operations/cost.md")) {
        if PUT_TOGETHER.contains(&row.counted_in.as_str()) {
            continue;
        }
        let counted = model.iter().find(|cells| cells[0] == row.counted_in);
        let counted = counted.unwrap_or_else(|| panic!("no row {}", row.counted_in));
        let cell = counted.last().unwrap();
        let found = (units(cell, "read"), units(cell, "write"));
        assert_eq!((row.reads, row.writes), found, "{}: {cell}", row.operation);
    }
}

#[test]
fn every_operation_has_a_cost() {
    let rows = rows(&read("docs/operations/cost.md"));
    let named = rows.iter().flat_map(|row| row.operation.split('`'));
    let operation = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let named = named.filter(|word| !word.is_empty()).filter(operation);
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    assert_same(
        &routed(|row| row.doc.name.to_owned()),
        &listed("docs/operations/cost.md", named),
    );
}
