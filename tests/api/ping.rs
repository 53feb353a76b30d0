//! `GET /ping`: what a good key gets, and that nothing is touched for it.

use tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_good_key_gets_ok_and_nothing_is_read() {
    let desk = Desk::start().await;
    let answer = desk
        .call("GET", "/ping", &[("authorization", &desk.kernel())])
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.body, r#"{"status":"ok"}"#);
    assert_eq!(desk.proxy.take_operations(), Vec::<String>::new());
}
