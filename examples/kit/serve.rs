//! Takes a request to its route: who is calling, whether the door opens, whether the body fits, and then the handler.
//! Serves that on loopback.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::http::{Call, Reply, ok, reply};
use super::route::{Door, Route};
use super::world::World;

const MOST_BODY_BYTES: usize = 1 << 20;

/// A running API; it stops when dropped.
pub struct Server {
    pub base_url: String,
    /// Shared with the one handler; held for a request at a time, never across an await.
    pub world: Arc<Mutex<World>>,
    /// The one task that serves.
    _serving: JoinSet<()>,
}

impl Server {
    pub async fn start(world: World, routes: Vec<Route>, document: Value) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let world = Arc::new(Mutex::new(world));
        let (shared, routes, document) = (Arc::clone(&world), Arc::new(routes), Arc::new(document));
        let death = Arc::new(Notify::new());
        let dying = Arc::clone(&death);
        let router = Router::new().fallback(move |request: Request| {
            let (world, routes, document) = (Arc::clone(&shared), Arc::clone(&routes), Arc::clone(&document));
            let dying = Arc::clone(&dying);
            async move {
                let call = read(request).await;
                if call.path == "/openapi.json" {
                    return written(ok((*document).clone()));
                }
                let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
                let reply = answer(&mut world, &routes, &document, call);
                if world.is_dead {
                    dying.notify_one();
                    return broken_off();
                }
                written(reply)
            }
        });
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            // Accept errors are retried inside; the set aborts the task with the server.
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                () = death.notified() => {}
            }
        });
        Ok(Self { base_url, world, _serving: serving })
    }
}

/// The answer of a process that ends meanwhile: the connection breaks.
fn broken_off() -> Response {
    let fault = std::iter::once(Err::<Vec<u8>, _>(io::Error::other("the process has ended")));
    Response::new(Body::from_stream(futures_util::stream::iter(fault)))
}

/// What the API answers; the one way to its handlers, over a socket or without.
pub fn answer(world: &mut World, routes: &[Route], document: &Value, mut call: Call) -> Reply {
    if world.is_dead {
        return reply(500, Value::Null);
    }
    if let Some(refusal) = world.before.and_then(|before| before(world, &call)) {
        return refusal;
    }
    let fitting = |route: &Route| parameters(route.path, &call.path);
    let here: Vec<(&Route, Vec<String>)> = routes.iter().filter_map(|route| Some((route, fitting(route)?))).collect();
    if here.is_empty() {
        return world.missing();
    }
    if let Some(inner) = overridden(world, &call, &here) {
        return inner;
    }
    // A literal segment goes before a parameter, as routers do.
    let wanted = here.into_iter().filter(|(route, _)| route.method == call.method).min_by_key(|(_, found)| found.len());
    let Some((route, params)) = wanted else { return world.refuse(405, "method not allowed") };
    call.params = params;
    world.route = route.path;
    *world.hits.entry((route.method, route.path)).or_default() += 1;
    call.me = world.caller(&call);
    if let Some(refusal) = refused(world, route.door, &call) {
        return refusal;
    }
    if let Some(message) = route.body.as_ref().and_then(|schema| misfit(document, schema, &call)) {
        return world.refuse(422, &message);
    }
    (route.handler)(world, &call).unwrap_or_else(|refusal| refusal)
}

/// The gateway fault: the role check looks at the outer method, and a POST becomes the method that its header names.
fn overridden(world: &mut World, call: &Call, here: &[(&Route, Vec<String>)]) -> Option<Reply> {
    let inner =
        call.header("x-http-method-override").filter(|_| world.weak("override-header") && call.method == "POST")?;
    let (route, params) = here.iter().find(|(route, _)| route.method == inner.to_uppercase())?;
    let call = Call { params: params.clone(), me: world.caller(call), ..call.clone() };
    let is_known = !call.me.is_null() && matches!(route.door, Door::Role(..));
    is_known.then(|| (route.handler)(world, &call).unwrap_or_else(|refusal| refusal))
}

fn refused(world: &World, door: Door, call: &Call) -> Option<Reply> {
    let is_known = !call.me.is_null();
    let unknown = || world.refuse(401, "sign in first").with("www-authenticate", "Bearer");
    match door {
        Door::Anyone | Door::Unlocked => None,
        Door::Forgetful(switch) if world.weak(switch) => None,
        Door::SignedIn | Door::Forgetful(_) => (!is_known).then(unknown),
        Door::Role(..) if !is_known => Some(unknown()),
        Door::Role(roles, switch) => {
            let may = world.weak(switch) || call.me["role"].as_str().is_some_and(|role| roles.contains(&role));
            (!may).then(|| world.refuse(403, "your role may not do this"))
        }
    }
}

/// The parameters of a path, if it fits the template.
fn parameters(template: &str, path: &str) -> Option<Vec<String>> {
    let (pattern, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if pattern.len() != given.len() {
        return None;
    }
    let mut found = Vec::new();
    for (part, value) in pattern.into_iter().zip(given) {
        if part.starts_with('{') && !value.is_empty() {
            found.push(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned());
        } else if part != value {
            return None;
        }
    }
    Some(found)
}

/// What is wrong with a body: a required field that is missing, or a value of the wrong type.
fn misfit(document: &Value, schema: &Value, call: &Call) -> Option<String> {
    let schema = match schema["$ref"].as_str() {
        Some(pointer) => document.pointer(pointer.trim_start_matches('#'))?,
        None => schema,
    };
    if call.malformed || !call.body.is_object() {
        return Some("a JSON object is expected".to_owned());
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(name) = required.into_iter().find(|name| call.body.get(*name).is_none()) {
        return Some(format!("field `{name}` is required"));
    }
    let declared = schema["properties"].as_object().into_iter().flatten();
    declared.filter(|_| !call.is_form).find_map(|(name, property)| {
        let value = call.body.get(name)?;
        let fits = match property["type"].as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            _ => true,
        };
        let is_listed = property["enum"].as_array().is_none_or(|words| words.contains(value));
        (!fits || !is_listed).then(|| format!("field `{name}` has a wrong value"))
    })
}

async fn read(request: Request) -> Call {
    let (parts, body) = request.into_parts();
    let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let headers: BTreeMap<String, String> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_lowercase(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut call = Call {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default()),
        headers,
        ..Call::default()
    };
    match to_bytes(body, MOST_BODY_BYTES).await {
        Ok(bytes) => call.read_body(&bytes),
        Err(_) => call.malformed = true,
    }
    call
}

fn written(answer: Reply) -> Response {
    let Reply { status, headers, body } = answer;
    let is_set = |name: &str| headers.iter().any(|(known, _)| *known == name);
    let usual =
        [("x-content-type-options", "nosniff"), ("cache-control", "no-store"), ("content-type", "application/json")];
    let usual: Vec<_> = usual.into_iter().filter(|(name, _)| !is_set(name)).collect();
    // A text with a type of its own is no JSON.
    let bytes = match &body {
        Value::Null => None,
        Value::String(text) if is_set("content-type") => Some(text.clone()),
        body => Some(body.to_string()),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in usual.into_iter().filter(|(name, _)| *name != "content-type" || bytes.is_some()) {
        response = response.header(name, value);
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let content = response.body(bytes.map_or_else(Body::empty, Body::from));
    // Only a header value with control characters fails, and then there is no answer to give but this.
    content.unwrap_or_else(|_| Response::new(Body::from(reply(500, Value::Null).body.to_string())))
}
