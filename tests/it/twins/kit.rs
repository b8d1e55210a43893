//! What all twins are made of: identities, a document written from examples, and a server that logs its requests.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// One running server with all that a scan of it needs.
pub struct Twin {
    pub name: &'static str,
    pub base_url: String,
    pub document: Value,
    /// The `[identities.*]` part of a `routewarden.toml`.
    pub identities_toml: String,
    /// The variables that `identities_toml` reads: name and value.
    pub env: Vec<(String, String)>,
    /// Check and operation, all of which must be confirmed; nothing else at medium or above.
    pub expect: Vec<(&'static str, &'static str)>,
    /// "GET /path" of each request so far, without the query.
    pub hits: Arc<Mutex<Vec<String>>>,
    /// The serving task; aborted with the twin.
    _serving: JoinSet<()>,
}

/// A server that is not started yet.
pub(super) struct Draft {
    pub(super) name: &'static str,
    pub(super) router: Router,
    pub(super) document: Document,
    pub(super) identities: Identities,
    pub(super) expect: Vec<(&'static str, &'static str)>,
}

impl Draft {
    pub(super) async fn serve(self) -> Twin {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let hits = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&hits);
        let document = self.document.finish(&base_url);
        let shown = document.clone();
        let router = self.router.route("/openapi.json", get(async move || Json(shown))).layer(middleware::from_fn(
            move |request: Request, next: Next| {
                log.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
                next.run(request)
            },
        ));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        // Each twin reads variables of its own, so that tests in one process cannot mix them up.
        let prefix = format!("TWIN_{}_", self.name.to_uppercase().replace('-', "_"));
        let identities_toml = self.identities.toml.replace("TWIN_", &prefix);
        let env =
            self.identities.env.into_iter().map(|(name, value)| (name.replace("TWIN_", &prefix), value)).collect();
        Twin { name: self.name, base_url, document, identities_toml, env, expect: self.expect, hits, _serving: serving }
    }
}

/// How a twin's callers prove who they are, with an opaque secret each.
#[derive(Clone, Copy)]
pub(super) enum Scheme {
    Bearer,
    /// `Authorization: Token …`.
    Token,
    /// The name of the header.
    ApiKey(&'static str),
    /// The name of the cookie.
    Cookie(&'static str),
}

/// Everybody that any twin knows.
const PEOPLE: &[&str] = &["alice", "amy", "bob", "carol", "maria"];

impl Scheme {
    /// The name of the caller, if the secret is somebody's.
    pub(super) fn who(self, headers: &HeaderMap) -> Option<&'static str> {
        let secret = self.presented(headers)?;
        PEOPLE.iter().copied().find(|name| opaque(name) == secret)
    }

    /// The secret that the caller sent, good or bad.
    pub(super) fn presented(self, headers: &HeaderMap) -> Option<&str> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        match self {
            Self::Bearer => text("authorization")?.strip_prefix("Bearer "),
            Self::Token => text("authorization")?.strip_prefix("Token "),
            Self::ApiKey(name) => text(name),
            Self::Cookie(name) => {
                text("cookie")?.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
            }
        }
    }

    /// Configures these people: name and role.
    pub(super) fn identities(self, people: &[(&str, &str)]) -> Identities {
        let mut identities = Identities::default();
        for (name, role) in people {
            let variable = format!("TWIN_{}", name.to_uppercase());
            let credential = match self {
                Self::Bearer => format!("bearer = {{ env = \"{variable}\" }}"),
                Self::Token => {
                    format!(
                        "header = {{ name = \"Authorization\", value = \"Token {{secret}}\", env = \"{variable}\" }}"
                    )
                }
                Self::ApiKey(header) => format!("api_key = {{ header = \"{header}\", env = \"{variable}\" }}"),
                Self::Cookie(cookie) => format!("cookie = {{ name = \"{cookie}\", env = \"{variable}\" }}"),
            };
            identities.add(name, role, &credential, (variable, opaque(name)));
        }
        identities
    }

    fn described(self) -> Value {
        match self {
            Self::Bearer => json!({"type": "http", "scheme": "bearer"}),
            Self::Token => json!({"type": "apiKey", "in": "header", "name": "Authorization"}),
            Self::ApiKey(name) => json!({"type": "apiKey", "in": "header", "name": name}),
            Self::Cookie(name) => json!({"type": "apiKey", "in": "cookie", "name": name}),
        }
    }
}

