//! A simulated cloud kept in a file, or in none, from one run to the next.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use simcloud::{SavedError, Settings, SimCloud};

/// Why a cloud cannot be kept or taken up again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateFileError {
    /// The file cannot be read or written.
    #[error("the state in {} cannot be {what}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Its content is no cloud.
    #[error("the state in {} cannot be taken up: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SavedError,
    },
}

/// How often a file is written while the cloud is in use.
const EVERY: Duration = Duration::from_secs(30);

/// The cloud kept in the file, at `settings.start` if that is later than when it was kept; an empty one where there is
/// no file, or none yet.
///
/// # Errors
///
/// When the file cannot be read or holds something else.
pub(crate) fn load(path: Option<&Path>, settings: Settings) -> Result<SimCloud, StateFileError> {
    let Some(path) = path else { return Ok(SimCloud::new(settings)) };
    match fs::read(path) {
        Ok(bytes) => SimCloud::resume(&bytes, settings)
            .map_err(|source| StateFileError::Content { path: path.to_owned(), source }),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(SimCloud::new(settings)),
        Err(source) => Err(StateFileError::File { what: "read", path: path.to_owned(), source }),
    }
}

/// Keeps the cloud in the file now and then, so that a crash loses half a minute at most; ends when that fails.
pub(crate) async fn keep(path: Option<&Path>, cloud: &SimCloud) -> StateFileError {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = store(path, cloud) {
            return error;
        }
    }
}

/// Keeps the cloud in the file. A crash in the middle leaves the file as it was.
///
/// # Errors
///
/// When the cloud or the file cannot be written.
pub(crate) fn store(path: Option<&Path>, cloud: &SimCloud) -> Result<(), StateFileError> {
    let Some(path) = path else { return Ok(()) };
    let bytes = cloud.save().map_err(|source| StateFileError::Content { path: path.to_owned(), source })?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    written.map_err(|source| StateFileError::File { what: "written", path: path.to_owned(), source })
}
