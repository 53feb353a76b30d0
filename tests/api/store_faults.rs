//! The store fails, in every way and at every call: the answer is a 503 in time that tells nothing, and a repeat sets it right.

use std::time::Duration;

use axum::Router;
use dev_server::bundle::{Bundle, bundle};
use dev_server::local_env::LocalEnv;
use futures_util::future::{join, join_all};
use shared::settings::Env;
use tests::{Answer, Desk, Fault, table};
use uuid::Uuid;

const NUMBER: &str = "+34600000001";
const OTHER_NUMBER: &str = "+34600000002";
/// Longer than any limit.
const LONG: Duration = Duration::from_mins(1);

/// What must never be in an answer: words of the store, of the code, of this scene.
const INTERNAL: [&str; 19] = [
    "injected",
    "Exception",
    "InternalServerError",
    "TransactionConflict",
    "GetItem",
    "Query",
    "UpdateItem",
    "TransactWriteItems",
    "dynamodb",
    "aura-authentication-",
    "timeout",
    "connection",
    "127.0.0.1",
    "34600000",
    "person-",
    "grant-",
    "outside-",
    "control data",
    "key ring",
];

/// Functions whose clients' retry budget is their own: the SDK keeps one per region for the whole process, and these tests use
/// it up.
pub(crate) async fn started_with_own_retries(desk: &Desk) -> Bundle {
    let region = format!("test-{}", Uuid::new_v4());
    let bundle = bundle(
        |name| in_region(&desk.env, name, &region),
        &desk.clock.clock(),
    )
    .await;
    bundle.unwrap_or_else(|error| panic!("{error}"))
}

/// Their router.
pub(crate) async fn instances_with_own_retries(desk: &Desk) -> Router {
    started_with_own_retries(desk).await.router
}

/// A desk whose functions have a retry budget of their own.
pub(crate) async fn desk_with_own_retries() -> Desk {
    let mut desk = Desk::start().await;
    desk.router = instances_with_own_retries(&desk).await;
    drop(desk.proxy.take_calls());
    desk
}

