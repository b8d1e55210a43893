//! Plain data that every layer speaks of: the API, identities, exchanges, evidence, findings. No I/O.

mod access;
mod address;
mod api;
mod evidence;
mod exchange;
pub mod graphql;
mod handler_request;
mod identity;
mod ids;
mod intent;
mod path_index;
mod routes;
mod schema;
mod scope;
mod secret;
mod severity;
mod step;
mod text;
mod today;
mod tree;
mod undo;
mod verdict;

pub use access::{AccessClaim, AccessVerb, SeenValue};
pub use address::address_below;
pub use api::{
    Api, BodyContent, Dialect, DocumentIssue, Effect, Handler, HandlerPlace, Method, Operation, Parameter, Place,
    RequestBody, Requirement, ResponseSpec, SchemeKind, Security, SecurityScheme, Server, SpecLocation, Style,
};
pub use evidence::{Clause, Confidence, Draft, EvidenceItem, Role};
pub use exchange::{Exchange, ExchangeId, Outcome, RecordedRequest, RecordedResponse};
pub use graphql::{GraphqlQuestion, GraphqlScalar, GraphqlService, GraphqlVariable};
pub use handler_request::{HandlerBody, HandlerInput, HandlerRequest, InputPlace};
pub use identity::{ANONYMOUS, Consent, Credential, GARBAGE, Identity, LoginRecipe, TokenSource};
pub use ids::{CheckId, FindingId, OperationId, ScanId};
pub use intent::{
    AccessLevel, IntentConflict, IntentMemory, IntentOrigin, IntentSource, IntentSubject, StatedIntent, SubjectRefused,
};
pub use path_index::{PathIndex, item_shape, path_shape};
pub use schema::{AdditionalProperties, JsonType, Schema, SchemaArena, SchemaId};
pub use scope::{Mode, Origin, Permit, Scope, ScopeError};
pub use secret::Secret;
pub use severity::Severity;
pub use step::{Again, Face, MissingCallers, Step};
pub use text::{clean_lines, clean_name, clean_text, is_shown, name_first};
pub use today::today;
pub use tree::{Budget, TooMuch, Tree, json_within};
pub use undo::UndoOutcome;
pub use verdict::{HeldProof, Obstacle, Silence, Verdict, ensure};
