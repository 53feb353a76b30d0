//! No local link of the documents leads nowhere.

use std::path::{Path, PathBuf};

use tests::events;

/// Every document of the project for people.
fn documents() -> Vec<PathBuf> {
    let root = events::root();
    let mut found: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md"]
        .into_iter()
        .map(|name| root.join(name))
        .filter(|path| path.exists())
        .collect();
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// The targets of a document's links, without those in its blocks of code.
fn links(markdown: &str) -> Vec<String> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (_, rest) in line
            .match_indices("](")
            .map(|(at, _)| line.split_at(at + 2))
        {
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            found.push(rest[..end].trim_matches(['<', '>']).to_owned());
        }
        let reference = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "));
        found.extend(reference.map(|(_, target)| target.trim().to_owned()));
    }
    found
}

/// A heading as GitHub makes an anchor of it.
fn anchor(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.collect()
}

fn has_anchor(document: &Path, wanted: &str) -> bool {
    let markdown = std::fs::read_to_string(document).unwrap_or_default();
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#')));
    anchors.any(|anchor| anchor == wanted)
}

/// What is wrong with a link, if anything.
fn fault(document: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, wanted) = link.split_once('#').unwrap_or((link, ""));
    let target = match path.strip_prefix('/') {
        _ if path.is_empty() => document.to_owned(),
        Some(path) => events::root().join(path),
        None => document.parent()?.join(path),
    };
    let place = document.strip_prefix(events::root()).ok()?.display();
    if !target.exists() {
        return Some(format!("{place}: {link} is not there"));
    }
    let markdown = target
        .extension()
        .is_some_and(|extension| extension == "md");
    let lost = markdown && !wanted.is_empty() && !has_anchor(&target, wanted);
    lost.then(|| format!("{place}: {link} has no such heading"))
}

#[test]
fn every_local_link_leads_somewhere() {
    let faults = documents().into_iter().flat_map(|document| {
        let markdown = std::fs::read_to_string(&document).unwrap();
        let faults = links(&markdown).into_iter();
        faults
            .filter_map(|link| fault(&document, &link))
            .collect::<Vec<_>>()
    });
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn links_are_found_and_faults_are_told() {
    let markdown = "[a](b.md#c) ![d](e.png \"f\")\n```\n[g](h)\n```\n[i]: j.md\n";
    assert_eq!(links(markdown), ["b.md#c", "e.png", "j.md"]);
    let document = events::root().join("docs/a.md");
    assert!(fault(&document, "../Cargo.toml").is_none());
    assert!(fault(&document, "/template.yaml").is_none());
    assert!(fault(&document, "https://example.org/x").is_none());
    assert!(fault(&document, "nowhere.md").is_some());
    assert_eq!(anchor(" What it *does*, in `code`"), "what-it-does-in-code");
}
