//! Erasure by phone number at its limits (contract 4.4): many persons, cut anywhere, beside registrations and other erasures.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::{join, join_all};
use serde_json::Value;
use shared::control::Channel;
use shared::extract::Argument;
use shared::user::{AuthorizationId, ChannelId, PhoneNumber, UserId};
use shared::user_store::{Registration, Rules, UserStore};
use tests::desk::{clients, send};
use tests::{Answer, Desk, Fault, table};
use uuid::Uuid;

use crate::store_faults::{assert_unavailable, desk_with_own_retries};
use crate::stored::{Item, Stored, digester, names, text, words};

const NUMBER: &str = "+34600000001";
const HOUR: Duration = Duration::from_hours(1);

/// Users and logins of a receipt.
fn counts(receipt: &Answer) -> (u64, u64) {
    let receipt = receipt.json();
    let count = |name: &str| receipt[name].as_u64().unwrap_or(u64::MAX);
    (count("erasedUsers"), count("erasedLogins"))
}

/// Repeats an erasure until it is done, as its callers do; the receipt.
async fn erase_to_the_end(router: &Router, key: &str, number: &str) -> Answer {
    let path = format!("/admin/users/phone-numbers/{number}");
    for _ in 0..10 {
        let key = [("authorization", key.as_bytes())];
        let answer = send(router, "DELETE", &path, &key).await;
        if answer.status == 200 {
            return answer;
        }
        assert_unavailable(&answer, "an unfinished erasure");
    }
    panic!("not done after ten calls")
}

fn channel(id: &str, lifetime: Duration) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap_or_else(|| panic!("{id}")),
        name: id.to_owned(),
        lifetime_seconds: lifetime.as_secs(),
        redirects: Vec::new(),
    }
}

/// Twelve channels: after two hours the logins of the first three are long over, that of the fourth ended a moment ago.
async fn open_channels(desk: &Desk) -> Vec<String> {
    let mut ids = Vec::new();
    for at in 0..12 {
        let lifetime = match at {
            0..3 => HOUR,
            3 => HOUR + HOUR * 3 / 4,
            _ => 72 * HOUR,
        };
        let channel = channel(&format!("channel-{at:02}"), lifetime);
        let set = desk.control().set_channel(&channel).await;
        set.unwrap_or_else(|error| panic!("{error}"));
        ids.push(channel.id.as_str().to_owned());
    }
    ids
}

/// One person's ids.
#[derive(Clone)]
struct Ids {
    user: String,
    global: String,
    logins: Vec<String>,
}

