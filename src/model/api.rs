//! What a document says of an API, in one shape for every dialect of OpenAPI.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::graphql::GraphqlService;
use super::handler_request::HandlerRequest;
use super::ids::OperationId;
use super::intent::StatedIntent;
use super::path_index::PathIndex;
use super::schema::{SchemaArena, SchemaId};

/// One API as its document describes it.
#[derive(Debug, Clone, Default)]
pub struct Api {
    /// `info.title`; the target's own text.
    pub title: String,
    /// `info.version`; the target's own text.
    pub version: String,
    /// The dialect that the document was written in.
    pub dialect: Dialect,
    /// The path or URL that the document was read from.
    pub document: String,
    /// Document-level servers, variables filled with their defaults; relative ones made absolute when the document came by URL.
    pub servers: Vec<Server>,
    /// Security schemes by their name in the document.
    pub schemes: BTreeMap<String, SecurityScheme>,
    /// All operations that could be read, in document order.
    pub operations: Vec<Operation>,
    /// Every schema, by [`SchemaId`]; references are shared, cycles are possible.
    pub schemas: SchemaArena,
    /// What the document, and the Overlay over it, say of who is meant to reach what.
    pub intents: Vec<StatedIntent>,
    /// What could not be read, and why.
    pub issues: Vec<DocumentIssue>,
    /// What is known of the paths of all operations; empty where an API is made.
    pub paths: PathIndex,
    /// Its GraphQL endpoint, where one is known with its schema.
    pub graphql: Option<GraphqlService>,
}

/// The specification version family of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Dialect {
    /// Swagger 2.0.
    Swagger2,
    /// OpenAPI 3.0.x.
    #[default]
    OpenApi30,
    /// OpenAPI 3.1.x (JSON Schema 2020-12).
    OpenApi31,
    /// OpenAPI 3.2.x.
    OpenApi32,
}

/// A base address of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// As written, variables replaced by their defaults. May be relative when the document is a file.
    pub url: String,
    /// `description`; the target's own text.
    pub description: String,
}

/// A part of a document that could not be used; the rest is scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentIssue {
    /// JSON pointer as a URI fragment: `#/paths/~1x/get`.
    pub at: String,
    /// 1-based line in the document, where known.
    pub line: Option<u32>,
    /// What is wrong, with the value, and what follows from it.
    pub message: String,
}

/// Where an item stands in its document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecLocation {
    /// JSON pointer as a URI fragment.
    pub pointer: String,
    /// 1-based line, where known.
    pub line: Option<u32>,
    /// It stands behind a reference: the document has nothing at this pointer itself.
    pub is_referred: bool,
}

/// An HTTP method as documents know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
    /// OPTIONS
    Options,
    /// TRACE
    Trace,
    /// QUERY (OpenAPI 3.2)
    Query,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// The method in capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Query => "QUERY",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request of this method is meant to change nothing (RFC 9110 §9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Trace | Self::Query)
    }

    /// Reads a method name in any letter case.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            "QUERY" => Self::Query,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            _ => return None,
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What calling an operation does to the target, as far as the document tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A read: something speaks for it, and nothing against.
    Reads,
    /// A read by its method that may change state: something speaks against a read, or nothing for it; with the reason.
    Doubtful(String),
    /// Changes state.
    Writes,
    /// Removes an object.
    Deletes,
}

/// One operation of the API.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Method and path template.
    pub id: OperationId,
    /// The method.
    pub method: Method,
    /// The path template as in the document: `/invoices/{invoice_id}`.
    pub path: String,
    /// `operationId`; the target's own text.
    pub operation_id: Option<String>,
    /// `summary` and the first part of `description`; the target's own text.
    pub summary: String,
    /// `tags`; the target's own text.
    pub tags: Vec<String>,
    /// Servers that override the document's; empty when there are none.
    pub servers: Vec<Server>,
    /// Path-level and operation-level parameters merged; `Authorization` headers of schemes are not among them.
    pub parameters: Vec<Parameter>,
    /// The request body, if one is declared.
    pub body: Option<RequestBody>,
    /// Declared responses in document order.
    pub responses: Vec<ResponseSpec>,
    /// What the operation asks of its caller.
    pub security: Security,
    /// `deprecated`.
    pub deprecated: bool,
    /// What a call does.
    pub effect: Effect,
    /// The sign by which its effect was judged, or the user's word.
    pub effect_because: String,
    /// Where the operation stands in the document.
    pub spec: SpecLocation,
    /// What the source tree says of its handler.
    pub handler: Handler,
    /// What that reads of its request; empty where the document says it all, or the source is not read.
    pub request: HandlerRequest,
}

/// What the source tree says of an operation's handler.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Handler {
    /// No tree was read, or its routes are not the document's.
    #[default]
    Unread,
    /// The handlers of nearly all operations were found, and of this one there is none.
    Missing,
    /// It stands here.
    At(HandlerPlace),
    /// It stands here, and the document does not name the operation: nothing but the source speaks for it.
    Undocumented(HandlerPlace),
}

/// Where a handler stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerPlace {
    /// From the root of the source tree, with `/`.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// The function, `Class.method` for methods; empty where it has no name.
    pub function: String,
}

impl Handler {
    /// Returns where it stands, if that is known.
    pub fn place(&self) -> Option<&HandlerPlace> {
        match self {
            Self::At(place) | Self::Undocumented(place) => Some(place),
            Self::Unread | Self::Missing => None,
        }
    }
}

