//! Sends the questions of a GraphQL endpoint: a GET of a question's address leaves as the POST that it stands for, and its
//! answer comes back as that of a route of its own. Nothing but these questions can be sent in this way.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use crate::model::{Api, GraphqlQuestion, GraphqlService, GraphqlVariable, Method, address_below};

/// Most messages of an answer that are read for what they say.
const MAX_ERRORS: usize = 5;
/// What errors stand for.
const ERRORS: &str = include_str!("graphql_errors.txt");

/// The questions of a target.
#[derive(Debug, Default)]
pub(super) struct GraphqlWire {
    service: Option<GraphqlService>,
}

/// A question as it leaves, and the way to what it asks for.
#[derive(Debug)]
pub(super) struct GraphqlPost {
    /// The endpoint.
    pub(super) url: Url,
    /// JSON.
    pub(super) body: Vec<u8>,
    way: Vec<String>,
}

impl GraphqlWire {
    pub(super) fn new(api: &Api) -> Self {
        Self { service: api.graphql.clone() }
    }

    /// Returns what a request leaves as, where its address stands for a question.
    pub(super) fn translate(&self, base: &Url, method: Method, address: &Url) -> Option<GraphqlPost> {
        let service = self.service.as_ref().filter(|_| method == Method::Get)?;
        let prefix = base.path().trim_end_matches('/');
        let below = address.path().strip_prefix(prefix)?;
        let asked: Vec<&str> = below.strip_prefix(service.endpoint.as_str())?.strip_prefix('/')?.split('/').collect();
        let parts = |question: &GraphqlQuestion| -> Vec<String> {
            let path = question.path.strip_prefix(&service.endpoint).unwrap_or_default();
            path.trim_start_matches('/').split('/').map(str::to_owned).collect()
        };
        let fitting = service.questions.iter().map(|question| (question, parts(question)));
        let fitting = fitting.filter(|(_, parts)| fits(parts, &asked));
        // `/invoices/mine` goes before `/invoices/{id}`.
        let (question, parts) = fitting.max_by_key(|(_, parts)| parts.iter().filter(|part| !is_slot(part)).count())?;
        let url = address_below(base, &service.endpoint);
        let body = fill_variables(question, &given_values(&parts, &asked, address));
        Some(GraphqlPost { url, body: body.to_string().into_bytes(), way: question.way.clone() })
    }
}

fn is_slot(part: &str) -> bool {
    part.starts_with('{')
}

fn fits(parts: &[String], asked: &[&str]) -> bool {
    let is_alike = |(part, text): (&String, &&str)| if is_slot(part) { !text.is_empty() } else { part == text };
    parts.len() == asked.len() && parts.iter().zip(asked).all(is_alike)
}

/// Returns the values of an address by the names of its parameters.
fn given_values(parts: &[String], asked: &[&str], url: &Url) -> Vec<(String, String)> {
    let in_path = parts.iter().zip(asked).filter(|(part, _)| is_slot(part)).map(|(part, text)| {
        (part.trim_matches(['{', '}']).to_owned(), percent_decode_str(text).decode_utf8_lossy().into_owned())
    });
    in_path.chain(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()))).collect()
}

/// Returns the body of a question with the values of its variables; those without a value are left out.
fn fill_variables(question: &GraphqlQuestion, given: &[(String, String)]) -> Value {
    let mut body = question.body.clone();
    let mut variables = Map::new();
    for variable in &question.variables {
        let texts: Vec<&str> =
            given.iter().filter(|(name, _)| *name == variable.parameter).map(|(_, text)| text.as_str()).collect();
        if let Some(value) = value_of(variable, &texts) {
            let mut path = variable.pointer.iter();
            let Some(first) = path.next() else { continue };
            let value = path.rev().fold(value, |inner, name| Value::Object(Map::from_iter([(name.clone(), inner)])));
            variables.insert(first.clone(), value);
        }
    }
    if let Some(body) = body.as_object_mut().filter(|_| !variables.is_empty()) {
        body.insert("variables".to_owned(), Value::Object(variables));
    }
    body
}

fn value_of(variable: &GraphqlVariable, texts: &[&str]) -> Option<Value> {
    let first = texts.first()?;
    Some(match variable.is_list {
        true => texts.iter().map(|text| variable.kind.value_of(text)).collect(),
        false => variable.kind.value_of(first),
    })
}

impl GraphqlPost {
    /// Returns the answer as that of a route of its own: what was asked for alone, and for a refusal the status that it stands
    /// for. `None` for what is no answer of GraphQL's.
    pub(super) fn unwrap_answer(&self, json: &Value) -> Option<(Value, Option<u16>)> {
        let (root, inner) = self.way.split_first()?;
        let answer = json.as_object()?;
        let errors = answer.get("errors").and_then(Value::as_array).filter(|errors| !errors.is_empty());
        let found = answer.get("data").and_then(|data| data.get(root)).filter(|found| !found.is_null());
        match (found, errors) {
            (Some(found), _) => Some((follow(found, inner), None)),
            (None, Some(errors)) => {
                let said = Map::from_iter([("errors".to_owned(), Value::Array(errors.clone()))]);
                Some((Value::Object(said), Some(status_of(errors))))
            }
            (None, None) => answer.contains_key("data").then_some((Value::Null, None)),
        }
    }
}

