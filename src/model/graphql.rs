//! A GraphQL endpoint as the scan asks it: fixed questions, each behind an address of its own below the endpoint, so that
//! its fields are read, compared and judged as other routes are. A question can only read: no mutation is among them.

use serde_json::Value;

use super::ids::OperationId;

/// The GraphQL endpoint of an API.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlService {
    /// Its path below the base address: `/graphql`.
    pub endpoint: String,
    /// All questions that may be asked there.
    pub questions: Vec<GraphqlQuestion>,
    /// A part of the schema leads back to itself, and can be asked for at an object that does not exist.
    pub has_cycle: bool,
    /// Fields of the schema that no question covers, and why; mutations first.
    pub left_out: Vec<String>,
}

/// One question and the address that stands for it.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlQuestion {
    /// The address as a template: `/graphql/invoices/{id}`.
    pub path: String,
    /// The body without values for its variables.
    pub body: Value,
    /// Its variables, and which parameters of the address give them.
    pub variables: Vec<GraphqlVariable>,
    /// The keys below `data` that lead to what was asked for; empty where the whole answer counts.
    pub way: Vec<String>,
}

/// One variable of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphqlVariable {
    /// The parameter of the address that gives its value.
    pub parameter: String,
    /// Its name, and the fields within it: `["where", "id"]`.
    pub pointer: Vec<String>,
    /// How a text becomes its value.
    pub kind: GraphqlScalar,
    /// It takes a list of them.
    pub is_list: bool,
}

/// The scalars of GraphQL (October 2021, §3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphqlScalar {
    /// `Int`
    Int,
    /// `Float`
    Float,
    /// `Boolean`
    Boolean,
    /// `ID`, `String`, enumerations, and scalars of the API's own.
    Text,
}

/// Stands between the endpoint and the fields in the id of a question.
const BEFORE_FIELDS: &str = ":query.";

/// Returns the id of the question for a field, by the names of its fields from the root on: `POST /graphql:query.me.org`.
pub fn question_id(endpoint: &str, fields: &[String]) -> OperationId {
    OperationId(format!("POST {endpoint}{BEFORE_FIELDS}{}", fields.join(".")))
}

/// Returns the fields that an id of [`question_id`] names, with dots between them; `None` for other operations.
pub fn asked_fields(id: &str) -> Option<&str> {
    id.split_once(BEFORE_FIELDS).map(|(_, fields)| fields)
}

/// Questions about the endpoint itself, by the last part of their address.
pub mod about {
    /// Asks for the names of the schema.
    pub const INTROSPECTION: &str = "~introspection";
    /// Asks for a field that is spelt wrong.
    pub const SUGGESTION: &str = "~suggestion";
    /// Asks for the same field under several names.
    pub const ALIASES: &str = "~aliases";
    /// Asks several questions in one request.
    pub const BATCH: &str = "~batch";
    /// Asks along a cycle of the schema, of an object that does not exist.
    pub const DEPTH: &str = "~depth";
    /// Asks for one name of the schema: the control of the others.
    pub const PLAIN: &str = "~plain";
}

impl GraphqlScalar {
    /// Returns the scalar of a type's name.
    pub fn of(name: &str) -> Self {
        match name {
            "Int" => Self::Int,
            "Float" => Self::Float,
            "Boolean" => Self::Boolean,
            _ => Self::Text,
        }
    }

    /// Returns a text as a value; one that does not fit stays a text, which the endpoint may refuse.
    pub fn value_of(self, text: &str) -> Value {
        let text_value = || Value::from(text);
        match self {
            Self::Int => text.parse::<i64>().map_or_else(|_| text_value(), Value::from),
            Self::Float => text.parse::<f64>().map_or_else(|_| text_value(), Value::from),
            Self::Boolean => text.parse::<bool>().map_or_else(|_| text_value(), Value::from),
            Self::Text => text_value(),
        }
    }
}

impl GraphqlService {
    /// Returns the address of a question about the endpoint itself.
    pub fn address_about(&self, what: &str) -> String {
        format!("{}/{what}", self.endpoint)
    }
}
