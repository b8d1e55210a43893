//! `x-routewarden-intent`: what a document, or the Overlay over it, says of who is meant to reach what.

use jiff::civil::Date;
use serde_json::{Map, Value};
use thiserror::Error;

use super::documents::Node;
use super::lines::WantedLines;
use super::lowering::{Lowering, describe_kind};
use super::overlay::Overlay;
use super::reference::escape_token;
use crate::model::{
    AccessLevel, IntentOrigin, IntentSource, IntentSubject, Operation, OperationId, StatedIntent, clean_text,
};

/// The extension: at an operation or a path item one statement, at the root a table of them.
pub(super) const KEY: &str = "x-routewarden-intent";
/// JSON pointer of the table at the root.
pub(super) const ROOT_POINTER: &str = "/x-routewarden-intent";

const MAX_REASON: usize = 500;
/// The most statements of the table at the root.
const MAX_AT_ROOT: usize = 10_000;

/// The statements found so far, each with its pointer until its line is known.
#[derive(Debug)]
pub(super) struct Intents<'o> {
    document: &'o str,
    overlay: Option<&'o Overlay>,
    list: Vec<(StatedIntent, Option<String>)>,
}

/// Where a statement was found.
struct IntentPlace {
    pointer: String,
    of_path: bool,
}

impl<'o> Intents<'o> {
    /// None yet; `document` is what the document is called.
    pub(super) fn new(document: &'o str, overlay: Option<&'o Overlay>) -> Self {
        Self { document, overlay, list: Vec::new() }
    }

    /// Asks for the lines of statements of the document itself.
    pub(super) fn want(&self, wanted: &mut WantedLines) {
        self.list.iter().filter_map(|(_, pointer)| pointer.as_ref()).for_each(|pointer| wanted.add(pointer));
    }

    /// Fills these lines in.
    pub(super) fn locate(&mut self, wanted: &WantedLines) {
        for (stated, pointer) in &mut self.list {
            if let Some(pointer) = pointer {
                stated.source.line = wanted.line(pointer);
            }
        }
    }

    /// Returns all statements in the order of the document.
    pub(super) fn finish(self) -> Vec<StatedIntent> {
        self.list.into_iter().map(|(stated, _)| stated).collect()
    }
}