fn in_region(env: &LocalEnv, function: &str, region: &str) -> Env {
    let lambda = [
        ("AWS_REGION", region.to_owned()),
        ("AWS_ACCESS_KEY_ID", env.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", env.secret_access_key.clone()),
    ];
    Env::from_pairs(env.template_variables(function).into_iter().chain(lambda))
}

/// A 503 as contract 3 has it, with nothing of the cause in it.
pub(crate) fn assert_unavailable(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 503, "{case}: {:?}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{case}"
    );
    assert_eq!(answer.text("code"), "UNAVAILABLE", "{case}");
    assert_eq!(
        answer.text("correlator"),
        answer.header("x-correlator"),
        "{case}"
    );
    let after: u64 = answer.header("retry-after").parse().unwrap_or(0);
    assert!((1..=30).contains(&after), "{case}: {:?}", answer.headers);
    let told = format!("{:?} {:?}", answer.headers, answer.body);
    for word in INTERNAL {
        assert!(!told.contains(word), "{case}: {word} in {told}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Register,
    Create,
    GetUser,
    GetLatestUser,
    DeleteUser,
    Erase,
}

use Operation::{Create, DeleteUser, Erase, GetLatestUser, GetUser, Register};

impl Operation {
    /// The time limit of its function, in seconds.
    fn limit(self) -> u64 {
        match self {
            GetUser | GetLatestUser => 10,
            Register | Create => 15,
            DeleteUser | Erase => 29,
        }
    }

    /// The items of the users' table, once it is done: kinds in order.
    fn items_after(self) -> &'static [&'static str] {
        match self {
            Register | Create => &[
                "GLOBAL", "GLOBAL", "LOGIN", "LOGIN", "NUMBER", "NUMBER", "PERSON", "PERSON",
            ],
            GetUser | GetLatestUser | DeleteUser => &["GLOBAL", "LOGIN", "NUMBER", "PERSON"],
            Erase => &["LOGIN"],
        }
    }
}

/// Every operation, with the calls that fail: all of them, or those of one kind.
const CASES: [(Operation, &str); 12] = [
    (Register, "all"),
    (Register, "TransactWriteItems"),
    (Create, "all"),
    (GetUser, "all"),
    (GetLatestUser, "all"),
    (DeleteUser, "all"),
    (DeleteUser, "TransactWriteItems"),
    (Erase, "all"),
    (Erase, "UpdateItem"),
    (Erase, "Query"),
    (Erase, "GetItem"),
    (Erase, "TransactWriteItems"),
];

/// Every operation, all of its calls failing.
const ALL: [(Operation, &str); 6] = [
    (Register, "all"),
    (Create, "all"),
    (GetUser, "all"),
    (GetLatestUser, "all"),
    (DeleteUser, "all"),
    (Erase, "all"),
];

/// One registered person, and an operation to do.
struct Scene {
    desk: Desk,
    operation: Operation,
    aura_id: String,
    global: String,
}

impl Scene {
    async fn set(operation: Operation) -> Self {
        let desk = desk_with_own_retries().await;
        let login = desk
            .register("person-1", "grant-1", "app", Some(NUMBER))
            .await;
        assert_eq!(login.status, 200, "{:?}", login.body);
        drop(desk.proxy.take_calls());
        Self {
            desk,
            operation,
            aura_id: login.text("auraId"),
            global: login.text("auraIdGlobal"),
        }
    }

    fn fail(&self, calls: &'static str, fault: Fault) {
        self.desk.proxy.plan(move |call| {
            if calls == "all" || calls == call.operation {
                fault.clone()
            } else {
                Fault::None
            }
        });
    }

    fn fail_first(&self, calls: &'static str, times: usize, fault: Fault) {
        let mut left = times;
        self.desk.proxy.plan(move |call| {
            if left == 0 || (calls != "all" && calls != call.operation) {
                return Fault::None;
            }
            left -= 1;
            fault.clone()
        });
    }

    /// Does the operation, within its function's time limit.
    async fn act(&self) -> Answer {
        let limit = Duration::from_secs(self.operation.limit());
        let answer = tokio::time::timeout(limit, self.send()).await;
        answer.unwrap_or_else(|_| panic!("{:?} took over {limit:?}", self.operation))
    }

    async fn send(&self) -> Answer {
        let desk = &self.desk;
        let (bot, kernel) = (desk.bot(), desk.kernel());
        let bot = [("authorization", &*bot)];
        match self.operation {
            Register => {
                desk.register("person-2", "grant-2", "app", Some(OTHER_NUMBER))
                    .await
            }
            Create => {
                let new = [
                    bot[0],
                    ("x-user-id", "person-2"),
                    ("x-authorization-id", "grant-2"),
                    ("x-channel-id", "app"),
                    ("x-phone-number", OTHER_NUMBER),
                ];
                desk.call("GET", "/users/aura-id/outside-2", &new).await
            }
            GetUser => desk.get_user(&self.aura_id).await,
            GetLatestUser => {
                let path = format!("/users/aura-id-global/{}", self.global);
                let headers = [("authorization", &*kernel), ("x-channel-id", "app")];
                desk.call("GET", &path, &headers).await
            }
            DeleteUser => {
                let path = format!("/users/{}", self.aura_id);
                desk.call("DELETE", &path, &bot).await
            }
            Erase => desk.erase(NUMBER).await,
        }
    }

    /// The operation is done once and wholly; `answer` is what its repeat said.
    async fn assert_done(&self, answer: &Answer, case: &str) {
        let good = match (self.operation, answer.status.as_u16()) {
            // A removal that was done although its answer was lost.
            (DeleteUser, status) => matches!(status, 204 | 404),
            (_, status) => status == 200,
        };
        assert!(good, "{case}: {answer:?}");
        let desk = &self.desk;
        let items = table::users(&desk.dynamodb, &desk.names.users_table).await;
        let mut kinds: Vec<_> = items
            .iter()
            .filter_map(|item| table::partition(item).split('#').next())
            .collect();
        kinds.sort_unstable();
        assert_eq!(kinds, self.operation.items_after(), "{case}");
        let records = table::scan(&desk.dynamodb, &desk.names.erasure_table).await;
        let records: Vec<_> = records.iter().map(table::partition).collect();
        match self.operation {
            Erase => {
                let receipt = format!("RECEIPT#{}", answer.text("receiptId"));
                assert_eq!(records, [receipt.as_str()], "{case}");
                let counts = answer.json();
                let counts = (&counts["erasedUsers"], &counts["erasedLogins"]);
                assert_eq!(counts, (&1.into(), &1.into()), "{case}");
            }
            _ => assert!(records.is_empty(), "{case}"),
        }
        let left = desk.get_user(&self.aura_id).await.status;
        let gone = matches!(self.operation, DeleteUser | Erase);
        assert_eq!(left, if gone { 404 } else { 200 }, "{case}");
    }
}

async fn unavailable_until_it_heals(
    cases: impl IntoIterator<Item = (Operation, &'static str)>,
    faults: &[Fault],
) {
    let cases = cases.into_iter();
    let cases = cases.flat_map(|case| faults.iter().map(move |fault| (case, fault)));
    let cases = cases.map(|((operation, calls), fault)| async move {
        let case = format!("{operation:?}, {calls} {fault:?}");
        let scene = Scene::set(operation).await;
        scene.fail(calls, fault.clone());
        assert_unavailable(&scene.act().await, &case);
        scene.desk.proxy.heal();
        scene.assert_done(&scene.act().await, &case).await;
    });
    join_all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_table_is_unavailable() {
    let table = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    unavailable_until_it_heals(CASES, &[Fault::Error(400, table)]).await;
    let account = "com.amazon.coral.availability#ThrottlingException";
    unavailable_until_it_heals(ALL, &[Fault::Error(400, account)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_store_is_unavailable() {
    let broken = "com.amazonaws.dynamodb.v20120810#InternalServerError";
    unavailable_until_it_heals(CASES, &[Fault::Error(500, broken)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_unavailable() {
    let denied = "com.amazon.coral.service#AccessDeniedException";
    unavailable_until_it_heals(ALL, &[Fault::Error(400, denied)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_unavailable() {
    unavailable_until_it_heals(CASES, &[Fault::Refused]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_store_and_a_dripping_answer_are_unavailable() {
    let dripping = Fault::SlowDrip(Duration::from_secs(2));
    unavailable_until_it_heals(CASES, &[Fault::Hang(LONG), dripping]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_unavailable() {
    unavailable_until_it_heals(CASES, &[Fault::HalfAnswer]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unavailable() {
    unavailable_until_it_heals(CASES, &[Fault::LostAnswer]).await;
}

/// Calls of which the first fails, one of each kind.
const FIRST: [(Operation, &str); 5] = [
    (Register, "TransactWriteItems"),
    (GetUser, "GetItem"),
    (DeleteUser, "TransactWriteItems"),
    (Erase, "UpdateItem"),
    (Erase, "TransactWriteItems"),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_call_is_not_noticed() {
    let faults = [
        Fault::Error(400, "ProvisionedThroughputExceededException"),
        Fault::Error(400, "ThrottlingException"),
        Fault::Error(500, "InternalServerError"),
        Fault::Refused,
        Fault::Hang(LONG),
        Fault::HalfAnswer,
        Fault::SlowDrip(Duration::from_secs(2)),
        Fault::LostAnswer,
    ];
    let cases = faults.iter().flat_map(|fault| {
        FIRST.map(|(operation, calls)| async move {
            let case = format!("{operation:?}, first {calls} {fault:?}");
            let scene = Scene::set(operation).await;
            scene.fail_first(calls, 1, fault.clone());
            let answer = scene.act().await;
            assert!(answer.status.is_success(), "{case}: {answer:?}");
            scene.assert_done(&answer, &case).await;
        })
    });
    join_all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_of_one_transaction_carry_one_token() {
    for operation in [Register, Create, DeleteUser, Erase] {
        let scene = Scene::set(operation).await;
        scene.fail_first("TransactWriteItems", 2, Fault::LostAnswer);
        assert!(scene.act().await.status.is_success(), "{operation:?}");
        let calls = scene.desk.proxy.take_calls();
        let tries: Vec<_> = calls
            .iter()
            .filter(|call| call.operation == "TransactWriteItems")
            .map(|call| &call.body)
            .collect();
        assert_eq!(tries.len(), 3, "{operation:?}");
        assert!(tries.iter().all(|body| *body == tries[0]), "{operation:?}");
        let body: serde_json::Value = serde_json::from_slice(tries[0]).unwrap();
        assert!(body["ClientRequestToken"].is_string(), "{operation:?}");
    }
}

const WRITES: [Operation; 4] = [Register, Create, DeleteUser, Erase];
/// Reasons of a cancelled transaction that say: try again.
const BUSY: [&str; 3] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_others_are_in_the_way_of_is_tried_again_up_to_a_limit() {
    let cases = BUSY.into_iter().flat_map(|code| {
        WRITES.map(|operation| async move {
            let case = format!("{operation:?} {code}");
            let scene = Scene::set(operation).await;
            let desk = &scene.desk;
            scene.fail("TransactWriteItems", Fault::Cancelled(code));
            assert_unavailable(&scene.act().await, &case);
            let items = table::users(&desk.dynamodb, &desk.names.users_table).await;
            assert_eq!(items.len(), 4, "{case}: nothing is stored");
            scene.fail_first("TransactWriteItems", 5, Fault::Cancelled(code));
            let answer = scene.act().await;
            assert!(answer.status.is_success(), "{case}: {answer:?}");
            scene.assert_done(&answer, &case).await;
        })
    });
    join_all(cases).await;
}

/// The transaction is done, its answer and all later calls are lost: one state comes out of the repeat.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_done_unheard_is_not_done_twice() {
    let cases = WRITES.map(|operation| async move {
        let case = format!("{operation:?}");
        let scene = Scene::set(operation).await;
        let mut done = false;
        scene.desk.proxy.plan(move |call| {
            let fault = match (done, call.operation.as_str()) {
                (true, _) => Fault::Error(500, "InternalServerError"),
                (false, "TransactWriteItems") => Fault::LostAnswer,
                (false, _) => Fault::None,
            };
            done = done || call.operation == "TransactWriteItems";
            fault
        });
        assert_unavailable(&scene.act().await, &case);
        scene.desk.proxy.heal();
        let repeated = scene.act().await;
        scene.assert_done(&repeated, &case).await;
        if matches!(operation, Register | Create) {
            assert_eq!(scene.act().await.body, repeated.body, "{case}");
        }
    });
    join_all(cases).await;
}

/// Key ring and control data are old, and nothing answers: their last good copies serve.
async fn nothing_at_all_answers() {
    let cases = ALL.map(|(operation, _)| async move {
        let scene = Scene::set(operation).await;
        let clock = &scene.desk.clock;
        clock.advance(Duration::from_secs(295));
        // Each function's copy of the control data is fresh again, its key ring is not.
        assert_eq!(scene.desk.get_user(&scene.aura_id).await.status, 200);
        let nobody = scene.desk.erase(OTHER_NUMBER).await;
        assert_eq!(nobody.status, 200);
        let known = scene
            .desk
            .register("person-1", "grant-1", "app", Some(NUMBER))
            .await;
        assert_eq!(known.status, 200);
        clock.advance(Duration::from_secs(6));
        scene.fail("all", Fault::Hang(LONG));
        assert_unavailable(&scene.act().await, &format!("{operation:?}"));
    });
    join_all(cases).await;
}

/// Answers that are slow, each within the limit of one call, add up.
async fn the_store_is_slow_and_busy() {
    let cases = WRITES.map(|operation| async move {
        let scene = Scene::set(operation).await;
        scene.desk.proxy.plan(|call| match call.operation.as_str() {
            "TransactWriteItems" => Fault::Cancelled("TransactionConflict"),
            _ => Fault::Delay(Duration::from_millis(1300)),
        });
        assert_unavailable(&scene.act().await, &format!("{operation:?}"));
    });
    join_all(cases).await;
}

/// `Scene::act` holds each operation to its function's limit. Together, because they mostly wait.
#[tokio::test(flavor = "multi_thread")]
async fn no_operation_takes_longer_than_its_function_may() {
    join(nothing_at_all_answers(), the_store_is_slow_and_busy()).await;
}
