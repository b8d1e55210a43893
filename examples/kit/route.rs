//! Routes that describe themselves, and the OpenAPI document made from them.

use serde_json::{Map, Value, json};

use super::http::{Call, Reply};
use super::world::World;

/// What answers a request.
pub type Handler = fn(&mut World, &Call) -> Answer;

/// A refusal is an `Err`, so that handlers can leave early.
pub type Answer = Result<Reply, Reply>;

/// Who gets past the door.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Anyone,
    /// The document says sign-in, and the door is never locked: public content that is badly described.
    Unlocked,
    SignedIn,
    /// Signed in, unless the switch is on.
    Forgetful(&'static str),
    /// One of these roles, unless the switch is on.
    Role(&'static [&'static str], &'static str),
}

/// One operation.
#[derive(Clone)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub door: Door,
    pub handler: Handler,
    /// The schema of the request body.
    pub body: Option<Value>,
    /// Whether the document has it.
    pub is_declared: bool,
    about: Map<String, Value>,
    parameters: Vec<Value>,
    is_form: bool,
}

/// A route for signed-in callers; `name` is its operationId, and its first word before `#` is a tag.
pub fn op(method: &'static str, path: &'static str, name: &str, handler: Handler) -> Route {
    let (tag, name) = name.split_once('#').map_or((None, name), |(tag, name)| (Some(tag), name));
    let mut about = Map::new();
    if let Some(tag) = tag {
        about.insert("tags".to_owned(), json!([tag]));
    }
    about.insert("operationId".to_owned(), json!(name));
    about.insert("responses".to_owned(), json!({}));
    Route {
        method,
        path,
        door: Door::SignedIn,
        handler,
        body: None,
        is_declared: true,
        about,
        parameters: Vec::new(),
        is_form: false,
    }
}

impl Route {
    pub fn open(mut self) -> Self {
        self.about.insert("security".to_owned(), json!([]));
        self.door = Door::Anyone;
        self
    }

    pub fn door(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    /// The same under another path.
    pub fn at(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// The same with another handler.
    pub fn answered(mut self, handler: Handler) -> Self {
        self.handler = handler;
        self
    }

    /// Served, and not in the document.
    pub fn hidden(mut self) -> Self {
        self.is_declared = false;
        self
    }

    pub fn says(mut self, summary: &str) -> Self {
        self.about.insert("summary".to_owned(), json!(summary));
        self
    }

    pub fn takes(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self
    }

    pub fn form(mut self, schema: Value) -> Self {
        self.is_form = true;
        self.takes(schema)
    }

    /// Declares an answer; `null` has no content.
    pub fn gives(mut self, status: u16, schema: Value) -> Self {
        let mut answer = json!({"description": if status < 300 { "done" } else { "refused" }});
        if !schema.is_null() {
            answer["content"] = json!({"application/json": {"schema": schema}});
        }
        if let Some(answers) = self.about.get_mut("responses").and_then(Value::as_object_mut) {
            answers.insert(status.to_string(), answer);
        }
        self
    }

    pub fn query(mut self, name: &str, schema: Value) -> Self {
        self.parameters.push(json!({"name": name, "in": "query", "required": false, "schema": schema}));
        self
    }

    /// A query parameter that must be there.
    pub fn needs(mut self, name: &str, schema: Value) -> Self {
        self.parameters.push(json!({"name": name, "in": "query", "required": true, "schema": schema}));
        self
    }

    fn described(&self, id: fn(&str) -> Value) -> Value {
        let names = self.path.split(['{', '}']).skip(1).step_by(2);
        let mut parameters: Vec<Value> =
            names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": id(name)})).collect();
        parameters.extend(self.parameters.iter().cloned());
        let mut about = self.about.clone();
        about.insert("parameters".to_owned(), Value::Array(parameters));
        if let Some(body) = &self.body {
            let kind = if self.is_form { "application/x-www-form-urlencoded" } else { "application/json" };
            about.insert("requestBody".to_owned(), json!({"required": true, "content": {kind: {"schema": body}}}));
        }
        Value::Object(about)
    }
}

/// The document: `base` holds info, components and security; `id` is the schema of a path parameter.
pub fn document(base: Value, routes: &[Route], id: fn(&str) -> Value) -> Value {
    let mut paths = Map::new();
    for route in routes.iter().filter(|route| route.is_declared) {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.to_lowercase()] = route.described(id);
    }
    let mut base = base;
    base["openapi"] = json!("3.0.3");
    base["paths"] = Value::Object(paths);
    base
}

/// A reference to a schema of the document.
pub fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub fn list_of(schema: Value) -> Value {
    json!({"type": "array", "items": schema})
}

/// An object's schema from `name:kind` words; `!` behind a name makes it required. Kinds: `s i n b o`, `uuid`, `email`,
/// `password`, `time`, words with `|` for an enumeration, `@Name` for a reference.
pub fn object(fields: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields.split_whitespace() {
        let (name, kind) = field.split_once(':').unwrap_or((field, "s"));
        let bare = name.trim_end_matches('!');
        if bare != name {
            required.push(json!(bare));
        }
        properties.insert(bare.to_owned(), kind_of(kind));
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    schema
}

fn kind_of(kind: &str) -> Value {
    match kind {
        "s" => json!({"type": "string"}),
        "i" => json!({"type": "integer"}),
        "n" => json!({"type": "number"}),
        "b" => json!({"type": "boolean"}),
        "o" => json!({"type": "object", "additionalProperties": true}),
        "time" => json!({"type": "string", "format": "date-time"}),
        "uuid" | "email" | "password" => json!({"type": "string", "format": kind}),
        _ if kind.starts_with('@') => refer(kind.trim_start_matches('@')),
        _ if kind.contains('|') => json!({"type": "string", "enum": kind.split('|').collect::<Vec<_>>()}),
        _ => json!({"type": "string", "description": kind}),
    }
}
