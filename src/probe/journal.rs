//! The journal of a scan's writes: each is noted before it leaves, so that it can be undone after any kind of end.
//!
//! One JSON line per event, appended to a file that only its owner can read. The process that scans holds a lock on it:
//! a journal that can be locked belongs to a scan that is no more. No credential stands in it, but for
//! passwords that every list of guesses has and that a check gave to an account of the scan's own.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Stands for the id of the object in the addresses of an [`Undo`].
pub const ID_PLACE: &str = "__ID__";
/// Longest journal that is read back; a scan's budget of requests keeps it far below.
const MAX_LINES: usize = 200_000;

/// What a write is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteKind {
    /// Makes an object of the scan's own.
    Creates,
    /// Makes a throw-away account.
    SignsUp,
    /// Changes or removes an object that the scan made, or asks for one that does not exist.
    Touches,
    /// Is not meant to change anything: a wrong password, a body that must be refused.
    Tries,
}

/// How an object that a scan made is removed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The method, usually `DELETE`.
    pub method: String,
    /// The address with [`ID_PLACE`] in it, or without it where the session says whose it is (`/me`).
    pub url: String,
    /// Address under which the object is looked for afterwards, with [`ID_PLACE`].
    pub look: Option<String>,
    /// Address of a collection in which the object shows by its marker.
    pub list: Option<String>,
}

/// What is noted before a write leaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WriteNote {
    /// Method and path template.
    pub operation: String,
    /// As whom.
    pub caller: String,
    /// What it does.
    pub kind: WriteKind,
    /// A text that stands in the object and nowhere else; empty where there is none.
    pub marker: String,
    /// How to remove what it makes.
    pub undo: Option<Undo>,
}

impl WriteNote {
    /// A write that makes nothing, so that there is nothing to undo.
    pub fn bare(operation: &str, caller: &str, kind: WriteKind) -> Self {
        Self { operation: operation.to_owned(), caller: caller.to_owned(), kind, marker: String::new(), undo: None }
    }
}

/// One write with what became of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number, from 0.
    pub n: usize,
    /// What was noted before it left.
    pub note: WriteNote,
    /// Status of the answer; `None` when none is known.
    pub status: Option<u16>,
    /// The id of the object that it made.
    pub object: Option<String>,
    /// The object is gone again, and that was looked at.
    pub undone: bool,
    /// It turned out to have made nothing.
    pub nothing: bool,
    /// Other callers whose it may have become.
    pub heirs: Vec<String>,
}

impl Entry {
    fn new(n: usize, note: WriteNote) -> Self {
        Self { n, note, status: None, object: None, undone: false, nothing: false, heirs: Vec::new() }
    }
}

/// How to sign in as a throw-away account again, without its password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountNote {
    /// The identity's name.
    pub name: String,
    /// `POST /login`
    pub operation: String,
    /// The body, with `{secret:password}` in the place of the password.
    pub body: Value,
    /// Media type of the body.
    pub content_type: String,
    /// JSON pointer, `header:NAME` or `cookie:NAME`.
    pub token: String,
    /// The header line that carries the token.
    pub send: String,
}

/// What a journal begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHead {
    /// The scan.
    pub scan: String,
    /// RFC 3339.
    pub started_at: String,
    /// Where its requests went.
    pub base_url: String,
    /// The configuration file, for the identities that are not throw-away ones.
    pub config: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
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
    Nothing {
        n: usize,
    },
    Heir {
        n: usize,
        name: String,
    },
    Undone {
        n: usize,
    },
}

/// The writes of one scan.
#[derive(Debug)]
pub struct Journal {
    head: JournalHead,
    path: PathBuf,
    /// Held for one line at a time.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    entries: Vec<Entry>,
    accounts: Vec<AccountNote>,
    fault: Option<String>,
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
        options.create_new(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        // Where a file system knows no locks, the journal counts as left behind only once it is asked for by name.
        let _ = file.try_lock();
        let state = State { file, entries: Vec::new(), accounts: Vec::new(), fault: None };
        let journal = Self { head: head.clone(), path, state: Mutex::new(state) };
        journal.append(&Line::Scan(head))?;
        Ok(journal)
    }

