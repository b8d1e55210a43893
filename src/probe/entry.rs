//! What a journal of writes holds: what each write was to do, how it is undone, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::carried::Carried;

/// Stands for the id of the object in the addresses of an [`Undo`].
pub const ID_PLACE: &str = "__ID__";

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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Undo {
    /// The method, usually `DELETE`.
    pub method: String,
    /// The address with [`ID_PLACE`] in it, or without it where the session says whose it is (`/me`).
    pub url: String,
    /// Address under which the object is looked for afterwards, with [`ID_PLACE`].
    pub look: Option<String>,
    /// Address of a collection in which the object shows by its marker.
    pub list: Option<String>,
    /// What the document calls the place of the id: `slug`, `note_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
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
    /// The account that it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Other callers whose the object may become: it is gone only when none of them finds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heirs: Vec<String>,
    /// What the report has to call it, where it is more than an ordinary object or account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nature: Option<String>,
    /// It came with what another write made, and may go with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_companion: bool,
    /// Digests of what is written, by field: an object that shows them is still the one that was made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl WriteNote {
    /// A write that makes nothing, so that there is nothing to undo.
    pub fn bare(operation: &str, caller: &str, kind: WriteKind) -> Self {
        Self {
            operation: operation.to_owned(),
            caller: caller.to_owned(),
            kind,
            marker: String::new(),
            undo: None,
            account: None,
            heirs: Vec::new(),
            nature: None,
            is_companion: false,
            values: BTreeMap::new(),
        }
    }
}

/// Returns true for statuses of an answer that says neither that a write was done nor that it was refused: a server may fail
/// after it has stored what it was sent.
pub fn leaves_open(status: u16) -> bool {
    // A server may have done the work before these; 501 means that it cannot do it at all (RFC 9110 §15.6.2).
    matches!(status, 408 | 500 | 502..)
}

/// Returns true for statuses by which a removal is refused: what it names is there as before.
pub fn is_kept_by(status: u16) -> bool {
    // 404 and 410 are left out: what is not there may have been removed.
    (400..500).contains(&status) && !leaves_open(status) && !matches!(status, 404 | 410)
}

/// One write with what became of it.
#[derive(Debug, Clone)]
pub struct JournalEntry {
    /// Its number, from 0.
    pub n: usize,
    /// What was noted before it left.
    pub note: WriteNote,
    /// Status of the answer; `None` when none is known.
    pub status: Option<u16>,
    /// The id by which the report names the object that it made.
    pub object: Option<String>,
    /// Every id that it has had; the newest last.
    pub ids: Vec<String>,
    /// Addresses of its own that have shown it.
    pub shown: BTreeSet<String>,
    /// Digests of what it was seen to be, by field.
    pub print: BTreeMap<String, BTreeSet<String>>,
    /// Something that removes it was sent, and taken.
    pub sent: bool,
    /// Something that removes it was sent, and nothing says that it was refused.
    pub is_leaving: bool,
    /// The object is gone again, and that was looked at.
    pub undone: bool,
    /// It turned out to have made nothing.
    pub nothing: bool,
    /// When this process last saw it to be the scan's own.
    pub sighted: Option<Instant>,
    /// What it carried; not known of writes of an earlier process.
    pub carried: Option<Arc<Carried>>,
}

impl JournalEntry {
    /// Nothing is known yet of what came of it.
    pub fn new(n: usize, note: WriteNote) -> Self {
        Self {
            n,
            note,
            status: None,
            object: None,
            ids: Vec::new(),
            shown: BTreeSet::new(),
            print: BTreeMap::new(),
            sent: false,
            is_leaving: false,
            undone: false,
            nothing: false,
            sighted: None,
            carried: None,
        }
    }

    /// Returns true where nothing says whether the write was done: no answer is known, or one of failure.
    pub fn is_doubtful(&self) -> bool {
        self.status.is_none_or(leaves_open)
    }

    /// Returns true where what removes it was sent and taken, or its answer was never known.
    pub fn may_be_removed(&self) -> bool {
        self.sent || self.is_leaving
    }

    /// Notes one more id; the newest stands last.
    pub(super) fn add_id(&mut self, id: &str) {
        self.ids.retain(|known| known != id);
        self.ids.push(id.to_owned());
    }
}

/// How to sign in as a throw-away account again, without its password. Before the account is made the token's place is
/// not known yet: then `token` is empty, and all that may be right is noted.
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
    /// Header lines that may carry the token, where it is not known which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<String>,
    /// The API has sessions in cookies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_cookie: bool,
    /// The user name of HTTP Basic, where no operation signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic: Option<String>,
}

/// Something that was there before the scan, noted before it is changed, and the request that puts it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedNote {
    /// Method and path template.
    pub operation: String,
    /// Its owner, who puts it back.
    pub caller: String,
    /// Its id.
    pub object: String,
    /// The method of the request.
    pub method: String,
    /// Its address.
    pub url: String,
    /// Its headers beyond the credential's.
    pub headers: Vec<(String, String)>,
    /// Content type of its body.
    pub content_type: String,
    /// Its body.
    pub body: String,
    /// The address that shows it to its owner.
    pub look: String,
    /// How it looked.
    pub original: serde_json::Map<String, Value>,
}

/// The same with what became of it.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Its number, from 0.
    pub n: usize,
    /// What was noted.
    pub note: SavedNote,
    /// It was put back, and looked at.
    pub is_put_back: bool,
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
