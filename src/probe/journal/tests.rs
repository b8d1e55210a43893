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

#[test]
fn a_line_that_was_written_in_part_spoils_no_other() -> std::io::Result<()> {
    let (_folder, journal) = unwritable()?;
    let open = || OpenOptions::new().append(true).open(&journal.path);
    let line = |marker: &str| serde_json::to_string(&JournalLine::Write { n: 0, note: note(marker) });
    let part = line("rw1")?.chars().take(40).collect::<String>();

    // A part, and a whole line but for its end: neither left, so that neither counts.
    for (at, text) in [part, line("rw2")?].iter().enumerate() {
        open()?.write_all(text.as_bytes())?;
        assert!(journal.before(note("rw0")).is_err());
        journal.locked().file = open()?;
        journal.before(note(&format!("after{at}")))?;
        journal.locked().file = File::open(&journal.path)?;
    }
    let path = journal.path.clone();
    drop(journal);
    let read = Journal::take_over(&path).map(|journal| journal.entries()).unwrap_or_default();
    let markers: Vec<&str> = read.iter().map(|entry| entry.note.marker.as_str()).collect();
    assert_eq!(markers, ["after0", "after1"]);

    Ok(())
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
