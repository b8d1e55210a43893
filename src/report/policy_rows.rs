//! What was learnt of who may reach what, and what is left to ask, as the report's JSON has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most fields that one policy names in words.
const MAX_FIELDS: usize = 8;

/// Who may reach one kind of object, or some of its fields, as the facts show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyRow {
    /// The kind: `order`.
    pub resource: String,
    /// The fields that it is about; `*` for all that have no row of their own.
    pub fields: Vec<String>,
    /// `public`, `signed-in`, `group`, `owner` or `role:NAME`.
    pub policy: String,
    /// What it rests on.
    pub rests_on: Vec<String>,
    /// The routes that break it.
    pub broken_by: Vec<String>,
}

impl PolicyRow {
    /// Returns true where it is about no fields in particular.
    pub fn is_of_all(&self) -> bool {
        self.fields.iter().all(|field| field == "*")
    }

    /// Returns what it is about in words: `order`, or `user (email, phone)` where it is about some fields alone.
    pub fn about(&self) -> String {
        if self.is_of_all() {
            return self.resource.clone();
        }
        let more = self.fields.len().saturating_sub(MAX_FIELDS);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let named: Vec<&str> = self.fields.iter().take(MAX_FIELDS).map(String::as_str).collect();

        format!("{} ({}{more})", self.resource, named.join(", "))
    }
}

/// A question that settles what the facts leave open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The route or kind of object.
    pub about: String,
    /// One sentence.
    pub question: String,
    /// The lines of the configuration that answer it.
    pub answer_with: String,
}
