//! What people say of who is meant to reach what: their statements, where each was made, and which one holds.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use thiserror::Error;

use super::api::Method;
use super::ids::OperationId;

/// The most characters of a role's name.
const MAX_ROLE: usize = 64;

/// The most characters of a resource's name.
const MAX_NAME: usize = 100;

/// Who is meant to reach something. `Public` is wider than `SignedIn`, and so on to `Owner`; a role stands beside these.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccessLevel {
    /// Callers without credentials too.
    Public,
    /// Every caller that is signed in.
    SignedIn,
    /// The members of one group: a tenant, a team, an organisation.
    Group,
    /// Its owner alone.
    Owner,
    /// Callers of this role, and of higher ones.
    Role(String),
}

impl AccessLevel {
    /// What levels are called, for messages.
    pub const NAMES: &str = "public, signed-in, group, owner or role:NAME";

    /// Reads `public`, `signed-in`, `group`, `owner` or `role:NAME`, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((kind, role)) = text.split_once(':') {
            let role = role.trim();
            let fits = !role.is_empty() && role.chars().count() <= MAX_ROLE && !role.contains(char::is_control);
            return (kind.trim().eq_ignore_ascii_case("role") && fits).then(|| Self::Role(role.to_owned()));
        }
        let plain = [Self::Public, Self::SignedIn, Self::Group, Self::Owner];
        plain.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text))
    }

    /// Returns what to write in place of a text that is no level.
    pub fn advice(text: &str) -> String {
        let plain = ["public", "signed-in", "group", "owner"];
        let asked = text.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        let nearest = plain.into_iter().map(|name| (strsim::damerau_levenshtein(&asked, name), name)).min();

        // A word that differs in more than half of its letters was meant as another one.
        match nearest.filter(|(distance, name)| *distance <= name.len() / 2) {
            Some((_, name)) => format!("did you mean `{name}`? A level is {}", Self::NAMES),
            None => format!("a level is {}", Self::NAMES),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Public => "public",
            Self::SignedIn => "signed-in",
            Self::Group => "group",
            Self::Owner => "owner",
            Self::Role(role) => role,
        }
    }

    fn breadth(&self) -> Option<u8> {
        match self {
            Self::Public => Some(0),
            Self::SignedIn => Some(1),
            Self::Group => Some(2),
            Self::Owner => Some(3),
            Self::Role(_) => None,
        }
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "role:{role}"),
            plain => f.write_str(plain.as_str()),
        }
    }
}

/// Wider levels are less than narrower ones. A role compares with itself alone: whom it lets in depends on who has it.
impl PartialOrd for AccessLevel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.breadth(), other.breadth()) {
            (Some(own), Some(others)) => Some(own.cmp(&others)),
            _ => (self == other).then_some(Ordering::Equal),
        }
    }
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntentSubject {
    /// One operation.
    Operation(OperationId),
    /// All objects of one kind, by the name that the ownership matrix has for it: `order`.
    Resource(String),
}

/// Why a text names nothing that a statement of intent can be about.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubjectRefused {
    /// `resource:` without a name.
    #[error("it names no resource")]
    NoResource,
    /// Something else altogether.
    #[error("it is neither a method with a path nor a resource")]
    NoSubject,
    /// A pattern.
    #[error("a path here names one operation: it has no spaces and no `*`")]
    SeveralOperations,
    /// The word before the path.
    #[error("`{0}` is no HTTP method")]
    NoMethod(String),
}

impl IntentSubject {
    /// Reads `GET /articles/{slug}` or `resource:order`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SubjectRefused> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("resource:") {
            let name = name.trim();
            let fits = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
            let names_one = !name.is_empty() && name.chars().count() <= MAX_NAME && name.chars().all(fits);
            return names_one.then(|| Self::Resource(name.to_owned())).ok_or(SubjectRefused::NoResource);
        }

        let (method, path) = text.split_once(char::is_whitespace).unwrap_or(("", text));
        let path = path.trim();

        if method.is_empty() || !path.starts_with('/') {
            return Err(SubjectRefused::NoSubject);
        }
        if path.contains(char::is_whitespace) || path.contains('*') {
            return Err(SubjectRefused::SeveralOperations);
        }
        let method = Method::parse(method).ok_or_else(|| SubjectRefused::NoMethod(method.to_owned()))?;
        Ok(Self::Operation(OperationId(format!("{method} {path}"))))
    }
}

impl fmt::Display for IntentSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(id) => write!(f, "{id}"),
            Self::Resource(name) => write!(f, "resource:{name}"),
        }
    }
}

/// Who made a statement; later ones go before earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntentOrigin {
    /// The authors of the API, in its document.
    Document,
    /// An Overlay over the document.
    Overlay,
    /// The user, under `[intent]`.
    Configuration,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentSource {
    /// In what.
    pub origin: IntentOrigin,
    /// Path or address of it.
    pub file: String,
    /// Counted from 1, where known.
    pub line: Option<u32>,
    /// Said of a whole path: a word on one operation of it goes before.
    pub of_path: bool,
}