impl fmt::Display for HandlerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Operation {
    /// Returns whether it is a question of GraphQL's: sent by POST under its id, and a read all the same.
    pub fn is_graphql(&self) -> bool {
        self.method == Method::Get && self.id.as_str().starts_with("POST ")
    }

    /// Returns whether the document names it.
    pub fn is_documented(&self) -> bool {
        !matches!(self.handler, Handler::Undocumented(_))
    }

    /// Path parameters in the order of the template.
    pub fn path_parameters(&self) -> Vec<&Parameter> {
        let mut found: Vec<(usize, &Parameter)> = self
            .parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Path)
            .filter_map(|parameter| self.path.find(&format!("{{{}}}", parameter.name)).map(|at| (at, parameter)))
            .collect();
        // Documents list parameters in any order; in the template the outermost object comes first.
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, parameter)| parameter).collect()
    }

    /// The declared response for a status: the code itself, its class, or the default.
    pub fn response_for(&self, status: u16) -> Option<&ResponseSpec> {
        // The exact code goes before its class, and both before the default (OpenAPI, Responses Object).
        let wanted = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
        wanted.iter().find_map(|name| self.responses.iter().find(|spec| spec.status.eq_ignore_ascii_case(name)))
    }

    /// Whether the document says that a caller must sign in.
    pub fn requires_sign_in(&self) -> bool {
        matches!(&self.security, Security::Required(_))
    }
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query string.
    Query,
    /// In a request header.
    Header,
    /// In a cookie.
    Cookie,
}

/// How arrays and objects are spelled in a parameter (OpenAPI 3.0 §4.7.12.2; `Csv`... stand for Swagger's collectionFormat as the style that equals it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `a,b` in paths and headers.
    Simple,
    /// `.a.b`
    Label,
    /// `;x=a;x=b`
    Matrix,
    /// `x=a&x=b` or `x=a,b`
    Form,
    /// `x=a%20b`
    SpaceDelimited,
    /// `x=a|b`
    PipeDelimited,
    /// `x[k]=v`
    DeepObject,
    /// `a\tb` (Swagger 2.0 `tsv`)
    TabDelimited,
}

/// One parameter of an operation.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name; for paths the name in braces.
    pub name: String,
    /// Where it travels.
    pub place: Place,
    /// Whether it must be sent. Always true in paths.
    pub required: bool,
    /// How arrays and objects are spelled.
    pub style: Style,
    /// One pair per item.
    pub explode: bool,
    /// Reserved characters are sent as they are.
    pub allow_reserved: bool,
    /// Its schema, where one is declared.
    pub schema: Option<SchemaId>,
    /// Set when the parameter is declared by `content`: the media type that its value is serialised to.
    pub content_type: Option<String>,
    /// The document's own example, first one found.
    pub example: Option<Value>,
}

/// The request body of an operation.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// Whether it must be sent.
    pub required: bool,
    /// Content types in the order of preference of this scanner: JSON, form, multipart, text, others.
    pub content: Vec<BodyContent>,
}

/// One content type of a request body.
#[derive(Debug, Clone)]
pub struct BodyContent {
    /// The media type without parameters, lower case.
    pub media_type: String,
    /// Its schema, where one is declared.
    pub schema: Option<SchemaId>,
    /// The document's own example.
    pub example: Option<Value>,
}

/// One declared response.
#[derive(Debug, Clone)]
pub struct ResponseSpec {
    /// `200`, `2XX` or `default`, upper case.
    pub status: String,
    /// Media types without parameters, lower case, each with its schema.
    pub content: Vec<(String, Option<SchemaId>)>,
    /// Header names.
    pub headers: Vec<String>,
}

impl ResponseSpec {
    /// The declared content that an answer of this media type (without parameters, lower case) is an instance of.
    pub fn content_for(&self, sent: &str) -> Option<&(String, Option<SchemaId>)> {
        // Documents promise `application/json` where servers send `application/hal+json`, and the reverse.
        let fits = |known: &str| {
            known == sent
                || known == "*/*"
                || known.strip_suffix("/*").is_some_and(|kind| sent.starts_with(&format!("{kind}/")))
                || (known.ends_with("json") && sent.ends_with("json"))
        };

        // An exact match goes first, since `*/*` or another kind of JSON may stand before it.
        let exact = self.content.iter().find(|(known, _)| known == sent);
        exact.or_else(|| self.content.iter().find(|(known, _)| fits(known)))
    }
}

/// What an operation asks of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Neither the operation nor the document says anything.
    Unstated,
    /// `security: []` or a `{}` alone.
    Public,
    /// `{}` among other requirements: anonymous callers are allowed too.
    Optional(Vec<Requirement>),
    /// Any one of these must be met.
    Required(Vec<Requirement>),
}

/// Schemes that must all be satisfied together: scheme name and scopes.
pub type Requirement = Vec<(String, Vec<String>)>;

/// A security scheme of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// What it is.
    pub kind: SchemeKind,
}

/// The kinds of security scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeKind {
    /// `Authorization: Bearer ...`
    Bearer,
    /// `Authorization: Basic ...`
    Basic,
    /// Another `Authorization` scheme by its name.
    OtherHttp(String),
    /// A key by place and name.
    ApiKey(Place, String),
    /// OAuth 2.0; the token endpoint where one is declared.
    OAuth2(Option<String>),
    /// OpenID Connect; the discovery address.
    OpenIdConnect(String),
    /// Anything else, by its type.
    Other(String),
}
