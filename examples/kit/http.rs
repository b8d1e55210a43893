//! A request and an answer as the handlers of the bench see them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// One request, its body read and its caller known.
#[derive(Default, Clone)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// Values of the path's parameters, in order.
    pub params: Vec<String>,
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// JSON, or a form as an object of strings; `null` without a body.
    pub body: Value,
    /// Whether the body was a form, in which every value is text.
    pub is_form: bool,
    /// The body could not be read.
    pub malformed: bool,
    /// The caller's row; `null` for nobody.
    pub me: Value,
}

impl Call {
    /// The n-th path parameter.
    pub fn at(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A text field of the body; empty when it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field of the body, or this when it is missing.
    pub fn or(&self, name: &str, default: Value) -> Value {
        self.body.get(name).cloned().unwrap_or(default)
    }

    /// Takes a body as its content type says.
    pub fn read_body(&mut self, bytes: &[u8]) {
        self.is_form = self.header("content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
        if self.is_form {
            let pairs = url::form_urlencoded::parse(bytes);
            self.body =
                Value::Object(pairs.map(|(key, value)| (key.into_owned(), json!(value))).collect::<Map<_, _>>());
        } else if !bytes.is_empty() {
            match serde_json::from_slice(bytes) {
                Ok(body) => self.body = body,
                Err(_) => self.malformed = true,
            }
        }
    }
}

/// One answer.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// `null` means no body.
    pub body: Value,
}

impl Reply {
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub fn reply(status: u16, body: Value) -> Reply {
    Reply { status, headers: Vec::new(), body }
}

pub fn ok(body: Value) -> Reply {
    reply(200, body)
}

pub fn created(location: impl Into<String>, body: Value) -> Reply {
    reply(201, body).with("location", location)
}

pub fn no_content() -> Reply {
    reply(204, Value::Null)
}
