//! The lock that a scan's process holds while the scan runs: the system takes it away when the process ends, however it
//! ends, so another process can tell a scan that runs from one that was killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files;

/// Whether somebody holds the lock of a scan.
#[derive(Debug)]
pub(super) enum LockState {
    /// Its process lives.
    Held,
    /// Nobody holds it; whoever looked does now, until this is dropped.
    Free(Option<ScanLock>),
    /// The file system knows no locks.
    Untold,
}

/// The lock of one scan; dropping it lets go and removes its file.
#[derive(Debug)]
pub(super) struct ScanLock {
    path: PathBuf,
    _file: File,
}

impl ScanLock {
    /// Takes the lock of a scan that begins.
    pub(super) fn take(folder: &Path, scan: &str) -> Result<Self, StoreError> {
        let path = lock_path(folder, scan);
        let file = files::private_file(&path)?;
        // Nobody knows of this scan yet. Where locks are not known, the heartbeat alone speaks for it.
        let _ = file.try_lock();
        Ok(Self { path, _file: file })
    }

    /// Looks whether the process of a scan still holds its lock.
    pub(super) fn look(folder: &Path, scan: &str) -> LockState {
        let path = lock_path(folder, scan);
        let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else { return LockState::Free(None) };

        match file.try_lock() {
            Ok(()) => LockState::Free(Some(Self { path, _file: file })),
            Err(TryLockError::WouldBlock) => LockState::Held,
            Err(TryLockError::Error(_)) => LockState::Untold,
        }
    }
}

impl Drop for ScanLock {
    fn drop(&mut self) {
        // Removed before the lock goes: afterwards the file might be another's. On Windows an open file stays, and harms
        // nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn lock_path(folder: &Path, scan: &str) -> PathBuf {
    // Ids are made by this program, but a row of the database may have been written by anybody.
    let name: String = scan.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    folder.join(format!("running-{name}.lock"))
}