    /// Takes over a journal that its scan left behind; `None` while that scan still runs, or when the file is none.
    pub fn take_over(path: &Path) -> Option<Self> {
        let file = OpenOptions::new().read(true).append(true).open(path).ok()?;
        file.try_lock().ok()?;
        let mut head = None;
        let mut entries: Vec<Entry> = Vec::new();
        let mut accounts = Vec::new();
        for line in BufReader::new(&file).lines().take(MAX_LINES) {
            // A line that was cut by the end of its process is the last one, and says nothing.
            let Ok(line) = serde_json::from_str::<Line>(&line.ok()?) else { continue };
            match line {
                Line::Scan(found) => head = Some(found),
                Line::Account(account) => accounts.push(account),
                Line::Write { n, note } => entries.push(Entry::new(n, note)),
                other => settle(&mut entries, other),
            }
        }
        let state = State { file, entries, accounts, fault: None };
        Some(Self { head: head?, path: path.to_path_buf(), state: Mutex::new(state) })
    }

    /// What it begins with.
    pub fn head(&self) -> &JournalHead {
        &self.head
    }

    /// The writes so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.locked().entries.clone()
    }

    /// How many writes were noted so far.
    pub fn len(&self) -> usize {
        self.locked().entries.len()
    }

    /// Whether nothing was written so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        let _ = self.append(&Line::Account(note.clone()));
        self.locked().accounts.push(note);
    }

    /// Notes a write that is about to leave.
    ///
    /// # Errors
    /// When the line cannot be written: then the write must not leave.
    pub(super) fn before(&self, note: WriteNote) -> std::io::Result<usize> {
        let n = {
            let mut state = self.locked();
            let n = state.entries.len();
            state.entries.push(Entry::new(n, note.clone()));
            n
        };
        self.append(&Line::Write { n, note })?;
        Ok(n)
    }

    pub(super) fn after(&self, n: usize, status: Option<u16>) {
        self.event(Line::Done { n, status });
    }

    /// Notes an object that a request made which was not meant to make one; once for each caller and object.
    pub fn stray(&self, note: WriteNote, object: &str) {
        let is_known = self.entries().iter().any(|entry| {
            let same = entry.note.operation == note.operation && entry.note.caller == note.caller;
            same && entry.object.as_deref() == Some(object)
        });
        if is_known {
            return;
        }
        match self.before(note) {
            Ok(n) => self.made(n, Some(object.to_owned()), None),
            Err(error) => tracing::warn!("the journal of writes cannot be kept: {error}"),
        }
    }

    /// Notes what a write made, and how to remove it where that is known better now.
    pub fn made(&self, n: usize, object: Option<String>, undo: Option<Undo>) {
        self.event(Line::Made { n, object, undo });
    }

    /// Notes that a write made nothing.
    pub fn nothing(&self, n: usize) {
        self.event(Line::Nothing { n });
    }

    /// Notes another caller whose the made object may have become: it is gone only when neither finds it.
    pub fn heir(&self, n: usize, name: &str) {
        self.event(Line::Heir { n, name: name.to_owned() });
    }

    /// Notes that what a write made is gone again.
    pub fn undone(&self, n: usize) {
        self.event(Line::Undone { n });
    }

    /// Removes the file: everything is undone, or is told to the user.
    pub fn close(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!("the journal {} could not be removed: {error}", self.path.display());
        }
    }

    fn event(&self, line: Line) {
        let _ = self.append(&line);
        settle(&mut self.locked().entries, line);
    }

    fn append(&self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line).map_err(std::io::Error::other)?;
        text.push('\n');
        let mut state = self.locked();
        let written = state.file.write_all(text.as_bytes());
        if let Err(error) = &written {
            state.fault.get_or_insert(error.to_string());
        }
        written
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an event says of an earlier write.
fn settle(entries: &mut [Entry], line: Line) {
    let mut at = |n: usize, change: &dyn Fn(&mut Entry)| {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.n == n) {
            change(entry);
        }
    };
    match line {
        Line::Done { n, status } => at(n, &|entry| entry.status = status),
        Line::Made { n, object, undo } => at(n, &|entry| {
            entry.object.clone_from(&object);
            if undo.is_some() {
                entry.note.undo.clone_from(&undo);
            }
        }),
        Line::Nothing { n } => at(n, &|entry| entry.nothing = true),
        Line::Heir { n, name } => at(n, &|entry| entry.heirs.push(name.clone())),
        Line::Undone { n } => at(n, &|entry| entry.undone = true),
        Line::Scan(_) | Line::Account(_) | Line::Write { .. } => {}
    }
}
