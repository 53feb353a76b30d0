//! What is stored, read by the attribute names of `docs/data-model.md`, and what holds of it whatever happened before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::digest::Digester;
use tests::{Desk, table};

/// An item as DynamoDB has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attributes of a state that is spent.
const SPENT: [&str; 5] = ["claim", "pk", "sk", "spentAt", "ttl"];

/// Everything stored of users, and of erasures.
pub(crate) struct Stored {
    users: Vec<Item>,
    erasures: Vec<Item>,
    digester: Digester,
    now: i64,
}

/// The digests of this deployment.
pub(crate) fn digester(desk: &Desk) -> Digester {
    let key = desk.secrets.get(&desk.names.digest_key_secret);
    Digester::parse(&key.unwrap_or_default()).unwrap_or_else(|error| panic!("{error}"))
}

/// An attribute's text, empty when it is not there; of a number its digits.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    match item.get(name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text,
        _ => "",
    }
}

/// The names of an item's attributes, in order.
pub(crate) fn names(item: &Item) -> Vec<&str> {
    let mut names: Vec<_> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// What the logins of a `PERSON` or `GLOBAL` item have in common: by channel, id, start and end.
fn logins(item: &Item) -> BTreeMap<&str, [&str; 3]> {
    let logins = item.get("logins").and_then(|logins| logins.as_m().ok());
    let entries = logins.into_iter().flatten().filter_map(|(channel, value)| {
        let value = value.as_m().ok()?;
        Some((
            channel.as_str(),
            ["auraId", "createdAt", "expiresAt"].map(|name| text(value, name)),
        ))
    });
    entries.collect()
}

/// Collects the texts of a value, parted at the `#` of keys.
fn collect_words(value: &AttributeValue, words: &mut BTreeSet<String>) {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => {
            words.extend(text.split('#').map(str::to_owned));
        }
        AttributeValue::M(members) => {
            words.extend(members.keys().cloned());
            for value in members.values() {
                collect_words(value, words);
            }
        }
        AttributeValue::L(values) => values.iter().for_each(|value| collect_words(value, words)),
        other => panic!("the data model has no such values: {other:?}"),
    }
}

/// Every word in these items.
pub(crate) fn words(items: &[Item]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for value in items.iter().flat_map(HashMap::values) {
        collect_words(value, &mut words);
    }
    words
}

impl Stored {
    /// Reads it all; nobody may be writing.
    pub(crate) async fn read(desk: &Desk) -> Self {
        Self {
            users: table::users(&desk.dynamodb, &desk.names.users_table).await,
            erasures: table::scan(&desk.dynamodb, &desk.names.erasure_table).await,
            digester: digester(desk),
            now: desk.clock.now().millis(),
        }
    }

