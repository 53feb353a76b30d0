//! API Gateway's events become the requests that the callers made, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::runtime_api::Outcome;
use tests::{Answer, Bootstrap, Desk, events};

async fn create(desk: &Desk, functions: &Bootstrap, aura_id: &str) -> Answer {
    let mut event = events::fresh(desk, "user-registration", "create_user");
    events::set_parameter(&mut event, aura_id);
    functions.invoke(&event).await
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_what_the_gateway_decoded() {
    let desk = Desk::start().await;
    let registration = Bootstrap::ready("user-registration", &desk.env).await;
    let lookup = Bootstrap::ready("user-lookup", &desk.env).await;
    for aura_id in ["a+b@c.example", "whatsapp:34600000001", "a", "_-..-_"] {
        let created = create(&desk, &registration, aura_id).await;
        assert_eq!(created.text("auraId"), aura_id, "{:?}", created.body);
        let mut event = events::fresh(&desk, "user-lookup", "get_user");
        events::set_parameter(&mut event, aura_id);
        let found = lookup.invoke(&event).await;
        assert_eq!(found.text("auraId"), aura_id, "{:?}", found.body);
        // As the one before, the next login supersedes it: each is looked up while it is the latest.
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decoded_parameters_are_neither_decoded_again_nor_taken_for_a_path_or_a_query() {
    let desk = Desk::start().await;
    let registration = Bootstrap::ready("user-registration", &desk.env).await;
    let lookup = Bootstrap::ready("user-lookup", &desk.env).await;
    assert_eq!(create(&desk, &registration, "a").await.status, 200);
    for aura_id in [
        "a?b", "a?", "a#b", "a/b", "a/../a", "..", ".", "%61", "%2561", "a%", "a b", " a", "ä",
        "aura-id", "a\u{0}",
    ] {
        let mut event = events::fresh(&desk, "user-lookup", "get_user");
        events::set_parameter(&mut event, aura_id);
        let answer = lookup.invoke(&event).await;
        assert_eq!(answer.status, 400, "{aura_id:?}: {:?}", answer.body);
        let detail = answer.text("detail");
        assert!(
            detail.starts_with("path parameter auraId must be "),
            "{detail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_numbers_are_decoded_once() {
    let desk = Desk::start().await;
    let removal = Bootstrap::ready("user-removal", &desk.env).await;
    for (number, status) in [
        ("+34600000001", 200),
        ("34600000001", 200),
        ("%2B34600000001", 400),
        (" 34600000001", 400),
    ] {
        let mut event = events::fresh(&desk, "user-removal", "erase_users_by_phone_number");
        events::set_parameter(&mut event, number);
        let answer = removal.invoke(&event).await;
        assert_eq!(answer.status, status, "{number}: {:?}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_domains_base_path_changes_nothing() {
    let desk = Desk::start().await;
    let registration = Bootstrap::ready("user-registration", &desk.env).await;
    let lookup = Bootstrap::ready("user-lookup", &desk.env).await;
    assert_eq!(create(&desk, &registration, "a").await.status, 200);
    let mut event = events::fresh(&desk, "user-lookup", "get_user");
    events::set_parameter(&mut event, "a");
    for path in [
        "/aura-services/v1/users/a",
        "/users/users/a",
        "/users/aura-id/users/a",
    ] {
        events::set_path(&mut event, path);
        let answer = lookup.invoke(&event).await;
        assert_eq!(answer.text("auraId"), "a", "{path}: {:?}", answer.body);
    }
    let mut event = events::fresh(&desk, "user-registration", "find_or_create_user");
    events::set_path(&mut event, "/aura-services/v1/users/aura-id");
    let answer = registration.invoke(&event).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_let_be() {
    let desk = Desk::start().await;
    let removal = Bootstrap::ready("user-removal", &desk.env).await;
    let mut event = events::fresh(&desk, "user-removal", "erase_users_by_phone_number");
    event["rawQueryString"] = "a=b%26c&a=%20&%C3%A4=".into();
    event["queryStringParameters"] = json!({ "a": "b&c, ", "ä": "" });
    assert_eq!(removal.invoke(&event).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_given_twice_are_refused() {
    let desk = Desk::start().await;
    let registration = Bootstrap::ready("user-registration", &desk.env).await;
    let headers = [
        ("x-user-id", 400),
        ("x-authorization-id", 400),
        ("x-channel-id", 400),
        ("x-phone-number", 400),
        ("authorization", 401),
    ];
    for (header, status) in headers {
        let mut event = events::fresh(&desk, "user-registration", "find_or_create_user");
        let once = event["headers"][header].as_str().unwrap().to_owned();
        for twice in [format!("{once},{once}"), format!("{once},"), String::new()] {
            event["headers"][header] = twice.as_str().into();
            let answer = registration.invoke(&event).await;
            assert_eq!(answer.status, status, "{header}: {twice}");
            let named = answer.text("detail").contains(header);
            assert_eq!(named, status == 400, "{:?}", answer.body);
            let asked = answer.header("www-authenticate");
            assert_eq!(asked, if status == 401 { "APIKEY" } else { "" });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_an_error_and_the_next_event_is_served() {
    let desk = Desk::start().await;
    let lookup = Bootstrap::ready("user-lookup", &desk.env).await;
    for event in [json!({}), json!(null), json!({ "Records": [] })] {
        let outcome = lookup.outcome(&event).await;
        assert!(matches!(outcome, Outcome::Error(_)), "{outcome:?}");
    }
    let event = events::fresh(&desk, "user-lookup", "get_user");
    assert_eq!(lookup.invoke(&event).await.status, 404);
}

/// API Gateway hands the query and these headers on as the caller wrote them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_part_of_a_uri_ends_no_function() {
    let desk = Desk::start().await;
    let lookup = Bootstrap::ready("user-lookup", &desk.env).await;
    for (query, host, scheme) in [
        ("a=<b>&c=\"d\"", "api.example", "https"),
        ("a=b c&d=ä\u{1}\\^`{|}", "api.example", "https"),
        ("", "not a host", "https"),
        ("", "[::1", "https"),
        ("", "api.example", "ht tp"),
    ] {
        let mut event = events::fresh(&desk, "user-lookup", "get_user");
        event["rawQueryString"] = query.into();
        event["headers"]["host"] = host.into();
        event["headers"]["x-forwarded-proto"] = scheme.into();
        let answer = lookup.invoke(&event).await;
        assert_eq!(
            answer.status, 404,
            "{query} {host} {scheme}: {:?}",
            answer.body
        );
    }
}

/// The gateway takes a slash at the end for another route, and encodes a body whose type it does not take for text.
#[tokio::test(flavor = "multi_thread")]
async fn a_slash_at_the_end_and_an_encoded_body_change_nothing() {
    let desk = Desk::start().await;
    let function = Bootstrap::ready("end-user-authentication", &desk.env).await;
    let good = events::fresh(&desk, "end-user-authentication", "create_session");
    let expected = function.invoke(&good).await;
    assert_eq!(expected.status, 200, "{:?}", expected.body);
    let route = good["routeKey"].as_str().unwrap_or_default().to_owned();
    let mut slash = good.clone();
    slash["routeKey"] = format!("{route}/").into();
    slash["requestContext"]["routeKey"] = format!("{route}/").into();
    events::set_path(&mut slash, &format!("/base{}/", &route["POST ".len()..]));
    let mut encoded = good.clone();
    let body = good["body"].as_str().unwrap_or_default();
    encoded["body"] = STANDARD.encode(body).into();
    encoded["isBase64Encoded"] = true.into();
    encoded["headers"]["content-type"] = "application/octet-stream".into();
    let mut none = good.clone();
    none.as_object_mut().map(|event| event.remove("body"));
    for (event, status) in [(slash, 200), (encoded, 200), (none, 400)] {
        let answer = function.invoke(&event).await;
        assert_eq!(answer.status, status, "{event}: {:?}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json");
    }
}
