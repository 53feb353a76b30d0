//! The dev server's `credentials.json`: the parts that lead to it, its tables and its secrets (contract 6).

use std::io;
use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// What is used of the file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    pub(crate) environment: String,
    pub(crate) aws: Aws,
    /// Where the API is.
    #[serde(default)]
    pub(crate) base_url: Option<String>,
    /// Direct Line, or its stand-in.
    #[serde(default)]
    pub(crate) direct_line: Option<DirectLine>,
    /// Of Copilot Connect's client on this desk.
    pub(crate) copilot: Option<Copilot>,
}

/// The desk's own client.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Copilot {
    pub(crate) client_id: String,
    pub(crate) client_secret: Zeroizing<String>,
}

/// Where Direct Line is.
#[derive(Deserialize)]
pub(crate) struct DirectLine {
    pub(crate) url: String,
}

/// The dev server's AWS endpoint.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Aws {
    pub(crate) endpoint_url: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) table_name: String,
    pub(crate) erasure_table_name: String,
}

/// The addresses of a dev server's parts.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) aws: String,
    pub(crate) api: Option<String>,
    pub(crate) direct_line: Option<String>,
}

impl Credentials {
    pub(crate) fn places(&self) -> Places {
        Places {
            aws: self.aws.endpoint_url.clone(),
            api: self.base_url.clone(),
            direct_line: self.direct_line.as_ref().map(|line| line.url.clone()),
        }
    }

    /// Reads the file in this folder.
    ///
    /// # Errors
    /// [`Failure::Refused`], which says what to do and quotes nothing of the file.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("credentials.json");
        let shown = path.display();
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Failure::Refused(format!(
                "there is no {shown}: start the dev server (`cargo run`), or name its data folder as --local=DIR"
            )),
            kind => Failure::Refused(format!("{shown} cannot be read: {kind}")),
        })?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::Refused(format!(
                "{shown} is not what the dev server writes (line {}): start the dev server again",
                error.line()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_without_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let fault = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(folder.path().join("credentials.json"), text).unwrap();
            }
            Credentials::read(folder.path()).err().unwrap()
        };
        assert!(fault(None).to_string().contains("start the dev server"));
        let garbled = fault(Some(r#"{"environment": "s3cret""#));
        assert_eq!(garbled.exit_code(), 2);
        assert!(!garbled.to_string().contains("s3cret"), "{garbled}");
    }
}