    /// The items of the users' table of this kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Item> {
        let is = move |item: &&Item| table::partition(item).split('#').next() == Some(kind);
        self.users.iter().filter(is)
    }

    /// The items of the users' table that are about users.
    pub(crate) fn users(&self) -> &[Item] {
        &self.users
    }

    /// The items of the erasure table whose key begins so.
    pub(crate) fn erasures<'a>(&'a self, kind: &'a str) -> Vec<&'a Item> {
        let is = |item: &&Item| table::partition(item).starts_with(kind);
        self.erasures.iter().filter(is).collect()
    }

    /// Nothing is left but marks that an id was used, and states, which say nothing of whose they were, and finished records.
    pub(crate) fn assert_nobody(&self, case: &str) {
        for state in self.of_kind("STATE") {
            assert_eq!(names(state), SPENT, "{case}");
        }
        let is_state = |item: &&Item| text(item, "sk") == "STATE";
        for item in self.users.iter().filter(|item| !is_state(item)) {
            assert_eq!(names(item), ["pk", "reusableAt", "sk", "ttl"], "{case}");
            assert_eq!(text(item, "sk"), "LOGIN", "{case}");
        }
        assert!(
            self.erasures("NUMBER").is_empty(),
            "{case}: a lease is left"
        );
    }

    /// The items of each person agree, and none belongs to nobody.
    pub(crate) fn assert_consistent(&self, case: &str) {
        let persons: BTreeMap<&str, &Item> = self
            .of_kind("PERSON")
            .map(|item| (text(item, "userId"), item))
            .collect();
        assert_eq!(
            persons.len(),
            self.of_kind("PERSON").count(),
            "{case}: two persons of one id"
        );
        for (user, person) in &persons {
            self.assert_person(user, person, case);
        }
        assert_eq!(
            self.of_kind("GLOBAL").count(),
            persons.len(),
            "{case}: GLOBAL"
        );
        let numbers = persons
            .values()
            .filter(|item| item.contains_key("phoneNumber"));
        assert_eq!(
            self.of_kind("NUMBER").count(),
            numbers.count(),
            "{case}: NUMBER"
        );
        for login in self.of_kind("LOGIN") {
            self.assert_login(login, &persons, case);
        }
        for state in self.of_kind("STATE") {
            self.assert_state(state, case);
        }
    }

    /// A state is spent, or claimed, and kept until it would be too old for anybody: 10 minutes, and one for clocks that differ.
    fn assert_state(&self, state: &Item, case: &str) {
        let claimed = ["claim", "claimedUntil", "pk", "sk", "ttl"];
        let names = names(state);
        assert!(names == SPENT || names == claimed, "{case}: {names:?}");
        let ttl: i64 = text(state, "ttl").parse().unwrap_or(0);
        let longest = self.now / 1000 + 12 * 60 + 2;
        assert!(ttl > 0 && ttl <= longest, "{case}: {ttl} and {longest}");
    }

    fn get(&self, pk: &str, sk: &str) -> Option<&Item> {
        let is = |item: &&Item| text(item, "pk") == pk && text(item, "sk") == sk;
        self.users.iter().find(is)
    }

    /// A person, its `GLOBAL` and `NUMBER` items and each of its logins.
    fn assert_person(&self, user: &str, person: &Item, case: &str) {
        let key = format!("PERSON#{}", self.digester.digest("person", user));
        assert_eq!(text(person, "pk"), key, "{case}: {user}");
        let global = format!("GLOBAL#{}", text(person, "auraIdGlobal"));
        let global = self.get(&global, "GLOBAL");
        let global = global.unwrap_or_else(|| panic!("{case}: {user} has no GLOBAL item"));
        assert_eq!(logins(global), logins(person), "{case}: {user}");
        if let Some(AttributeValue::S(number)) = person.get("phoneNumber") {
            let list = format!("NUMBER#{}", self.digester.digest("number", number));
            let member = self.get(&list, &key);
            let member = member.unwrap_or_else(|| panic!("{case}: {user} is in no list"));
            assert_eq!(
                text(member, "auraIdGlobal"),
                text(person, "auraIdGlobal"),
                "{case}"
            );
        }
        // The id of a login that is over can be somebody else's by now.
        for [id, _, end] in logins(person)
            .values()
            .filter(|[_, _, end]| self.is_ahead(end))
        {
            let key = format!("LOGIN#{}", self.digester.digest("login", id));
            let login = self.get(&key, "LOGIN");
            let own = login.is_some_and(|login| text(login, "userId") == user);
            assert!(own, "{case}: {user} has no LOGIN item that ends at {end}");
        }
    }

    fn is_ahead(&self, millis: &str) -> bool {
        millis.parse::<i64>().is_ok_and(|at| at > self.now)
    }

    /// A login is its person's in that channel, and says the same of both; or it is a mark.
    fn assert_login(&self, login: &Item, persons: &BTreeMap<&str, &Item>, case: &str) {
        let Some(AttributeValue::S(user)) = login.get("userId") else {
            assert_eq!(names(login), ["pk", "reusableAt", "sk", "ttl"], "{case}");
            return;
        };
        let person = persons.get(user.as_str());
        let person = person.unwrap_or_else(|| panic!("{case}: a login of {user}, who is gone"));
        assert_eq!(
            text(login, "auraIdGlobal"),
            text(person, "auraIdGlobal"),
            "{case}"
        );
        if self.is_ahead(text(login, "expiresAt")) {
            assert_eq!(
                text(login, "phoneNumber"),
                text(person, "phoneNumber"),
                "{case}: {user}"
            );
        }
        let known = logins(person).get(text(login, "channelId")).copied();
        let this = ["auraId", "createdAt", "expiresAt"].map(|name| text(login, name));
        assert_eq!(
            known,
            Some(this),
            "{case}: a login that {user} does not have"
        );
    }
}
