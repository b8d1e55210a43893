//! The journal of a scan's writes: each is noted before it leaves, so that it can be undone after any kind of end.
//!
//! One JSON line per event, appended to a file that only its owner can read. The process that scans holds a lock on it:
//! a journal that can be locked belongs to a scan that is no more. No credential stands in it, but for
//! passwords that every list of guesses has and that a check gave to an account of the scan's own, and what an object
//! itself shows that was there before and is changed with its owner's consent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::carried::Carried;
use super::entry::{AccountNote, JournalEntry, JournalHead, Saved, SavedNote, Undo, WriteNote};
use super::guard::removes_entry;

mod endings;
#[cfg(test)]
mod tests;

use endings::{CUT_LINE, end_line};

/// Longest journal that is read back; a scan's budget of requests keeps it far below.
const MAX_LINES: usize = 200_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum JournalLine {
    Scan(JournalHead),
    Account(AccountNote),
    Write {
        n: usize,
        #[serde(flatten)]
        note: WriteNote,
    },
    Done {
        n: usize,
        status: Option<u16>,
    },
    Made {
        n: usize,
        object: Option<String>,
        undo: Option<Undo>,
    },
    /// One more id of what was made.
    Known {
        n: usize,
        id: String,
    },
    /// An address has shown what was made.
    Shown {
        n: usize,
        address: String,
    },
    /// What was made was seen to be like this.
    Print {
        n: usize,
        fields: BTreeMap<String, String>,
    },
    /// A text of the scan's own, before it is written into something that the scan made.
    Mark {
        text: String,
    },
    /// What the report has to call it.
    Nature {
        n: usize,
        text: String,
    },
    /// What removes it was sent, and taken.
    Sent {
        n: usize,
    },
    /// What removes it is about to leave.
    Leaving {
        n: usize,
    },
    /// What was to remove it was refused.
    Kept {
        n: usize,
    },
    Nothing {
        n: usize,
    },
    Undone {
        n: usize,
    },
    /// Something that was there before is about to be changed.
    Saved {
        n: usize,
        note: Box<SavedNote>,
    },
    /// It is as it was.
    PutBack {
        n: usize,
    },
}

/// The writes of one scan.
#[derive(Debug)]
pub struct Journal {
    head: JournalHead,
    path: PathBuf,
    /// Held for one line at a time.
    state: Mutex<JournalState>,
}

#[derive(Debug)]
struct JournalState {
    file: File,
    entries: Vec<JournalEntry>,
    saved: Vec<Saved>,
    accounts: Vec<AccountNote>,
    marks: BTreeSet<String>,
    fault: Option<String>,
    /// Whether the last line may be written in part.
    is_cut: bool,
}

impl Journal {
    /// Begins a journal in `folder`, locked by this process until it is dropped.
    ///
    /// # Errors
    /// When the file cannot be made: then nothing may be written to the target.
    pub fn begin(folder: &Path, head: JournalHead) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.jsonl", head.scan));
        let mut options = OpenOptions::new();
        // A file of this name belongs to another scan, whose writes it may still be needed for.
        options.create_new(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;

        // Where a file system knows no locks, the journal counts as left behind only once it is asked for by name.
        let _ = file.try_lock();
        let (entries, saved, accounts) = (Vec::new(), Vec::new(), Vec::new());
        let state = JournalState { file, entries, saved, accounts, marks: BTreeSet::new(), fault: None, is_cut: false };
        let journal = Self { head: head.clone(), path, state: Mutex::new(state) };
        journal.append(&JournalLine::Scan(head))?;

        Ok(journal)
    }