impl<'d> Lowering<'d> {
    /// Takes what is said at an operation (`layers`: as it stands, and what it refers to) and at its path item.
    pub(super) fn operation_intents(
        &mut self,
        id: &OperationId,
        pointer: &str,
        layers: [Node<'d>; 2],
        path_item: Option<(Node<'d>, String)>,
    ) {
        // What stands at the operation itself outweighs what stands behind its reference.
        let own = layers.into_iter().find_map(|layer| layer.get(KEY));
        let own = own.map(|value| (value, IntentPlace { pointer: format!("{pointer}/{KEY}"), of_path: false }));
        let of_path = path_item.map(|(value, pointer)| (value, IntentPlace { pointer, of_path: true }));

        for (value, place) in own.into_iter().chain(of_path) {
            self.take_intent(IntentSubject::Operation(id.clone()), value, place);
        }
    }

    /// Takes the table at the root, whose keys are those of `[intent]` in a configuration.
    pub(super) fn root_intents(&mut self, root: Node<'d>, operations: &[Operation]) {
        let Some(table) = root.get(KEY) else { return };
        let Value::Object(members) = table.value else {
            let message = format!(
                "`{KEY}` at the root is an object of statements, not {}; it is ignored",
                describe_kind(table.value)
            );
            self.issues.add(table, message);
            return;
        };

        if members.len() > MAX_AT_ROOT {
            self.issues.add(table, format!("only the first {MAX_AT_ROOT} statements of `{KEY}` are read"));
        }
        for (key, value) in members.iter().take(MAX_AT_ROOT) {
            let value = table.with(value);
            match IntentSubject::parse(key) {
                Ok(IntentSubject::Operation(id)) if !operations.iter().any(|operation| operation.id == id) => {
                    self.issues.add(value, format!("`{KEY}` is about `{id}`, which the document does not have"));
                }
                Ok(subject) => {
                    let pointer = format!("#{ROOT_POINTER}/{}", escape_token(key));
                    self.take_intent(subject, value, IntentPlace { pointer, of_path: false });
                }
                Err(why) => {
                    self.issues.add(value, format!("`{}` in `{KEY}`: {why}; it is ignored", clean_text(key, 80)))
                }
            }
        }
    }

    fn take_intent(&mut self, subject: IntentSubject, value: Node<'d>, place: IntentPlace) {
        let (source, pointer) = self.source_of(value, place);
        match parse_statement(value.value) {
            Ok(IntentValue { level, reason, expires }) => {
                self.spend(reason.as_ref().map_or(0, String::len));
                self.intents.list.push((StatedIntent { subject, level, reason, expires, source }, pointer));
            }
            Err(why) => {
                let by = if source.origin == IntentOrigin::Overlay { format!(" ({source})") } else { String::new() };
                self.issues.add(value, format!("`{KEY}` is ignored: {why}{by}"));
            }
        }
    }

    /// Who says it, and the pointer by which its line is found in the document.
    fn source_of(&self, value: Node<'d>, place: IntentPlace) -> (IntentSource, Option<String>) {
        let of_path = place.of_path;
        // A statement of an Overlay stands in the changed document: its address shows which action put it there.
        if let Some(action) = self.documents.applied.stated_by.get(&value.address())
            && let Some(overlay) = self.intents.overlay
        {
            let (file, line) = (overlay.file().to_owned(), overlay.line(*action));
            return (IntentSource { origin: IntentOrigin::Overlay, file, line, of_path }, None);
        }
        let other = self.documents.list().get(value.document).filter(|_| value.document > 0);
        let file = other.map_or(self.intents.document, |document| document.name.as_str()).to_owned();
        // Lines are looked for in the text of the document itself alone.
        let pointer = other.is_none().then_some(place.pointer);

        (IntentSource { origin: IntentOrigin::Document, file, line: None, of_path }, pointer)
    }
}

struct IntentValue {
    level: AccessLevel,
    reason: Option<String>,
    expires: Option<Date>,
}

/// The members of a statement.
const KEYS: [&str; 4] = ["policy", "level", "reason", "expires"];

/// Why a statement of intent is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum StatementRefused {
    /// The kind of the value.
    #[error("it is {0}, not a level or an object")]
    NoStatement(&'static str),
    #[error("unknown key `{}`; known keys are: {}", clean_text(.0, 40), KEYS.join(", "))]
    UnknownKey(String),
    #[error("`{key}` is a text, not {found}")]
    NoText { key: &'static str, found: &'static str },
    #[error("`policy` and `level` say the same; keep one of them")]
    SaidTwice,
    #[error("it has no `policy`: {}", AccessLevel::NAMES)]
    NoPolicy,
    #[error("`expires` is a date, as in \"2027-06-30\", not `{}`", clean_text(.0, 40))]
    NoDate(String),
    #[error("`{}` is no level; {}", clean_text(.0, 60), AccessLevel::advice(.0))]
    NoLevel(String),
}

/// A level alone, or an object with reason and last day.
fn parse_statement(value: &Value) -> Result<IntentValue, StatementRefused> {
    match value {
        Value::String(text) => Ok(IntentValue { level: parse_level(text)?, reason: None, expires: None }),
        Value::Object(members) => of_object(members),
        other => Err(StatementRefused::NoStatement(describe_kind(other))),
    }
}

fn of_object(members: &Map<String, Value>) -> Result<IntentValue, StatementRefused> {
    // A misspelt `expires` that went unnoticed would let a statement stand for ever.
    if let Some(unknown) = members.keys().find(|key| !KEYS.contains(&key.as_str()) && !key.starts_with("x-")) {
        return Err(StatementRefused::UnknownKey(unknown.clone()));
    }
    let text = |key: &'static str| match members.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim())),
        Some(other) => Err(StatementRefused::NoText { key, found: describe_kind(other) }),
    };
    // Both names are read, as in the configuration.
    let named = match (text("policy")?, text("level")?) {
        (Some(named), None) | (None, Some(named)) => named,
        (Some(_), Some(_)) => return Err(StatementRefused::SaidTwice),
        (None, None) => return Err(StatementRefused::NoPolicy),
    };
    let date = |text: &str| text.parse::<Date>().map_err(|_| StatementRefused::NoDate(text.to_owned()));
    let reason = text("reason")?.map(|text| clean_text(text, MAX_REASON)).filter(|text| !text.is_empty());
    Ok(IntentValue { level: parse_level(named)?, reason, expires: text("expires")?.map(date).transpose()? })
}

fn parse_level(text: &str) -> Result<AccessLevel, StatementRefused> {
    AccessLevel::parse(text).ok_or_else(|| StatementRefused::NoLevel(text.to_owned()))
}
