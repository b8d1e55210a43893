//! Where the journals of writes stand, and the key that passwords of throw-away accounts come from.

use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files;
use crate::model::Secret;

/// The folder of the journals; made when it is missing.
///
/// # Errors
/// When the folder of the history cannot be made.
pub fn prepare_journal_folder(given: Option<&Path>) -> Result<PathBuf, StoreError> {
    let folder = files::prepare_folder(given)?.join("journals");
    std::fs::create_dir_all(&folder).map_err(|source| StoreError::Folder { path: folder.clone(), source })?;
    Ok(folder)
}

/// The folder of the journals where there is one; makes nothing.
///
/// # Errors
/// When the system names no data folder for this user.
pub fn journals_if_any(given: Option<&Path>) -> Result<Option<PathBuf>, StoreError> {
    let folder = files::locate_folder(given)?.join("journals");
    Ok(folder.is_dir().then_some(folder))
}

/// A random key of this installation, readable by its owner only; made when it is missing.
///
/// # Errors
/// When the file cannot be made or read.
pub fn journal_key(given: Option<&Path>) -> Result<Secret, StoreError> {
    let path = files::prepare_folder(given)?.join("journal.key");
    let mut file = files::private_file(&path)?;
    let mut text = String::new();
    let fault = |source| StoreError::Folder { path: path.clone(), source };
    // Two that start together must come to one key, or the accounts of one of them could not be signed in later.
    file.lock().map_err(fault)?;
    file.read_to_string(&mut text).map_err(fault)?;

    // A process that ended while it wrote may have left half a key, from which passwords could be guessed.
    if text.trim().len() < 32 {
        text = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        let emptied = file.set_len(0).and_then(|()| file.rewind());
        emptied.and_then(|()| file.write_all(text.as_bytes())).map_err(fault)?;
    }
    Ok(Secret::new(text.trim()))
}