    /// Takes over a journal that its scan left behind; `None` while that scan still runs, or when the file is none.
    pub fn take_over(path: &Path) -> Option<Self> {
        let mut file = OpenOptions::new().read(true).append(true).open(path).ok()?;
        file.try_lock().ok()?;
        let mut head = None;
        let mut entries: Vec<JournalEntry> = Vec::new();
        let mut saved: Vec<Saved> = Vec::new();
        let mut accounts = Vec::new();
        let mut marks = BTreeSet::new();

        for line in BufReader::new(&file).split(b'\n').take(MAX_LINES) {
            // A line that was cut by the end of its process says nothing.
            let Ok(line) = serde_json::from_slice::<JournalLine>(&line.ok()?) else { continue };

            match line {
                JournalLine::Scan(found) => head = Some(found),
                JournalLine::Account(account) => accounts.push(account),
                JournalLine::Mark { text } => {
                    marks.insert(text);
                }
                JournalLine::Write { n, note } => {
                    // A marker counts once its write is noted: the request may have left before the process ended.
                    marks.extend((!note.marker.is_empty()).then(|| note.marker.clone()));
                    entries.push(JournalEntry::new(n, note));
                }
                JournalLine::Saved { n, note } => saved.push(Saved { n, note: *note, is_put_back: false }),
                JournalLine::PutBack { n } => put_back(&mut saved, n),
                other => apply_event(&mut entries, other),
            }
        }

        let head = head?;
        end_line(&mut file).ok()?;
        let state = JournalState { file, entries, saved, accounts, marks, fault: None, is_cut: false };
        Some(Self { head, path: path.to_path_buf(), state: Mutex::new(state) })
    }

    /// What it begins with.
    pub fn head(&self) -> &JournalHead {
        &self.head
    }

    /// The writes so far.
    pub fn entries(&self) -> Vec<JournalEntry> {
        self.locked().entries.clone()
    }

    /// Returns the writes that are so.
    pub fn entries_where(&self, is_so: impl Fn(&JournalEntry) -> bool) -> Vec<JournalEntry> {
        self.locked().entries.iter().filter(|entry| is_so(entry)).cloned().collect()
    }

    /// Returns true where a write is so; copies nothing.
    pub fn has_entry(&self, is_so: impl Fn(&JournalEntry) -> bool) -> bool {
        self.locked().entries.iter().any(is_so)
    }

    /// How many writes were noted so far.
    pub fn len(&self) -> usize {
        self.locked().entries.len()
    }

    /// Whether nothing was written so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One write.
    pub fn entry(&self, n: usize) -> Option<JournalEntry> {
        self.locked().entries.iter().find(|entry| entry.n == n).cloned()
    }

    /// Whether a text holds one of the marks that the scan has put into what it made.
    pub fn is_marked(&self, text: &str) -> bool {
        self.locked().marks.iter().any(|mark| text.contains(mark.as_str()))
    }

    /// Whether the scan has written a value, by its digest, into a field of something that it made.
    pub fn has_written(&self, field: &str, digest: &str) -> bool {
        let written = |entry: &JournalEntry| entry.note.values.get(field).is_some_and(|known| known == digest);
        self.locked().entries.iter().any(written)
    }

    /// The throw-away accounts so far.
    pub fn accounts(&self) -> Vec<AccountNote> {
        self.locked().accounts.clone()
    }

    /// Why a line could not be written, where that happened.
    pub fn fault(&self) -> Option<String> {
        self.locked().fault.clone()
    }

    /// Notes an account, so that its objects can be removed by a later process.
    pub fn account(&self, note: AccountNote) {
        // A line that cannot be written is kept as the journal's fault; this process knows the account anyway.
        let _ = self.append(&JournalLine::Account(note.clone()));
        self.locked().accounts.push(note);
    }

    /// Notes a write that is about to leave.
    ///
    /// # Errors
    /// When the line cannot be written: then the write must not leave.
    pub(super) fn before(&self, note: WriteNote) -> std::io::Result<usize> {
        let mut state = self.locked();
        let n = state.entries.len();
        // What cannot be noted does not leave: it must not stand among the writes whose outcome is in doubt.
        state.append(&JournalLine::Write { n, note: note.clone() })?;
        Ok(state.enter(note))
    }

    /// Keeps what a write carries, in memory alone.
    pub(super) fn carries(&self, n: usize, carried: Carried) {
        let mut state = self.locked();
        if let Some(entry) = state.entries.iter_mut().find(|entry| entry.n == n) {
            entry.carried = Some(Arc::new(carried));
        }
    }