/// Follows the keys to what was asked for. What several objects on the way hold comes in one list.
fn follow(found: &Value, way: &[String]) -> Value {
    if let Value::Array(items) = found {
        let inner = items.iter().filter(|item| !item.is_null()).map(|item| follow(item, way));
        let inner = inner.flat_map(|inner| match inner {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            other => vec![other],
        });
        return Value::Array(inner.collect());
    }
    match way.split_first() {
        None => found.clone(),
        Some((first, rest)) => found.get(first).map_or(Value::Null, |inner| follow(inner, rest)),
    }
}

/// Returns the status that errors without data stand for: a code by convention (`extensions.code`), else what they say; a
/// refusal where nothing is known of them.
fn status_of(errors: &[Value]) -> u16 {
    let first = || errors.iter().take(MAX_ERRORS);
    let codes = first().filter_map(|error| error.get("extensions")?.get("code")?.as_str());
    let codes = codes.map(str::to_ascii_uppercase).collect::<Vec<_>>();
    let says = first().filter_map(|error| error.get("message")?.as_str());
    let says = says.map(str::to_ascii_lowercase).collect::<Vec<_>>().join(" ");
    let lines = ERRORS.lines().filter_map(|line| {
        let (kind, rest) = line.split_once(' ').filter(|(kind, _)| *kind != "#")?;
        let (status, text) = rest.split_once(' ')?;
        Some((kind, status.parse().ok()?, text))
    });
    let fits = |kind: &str, text: &str| match kind {
        "code" => codes.iter().any(|code| code == text),
        _ => says.contains(text),
    };
    lines.into_iter().find(|(kind, _, text)| fits(kind, text)).map_or(403, |(_, status, _): (_, u16, _)| status)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use url::Url;

    use super::{GraphqlPost, GraphqlWire};
    use crate::model::{Api, Method};
    use crate::spec::read_graphql;

    fn translated(path: &str) -> Option<GraphqlPost> {
        let mut api = Api::default();
        let schema = "type Query { note(id: ID!): Note notes(first: Int, tags: [String!]): Notes mine: [Note] } \
                      type Note { id: ID! text: String } type Notes { nodes: [Note] }";
        read_graphql(&mut api, "/graphql", schema).ok()?;
        let base = Url::parse("http://127.0.0.1:1/api").ok()?;
        let address = Url::parse(&format!("http://127.0.0.1:1{path}")).ok()?;
        GraphqlWire::new(&api).translate(&base, Method::Get, &address)
    }

    fn body(asked: &GraphqlPost) -> Value {
        serde_json::from_slice(&asked.body).unwrap_or_default()
    }

    fn unwrapped(path: &str, json: &Value) -> Option<(Value, Option<u16>)> {
        translated(path)?.unwrap_answer(json)
    }

    #[test]
    fn an_address_leaves_as_the_question_that_it_stands_for() {
        let sent = |path: &str| translated(path).map(|asked| (asked.url.path().to_owned(), body(&asked)));
        // The value stays a value, whatever stands in it.
        let wanted = json!({"query": "query($id:ID!){note(id:$id){id text}}", "variables": {"id": "a/b\""}});
        assert_eq!(sent("/api/graphql/notes/a%2Fb%22"), Some(("/api/graphql".to_owned(), wanted)));
        let variables =
            sent("/api/graphql/notes?first=3&tags=x&tags=y").and_then(|(_, body)| body.get("variables").cloned());
        assert_eq!(variables, Some(json!({"first": 3, "tags": ["x", "y"]})));
        assert!(translated("/api/graphql/other").is_none());
        assert!(translated("/graphql/notes/1").is_none());
    }

    #[test]
    fn an_answer_comes_back_as_that_of_a_route() {
        let data = json!({"data": {"notes": {"nodes": [{"id": 1}, null, {"id": 2}]}}});
        assert_eq!(unwrapped("/api/graphql/notes", &data), Some((json!([{"id": 1}, {"id": 2}]), None)));
        let path = "/api/graphql/notes/7";
        assert_eq!(unwrapped(path, &json!({"data": {"note": null}})), Some((Value::Null, None)));
        let refused = |message: &str, code: Option<&str>| {
            let error = json!({"message": message, "extensions": {"code": code}});
            unwrapped(path, &json!({"data": {"note": null}, "errors": [error]})).and_then(|(_, status)| status)
        };
        assert_eq!(refused("x", Some("UNAUTHENTICATED")), Some(401));
        assert_eq!(refused("You must sign in", None), Some(401));
        assert_eq!(refused("You may not", Some("INTERNAL_SERVER_ERROR")), Some(403));
        assert_eq!(refused("Internal server error", None), Some(500));
        assert_eq!(refused("Note not found", None), Some(404));
        // Data beside an error of a part is data.
        let partial = json!({"data": {"note": {"id": 1, "text": null}}, "errors": [{"message": "no text for you"}]});
        assert_eq!(unwrapped(path, &partial), Some((json!({"id": 1, "text": null}), None)));
        assert_eq!(unwrapped(path, &json!({"detail": "no"})), None);
    }
}
