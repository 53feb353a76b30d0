//! `GET /config`: the name of the storage account, from the setting.

use dev_server::bundle::bundle;
use shared::api_key::Scope;
use shared::settings::Env;
use tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn every_key_gets_the_name_from_the_setting_and_nothing_is_read() {
    let desk = Desk::start().await;
    let channel = desk.key("whatsapp", Scope::Public);
    for key in [desk.bot(), desk.kernel(), channel] {
        let answer = desk
            .call("GET", "/config", &[("authorization", &key)])
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.body, r#"{"storage":"auralocal"}"#);
    }
    assert_eq!(desk.proxy.take_operations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_azure_takes_as_a_name_is_one() {
    let desk = Desk::start().await;
    let named = async |storage: &str| {
        let variables = |function: &str| {
            let given = desk.env.template_variables(function).into_iter();
            let lambda = [
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "local"),
                ("AWS_SECRET_ACCESS_KEY", "local"),
            ];
            let other = ("STORAGE_NAME", storage.to_owned());
            let lambda = lambda.map(|(name, value)| (name, value.to_owned()));
            Env::from_pairs(given.chain(lambda).chain([other]))
        };
        bundle(variables, &desk.clock.clock()).await.map(drop)
    };
    for good in ["abc", "0123456789abcdefghijklmn"] {
        assert!(named(good).await.is_ok(), "{good}");
    }
    for bad in [
        "",
        "ab",
        "0123456789abcdefghijklmno",
        "Abc",
        "a-b",
        "abc ",
        "äbc",
    ] {
        let error = named(bad).await.unwrap_err().to_string();
        assert!(
            error.contains("variable STORAGE_NAME is "),
            "{bad}: {error}"
        );
    }
}
