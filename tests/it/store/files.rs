//! Who may read the files, what several processes at once see, and what becomes of damaged files.

use routewarden::store::{Store, StoreError};

use crate::report::support::sample_report;

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn folder_and_files_are_the_owners_alone() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("deep").join("history");
    let store = Store::open(Some(&folder)).await.unwrap();
    store.save(&sample_report()).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_that_others_could_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = Store::open(Some(folder.path())).await.unwrap().path().to_path_buf();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    Store::open(Some(folder.path())).await.unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn opening_again_keeps_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Some(folder.path())).await.unwrap();
    store.save(&sample_report()).await.unwrap();
    store.close().await;
    for _ in 0..2 {
        let store = Store::open(Some(folder.path())).await.unwrap();
        assert_eq!(store.latest().await.unwrap(), Some(sample_report()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_that_open_and_write_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let folder = folder.path().to_path_buf();
        tasks.spawn(async move {
            // Each opens its own database handle, as a process of its own would.
            let store = Store::open(Some(&folder)).await?;
            let mut report = sample_report();
            for part in 0..3 {
                report.scan.id = format!("{number}-{part}");
                store.save(&report).await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let store = Store::open(Some(folder.path())).await.unwrap();
    assert_eq!(store.history(100).await.unwrap().len(), 24);
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let junk = "this is no database ".repeat(100);
    std::fs::write(&path, &junk).unwrap();
    let store = Store::open(Some(folder.path())).await.unwrap();
    store.save(&sample_report()).await.unwrap();
    assert_eq!(store.history(10).await.unwrap().len(), 1);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let aside: Vec<_> = names.filter(|path| path.display().to_string().contains("history.db.damaged-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(std::fs::read_to_string(&aside[0]).unwrap(), junk, "nothing of it is lost");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Some(folder.path())).await.unwrap();
    execute(&store, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)").await;
    let error = Store::open(Some(folder.path())).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error:?}");
}

#[tokio::test]
async fn a_stored_report_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Some(folder.path())).await.unwrap();
    store.save(&sample_report()).await.unwrap();
    execute(&store, r#"UPDATE scan SET report = '{"schema_version": 7}'"#).await;
    let error = store.latest().await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StoreError::Report { .. }) && text.contains("schema_version 7"), "{text}");
    assert_eq!(store.history(1).await.unwrap().len(), 1, "the listing still works");
}

/// Changes the database behind the store's back.
async fn execute(store: &Store, sql: &'static str) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(store.path());
    let mut connection = options.connect().await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}
