//! What is said of a handler: a word for the whole, and one for each access to data, with the lines that it rests on.

use serde::Serialize;

use super::request::RequestReading;
use crate::ir::Span;
use crate::project::ModuleId;
use crate::routes::CodePlace;

/// Whether a handler ties the objects that it reaches to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnershipWord {
    /// Every object that a client can name is tied to the caller, or is the caller's own.
    Checked,
    /// At least one object that a client can name is served or changed without a look at the caller.
    NotChecked,
    /// There is nothing to tie: no object of a user is reached, or a role decides.
    NotApplicable,
    /// Not decided; the reason says what stood in the way.
    Unknown,
}

/// How one access is tied to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessWord {
    /// The query or a comparison holds it to its owner.
    OwnerChecked,
    /// A group, a tenant, a share or a helper decides.
    AccessChecked,
    /// Only callers with a role get here.
    RoleGated,
    /// Nothing ties it to the caller.
    NotChecked,
    /// What is reached depends on the caller alone, not on anything that a client names.
    SubjectOnly,
    /// It belongs to no user, as far as its model says.
    NotOwned,
    /// Not decided.
    Unknown,
}

/// What an access does to the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeAccessVerb {
    /// One object is served.
    Read,
    /// One object, or what a condition names, is changed.
    Mutate,
    /// One object, or what a condition names, is deleted.
    Delete,
    /// Many objects are served.
    List,
    /// An object is made.
    Create,
}

/// Where in a request an id stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdOrigin {
    /// In the path.
    Path,
    /// In the query string.
    Query,
    /// In the body: JSON or a form.
    Body,
    /// In a header or a cookie that a client sets at will.
    Header,
}

/// A value of the request that a client chooses, and that names an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ClientId {
    /// Its name in the request.
    pub name: String,
    /// Where it stands in the request.
    pub from: IdOrigin,
}

/// A line that a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where it stands.
    pub place: CodePlace,
    /// The code, on one line, cut where it is long.
    pub text: String,
    /// Its module.
    #[serde(skip)]
    pub module: ModuleId,
    /// Its bytes in that module.
    pub span: Span,
}

/// Where the identity of the caller comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentitySource {
    /// The expression as written: `get_jwt_identity()`, `request.user`, `Depends(get_current_user)`.
    pub expression: String,
    /// Where it stands.
    pub place: CodePlace,
    /// Its module.
    #[serde(skip)]
    pub module: ModuleId,
    /// Its bytes in that module.
    pub span: Span,
}

/// One place where an object that was loaded leaves the handler or is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UseReading {
    /// What is done with it there.
    pub what: CodeAccessVerb,
    /// Where.
    pub place: CodePlace,
    /// Its module.
    #[serde(skip)]
    pub module: ModuleId,
    /// Its bytes in that module.
    pub span: Span,
    /// Whether something ties the object to the caller on every path to here.
    pub is_guarded: bool,
}

/// One access to data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessReading {
    /// The strongest thing that is done with the object.
    pub what: CodeAccessVerb,
    /// Where the access stands.
    pub place: CodePlace,
    /// Its module.
    #[serde(skip)]
    pub module: ModuleId,
    /// Its bytes in that module: the whole call or index, from its receiver to its last parenthesis.
    pub span: Span,
    /// The statement that it stands in: a guard can go right behind it.
    pub statement: Span,
    /// The code, on one line, cut where it is long.
    pub text: String,
    /// The model, table or collection.
    pub model: Option<String>,
    /// The column of the model that names the owner, where the project's models say so.
    pub owner: Option<String>,
    /// What a client chooses of it.
    pub ids: Vec<ClientId>,
    /// How it is tied to the caller.
    pub how: AccessWord,
    /// Why, in plain English, with file and line.
    pub because: String,
    /// The lines that this rests on: the check, or the unguarded uses.
    pub evidence: Vec<Evidence>,
    /// The local name that holds the object.
    pub object: Option<String>,
    /// An expression in scope at the access that stands for the caller: `current_user.id`, `user_id`.
    pub subject: Option<String>,
    /// The condition of an existing `if not object: 404` behind the load: a patch can widen it.
    pub denial: Option<Span>,
    /// Where the object leaves the handler or is changed.
    pub uses: Vec<UseReading>,
}

/// What is said of one handler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandlerReading {
    /// The word for the whole.
    pub word: OwnershipWord,
    /// Why, in plain English, with file and line.
    pub because: String,
    /// Where the caller's identity comes from; absent where the handler never asks for it.
    pub identity: Option<IdentitySource>,
    /// Each access to data, in the order of the code.
    pub accesses: Vec<AccessReading>,
    /// Checks that look right and do not hold: inverted, logged only, behind the write, swallowed.
    pub suspicions: Vec<Evidence>,
    /// What it reads of the request; absent where its code is not read.
    pub request: Option<RequestReading>,
}

impl AccessReading {
    /// Returns the word for this access alone.
    pub fn word(&self) -> OwnershipWord {
        match self.how {
            AccessWord::OwnerChecked | AccessWord::AccessChecked | AccessWord::SubjectOnly => OwnershipWord::Checked,
            AccessWord::RoleGated | AccessWord::NotOwned => OwnershipWord::NotApplicable,
            AccessWord::NotChecked => OwnershipWord::NotChecked,
            AccessWord::Unknown => OwnershipWord::Unknown,
        }
    }
}

impl HandlerReading {
    /// Makes a reading that decides nothing.
    pub(super) fn unknown(because: impl Into<String>) -> HandlerReading {
        HandlerReading {
            word: OwnershipWord::Unknown,
            because: because.into(),
            identity: None,
            accesses: Vec::new(),
            suspicions: Vec::new(),
            request: None,
        }
    }
}
