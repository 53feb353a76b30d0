//! The template's schedule asks `monitoring` how it is, as the gateway would: so CloudWatch hears of a deployment that nobody else
//! asks.

use serde_json::Value;
use tests::{Bootstrap, Desk, events};

/// What the schedule sends.
fn event() -> Value {
    let template = events::root().join("template.yaml");
    let template = std::fs::read_to_string(template).unwrap_or_default();
    let mut inputs = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Input: '"));
    let input = inputs.next().and_then(|input| input.strip_suffix('\''));
    serde_json::from_str(input.unwrap_or_default()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_event_is_answered_counted_and_told_with_the_ages_of_the_keys() {
    let desk = Desk::start().await;
    let function = Bootstrap::ready("monitoring", &desk.env).await;
    let answer = function.invoke(&event()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    function.terminate();
    let ended = function.ended().await;
    let lines = ended.lines.iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told: Vec<Value> = lines.filter(|line| line.get("_aws").is_some()).collect();
    let [told] = &told[..] else {
        panic!("one line for CloudWatch, not {told:?}")
    };
    assert_eq!(told["HttpRequests"], 1);
    for key in ["signing-key", "key-ring", "state-ring", "direct-line"] {
        let age = &told[format!("RotationAge.{key}")];
        assert!(age.is_u64(), "{key}: {told}");
    }
}
