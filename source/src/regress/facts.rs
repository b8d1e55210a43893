//! What a scan has proved and a test repeats, and the test that is proposed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a confirmed finding showed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProofFacts {
    /// The finding, as people refer to it.
    pub finding_id: String,
    /// The check: `authz/bola-read`.
    pub check: String,
    /// In capitals.
    pub method: String,
    /// As clients see it, with `{name}` for parameters.
    pub path: String,
    /// Path and query of the request that was answered and must not be.
    pub url_path: String,
    /// Its body.
    pub body: Option<Value>,
    /// Who must be refused, by name and by what it signs in with.
    pub attacker: CallerFacts,
    /// Who must be served; an administrator where the route is for a role.
    pub owner: CallerFacts,
    /// What the request that must be refused comes with.
    pub attack: AttackKind,
    /// Values of the owner's that the answer showed.
    pub forbidden_values: Vec<String>,
    /// How a refusal is known.
    pub denial: DenialSign,
    /// Status that the owner is answered with.
    pub served_status: u16,
    /// Path and query of the owner's own request.
    pub owner_url_path: String,
    /// How a caller signs in; without it, tokens come from the environment.
    pub sign_in: Option<SignInFacts>,
    /// How a caller signs up, where its account is not in the data of a fresh start.
    pub sign_up: Option<SignUpFacts>,
    /// How the owner made the object, where it is not in the data of a fresh start: what it is within first.
    pub made: Vec<MadeObject>,
    /// Fields that the answer must not have, by name.
    pub hidden_fields: Vec<String>,
    /// What must not be kept of the body.
    pub kept: Option<KeptFacts>,
    /// The owner's object that a list shows, where the list is told by it.
    pub listed: Option<ListedFacts>,
}

/// Fields of a body that must not be kept. The body has them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptFacts {
    /// Name and value as sent.
    pub fields: Vec<(String, Value)>,
    /// Path and query of a read by the same caller that shows what was kept; `{made:N}` with the count of made objects
    /// stands for the id of what the request makes.
    pub view: String,
    /// JSON pointer to that id in the answer; empty where the read does not need it.
    pub pointer: String,
}

/// An object in a list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListedFacts {
    /// The field that has its id.
    pub field: String,
    /// Its id.
    pub id: String,
}

/// What the request that must be refused comes with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttackKind {
    /// The credential of the second caller.
    #[default]
    SecondCaller,
    /// No credential.
    Anonymous,
    /// The owner's token with another signature.
    DamagedToken,
    /// The owner's token with the algorithm `none` and no signature.
    UnsignedToken,
    /// The owner's token from a sign-in that is years ago.
    OldToken,
    /// The owner's own credential: what is shown or kept is the matter.
    Owner,
    /// The owner's credential, from a page of another origin.
    ForeignOrigin,
}

/// How a refusal is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenialSign {
    /// By one of these statuses.
    Status(Vec<u16>),
    /// By what the answer does not show: lists serve each caller its own, and some refusals have status 200.
    Content,
}

impl Default for DenialSign {
    fn default() -> Self {
        DenialSign::Status(vec![401, 403, 404])
    }
}

/// A caller of the test.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallerFacts {
    /// Its name in the scan: `alice`.
    pub name: String,
    /// What it signs in with, in the order of the body.
    pub fields: Vec<(String, CallerValue)>,
    /// What it signs up with, in the order of the body.
    pub sign_up: Vec<(String, CallerValue)>,
    /// Variable of the environment that has its token, where it does not sign in; `ALICE_TOKEN` where it is empty.
    pub token_variable: String,
    /// JSON pointer to the id of the account in the answer to its sign-up.
    pub id_pointer: String,
}

/// A value that a caller sends to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerValue {
    /// Not a secret.
    Text(String),
    /// A secret, from this variable of the environment.
    Environment(String),
    /// JSON in which `{name:owner}` and `{password}` stand for what the test makes up.
    MadeUp(Value),
}

/// How a caller signs in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignInFacts {
    /// Path of the `POST`.
    pub path: String,
    /// Whether the body is a form rather than JSON.
    pub is_form: bool,
    /// What the answer gives.
    pub gives: SignInCredential,
}

/// What a sign-in gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInCredential {
    /// A session cookie.
    #[default]
    Cookie,
    /// A token in the body.
    Token {
        /// JSON pointer to it: `/data/token`.
        pointer: String,
        /// Header that carries it: `Authorization`.
        header: String,
        /// What stands before it in the header: `Bearer`; empty for nothing.
        scheme: String,
    },
}

/// How a caller signs up.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignUpFacts {
    /// Path of the `POST`, with a JSON body.
    pub path: String,
}

/// How an object was made. Path and body may name the ids of the objects before it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MadeObject {
    /// Path of the `POST`.
    pub path: String,
    /// Its JSON body.
    pub body: Value,
    /// JSON pointer to the id in the answer.
    pub pointer: String,
    /// The id that it had in the scan: it stands in the paths of the facts, and gives way to the new one. Empty where the
    /// facts have `{made:N}` instead.
    pub id: String,
    /// The second caller makes it, not the owner.
    pub by_second: bool,
}

/// A test that is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestProposal {
    /// A path that is free, from the root, with `/`.
    pub path: String,
    /// The text of the file.
    pub text: String,
    /// The command that runs it, from the root of the project.
    pub run: String,
    /// Variables of the environment that it needs.
    pub environment: Vec<String>,
    /// What a person must look at.
    pub needs_review: Vec<String>,
}
