//! The folder and files of the history, readable by their owner only whatever the umask says.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use directories::ProjectDirs;

use super::error::StoreError;

/// How long another process may keep the database laid out or locked before this one gives up.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Where that folder is or would be.
pub fn locate_folder(given: Option<&Path>) -> Result<PathBuf, StoreError> {
    match given {
        Some(folder) => Ok(folder.to_path_buf()),
        None => Ok(ProjectDirs::from("", "", "routewarden").ok_or(StoreError::NoFolder)?.data_dir().to_path_buf()),
    }
}

/// The folder of the history: the given one, or this program's data folder of the user.
pub(super) fn prepare_folder(given: Option<&Path>) -> Result<PathBuf, StoreError> {
    let folder = locate_folder(given)?;
    make_folder(&folder).map_err(|source| StoreError::Folder { path: folder.clone(), source })?;

    if given.is_none() {
        // A folder that the user named may be shared on purpose; our own never is.
        restrict_mode(&folder, 0o700).map_err(|source| StoreError::Folder { path: folder.clone(), source })?;
    }
    Ok(folder)
}

/// Makes the file if it is missing and takes every right on it from others. SQLite gives its side files the same rights.
pub(super) fn private_file(path: &Path) -> Result<File, StoreError> {
    let open = || {
        let mut options = OpenOptions::new();
        // The file may be the history of years: opening must never empty it.
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        // The mode above counts for a new file only, and the umask may have taken a part of it.
        restrict_mode(path, 0o600)?;
        Ok(file)
    };

    open().map_err(|source| StoreError::Folder { path: path.to_path_buf(), source })
}

/// Moves a damaged database out of the way, beside itself; returns where it is now.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let stamp = jiff::Timestamp::now().as_second();
    // Two damaged histories within one second must not overwrite each other.
    let free = |n: &u32| !named_aside(path, stamp, *n).exists();
    let aside = named_aside(path, stamp, (0..1000).find(free).unwrap_or_default());
    std::fs::rename(path, &aside).map_err(|source| StoreError::Folder { path: path.to_path_buf(), source })?;

    Ok(aside)
}

fn named_aside(path: &Path, stamp: i64, n: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let more = if n == 0 { String::new() } else { format!("-{n}") };
    path.with_file_name(format!("{name}.damaged-{stamp}{more}"))
}

/// Waits until no other process lays out the database; the lock ends with the returned file.
///
/// # Errors
/// [`StoreError::Busy`] after [`BUSY_TIMEOUT`].
pub(super) async fn layout_lock(path: &Path) -> Result<File, StoreError> {
    let file = private_file(path)?;
    let taken = tokio::time::timeout(BUSY_TIMEOUT, async {
        loop {
            match file.try_lock() {
                Ok(()) => return,
                // A file lock cannot be awaited, and a blocked thread would outlive a cancelled scan: so this asks again.
                Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(10)).await,
                // Some network file systems know no locks; SQLite's own locks still keep the database whole.
                Err(TryLockError::Error(_)) => return,
            }
        }
    })
    .await;
    taken.map(|()| file).map_err(|_| StoreError::Busy { path: path.to_path_buf() })
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);

    builder.create(folder)
}

#[cfg(unix)]
fn restrict_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // On a file of another user a change of mode fails, even where the mode is right already.
    if std::fs::metadata(path)?.permissions().mode() & 0o777 == mode {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict_mode(_path: &Path, _mode: u32) -> std::io::Result<()> {
    // Elsewhere the user's data folder already is the user's alone.
    Ok(())
}
