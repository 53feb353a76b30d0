//! Many at once, through several instances: nobody is made twice, nobody is half there, readers never see a gap.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use futures_util::future::{join, join_all};
use tests::desk::send;
use tests::{Answer, Call, Desk, Fault};

use crate::stored::Stored;

const NUMBERS: [&str; 2] = ["+34600000001", "+34600000002"];

/// Several instances of every function, and the keys to call them with.
struct Instances {
    routers: Vec<Router>,
    bot: String,
    kernel: String,
}

impl Instances {
    async fn start(desk: &Desk, count: usize) -> Self {
        let routers = join_all((0..count).map(|_| desk.more_instances())).await;
        Self {
            routers,
            bot: desk.bot(),
            kernel: desk.kernel(),
        }
    }

    async fn call(
        &self,
        at: usize,
        method: &str,
        path: &str,
        key: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut headers = vec![("authorization", key.as_bytes())];
        headers.extend(more.iter().map(|(name, value)| (*name, value.as_bytes())));
        send(
            &self.routers[at % self.routers.len()],
            method,
            path,
            &headers,
        )
        .await
    }

    async fn register(&self, at: usize, login: &Login<'_>) -> Answer {
        self.call(at, "GET", "/users/aura-id", &self.kernel, &login.headers())
            .await
    }

    async fn create(&self, at: usize, id: &str, login: &Login<'_>) -> Answer {
        let path = format!("/users/aura-id/{id}");
        self.call(at, "GET", &path, &self.bot, &login.headers())
            .await
    }

    async fn get(&self, at: usize, id: &str) -> Answer {
        self.call(at, "GET", &format!("/users/{id}"), &self.bot, &[])
            .await
    }

    async fn latest(&self, at: usize, global: &str) -> Answer {
        let path = format!("/users/aura-id-global/{global}");
        self.call(at, "GET", &path, &self.kernel, &[("x-channel-id", "app")])
            .await
    }
}

/// A busy machine can be too slow for a store's time limit: callers repeat what is answered with 503.
pub(crate) async fn patiently<F: Future<Output = Answer>>(request: impl Fn() -> F) -> Answer {
    for _ in 0..5 {
        let answer = request().await;
        if answer.status != 503 {
            return answer;
        }
    }
    panic!("not available five times")
}

/// What a registration sends.
struct Login<'a> {
    user: &'a str,
    grant: &'a str,
    channel: &'a str,
    number: Option<&'a str>,
}

impl Login<'_> {
    fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = vec![
            ("x-user-id", self.user),
            ("x-authorization-id", self.grant),
            ("x-channel-id", self.channel),
        ];
        headers.extend(self.number.map(|number| ("x-phone-number", number)));
        headers
    }
}

