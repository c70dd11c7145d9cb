//! The file in which `dev` keeps its cloud.

use std::{convert::Infallible, io, path::Path, path::PathBuf, time::Duration};

use simcloud::{SavedError, SimCloud};

/// How often it is written.
const EVERY: Duration = Duration::from_secs(30);

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    /// It cannot be read or written.
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: io::Error },
    /// It holds no state.
    #[error("{}: {source}", file.display())]
    Content { file: PathBuf, source: SavedError },
}

/// The cloud that the file holds; a new one where there is none.
pub(super) fn open(file: Option<&Path>, settings: &simcloud::Settings) -> Result<SimCloud, StateError> {
    let Some(file) = file else { return Ok(SimCloud::new(settings.clone())) };
    match std::fs::read(file) {
        Ok(bytes) => SimCloud::resume(&bytes, settings.clone())
            .map_err(|source| StateError::Content { file: file.to_owned(), source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SimCloud::new(settings.clone())),
        Err(source) => Err(StateError::File { file: file.to_owned(), source }),
    }
}

/// Writes the file now and then, for as long as that works.
pub(super) async fn keep(cloud: &SimCloud, file: Option<&Path>) -> StateError {
    let kept: Result<Infallible, StateError> = async {
        loop {
            tokio::time::sleep(EVERY).await;
            write(cloud, file)?;
        }
    }
    .await;
    match kept {
        Err(error) => error,
    }
}

/// Writes the file, whole or not at all.
pub(super) fn write(cloud: &SimCloud, file: Option<&Path>) -> Result<(), StateError> {
    let Some(file) = file else { return Ok(()) };
    let draft = file.with_extension("new");
    let failed = |source| StateError::File { file: file.to_owned(), source };
    let bytes = cloud.save().map_err(|source| StateError::Content { file: file.to_owned(), source })?;
    std::fs::write(&draft, bytes).map_err(failed)?;
    std::fs::rename(&draft, file).map_err(failed)
}
