//! The folder where the data and the credentials stay: files for this user alone, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why the dev server cannot start. One line for a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CannotStart(pub String);

impl CannotStart {
    /// What could not be done to `path`, and why.
    pub fn with(what: &str, path: &Path, error: impl std::fmt::Display) -> Self {
        Self(format!("cannot {what} {}: {error}", path.display()))
    }
}

/// A data folder that nobody else uses while this lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder if need be, and takes it.
    ///
    /// # Errors
    /// When it cannot be written, or another dev server has it.
    pub fn open(path: &Path) -> Result<Self, CannotStart> {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        made.map_err(|error| CannotStart::with("make the data folder", path, error))?;
        let lock_path = path.join("lock");
        let lock = private(OpenOptions::new().create(true).truncate(false)).open(&lock_path);
        let lock =
            lock.map_err(|error| CannotStart::with("write in the data folder", path, error))?;
        lock.try_lock().map_err(|_| {
            CannotStart::with("use the data folder", path, "another dev server has it")
        })?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// A file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes sure that a file which something else writes is for this user alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn private_file(&self, name: &str) -> Result<PathBuf, CannotStart> {
        let path = self.file(name);
        let made = private(OpenOptions::new().create(true).truncate(false)).open(&path);
        made.and_then(|file| file.set_permissions(fs::Permissions::from_mode(0o600)))
            .map_err(|error| CannotStart::with("write", &path, error))?;
        Ok(path)
    }
}

/// Writes a file for this user alone, whole or not at all.
///
/// # Errors
/// What the system says.
pub fn write_private(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let mut file = private(OpenOptions::new().create(true).truncate(true)).open(&part)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&part, path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true).mode(0o600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_its_files_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let taken = DataDir::open(folder.path()).unwrap();
        let again = DataDir::open(folder.path()).unwrap_err().to_string();
        assert!(again.contains("another dev server has it"), "{again}");
        write_private(&taken.file("a.json"), b"{}").unwrap();
        let mode = fs::metadata(taken.file("a.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