/// Repeatable random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap_or(1)).unwrap_or(0)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Every call takes its time, at random, so that those of several instances overtake each other.
fn jitter(desk: &Desk, seed: u64, millis: usize) {
    let mut random = Random(seed);
    desk.proxy.plan(move |_: &Call| {
        let span = u64::try_from(random.below(millis)).unwrap_or(0);
        Fault::Delay(Duration::from_millis(span))
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_at_once_are_fifty_users() {
    let desk = Desk::start().await;
    let instances = &Instances::start(&desk, 4).await;
    let answers = join_all((0..50).map(|at| async move {
        let user = format!("user-{at}");
        let login = Login {
            user: &user,
            grant: "grant-1",
            channel: "app",
            number: Some(NUMBERS[0]),
        };
        patiently(|| instances.register(at, &login)).await
    }))
    .await;
    for member in ["auraId", "auraIdGlobal"] {
        let ids: BTreeSet<_> = answers.iter().map(|answer| answer.text(member)).collect();
        assert_eq!(ids.len(), 50, "{member}");
    }
    let stored = Stored::read(&desk).await;
    stored.assert_consistent("fifty people");
    assert_eq!(stored.of_kind("PERSON").count(), 50);
    assert_eq!(stored.users().len(), 4 * 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_equal_calls_to_four_instances_make_one_user() {
    let desk = Desk::start().await;
    let instances = &Instances::start(&desk, 4).await;
    let login = &Login {
        user: "user-1",
        grant: "grant-1",
        channel: "app",
        number: Some(NUMBERS[0]),
    };
    let answers =
        join_all((0..200).map(|at| patiently(move || instances.register(at, login)))).await;
    for answer in &answers {
        assert_eq!(
            (answer.status.as_u16(), &answer.body),
            (200, &answers[0].body)
        );
    }
    let stored = Stored::read(&desk).await;
    stored.assert_consistent("equal calls");
    assert_eq!(stored.users().len(), 4, "one of each kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_calls_under_a_chosen_id_make_one_user() {
    let desk = Desk::start().await;
    let instances = &Instances::start(&desk, 4).await;
    let users = ["user-1", "user-2"];
    let answers = join_all((0..80).map(|at| async move {
        let login = Login {
            user: users[at / 4 % 2],
            grant: "grant-1",
            channel: "app",
            number: None,
        };
        patiently(|| instances.create(at, "outside-1", &login)).await
    }))
    .await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(
        (good.len(), bad.len()),
        (40, 40),
        "one person has the id, the other has not"
    );
    assert!(good.iter().all(|answer| answer.body == good[0].body));
    assert!(bad.iter().all(|answer| answer.status == 409));
    let stored = Stored::read(&desk).await;
    stored.assert_consistent("a chosen id");
    assert_eq!(
        stored.of_kind("PERSON").count(),
        1,
        "a refused one leaves nothing"
    );
}

/// Reads while a person logs in anew: the latest login is always there, and what it superseded never is again.
async fn watch(instances: &Instances, at: usize, global: &str, done: &AtomicBool) -> usize {
    let mut seen: Vec<String> = Vec::new();
    loop {
        let last_look = done.load(SeqCst);
        let latest = instances.latest(at, global).await;
        assert_eq!(latest.status, 200, "never none");
        let id = latest.text("auraId");
        if seen.last() != Some(&id) {
            assert!(!seen.contains(&id), "a superseded login came back");
            for old in &seen {
                assert_eq!(instances.get(at, old).await.status, 404, "never two");
            }
            seen.push(id.clone());
        }
        if instances.get(at + 1, &id).await.status == 404 {
            let newer = instances.latest(at + 2, global).await;
            assert_eq!(newer.status, 200, "never none");
            assert_ne!(newer.text("auraId"), id, "superseded by nothing");
        }
        if last_look {
            return seen.len();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_a_person_who_logs_in_anew_see_one_login_always() {
    let desk = Desk::start().await;
    let instances = &Instances::start(&desk, 3).await;
    let login = Login {
        user: "user-1",
        grant: "grant-0",
        channel: "app",
        number: Some(NUMBERS[0]),
    };
    let global = instances.register(0, &login).await.text("auraIdGlobal");
    jitter(&desk, 0x5eed, 4);
    let done = &AtomicBool::new(false);
    let write = async {
        for at in 0..20 {
            let grant = format!("grant-{at}");
            let login = Login {
                grant: &grant,
                ..login
            };
            assert_eq!(instances.register(0, &login).await.status, 200);
        }
        done.store(true, SeqCst);
    };
    let watches = join_all((0..4).map(|at| watch(instances, at, &global, done)));
    let ((), seen) = join(write, watches).await;
    assert!(
        seen.iter().all(|logins| *logins > 3),
        "{seen:?}: too few to tell"
    );
    Stored::read(&desk)
        .await
        .assert_consistent("after the last login");
}

const USERS: [&str; 4] = ["user-1", "user-2", "user-3", "user-4"];
const GRANTS: [&str; 3] = ["grant-1", "grant-2", "grant-3"];
const CHANNELS: [&str; 3] = ["app", "web", "whatsapp"];
const CHOSEN: [&str; 3] = ["outside-1", "outside-2", "outside-3"];

/// The auraIds that were given out.
#[derive(Default)]
struct Known(Mutex<Vec<String>>);

impl Known {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn any(&self, random: &mut Random) -> String {
        let ids = self.lock();
        let any = random.below(ids.len().max(1));
        ids.get(any).cloned().unwrap_or_else(|| "nobody".to_owned())
    }
}

impl Instances {
    async fn delete(&self, at: usize, path: &str) -> Answer {
        self.call(at, "DELETE", path, &self.kernel, &[]).await
    }

    /// One random operation, and the statuses that it may come to.
    async fn anything(
        &self,
        at: usize,
        random: &mut Random,
        known: &Known,
    ) -> (Answer, &'static [u16]) {
        let login = Login {
            user: random.of(&USERS),
            grant: random.of(&GRANTS),
            channel: random.of(&CHANNELS),
            number: random.of(&[None, Some(NUMBERS[0]), Some(NUMBERS[1])]),
        };
        match random.below(10) {
            0..4 => (self.register(at, &login).await, &[200, 503]),
            4..6 => (
                self.create(at, random.of(&CHOSEN), &login).await,
                &[200, 409, 503],
            ),
            6..8 => {
                let path = format!("/users/{}", known.any(random));
                (self.delete(at, &path).await, &[204, 404, 503])
            }
            8 => (self.get(at, &known.any(random)).await, &[200, 404]),
            _ => {
                let path = format!("/admin/users/phone-numbers/{}", random.of(&NUMBERS));
                (self.delete(at, &path).await, &[200, 503])
            }
        }
    }

    /// A number of random operations, one after the other.
    async fn anything_often(&self, at: usize, seed: u64, known: &Known) {
        let mut random = Random(seed);
        for _ in 0..20 {
            let (answer, good) = self.anything(at, &mut random, known).await;
            assert!(good.contains(&answer.status.as_u16()), "{answer:?}");
            if answer.status == 200 {
                known
                    .lock()
                    .extend(answer.json()["auraId"].as_str().map(str::to_owned));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_at_once_what_is_stored_agrees() {
    let desk = Desk::start().await;
    let instances = &Instances::start(&desk, 3).await;
    let known = &Known::default();
    for round in 0..6 {
        jitter(&desk, 77 + round, 6);
        let tasks = (0..4)
            .zip(round * 4 + 1..)
            .map(|(at, seed)| instances.anything_often(at, seed, known));
        join_all(tasks).await;
        Stored::read(&desk)
            .await
            .assert_consistent(&format!("round {round}"));
        // An hour and the end of the quarantine for some, the end of all logins for others.
        desk.clock.advance(Duration::from_secs(if round % 2 == 0 {
            3600
        } else {
            4 * 86_400
        }));
    }
    desk.proxy.heal();
    let numbered = Stored::read(&desk).await;
    let mut erased = 0;
    for number in NUMBERS {
        let receipt = desk.erase(number).await;
        assert_eq!(receipt.status, 200, "{:?}", receipt.body);
        erased += usize::try_from(receipt.json()["erasedUsers"].as_u64().unwrap_or(0)).unwrap_or(0);
    }
    assert_eq!(
        erased,
        numbered.of_kind("NUMBER").count(),
        "each person with a number is in its list"
    );
    let left = Stored::read(&desk).await;
    left.assert_consistent("after the erasures");
    assert_eq!(left.of_kind("NUMBER").count(), 0);
}
