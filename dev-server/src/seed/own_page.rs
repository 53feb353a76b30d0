//! Channels may send the browser back to a page of this dev server, whose port can be another one at each start.

use http::Uri;
use shared::control::ControlEditor;

use crate::data_dir::CannotStart;
use crate::try_login::LINKED;

/// Moves the redirects that lead to this dev server's own page to where it is now. A channel that has none gets none: an
/// operator may have taken it away.
///
/// # Errors
/// When the database does not work.
pub async fn own_page(editor: &ControlEditor, base_url: &str) -> Result<(), CannotStart> {
    let failed = |error| CannotStart(format!("cannot set the channels: {error}"));
    for mut channel in editor.channels().await.map_err(failed)? {
        let moved = moved(&channel.redirects, base_url);
        if moved != channel.redirects {
            channel.redirects = moved;
            editor.set_channel(&channel).await.map_err(failed)?;
        }
    }
    Ok(())
}

fn moved(redirects: &[String], base_url: &str) -> Vec<String> {
    let moved = redirects.iter().map(|redirect| {
        if is_own_page(redirect) {
            format!("{base_url}{LINKED}")
        } else {
            redirect.clone()
        }
    });
    moved.collect()
}

fn is_own_page(redirect: &str) -> bool {
    let uri: Option<Uri> = redirect.parse().ok();
    uri.is_some_and(|uri| uri.scheme_str() == Some("http") && uri.path() == LINKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_redirects_to_the_own_page_move() {
        let redirects = [
            "https://www.example/assistant",
            "http://127.0.0.1:3000/dev-server/linked",
            "http://127.0.0.1:5173/linked",
            "https://www.example/dev-server/linked",
        ]
        .map(str::to_owned);
        let mut expected = redirects.to_vec();
        expected[1] = "http://127.0.0.1:8080/dev-server/linked".to_owned();
        assert_eq!(moved(&redirects, "http://127.0.0.1:8080"), expected);
        assert_eq!(moved(&expected, "http://127.0.0.1:8080"), expected);
    }
}
