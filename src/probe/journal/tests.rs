//! A journal whose file takes no line: what was not noted does not count as noted.

use super::*;
use crate::probe::WriteKind;

fn unwritable() -> std::io::Result<(tempfile::TempDir, Journal)> {
    let folder = tempfile::tempdir()?;
    let head = JournalHead {
        scan: "s1".to_owned(),
        started_at: "2026-03-01T12:00:00Z".to_owned(),
        base_url: "http://127.0.0.1".to_owned(),
        config: None,
    };
    let journal = Journal::begin(folder.path(), head)?;
    // Opened for reading alone, so that every line fails.
    journal.locked().file = File::open(&journal.path)?;

    Ok((folder, journal))
}

fn note(marker: &str) -> WriteNote {
    WriteNote { marker: marker.to_owned(), ..WriteNote::bare("POST /notes", "alice", WriteKind::Creates) }
}

#[test]
fn a_mark_that_was_not_noted_is_refused_each_time() -> std::io::Result<()> {
    let (_folder, journal) = unwritable()?;
    assert!(journal.mark("rw1").is_err());
    assert!(journal.mark("rw1").is_err(), "the second call must not pass it either");
    assert!(!journal.is_marked("a note rw1"));

    Ok(())
}

#[test]
fn a_write_that_was_not_noted_is_not_in_doubt() -> std::io::Result<()> {
    let (_folder, journal) = unwritable()?;
    assert!(journal.before(note("rw1")).is_err());
    assert!(journal.is_empty(), "it never left");
    assert!(!journal.is_marked("rw1"));
    assert!(journal.fault().is_some());

    Ok(())
}

#[test]
fn what_is_there_already_is_known_even_without_a_line() -> std::io::Result<()> {
    let (_folder, journal) = unwritable()?;
    journal.stray(note("rw1"), "17");
    let objects: Vec<_> = journal.entries().into_iter().map(|entry| entry.object).collect();
    assert_eq!(objects, [Some("17".to_owned())]);

    Ok(())
}
