//! How a scan came by accounts and objects of its own, and what the document lets callers send: what a repair and its
//! regression test need. Bodies are JSON as text; no secret stands in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation_ref::OperationRef;

/// What it takes to make the scan's own accounts and objects again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Rebuild {
    /// The throw-away accounts that signed up for themselves.
    pub accounts: Vec<AccountRecipe>,
    /// The objects in the order in which they were made.
    pub objects: Vec<ObjectRecipe>,
    /// What the document lets callers send, for operations whose findings are about it.
    pub bodies: Vec<BodyFields>,
}

impl Rebuild {
    /// Returns true where there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.objects.is_empty() && self.bodies.is_empty()
    }
}

/// How one account signed up and in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountRecipe {
    /// Its name as a caller: `auto-a`.
    pub name: String,
    /// The word that its user name and address are made of.
    pub word: String,
    /// Path of the sign-up, which is a `POST`.
    pub path: String,
    /// Its body; `{secret:password}` stands for the password.
    pub body: String,
    /// JSON pointer to the account's id in the answer; empty where none was seen.
    pub id_at: String,
    /// How it signed in; absent where the sign-up itself gave the credential.
    pub sign_in: Option<SignInRecipe>,
}

/// How an account signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInRecipe {
    /// Path of the `POST`.
    pub path: String,
    /// Its body, with the same placeholder.
    pub body: String,
    /// `application/json` or `application/x-www-form-urlencoded`.
    pub content_type: String,
    /// JSON pointer to the token in the answer; empty where a cookie is the credential.
    pub token_at: String,
    /// The header line that carries it: `Authorization: Bearer {token}`.
    pub send: String,
}

/// How one object was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectRecipe {
    /// Who made it.
    pub caller: String,
    /// Method and path template: `POST /orders`.
    pub operation: String,
    /// Path and query as sent.
    pub path: String,
    /// The body that was accepted.
    pub body: String,
    /// JSON pointer to its id in the answer.
    pub id_at: String,
    /// Its id.
    pub id: String,
}

/// The fields that the document names for the body of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BodyFields {
    /// The operation.
    pub operation: OperationRef,
    /// Those that a caller may send.
    pub fields: Vec<String>,
}
