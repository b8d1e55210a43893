//! The ownership matrix of a scan: route by caller, who gets what. It is stored with the report, so that questions about
//! it cost no request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation_ref::OperationRef;
use super::wire::CodeRef;

/// Who gets what, as far as a scan saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ownership {
    /// What the columns mean.
    pub callers: Vec<Caller>,
    /// One row per route, in document order.
    pub routes: Vec<MatrixRow>,
}

/// One column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    /// `anonymous`, `A`, `B` or `H`.
    pub column: String,
    /// The identity's name.
    pub identity: String,
    /// Its role.
    pub role: String,
}

/// What a caller gets on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Gets its own object.
    Own,
    /// Gets an object of another caller.
    Others,
    /// Served, and no object of anybody's is concerned.
    Served,
    /// Refused.
    Refused,
    /// Not known.
    Unknown,
}

/// One cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// `anonymous`, `A`, `B` or `H`.
    pub column: String,
    /// What the caller gets.
    pub access: Access,
    /// How that is known.
    pub because: String,
}

/// What the matrix says of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteVerdict {
    /// Only owners (and higher roles) get their objects.
    Enforced,
    /// Someone gets what belongs to another.
    Broken,
    /// Probably broken; a condition is missing.
    Suspected,
    /// Callers without a credential were served just that, and nothing says that it should be otherwise.
    Public,
    /// No object of anybody's is concerned; callers are told apart as declared.
    NotOwned,
    /// Not known; the reason says why.
    Unknown,
}

/// One route of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatrixRow {
    /// The route.
    pub operation: OperationRef,
    /// The kind of object that it gives, where its policy is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Who may reach that: `public`, `signed-in`, `group`, `owner` or `role:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What the policy rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<String>,
    /// What is concluded.
    pub verdict: RouteVerdict,
    /// From what.
    pub reason: String,
    /// Caller by caller.
    pub cells: Vec<Cell>,
    /// What the source says of the handler, where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceWord>,
}

/// What the source says of a handler, beside what the running API showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceWord {
    /// Where the handler stands.
    pub code: CodeRef,
    /// Whether it ties the object to its caller.
    pub word: SourceVerdict,
    /// Why.
    pub because: String,
    /// Whether both say the same.
    pub agreement: Agreement,
}

/// Whether a handler ties the objects that it reaches to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceVerdict {
    /// It does, for every object that a client can name.
    Checked,
    /// It does not, for one at least.
    NotChecked,
    /// There is nothing to tie.
    NotApplicable,
    /// Not decided.
    Unknown,
}

/// Whether the source and the running API say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// They do.
    Agree,
    /// They do not: another version runs, a check does not hold, or something else than this code refuses.
    Disagree,
    /// One of them says nothing.
    Open,
}

impl SourceVerdict {
    /// Returns the word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::NotChecked => "not checked",
            Self::NotApplicable => "not applicable",
            Self::Unknown => "unknown",
        }
    }
}

impl SourceWord {
    /// Returns the whole in one sentence: what the code says, and whether the running API bears it out.
    pub fn in_words(&self) -> String {
        let join = match self.agreement {
            Agreement::Agree => "; the running API agrees",
            Agreement::Disagree if self.word == SourceVerdict::Checked => {
                "; the running API disagrees: this check does not hold, or another version runs"
            }
            Agreement::Disagree => "; the running API disagrees: something else than this code refuses",
            Agreement::Open => "",
        };

        let place = format!("{}:{}", self.code.file, self.code.line);
        format!("{place}: {}: {}{join}", self.word.as_str(), self.because)
    }
}