impl fmt::Display for IntentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// One statement of who is meant to reach something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedIntent {
    /// What it is about.
    pub subject: IntentSubject,
    /// Who is meant to reach it.
    pub level: AccessLevel,
    /// Why, in the words of its author.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// Where it stands.
    pub source: IntentSource,
}

impl StatedIntent {
    /// Whether its last day has passed.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Whether it goes before another one of the same subject, or stands beside it.
    fn rank(&self) -> (IntentOrigin, bool) {
        (self.source.origin, !self.source.of_path)
    }
}

/// Two statements of equal weight that cannot both hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the intent of `{}` is stated as `{}` in {} and as `{}` in {}; keep one of them{}",
    first.subject, first.level, first.source, second.level, second.source, override_advice(first)
)]
pub struct IntentConflict {
    /// The one that came first.
    pub first: Box<StatedIntent>,
    /// The one that says otherwise.
    pub second: Box<StatedIntent>,
}

/// The user's configuration settles what documents disagree on.
fn override_advice(stated: &StatedIntent) -> String {
    match stated.source.origin {
        IntentOrigin::Configuration => String::new(),
        _ => format!(", or say `\"{}\" = \"...\"` under [intent] of routewarden.toml", stated.subject),
    }
}

/// The statements that hold, one for each subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntentMemory {
    operations: BTreeMap<OperationId, StatedIntent>,
    resources: BTreeMap<String, StatedIntent>,
    notes: Vec<String>,
}

impl IntentMemory {
    /// Weighs statements. What has expired counts no more and is noted; the configuration goes before an Overlay, which
    /// goes before the document; a word on an operation goes before one on its whole path.
    ///
    /// # Errors
    /// Two statements of one weight on one subject that say different things, unless a weightier one settles it.
    pub fn new(statements: impl IntoIterator<Item = StatedIntent>, today: Date) -> Result<Self, IntentConflict> {
        let mut memory = Self::default();
        let mut by_subject: BTreeMap<IntentSubject, Vec<StatedIntent>> = BTreeMap::new();

        for stated in statements {
            // An expired word neither hides what is seen now nor stops a scan: it is noted.
            if stated.is_expired(today) {
                memory.notes.extend(expiry_note(&stated));
            } else {
                by_subject.entry(normalise_subject(&stated.subject)).or_default().push(stated);
            }
        }

        for (subject, mut about) in by_subject {
            // Stable: of equal ones the first stays the first.
            about.sort_by_key(|stated| std::cmp::Reverse(stated.rank()));
            let mut about = about.into_iter();
            let Some(first) = about.next() else { continue };
            // Only statements of the greatest weight can conflict: they overrule all others.
            let equal = about.take_while(|stated| stated.rank() == first.rank());

            if let Some(second) = equal.into_iter().find(|stated| stated.level != first.level) {
                return Err(IntentConflict { first: Box::new(first), second: Box::new(second) });
            }
            match subject {
                IntentSubject::Operation(id) => memory.operations.insert(id, first),
                IntentSubject::Resource(name) => memory.resources.insert(name, first),
            };
        }

        Ok(memory)
    }

    /// Returns what is stated of an operation itself.
    pub fn of_operation(&self, id: &OperationId) -> Option<&StatedIntent> {
        self.operations.get(id)
    }

    /// Returns what is stated of a resource, by its name in any letter case.
    pub fn of_resource(&self, name: &str) -> Option<&StatedIntent> {
        self.resources.get(name.trim().to_lowercase().as_str())
    }

    /// Returns what holds for an operation on a resource: the word of the weightier origin, and of one origin that on
    /// the operation.
    pub fn of(&self, id: &OperationId, resource: Option<&str>) -> Option<&StatedIntent> {
        let (of_operation, of_resource) = (self.of_operation(id), resource.and_then(|name| self.of_resource(name)));
        match (of_operation, of_resource) {
            // What the user says of a resource goes before what the document says of one route to it.
            (Some(one), Some(all)) if all.source.origin > one.source.origin => Some(all),
            (one, all) => one.or(all),
        }
    }

    /// Returns all that holds: operations first, then resources, each by name.
    pub fn all(&self) -> impl Iterator<Item = &StatedIntent> {
        self.operations.values().chain(self.resources.values())
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.resources.is_empty()
    }

    /// Returns what people should know of statements that do not count.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

fn expiry_note(stated: &StatedIntent) -> Option<String> {
    let (subject, level, source) = (&stated.subject, &stated.level, &stated.source);
    let last = stated.expires?;
    Some(format!("the intent of `{subject}` ({level}, {source}) expired on {last}: it is judged by what is seen again"))
}

/// Resources are compared without regard to letter case.
fn normalise_subject(subject: &IntentSubject) -> IntentSubject {
    match subject {
        IntentSubject::Resource(name) => IntentSubject::Resource(name.trim().to_lowercase()),
        operation @ IntentSubject::Operation(_) => operation.clone(),
    }
}