    pub(super) fn after(&self, n: usize, status: Option<u16>) {
        self.event(JournalLine::Done { n, status });
    }

    /// Notes an object that a request made which was not meant to make one; once for each caller and object.
    pub fn stray(&self, note: WriteNote, object: &str) {
        let is_known = self.has_entry(|entry| {
            let same = entry.note.operation == note.operation && entry.note.caller == note.caller;
            same && entry.object.as_deref() == Some(object)
        });
        if is_known {
            return;
        }
        let n = self.before(note.clone()).unwrap_or_else(|error| {
            tracing::warn!("the journal of writes cannot be kept: {error}");
            // It is there already, so that this process must know it in any case.
            self.locked().enter(note)
        });
        self.made(n, Some(object.to_owned()), None);
    }

    /// Notes what a write made, and how to remove it where that is known better now.
    pub fn made(&self, n: usize, object: Option<String>, undo: Option<Undo>) {
        self.event(JournalLine::Made { n, object, undo });
    }

    /// Notes that a write made nothing.
    pub fn nothing(&self, n: usize) {
        self.event(JournalLine::Nothing { n });
    }

    /// Notes one more id of what a write made: an update may give it another one.
    pub fn known_as(&self, n: usize, id: &str) {
        let is_new = self.entry(n).is_some_and(|entry| entry.ids.last().is_none_or(|last| last != id));
        if is_new {
            self.event(JournalLine::Known { n, id: id.to_owned() });
        }
    }

    /// Notes that an address has shown what a write made.
    pub fn shown(&self, n: usize, address: &str) {
        if self.entry(n).is_some_and(|entry| !entry.shown.contains(address)) {
            self.event(JournalLine::Shown { n, address: address.to_owned() });
        }
    }

    /// Keeps that an object was just seen to be what the scan made. No line of the file: it matters to this process alone.
    pub fn sighted(&self, n: usize) {
        if let Some(entry) = self.locked().entries.iter_mut().find(|entry| entry.n == n) {
            entry.sighted = Some(Instant::now());
        }
    }

    /// Notes what a made object was seen to be, as digests of its fields.
    pub fn print(&self, n: usize, fields: BTreeMap<String, String>) {
        if !fields.is_empty() {
            self.event(JournalLine::Print { n, fields });
        }
    }

    /// Notes a text of the scan's own that is about to be written into something that the scan made.
    ///
    /// # Errors
    /// When the line cannot be written: then the text must not be sent, since nothing would be known by it.
    pub fn mark(&self, text: &str) -> std::io::Result<()> {
        let mut state = self.locked();
        if text.is_empty() || state.marks.contains(text) {
            return Ok(());
        }
        state.append(&JournalLine::Mark { text: text.to_owned() })?;
        state.marks.insert(text.to_owned());
        Ok(())
    }

    /// Notes something that was there before and is about to be changed; its number.
    ///
    /// # Errors
    /// When the line cannot be written: then it must not be changed.
    pub fn save(&self, note: SavedNote) -> std::io::Result<usize> {
        let mut state = self.locked();
        let n = state.saved.len();
        state.append(&JournalLine::Saved { n, note: Box::new(note.clone()) })?;
        state.saved.push(Saved { n, note, is_put_back: false });
        Ok(n)
    }

    /// Notes that something that was there before is as it was.
    pub fn put_back(&self, n: usize) {
        let _ = self.append(&JournalLine::PutBack { n });
        put_back(&mut self.locked().saved, n);
    }

    /// Returns what was there before and was changed.
    pub fn saved(&self) -> Vec<Saved> {
        self.locked().saved.clone()
    }

    /// Notes what the report has to call what a write made.
    pub fn nature(&self, n: usize, text: &str) {
        self.event(JournalLine::Nature { n, text: text.to_owned() });
    }

    /// Notes that what removes a made object was sent, and taken.
    pub fn sent(&self, n: usize) {
        self.event(JournalLine::Sent { n });
    }

    /// Notes that what removes a made object is about to leave: should its answer never be known, the object may be gone.
    pub fn leaving(&self, n: usize) {
        if self.entry(n).is_some_and(|entry| !entry.is_leaving) {
            self.event(JournalLine::Leaving { n });
        }
    }

