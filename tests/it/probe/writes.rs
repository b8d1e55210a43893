use std::sync::Arc;

use routewarden::model::Method;
use routewarden::probe::{
    Ask, AskCaller, Journal, JournalHead, Limits, Probe, ReferenceTarget, SendError, Undo, WriteGuard, WriteKind,
    WriteNote, WriteRefused,
};
use serde_json::json;
use tempfile::TempDir;

use super::kit::{Server, answer, probe};

/// Lets every write through.
#[derive(Debug)]
struct Open;

impl WriteGuard for Open {
    fn learn(&self, _: &str, _: ReferenceTarget<'_>) {}

    fn judge(&self, _: &Ask, _: &WriteNote, _: &Journal) -> Result<(), WriteRefused> {
        Ok(())
    }
}

/// A probe that may write, with the folder of its journal.
pub fn writing(mut probe: Probe) -> (Probe, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    probe.allow_writes(Arc::new(Journal::begin(folder.path(), head()).unwrap()), Arc::new(Open));
    (probe, folder)
}

fn head() -> JournalHead {
    JournalHead {
        scan: "s1".to_owned(),
        started_at: "2031-01-01T00:00:00Z".to_owned(),
        base_url: "http://127.0.0.1:1/".to_owned(),
        config: None,
    }
}

pub fn note(kind: WriteKind) -> WriteNote {
    WriteNote { marker: "rwmark".to_owned(), ..WriteNote::bare("POST /things", "alice", kind) }
}

fn post(server: &Server) -> Ask {
    Ask { method: Method::Post, ..Ask::get(AskCaller::Anonymous, server.url("/things")) }
}

#[tokio::test]
async fn what_changes_state_leaves_only_when_it_was_announced_and_can_be_noted() {
    let server = Server::start(|_| answer(201, &json!({"id": 1}))).await;
    let passive = probe(&server.base, Vec::new(), Limits::default());
    for result in [
        passive.send(&post(&server)).await.map(|_| ()),
        passive.look_again(&post(&server)).await.map(|_| ()),
        passive.send_write(&post(&server), note(WriteKind::Creates)).await.map(|_| ()),
    ] {
        assert!(matches!(result, Err(SendError::NoWrites(..))), "{result:?}");
    }
    assert!(server.seen.lock().unwrap().is_empty());
    let (active, _folder) = writing(probe(&server.base, Vec::new(), Limits::default()));
    assert!(matches!(active.send(&post(&server)).await, Err(SendError::NoWrites(..))));
    assert_eq!(active.send_write(&post(&server), note(WriteKind::Creates)).await.unwrap().answer.status(), Some(201));
    // A write is never answered from memory.
    active.send_write(&post(&server), note(WriteKind::Creates)).await.unwrap();
    assert_eq!(server.seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_write_that_a_failing_target_may_have_carried_out_is_not_repeated() {
    let server = Server::start(|_| answer(503, &json!({}))).await;
    let (active, _folder) = writing(probe(&server.base, Vec::new(), Limits::default()));
    active.send_write(&post(&server), note(WriteKind::Creates)).await.unwrap();
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_journal_outlives_its_scan_and_is_nobody_elses_while_that_runs() {
    let server = Server::start(|_| answer(201, &json!({"id": 1}))).await;
    let (active, folder) = writing(probe(&server.base, Vec::new(), Limits::default()));
    let undo = Undo {
        method: "DELETE".to_owned(),
        url: server.url("/things/__ID__").to_string(),
        look: None,
        list: None,
        slot: None,
    };
    let written =
        active.send_write(&post(&server), WriteNote { undo: Some(undo), ..note(WriteKind::Creates) }).await.unwrap();
    active.journal().unwrap().made(written.n, Some("1".to_owned()), None);
    active.send_write(&post(&server), note(WriteKind::Touches)).await.unwrap();
    let path = folder.path().join("s1.jsonl");
    assert!(Journal::take_over(&path).is_none(), "the scan still runs");
    drop(active);
    // A line that was cut by the end of the process says nothing.
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + "{\"event\":\"wri").unwrap();
    let journal = Journal::take_over(&path).unwrap();
    let entries = journal.entries();
    assert_eq!(entries.len(), 2);
    assert_eq!((entries[0].status, entries[0].object.as_deref()), (Some(201), Some("1")));
    assert!(entries[0].note.undo.is_some() && !entries[0].undone && !entries[0].nothing);
    journal.close();
    assert!(!path.exists());
}
