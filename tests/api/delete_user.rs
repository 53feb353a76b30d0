//! `DELETE /users/{auraId}`: one login goes.

use tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn that_login_goes_and_the_others_stay() {
    let desk = Desk::start().await;
    let app = desk.register("u1", "a1", "app", None).await.text("auraId");
    let web = desk.register("u1", "a1", "web", None).await.text("auraId");
    let removed = desk
        .call(
            "DELETE",
            &format!("/users/{app}"),
            &[("authorization", &desk.bot())],
        )
        .await;
    assert_eq!((removed.status.as_u16(), removed.body.len()), (204, 0));
    assert_eq!(desk.get_user(&app).await.status, 404);
    assert_eq!(desk.get_user(&web).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_removed_ids_are_404() {
    let desk = Desk::start().await;
    let app = desk.register("u1", "a1", "app", None).await.text("auraId");
    let path = format!("/users/{app}");
    let key = desk.kernel();
    assert_eq!(
        desk.call("DELETE", &path, &[("authorization", &key)])
            .await
            .status,
        204
    );
    assert_eq!(
        desk.call("DELETE", &path, &[("authorization", &key)])
            .await
            .status,
        404
    );
    assert_eq!(
        desk.call("DELETE", "/users/nobody", &[("authorization", &key)])
            .await
            .status,
        404
    );
}

/// As API Gateway routes it: `DELETE /users/aura-id` is this route with a reserved id, not the path of another method.
#[tokio::test(flavor = "multi_thread")]
async fn reserved_words_are_no_ids() {
    let desk = Desk::start().await;
    for word in ["aura-id", "auraid", "aura-id-global"] {
        let answer = desk
            .call(
                "DELETE",
                &format!("/users/{word}"),
                &[("authorization", &desk.bot())],
            )
            .await;
        assert_eq!(answer.status, 400, "{word}");
    }
}