impl Ids {
    fn random(logins: usize) -> Self {
        Self {
            user: format!("user-{}", Uuid::new_v4()),
            global: Uuid::new_v4().to_string(),
            logins: (0..logins).map(|_| Uuid::new_v4().to_string()).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.logins.iter().chain([&self.user, &self.global])
    }
}

/// A person with a login in each channel, logged out of the last ones.
async fn person_everywhere(desk: &Desk, channels: &[String], logged_out: usize) -> Ids {
    let mut ids = Ids::random(0);
    for channel in channels {
        let login = desk.register(&ids.user, "grant-1", channel, Some(NUMBER));
        let login = login.await;
        assert_eq!(login.status, 200, "{:?}", login.body);
        ids.global = login.text("auraIdGlobal");
        ids.logins.push(login.text("auraId"));
    }
    for id in ids.logins.iter().rev().take(logged_out) {
        let path = format!("/users/{id}");
        let key = desk.bot();
        let gone = desk.call("DELETE", &path, &[("authorization", &key)]).await;
        assert_eq!(gone.status, 204);
    }
    ids
}

/// Every id of one person, and every digest of one, to those of another.
fn renaming(desk: &Desk, from: &Ids, to: &Ids) -> HashMap<String, String> {
    let digester = digester(desk);
    let mut names: HashMap<String, String> = from.all().cloned().zip(to.all().cloned()).collect();
    let mut digest = |kind: &str, from: &str, to: &str| {
        names.insert(digester.digest(kind, from), digester.digest(kind, to));
    };
    digest("person", &from.user, &to.user);
    for (from, to) in from.logins.iter().zip(&to.logins) {
        digest("login", from, to);
    }
    names
}

fn renamed(value: &AttributeValue, names: &HashMap<String, String>) -> AttributeValue {
    let word = |word: &str| names.get(word).cloned().unwrap_or_else(|| word.to_owned());
    match value {
        AttributeValue::S(text) => {
            let words: Vec<_> = text.split('#').map(word).collect();
            AttributeValue::S(words.join("#"))
        }
        AttributeValue::M(members) => {
            let members = members.iter();
            AttributeValue::M(
                members
                    .map(|(name, value)| (word(name), renamed(value, names)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// Stores persons like this one, past the functions: registering hundreds in a dozen channels would take a minute.
async fn copies(desk: &Desk, items: &[Item], original: &Ids, count: usize) -> Vec<Ids> {
    let known = renaming(desk, original, original);
    let is_own = |item: &&Item| {
        let words = words(std::slice::from_ref(*item));
        words.iter().any(|word| known.contains_key(word))
    };
    let own: Vec<_> = items.iter().filter(is_own).collect();
    let copies: Vec<_> = (0..count)
        .map(|_| Ids::random(original.logins.len()))
        .collect();
    let mut puts = Vec::new();
    for copy in &copies {
        let names = renaming(desk, original, copy);
        for item in &own {
            let item = item
                .iter()
                .map(|(name, value)| (name.clone(), renamed(value, &names)));
            let put = PutRequest::builder().set_item(Some(item.collect())).build();
            puts.push(WriteRequest::builder().set_put_request(put.ok()).build());
        }
    }
    for batch in puts.chunks(25) {
        let write = desk.dynamodb.batch_write_item();
        let write = write.request_items(&desk.names.users_table, batch.to_vec());
        let written = write.send().await;
        written.unwrap_or_else(|error| panic!("{error:?}"));
    }
    copies
}

/// What could give a value away: itself and its plain spellings.
fn spellings(value: &str) -> Vec<String> {
    let hex: Vec<_> = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        value.to_owned(),
        STANDARD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
        hex.concat(),
    ]
}

/// Of these persons, and of the number, no trace is anywhere; only marks of their latest ids, under keyed digests.
async fn assert_no_trace(desk: &Desk, persons: &[Ids], marked: &[String]) {
    let stored = Stored::read(desk).await;
    stored.assert_nobody("after the erasure");
    let digester = digester(desk);
    let expected: BTreeSet<_> = marked
        .iter()
        .map(|id| format!("LOGIN#{}", digester.digest("login", id)))
        .collect();
    let left: BTreeSet<_> = stored
        .users()
        .iter()
        .map(|item| text(item, "pk").to_owned())
        .collect();
    assert!(
        left == expected,
        "{} marks, expected {}",
        left.len(),
        expected.len()
    );
    let everything = [
        table::scan(&desk.dynamodb, &desk.names.users_table).await,
        table::scan(&desk.dynamodb, &desk.names.erasure_table).await,
    ]
    .concat();
    let words = words(&everything);
    let ids = persons.iter().flat_map(Ids::all).map(String::as_str);
    for value in ids.chain([NUMBER, &NUMBER[1..], &NUMBER[3..]]) {
        for spelling in spellings(value) {
            assert!(!words.contains(&spelling), "{value} as {spelling}");
        }
    }
    assert!(!format!("{everything:?}").contains(&NUMBER[3..]));
}

/// The one record there is holds exactly what contract 4.4 allows.
async fn assert_record(desk: &Desk, receipt: &Answer) {
    let stored = Stored::read(desk).await;
    let records = stored.erasures("");
    assert_eq!(records.len(), 1);
    let record = records[0];
    let expected = [
        "completedAt",
        "erasedLogins",
        "erasedUsers",
        "keyId",
        "numberDigest",
        "pk",
        "receiptId",
        "startedAt",
    ];
    assert_eq!(names(record), expected);
    let id = receipt.text("receiptId");
    assert_eq!(text(record, "receiptId"), id);
    assert_eq!(text(record, "pk"), format!("RECEIPT#{id}"));
    let digest = digester(desk).digest("number", NUMBER);
    assert_eq!(text(record, "numberDigest"), format!("NUMBER#{digest}"));
    assert!(text(record, "keyId").parse::<Uuid>().is_ok());
    let (users, logins) = counts(receipt);
    assert_eq!(text(record, "erasedUsers"), users.to_string());
    assert_eq!(text(record, "erasedLogins"), logins.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_persons_in_twelve_channels_go_without_a_trace() {
    let desk = Desk::start().await;
    let channels = open_channels(&desk).await;
    desk.clock.advance(Duration::from_secs(6));
    let everywhere = person_everywhere(&desk, &channels, 0).await;
    let logged_out = person_everywhere(&desk, &channels, 2).await;
    let moved = desk.register("moved", "grant-1", "app", Some(NUMBER)).await;
    desk.register("moved", "grant-1", "app", Some("+34600000002"))
        .await;
    desk.clock.advance(2 * HOUR);
    let items = table::users(&desk.dynamodb, &desk.names.users_table).await;
    let mut persons = copies(&desk, &items, &everywhere, 149).await;
    persons.extend(copies(&desk, &items, &logged_out, 149).await);
    persons.extend([everywhere, logged_out]);
    let receipt = erase_to_the_end(&desk.router, &desk.kernel(), NUMBER).await;
    assert_eq!(counts(&receipt), (300, 150 * 8 + 150 * 6));
    assert_record(&desk, &receipt).await;
    assert_eq!(
        desk.get_user(&moved.text("auraId")).await.status,
        200,
        "has another number"
    );
    assert_eq!(counts(&desk.erase("+34600000002").await), (1, 1));
    // Ids of logins that ended over a token's life ago are anybody's already and leave no mark.
    let mut marked: Vec<_> = persons
        .iter()
        .flat_map(|person| person.logins[3..].to_vec())
        .collect();
    marked.push(moved.text("auraId"));
    assert_no_trace(&desk, &persons, &marked).await;
}

/// Three persons with two logins each.
async fn three_persons() -> Desk {
    let desk = desk_with_own_retries().await;
    for user in ["person-1", "person-2", "person-3"] {
        for channel in ["app", "web"] {
            let login = desk.register(user, "grant-1", channel, Some(NUMBER)).await;
            assert_eq!(login.status, 200, "{:?}", login.body);
        }
    }
    drop(desk.proxy.take_calls());
    desk
}

/// The first `good` calls work, the next one meets `first`, all others fail.
fn cut_after(desk: &Desk, good: usize, first: Fault) {
    let mut call = 0;
    desk.proxy.plan(move |_| {
        call += 1;
        match call - 1 {
            at if at < good => Fault::None,
            at if at == good => first.clone(),
            _ => Fault::Error(500, "InternalServerError"),
        }
    });
}

/// The receipt that an unfinished erasure goes on under.
async fn open_receipt(desk: &Desk) -> Option<String> {
    let stored = Stored::read(desk).await;
    let lease = stored.erasures("NUMBER").first().copied().cloned()?;
    Some(text(&lease, "receiptId").to_owned())
}

async fn cut_and_resumed(calls: usize, good: usize, first: Fault) {
    let case = format!("cut after {good} of {calls} calls by {first:?}");
    let desk = three_persons().await;
    cut_after(&desk, good, first);
    let cut = desk.erase(NUMBER).await;
    desk.proxy.heal();
    let open = open_receipt(&desk).await;
    let only_the_lease_is_left = good + 1 == calls;
    if only_the_lease_is_left {
        assert_eq!((cut.status.as_u16(), counts(&cut)), (200, (3, 6)), "{case}");
        Stored::read(&desk)
            .await
            .users()
            .iter()
            .for_each(|item| assert_eq!(text(item, "userId"), "", "{case}"));
    } else {
        assert_unavailable(&cut, &case);
    }
    let receipt = desk.erase(NUMBER).await;
    assert_eq!(receipt.status, 200, "{case}: {:?}", receipt.body);
    match open {
        Some(open) => {
            assert_eq!(receipt.text("receiptId"), open, "{case}");
            assert_eq!(counts(&receipt), (3, 6), "{case}");
        }
        // The erasure had not begun, or the lease was given back and only the answer to that was lost.
        None => assert_eq!(
            counts(&receipt),
            if only_the_lease_is_left {
                (0, 0)
            } else {
                (3, 6)
            },
            "{case}"
        ),
    }
    Stored::read(&desk).await.assert_nobody(&case);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_cut_at_any_call_is_resumed_with_exact_counts() {
    let desk = three_persons().await;
    assert_eq!(counts(&desk.erase(NUMBER).await), (3, 6));
    let calls = desk.proxy.take_operations().len();
    assert!(
        calls >= 9,
        "{calls}: at least a read and a write for each, and the record"
    );
    for good in 0..calls {
        let broken = Fault::Error(500, "InternalServerError");
        let cuts = [broken, Fault::LostAnswer];
        join_all(cuts.map(|first| cut_and_resumed(calls, good, first))).await;
    }
}

/// Twenty seconds by the clock, which moves with every person erased: each call does a part.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_longer_than_its_time_goes_on_under_one_receipt() {
    let desk = three_persons().await;
    let clock = desk.clock.clone();
    desk.proxy.plan(move |call| {
        if call.operation == "TransactWriteItems" {
            clock.advance(Duration::from_secs(21));
        }
        Fault::None
    });
    for part in 1..3 {
        assert_unavailable(&desk.erase(NUMBER).await, &format!("part {part}"));
        let open = open_receipt(&desk).await.unwrap_or_default();
        let stored = Stored::read(&desk).await;
        stored.assert_consistent("between two calls");
        assert_eq!(stored.of_kind("PERSON").count(), 3 - part);
        let record = stored.erasures("RECEIPT");
        assert_eq!(text(record[0], "receiptId"), open);
        assert_eq!(text(record[0], "erasedUsers"), part.to_string());
        assert_eq!(text(record[0], "completedAt"), "");
    }
    let receipt = desk.erase(NUMBER).await;
    assert_eq!((receipt.status.as_u16(), counts(&receipt)), (200, (3, 6)));
    assert_record(&desk, &receipt).await;
}

/// A desk whose erasure was cut after the first person, and the receipt that it goes on under.
async fn unfinished_erasure() -> (Desk, String) {
    let desk = three_persons().await;
    cut_after(&desk, 5, Fault::Error(500, "InternalServerError"));
    assert_unavailable(&desk.erase(NUMBER).await, "cut");
    desk.proxy.heal();
    assert_eq!(Stored::read(&desk).await.of_kind("PERSON").count(), 2);
    let open = open_receipt(&desk).await;
    (desk, open.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_with_the_number_wait_for_the_erasure() {
    let (desk, _) = unfinished_erasure().await;
    let other = desk.register("person-5", "grant-1", "app", Some("+34600000005"));
    assert_eq!(other.await.status, 200, "another number");
    for spelling in [NUMBER, &NUMBER[1..]] {
        for (user, case) in [
            ("person-4", "a new person"),
            ("person-5", "one who changes to the number"),
        ] {
            let waits = desk.register(user, "grant-1", "app", Some(spelling));
            assert_unavailable(&waits.await, case);
        }
    }
    assert_eq!(counts(&desk.erase(NUMBER).await), (3, 6));
    for user in ["person-4", "person-5"] {
        let again = desk.register(user, "grant-1", "app", Some(NUMBER)).await;
        assert_eq!(again.status, 200, "the erasure is over");
    }
    Stored::read(&desk)
        .await
        .assert_consistent("after the erasure");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_runs_out_and_the_resumed_erasure_takes_along_who_came_since() {
    let (desk, open) = unfinished_erasure().await;
    let register = || desk.register("person-4", "grant-1", "app", Some(NUMBER));
    desk.clock.advance(Duration::from_secs(30));
    assert_unavailable(&register().await, "in force to its last moment");
    desk.clock.advance(Duration::from_millis(1));
    let late = register().await;
    assert_eq!(late.status, 200, "nobody is at it any more");
    let receipt = desk.erase(NUMBER).await;
    assert_eq!(
        (receipt.text("receiptId"), counts(&receipt)),
        (open, (4, 7))
    );
    assert_eq!(desk.get_user(&late.text("auraId")).await.status, 404);
    Stored::read(&desk).await.assert_nobody("after the erasure");
}

/// A receipt tells of one erasure: what was finished is not counted again under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_erasure_whose_lease_stayed_is_not_added_to_by_a_later_one() {
    let desk = three_persons().await;
    desk.proxy.plan(|call| match call.operation.as_str() {
        "DeleteItem" => Fault::Error(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    let first = desk.erase(NUMBER).await;
    assert_eq!(counts(&first), (3, 6));
    desk.proxy.heal();
    desk.clock.advance(24 * 365 * HOUR / 2);
    let new = desk
        .register("person-4", "grant-1", "app", Some(NUMBER))
        .await;
    assert_eq!(new.status, 200, "the lease has run out");
    let later = desk.erase(NUMBER).await;
    assert_eq!(counts(&later), (1, 1));
    assert_ne!(later.text("receiptId"), first.text("receiptId"));
}

/// A small generator of repeatable random numbers (xorshift).
fn random(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

/// Every call takes its time, at random, so that those of several instances overtake each other.
fn jitter(desk: &Desk, mut seed: u64) {
    let delay = move |_: &tests::Call| Fault::Delay(Duration::from_millis(random(&mut seed, 25)));
    desk.proxy.plan(delay);
}

/// One race: a registration and an erasure of its number, beside a login that was there before or not.
struct Race {
    user: String,
    number: String,
    before: u64,
    registered: Answer,
    receipt: Answer,
}

async fn race(desk: &Desk, routers: &[Router; 2], round: u64) -> Race {
    let (user, number) = (format!("user-{round}"), format!("+346000{round:05}"));
    let before = u64::from(round.is_multiple_of(2));
    if before == 1 {
        let login = desk.register(&user, "grant-1", "web", Some(&number)).await;
        assert_eq!(login.status, 200);
    }
    let key = desk.kernel();
    let headers: [(&str, &[u8]); 5] = [
        ("authorization", key.as_bytes()),
        ("x-user-id", user.as_bytes()),
        ("x-authorization-id", b"grant-2"),
        ("x-channel-id", b"app"),
        ("x-phone-number", number.as_bytes()),
    ];
    let erasing = async {
        // Some begin together, some erasures when the registration is under way or over.
        tokio::time::sleep(Duration::from_millis(40 * (round % 5))).await;
        erase_to_the_end(&routers[1], &desk.kernel(), &number).await
    };
    let registering = send(&routers[0], "GET", "/users/aura-id", &headers);
    let (registered, receipt) = join(registering, erasing).await;
    Race {
        user,
        number,
        before,
        registered,
        receipt,
    }
}

/// Wholly there or wholly erased, whoever won; a second erasure takes what is there.
async fn settle(desk: &Desk, race: &Race) {
    let Race {
        user,
        registered,
        receipt,
        ..
    } = race;
    let mut there = 0;
    let mut made = 0;
    if registered.status == 200 {
        let found = desk.get_user(&registered.text("auraId")).await.status;
        let path = format!("/users/aura-id-global/{}", registered.text("auraIdGlobal"));
        let latest = [("authorization", &*desk.kernel()), ("x-channel-id", "app")];
        assert_eq!(
            found,
            desk.call("GET", &path, &latest).await.status,
            "{user}"
        );
        there = u64::from(found == 200);
        // Before the erasure it is the person that was there; after it, a new one.
        made = if race.before == 1 { there } else { 1 };
    } else {
        assert_unavailable(registered, user);
    }
    let second = erase_to_the_end(&desk.router, &desk.kernel(), &race.number).await;
    assert_eq!(counts(&second), (there, there), "{user}");
    assert_eq!(counts(receipt).0 + there, race.before + made, "{user}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_beside_an_erasure_is_wholly_there_or_wholly_erased() {
    let desk = Desk::start().await;
    let routers = [desk.more_instances().await, desk.more_instances().await];
    jitter(&desk, 0x5eed);
    let mut outcomes = BTreeSet::new();
    for batch in 0..6 {
        let races = (0..10).map(|round| race(&desk, &routers, batch * 10 + round));
        let races = join_all(races).await;
        Stored::read(&desk)
            .await
            .assert_consistent("after the races");
        join_all(races.iter().map(|race| settle(&desk, race))).await;
        outcomes.extend(races.iter().map(|race| race.registered.status.as_u16()));
    }
    Stored::read(&desk)
        .await
        .assert_nobody("after the second erasures");
    assert!(outcomes.contains(&200), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_erasures_of_a_number_at_once_erase_each_person_once() {
    for seed in 1..4 {
        let desk = three_persons().await;
        let other = desk.more_instances().await;
        jitter(&desk, seed);
        let key = desk.kernel();
        let erase = |router| erase_to_the_end(router, &key, NUMBER);
        let (one, two) = join(erase(&desk.router), erase(&other)).await;
        let stored = Stored::read(&desk).await;
        stored.assert_nobody("after both");
        let total = |name: &str| -> u64 {
            let records = stored.erasures("RECEIPT").into_iter();
            records
                .map(|record| text(record, name).parse::<u64>().unwrap_or(u64::MAX))
                .sum()
        };
        assert_eq!((total("erasedUsers"), total("erasedLogins")), (3, 6));
        let receipts: HashMap<_, Value> = [&one, &two]
            .map(|answer| (answer.text("receiptId"), answer.json()))
            .into();
        let told: u64 = receipts
            .values()
            .filter_map(|receipt| receipt["erasedUsers"].as_u64())
            .sum();
        assert_eq!(told, 3);
    }
}

/// Channels come and go, a person's ended logins stay with the person: erasure takes them all, however many.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_used_more_channels_than_a_transaction_takes_is_erased() {
    let desk = Desk::start().await;
    let users = UserStore::new(
        clients(&desk.aws_url),
        &desk.names.users_table,
        &desk.names.digest_key_secret,
        desk.clock.clock(),
    );
    let rules = Rules::from_env(&desk.env.variables("user-registration")).unwrap();
    for at in 0..100 {
        let registration = Registration {
            claim: None,
            user_id: UserId::parse("person-1").unwrap(),
            authorization_id: AuthorizationId::parse("grant-1").unwrap(),
            channel: channel(&format!("channel-{at}"), HOUR),
            phone_number: PhoneNumber::parse(NUMBER),
            retention: 396 * 24 * HOUR,
            aura_id: None,
        };
        users.register(&registration, &rules).await.unwrap();
        // Fewer than 64 channels at a time.
        desk.clock.advance(Duration::from_secs(70));
    }
    let receipt = desk.erase(NUMBER).await;
    assert_eq!(receipt.status, 200, "{:?}", receipt.body);
    assert_eq!(counts(&receipt), (1, 51), "the last hour's logins are live");
    Stored::read(&desk).await.assert_nobody("after the erasure");
}
