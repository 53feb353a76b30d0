//! Reads an answer to its end, or up to where it gets too long.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use tokio::time::timeout;

use super::{Answer, MAX_ANSWER, UpstreamFailure};

/// Why there is no answer, with what is not told: its text has the address.
pub(super) enum NoAnswer {
    Http(reqwest::Error),
    TooLong,
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl From<NoAnswer> for UpstreamFailure {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::TooLong => Self::TooLong,
            NoAnswer::Http(error) if error.is_connect() || error.is_builder() => Self::NotSent,
            NoAnswer::Http(_) => Self::Broken,
        }
    }
}

/// How long the body of an error is waited for.
const ERROR_LIMIT: Duration = Duration::from_millis(500);

/// Sends the request and reads the whole answer. An error is told by its status: a body that is too long, breaks or does not end
/// changes nothing about it, and counts as none.
pub(super) async fn answer(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = if status.is_success() {
        body(response).await?
    } else {
        let read = timeout(ERROR_LIMIT, body(response)).await;
        read.ok().and_then(Result::ok).unwrap_or_default()
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// The body, chunk by chunk: what is announced or comes in excess is not read.
async fn body(mut response: Response) -> Result<Vec<u8>, NoAnswer> {
    let fits = |length: usize| length <= MAX_ANSWER;
    let announced = response.content_length().unwrap_or_default();
    if !usize::try_from(announced).is_ok_and(fits) {
        return Err(NoAnswer::TooLong);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if !fits(body.len() + chunk.len()) {
            return Err(NoAnswer::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
