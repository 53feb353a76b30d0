//! Every statement of every policy in `template.yaml`: exact, or with a written reason why not.

use serde_yaml_ng::Value;

use crate::template_file::{Template, mapping, text};

/// What begins the comment that says why a wildcard is there.
const REASON: &str = "# Wildcard: ";
/// What a reason has at least.
const MIN_WORDS: usize = 6;

/// The calls that name the partitions they are about, so that a condition on those holds: it would hold for others as well.
const OF_PARTITIONS: [&str; 7] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];

/// One statement, of a role, a key, a topic or whatever else has a policy.
pub(crate) struct Statement {
    /// The resource that it is part of.
    pub(crate) resource: String,
    /// Its name.
    pub(crate) sid: String,
    /// What it says.
    pub(crate) value: Value,
    /// Its lines in the file.
    lines: String,
}

/// All of them.
pub(crate) fn statements() -> Vec<Statement> {
    let (template, file) = (Template::read(), Template::text());
    let mut all = Vec::new();
    for (id, resource) in template.section("Resources") {
        let id = text(id);
        let mut found = Vec::new();
        collect(&resource["Properties"], &mut found);
        let own = section(&file, &id);
        all.extend(found.into_iter().map(|value| Statement {
            resource: id.clone(),
            sid: text(&value["Sid"]),
            lines: lines_of(own, &text(&value["Sid"])),
            value,
        }));
    }
    all
}

/// The statements anywhere in a value.
fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Mapping(members) => {
            for (name, member) in members {
                match member.as_sequence() {
                    Some(statements) if name == "Statement" => found.extend(statements.clone()),
                    _ => collect(member, found),
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Tagged(tagged) => collect(&tagged.value, found),
        _ => {}
    }
}

/// The lines of one resource.
fn section<'a>(file: &'a str, id: &str) -> &'a str {
    let (_, rest) = file.split_once(&format!("\n  {id}:\n")).unwrap();
    let end = rest.match_indices("\n  ").find(|(at, _)| {
        let next = rest.as_bytes().get(at + 3);
        next.is_some_and(u8::is_ascii_alphanumeric)
    });
    &rest[..end.map_or(rest.len(), |(at, _)| at)]
}

/// The lines of one statement, with the comment above it.
fn lines_of(section: &str, sid: &str) -> String {
    let head = format!("- Sid: {sid}");
    let lines: Vec<&str> = section.lines().collect();
    let is_head = |line: &&str| line.trim_start() == head;
    assert_eq!(
        lines.iter().filter(|line| is_head(line)).count(),
        1,
        "{sid}"
    );
    let at = lines.iter().position(is_head).unwrap();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let inside = |line: &&&str| indent(line) > indent(lines[at]);
    let is_comment = |line: &&&str| line.trim_start().starts_with('#');
    let above = lines[..at].iter().rev().take_while(is_comment);
    let within = lines[at + 1..].iter().take_while(inside);
    let all = above.chain(within).copied();
    all.collect::<Vec<_>>().join("\n")
}

/// Every text in a value, without its tags.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(texts).collect(),
        Value::Mapping(members) => members.values().flat_map(texts).collect(),
        Value::Tagged(tagged) => texts(&tagged.value),
        Value::Null => Vec::new(),
        scalar => vec![text(scalar)],
    }
}

impl Statement {
    /// Who, what and on what, where it stands for more than one. A log group's ARN ends in `:*`.
    fn wildcards(&self) -> Vec<String> {
        let members = ["Action", "Resource", "Principal"].map(|name| texts(&self.value[name]));
        let members = members.into_iter().flatten();
        members
            .filter(|text| text.contains('*') || text.ends_with("LogGroup.Arn"))
            .collect()
    }

    fn has_reason(&self) -> bool {
        let reason = self.lines.split_once(REASON).map(|(_, reason)| reason);
        let first = reason.and_then(|reason| reason.lines().next());
        first.is_some_and(|line| line.split_whitespace().count() >= MIN_WORDS)
    }

    fn place(&self) -> String {
        format!("{} {}", self.resource, self.sid)
    }
}

#[test]
fn every_wildcard_has_its_reason_beside_it_and_no_reason_stands_without_one() {
    let all = statements();
    assert!(all.len() > 30, "only {} statements", all.len());
    for one in all {
        let wildcards = one.wildcards();
        let place = one.place();
        assert_eq!(
            !wildcards.is_empty(),
            one.has_reason(),
            "{place}: {wildcards:?} needs a comment that begins with {REASON:?}, others do not"
        );
    }
}

#[test]
fn statements_say_what_they_allow_and_not_what_they_leave_out() {
    for one in statements() {
        let place = one.place();
        assert_eq!(text(&one.value["Effect"]), "Allow", "{place}");
        for inverse in ["NotAction", "NotResource", "NotPrincipal"] {
            assert!(one.value.get(inverse).is_none(), "{place}: {inverse}");
        }
        assert!(!texts(&one.value["Action"]).is_empty(), "{place}");
        let condition = texts(&one.value["Condition"]);
        assert!(
            !condition.contains(&"*".to_owned()),
            "{place}: a condition that holds always"
        );
    }
}

#[test]
fn whoever_may_do_a_thing_to_the_users_table_may_do_it_to_named_partitions_only() {
    for one in statements() {
        if !texts(&one.value["Resource"]).contains(&"UsersTable.Arn".to_owned()) {
            continue;
        }
        let place = one.place();
        for action in texts(&one.value["Action"]) {
            assert!(
                OF_PARTITIONS.contains(&action.as_str()),
                "{place}: {action}"
            );
        }
        let conditions = mapping(&one.value["Condition"]).values();
        let keys = conditions.flat_map(|condition| texts(&condition["dynamodb:LeadingKeys"]));
        let keys: Vec<_> = keys.collect();
        assert!(!keys.is_empty(), "{place} may do it to everybody");
        for key in keys {
            let whole_kind = key.ends_with("#*") && key.len() > 3;
            assert!(whole_kind || !key.contains('*'), "{place}: {key}");
        }
    }
}

#[test]
fn the_key_serves_functions_through_the_services_that_they_use_and_nothing_else() {
    for one in statements() {
        let actions = texts(&one.value["Action"]);
        let of_role = one.resource.ends_with("Role");
        if of_role && actions.iter().any(|action| action.starts_with("kms:")) {
            assert_eq!(actions, ["kms:Decrypt"], "{}", one.place());
            let through = &one.value["Condition"]["StringEquals"]["kms:ViaService"];
            assert!(!texts(through).is_empty(), "{}", one.place());
        }
    }
}

#[test]
fn a_statement_has_the_comments_inside_and_above_it() {
    let section = "    A:\n      # of another\n      - Sid: One\n        # Wildcard: a b c d e f\n        Action: x\n      # above\n      - Sid: Two\n        Action: y\n    B: z\n";
    assert!(lines_of(section, "One").contains("Wildcard"));
    assert!(lines_of(section, "One").contains("of another"));
    let two = lines_of(section, "Two");
    assert!(two.contains("above") && two.contains("Action: y") && !two.contains("Wildcard"));
    assert!(!two.contains("B: z"));
}