/// The secret of a person: nothing that could be guessed from the name by a rule, and the same in every run.
pub(super) fn opaque(name: &str) -> String {
    Sha256::digest(format!("twin secret of {name}")).iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

/// Identities as a configuration names them.
#[derive(Default)]
pub(super) struct Identities {
    pub(super) toml: String,
    pub(super) env: Vec<(String, String)>,
}

impl Identities {
    /// Adds one; `credential` is its line of TOML and `variable` the name and value that the line reads.
    pub(super) fn add(&mut self, name: &str, role: &str, credential: &str, variable: (String, String)) {
        let rank = if role == "manager" { "rank = 50\n" } else { "" };
        self.toml.push_str(&format!("[identities.{name}]\nrole = \"{role}\"\n{rank}{credential}\n\n"));
        self.env.push(variable);
    }
}

/// An OpenAPI document that grows by operation; the schemas are read off example answers.
pub(super) struct Document {
    title: &'static str,
    scheme: Value,
    paths: Map<String, Value>,
}

impl Document {
    pub(super) fn new(title: &'static str, scheme: Scheme) -> Self {
        Self::with_scheme(title, scheme.described())
    }

    pub(super) fn with_scheme(title: &'static str, scheme: Value) -> Self {
        Self { title, scheme, paths: Map::new() }
    }

    /// A document that says nothing of security.
    pub(super) fn without_security(title: &'static str) -> Self {
        Self::with_scheme(title, Value::Null)
    }

    /// An operation for which the document asks for a credential.
    pub(super) fn get(self, path: &str, summary: &str, example: &Value) -> Self {
        self.operation(path, summary, example, json!({}))
    }

    /// An operation that the document declares public.
    pub(super) fn open(self, path: &str, summary: &str, example: &Value) -> Self {
        self.operation(path, summary, example, json!({"security": []}))
    }

    /// An operation with more fields in its object than the builder knows.
    pub(super) fn operation(mut self, path: &str, summary: &str, example: &Value, more: Value) -> Self {
        let declared =
            |name: &str| more["parameters"].as_array().is_some_and(|all| all.iter().any(|it| it["name"] == name));
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = names
            .filter(|name| !declared(name))
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let mut operation = json!({
            "summary": summary, "parameters": parameters,
            "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema(example, 8)}}}},
        });
        for (name, value) in more.as_object().unwrap() {
            match (operation.get_mut(name), value) {
                (Some(Value::Array(present)), Value::Array(added)) => present.extend(added.iter().cloned()),
                _ => operation[name] = value.clone(),
            }
        }
        self.paths.insert(path.to_owned(), json!({"get": operation}));
        self
    }

    fn finish(self, base_url: &str) -> Value {
        let mut document = json!({
            "openapi": "3.1.0", "info": {"title": self.title, "version": "1"}, "servers": [{"url": base_url}],
            "paths": self.paths,
        });
        if !self.scheme.is_null() {
            document["security"] = json!([{"main": []}]);
            document["components"] = json!({"securitySchemes": {"main": self.scheme}});
        }
        document
    }
}

fn schema(example: &Value, depth: usize) -> Value {
    match example {
        Value::Object(fields) if depth > 0 => {
            let fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), schema(value, depth - 1))).collect();
            json!({"type": "object", "properties": fields})
        }
        Value::Array(items) if depth > 0 => {
            json!({"type": "array", "items": items.first().map(|item| schema(item, depth - 1)).unwrap_or(json!({}))})
        }
        Value::String(_) => json!({"type": "string"}),
        Value::Number(number) if number.is_i64() => json!({"type": "integer"}),
        Value::Number(_) => json!({"type": "number"}),
        Value::Bool(_) => json!({"type": "boolean"}),
        _ => json!({}),
    }
}

/// A route for whoever is signed in; others get the usual 401.
pub(super) fn signed(
    scheme: Scheme,
    answer: impl Fn(&'static str) -> Response + Clone + Send + Sync + 'static,
) -> MethodRouter {
    get(async move |headers: HeaderMap| scheme.who(&headers).map_or_else(unauthorized, answer))
}

/// The same with one slot in the path.
pub(super) fn signed_at(
    scheme: Scheme,
    answer: impl Fn(&'static str, &str) -> Response + Clone + Send + Sync + 'static,
) -> MethodRouter {
    get(async move |headers: HeaderMap, Path(slot): Path<String>| {
        scheme.who(&headers).map_or_else(unauthorized, |who| answer(who, &slot))
    })
}

/// An answer with status 200 and this body.
pub(super) fn ok(body: Value) -> Response {
    Json(body).into_response()
}

/// A refusal as JSON.
pub(super) fn refuse(status: u16, message: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({"message": message}))).into_response()
}

/// The usual 401.
pub(super) fn unauthorized() -> Response {
    let mut response = refuse(401, "authentication required");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, "Bearer".parse().unwrap());
    response
}

/// The objects of a list that `keep` keeps.
pub(super) fn only(objects: &Value, keep: impl Fn(&Value) -> bool) -> Vec<Value> {
    objects.as_array().unwrap().iter().filter(|object| keep(object)).cloned().collect()
}

/// The object whose field at `pointer` is `value`.
pub(super) fn find(objects: &Value, pointer: &str, value: &str) -> Option<Value> {
    only(objects, |object| object.pointer(pointer).and_then(Value::as_str) == Some(value)).into_iter().next()
}