    /// Notes that what was to remove a made object was refused.
    pub fn kept(&self, n: usize) {
        self.event(JournalLine::Kept { n });
    }

    /// Notes what a request is about to remove of what was made; the numbers of these.
    pub(super) fn leaving_by(&self, ask: &Ask) -> Vec<usize> {
        let leaving: Vec<usize> =
            self.locked().entries.iter().filter(|entry| removes_entry(ask, entry)).map(|entry| entry.n).collect();
        leaving.iter().for_each(|n| self.leaving(*n));
        leaving
    }

    /// Notes that what a write made is gone again.
    pub fn undone(&self, n: usize) {
        self.event(JournalLine::Undone { n });
    }

    /// Removes the file: everything is undone, or is told to the user.
    pub fn close(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!("the journal {} could not be removed: {error}", self.path.display());
        }
    }

    fn event(&self, line: JournalLine) {
        let _ = self.append(&line);
        apply_event(&mut self.locked().entries, line);
    }

    fn append(&self, line: &JournalLine) -> std::io::Result<()> {
        self.locked().append(line)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, JournalState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JournalState {
    fn append(&mut self, line: &JournalLine) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line).map_err(std::io::Error::other)?;
        text.push('\n');

        // What was refused may stand in the file in part: it must not be read with what follows, nor as noted.
        if self.is_cut {
            text.insert_str(0, CUT_LINE);
        }
        // One write for the whole line, so that the end of the process cuts the last one at most.
        let written = self.file.write_all(text.as_bytes());

        self.is_cut = written.is_err();
        if let Err(error) = &written {
            self.fault.get_or_insert(error.to_string());
        }
        written
    }

    /// Keeps a write with its marker; its number.
    fn enter(&mut self, note: WriteNote) -> usize {
        let n = self.entries.len();
        self.marks.extend((!note.marker.is_empty()).then(|| note.marker.clone()));
        self.entries.push(JournalEntry::new(n, note));
        n
    }
}

fn put_back(saved: &mut [Saved], n: usize) {
    saved.iter_mut().filter(|saved| saved.n == n).for_each(|saved| saved.is_put_back = true);
}

/// What an event says of an earlier write.
fn apply_event(entries: &mut [JournalEntry], line: JournalLine) {
    let mut at = |n: usize, change: &dyn Fn(&mut JournalEntry)| {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.n == n) {
            change(entry);
        }
    };
    match line {
        JournalLine::Done { n, status } => at(n, &|entry| entry.status = status),
        JournalLine::Made { n, object, undo } => at(n, &|entry| {
            if let Some(id) = &object {
                entry.add_id(id);
            }
            entry.object.clone_from(&object);

            // Without a better way to remove it, the one that was noted before stands.
            if undo.is_some() {
                entry.note.undo.clone_from(&undo);
            }
        }),
        JournalLine::Known { n, id } => at(n, &|entry| {
            entry.add_id(&id);
            entry.object.get_or_insert_with(|| id.clone());
        }),
        JournalLine::Shown { n, address } => at(n, &|entry| {
            entry.shown.insert(address.clone());
        }),
        JournalLine::Print { n, fields } => at(n, &|entry| {
            for (name, digest) in &fields {
                entry.print.entry(name.clone()).or_default().insert(digest.clone());
            }
        }),
        JournalLine::Nature { n, text } => at(n, &|entry| entry.note.nature = Some(text.clone())),
        JournalLine::Sent { n } => at(n, &|entry| entry.sent = true),
        JournalLine::Leaving { n } => at(n, &|entry| entry.is_leaving = true),
        JournalLine::Kept { n } => at(n, &|entry| entry.is_leaving = false),
        JournalLine::Nothing { n } => at(n, &|entry| entry.nothing = true),
        JournalLine::Undone { n } => at(n, &|entry| entry.undone = true),
        JournalLine::Scan(_) | JournalLine::Account(_) | JournalLine::Mark { .. } | JournalLine::Write { .. } => {}
        JournalLine::Saved { .. } | JournalLine::PutBack { .. } => {}
    }
}
