//! Opening the history: the database is made, protected and brought to the present layout.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use super::error::StoreError;
use super::files;

/// The stored scans of this user. Cheap to clone; several processes may hold the same database.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: SqlitePool,
    pub(super) path: PathBuf,
    /// The folder whose scans these are.
    pub(super) project: Option<Arc<str>>,
}

impl Store {
    /// Opens the history in `folder`, or in the user's data folder, and makes it when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be written, another process holds the database for ten seconds, or a newer version of this
    /// program wrote it. A damaged file is set aside under another name, and a new history begun.
    pub async fn open(folder: Option<&Path>) -> Result<Self, StoreError> {
        let folder = files::prepare_folder(folder)?;
        let path = folder.join("history.db");
        files::private_file(&path)?;

        // SQLite's migrations are not locked against each other, and two programs that start together would both run them.
        let lock = files::layout_lock(&folder.join("history.lock")).await?;
        let store = match Self::at(&path).await {
            // A damaged history must not keep a scan from running, and may still be repaired by hand.
            Err(StoreError::Corrupt { because, .. }) => {
                let aside = files::set_aside(&path)?;
                tracing::warn!(
                    "the history was damaged ({because}); it now is {}, and a new one was begun",
                    aside.display()
                );
                files::private_file(&path)?;
                Self::at(&path).await
            }
            other => other,
        };

        drop(lock);
        store
    }

    /// Opens the database and brings it to the present layout.
    async fn at(path: &Path) -> Result<Self, StoreError> {
        let store = Self { pool: build_pool(path), path: path.to_owned(), project: None };
        match sqlx::migrate!("src/store/migrations").run(&store.pool).await {
            Ok(()) => Ok(store),
            Err(error) => {
                // Windows moves no file that is still open, and the caller may want to set it aside.
                store.close().await;
                Err(StoreError::from_migrate(path, &error))
            }
        }
    }

    /// The same history, whose new scans belong to this folder.
    #[must_use]
    pub fn of_project(self, folder: &Path) -> Self {
        // One folder must not be two projects by two of its names.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Self { project: Some(folder.display().to_string().into()), ..self }
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the database once running queries are done; later calls on any clone fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) fn fault(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(&self.path, error)
    }
}

fn build_pool(path: &Path) -> SqlitePool {
    // A rollback journal rather than a write-ahead log: one write a scan needs no log, and a log does not work on the
    // network file systems that some home folders are on.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Delete)
        .busy_timeout(files::BUSY_TIMEOUT)
        .foreign_keys(true);
    SqlitePoolOptions::new().max_connections(2).connect_lazy_with(options)
}
