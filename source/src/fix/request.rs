//! What is asked for: a remedy for a route, and what a scan knows of it.

use serde::Serialize;

use crate::project::Project;
use crate::routes::{RouteEntry, RouteTable};

/// What kind of change is wanted. The order is the one in which a plan carries them out: who the caller is comes before
/// what the caller may do, and that before what is given and taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemedyKind {
    /// Signature, algorithm and expiry of a token are proved.
    VerifyToken,
    /// A route asks for a credential.
    MissingGuard,
    /// A route asks for a role.
    RoleGuard,
    /// An object is given to its owner alone: read, write, delete, nested.
    ObjectOwnership,
    /// A list has the caller's objects alone.
    ScopedList,
    /// Only named fields are taken from a body.
    FieldAllowList,
    /// Only named fields are given.
    ResponseSchema,
    /// A query takes its values as parameters.
    ParameterisedQuery,
    /// A path stays in its folder.
    SafePath,
    /// A request goes only to public hosts.
    SsrfGuard,
    /// Only named origins may read with credentials.
    CorsOrigins,
    /// Secrets stay out of the log.
    LogRedaction,
    /// Secrets stay out of what a model reads.
    ModelContext,
    /// One caller cannot ask without end.
    RateLimit,
}

/// What a scan knows beside the source. Empty means not known.
#[derive(Debug, Clone, Default)]
pub struct FixFacts {
    /// Parameter that names the object: `invoice_id`; without it, the last one of the path.
    pub parameter: Option<String>,
    /// Fields that name the owner of an object, as answers show them: `owner_id`.
    pub owner_fields: Vec<String>,
    /// Role that the route is for.
    pub role: Option<String>,
    /// Fields that a caller must not set.
    pub not_settable: Vec<String>,
    /// Fields that an answer must not have.
    pub leaking: Vec<String>,
    /// Fields that the document names for the answer, or for the body.
    pub documented: Vec<String>,
    /// Issuer that tokens must have.
    pub issuer: Option<String>,
    /// Audience that tokens must have.
    pub audience: Option<String>,
    /// Algorithms that tokens may be signed with.
    pub algorithms: Vec<String>,
    /// Origins that may read with credentials.
    pub origins: Vec<String>,
    /// Parameter that a payload came in by: an address, a path, a part of a query.
    pub input: Option<String>,
    /// Line of the handler's file that a trace or a flow names.
    pub line: Option<usize>,
    /// Requests in a minute that one caller may send.
    pub per_minute: Option<u32>,
    /// Whether the route is open on purpose, as the document, the configuration or a remembered decision says.
    pub is_public: bool,
}

/// One wanted change.
#[derive(Debug, Clone)]
pub struct CodeFixRequest<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its routes.
    pub routes: &'a RouteTable,
    /// The route to change.
    pub entry: &'a RouteEntry,
    /// What is wanted.
    pub remedy: RemedyKind,
    /// A route that held the same check in the same scan; its own way is preferred.
    pub sibling: Option<&'a RouteEntry>,
    /// What the scan knows.
    pub facts: FixFacts,
}
