//! `DELETE /admin/users/phone-numbers/{phone_number}`: what is erased, and what stays.

use tests::{Desk, table};

const NUMBER: &str = "+34600000001";

#[tokio::test(flavor = "multi_thread")]
async fn every_person_with_the_number_goes_and_nothing_is_left() {
    let desk = Desk::start().await;
    for user in ["u1", "u2", "u3"] {
        for channel in ["app", "web"] {
            assert_eq!(
                desk.register(user, "a1", channel, Some(NUMBER))
                    .await
                    .status,
                200
            );
        }
    }
    let other = desk.register("u4", "a1", "app", Some("+34600000002")).await;
    let receipt = desk.erase("34600000001").await;
    assert_eq!(receipt.status, 200, "{:?}", receipt.body);
    assert_eq!(
        (
            &receipt.json()["erasedUsers"],
            &receipt.json()["erasedLogins"]
        ),
        (&3.into(), &6.into())
    );
    let left = table::users(&desk.dynamodb, &desk.names.users_table).await;
    let (marks, others): (Vec<_>, Vec<_>) = left
        .into_iter()
        .partition(|item| !item.contains_key("auraIdGlobal"));
    assert_eq!(
        (marks.len(), others.len()),
        (6, 4),
        "the other person, and a mark per removed id"
    );
    for mark in marks {
        let mut names: Vec<_> = mark.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["pk", "reusableAt", "sk", "ttl"]);
    }
    assert_eq!(desk.get_user(&other.text("auraId")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn spellings_of_a_number_are_the_same_and_a_number_nobody_has_gives_zeros() {
    let desk = Desk::start().await;
    for spelling in ["+34600000001", "%2B34600000001", "34600000001"] {
        desk.register("u1", "a1", "app", Some(NUMBER)).await;
        assert_eq!(
            desk.erase(spelling).await.json()["erasedUsers"],
            1,
            "{spelling}"
        );
        let again = desk.erase(spelling).await;
        assert_eq!(
            (again.status.as_u16(), &again.json()["erasedUsers"]),
            (200, &0.into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returning_person_is_a_new_one() {
    let desk = Desk::start().await;
    let before = desk.register("u1", "a1", "app", Some(NUMBER)).await;
    desk.erase(NUMBER).await;
    let after = desk.register("u1", "a1", "app", Some(NUMBER)).await;
    for member in ["auraId", "auraIdGlobal"] {
        assert_ne!(before.text(member), after.text(member), "{member}");
    }
    assert_eq!(desk.get_user(&before.text("auraId")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_stays_without_personal_data() {
    let desk = Desk::start().await;
    desk.register("u1", "a1", "app", Some(NUMBER)).await;
    let receipt = desk.erase(NUMBER).await.text("receiptId");
    let records = table::scan(&desk.dynamodb, &desk.names.erasure_table).await;
    assert_eq!(records.len(), 1, "the lease is gone");
    assert_eq!(table::partition(&records[0]), format!("RECEIPT#{receipt}"));
    assert!(!format!("{records:?}").contains("34600000001"));
    let mut names: Vec<_> = records[0].keys().map(String::as_str).collect();
    names.sort_unstable();
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
    assert_eq!(names, expected);
}
