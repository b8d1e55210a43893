//! What can go wrong with the history, in words for the person whose history it is.

use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;
use thiserror::Error;

use crate::report::ReportError;

/// Why the history could not be read or written. Nothing in it is ever deleted to get over a fault.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The system names no data folder for this user.
    #[error("no data folder for this user; help: set HOME, or name a folder for the history")]
    NoFolder,
    /// A file or folder could not be made or protected.
    #[error("cannot use {}: {source}; help: name a folder for the history that can be written", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process held the database for longer than the wait.
    #[error("{} is held by another process; help: try again when the other scan is done", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The file is damaged or no database.
    #[error(
        "{0} is damaged or not a history of scans ({because}); nothing was deleted; help: move {0} away to begin an empty history, or restore it from a backup",
        path.display()
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        because: String,
    },
    /// The database was laid out by a newer version of this program.
    #[error(
        "{} was written by a newer version of routewarden; help: update routewarden, or name another folder for the history",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
    },
    /// A stored report cannot be read.
    #[error("stored scan {scan}: {source}")]
    Report {
        /// The scan.
        scan: String,
        /// Why.
        source: ReportError,
    },
    /// A report cannot be written as JSON.
    #[error("scan {scan} cannot be stored: {because}")]
    Unstorable {
        /// The scan.
        scan: String,
        /// Why.
        because: String,
    },
    /// The beginning of an id fits several.
    #[error("{given} is the beginning of several {what}: {}; help: give more of the id", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        given: String,
        /// `scans` or `findings`.
        what: &'static str,
        /// Some of what fits; the last entry tells when there are more.
        candidates: Vec<String>,
    },
    /// Any other fault of the database.
    #[error("{}: {because}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        because: String,
    },
}

impl StoreError {
    /// Tells a damaged or busy database from other faults, so that the message can say what to do.
    pub(super) fn from_sqlx(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_path_buf();
        let because = error.to_string();

        // The low byte is SQLite's primary result code; the rest only refines it.
        let code =
            error.as_database_error().and_then(|fault| fault.code()?.parse::<u32>().ok()).map(|code| code & 0xff);
        match (code, error) {
            // `SQLITE_BUSY` and `SQLITE_LOCKED`: the same command may work a moment later.
            (Some(5 | 6), _) | (_, sqlx::Error::PoolTimedOut) => Self::Busy { path },
            // `SQLITE_CORRUPT` and `SQLITE_NOTADB`: no wait helps, the file itself is at fault.
            (Some(11 | 26), _) => Self::Corrupt { path, because },
            _ => Self::Database { path, because },
        }
    }

    pub(super) fn from_migrate(path: &Path, error: &MigrateError) -> Self {
        match error {
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => Self::from_sqlx(path, source),
            // The database has steps that this program does not know, so a newer one laid it out.
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                Self::Newer { path: path.to_path_buf() }
            }
            // The file can be read, and is not to be set aside.
            other => Self::Database { path: path.to_path_buf(), because: other.to_string() },
        }
    }
}
