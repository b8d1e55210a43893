//! GraphQL for the APIs of the bench: enough of its language for questions with variables, aliases and parts of kinds, and
//! introspection by a schema that is written as its answer.

use serde_json::{Map, Value, json};

use super::http::{Call, Reply, ok};
use super::world::World;

/// Gives a field of an object, by its kind: an object says of what kind it is in `__typename`.
pub type Resolver = fn(&mut World, &Call, &Value, &str, &Map<String, Value>) -> Result<Value, String>;

/// A GraphQL endpoint.
pub struct Endpoint {
    pub resolve: Resolver,
    /// The answer to introspection; none where it is closed.
    pub schema: Option<Value>,
    /// The deepest question.
    pub depth: usize,
    /// The most names in one question, and whether several may come at once.
    pub most_names: usize,
    pub batches: bool,
}

struct Field {
    alias: String,
    name: String,
    args: Map<String, Value>,
    inner: Vec<Field>,
    /// Only for this kind.
    kind: Option<String>,
}

impl Endpoint {
    /// Answers a request: one question, or several at once.
    pub fn answer(&self, w: &mut World, c: &Call) -> Reply {
        match &c.body {
            Value::Array(all) if self.batches => ok(all.iter().map(|one| self.answer_one(w, c, one)).collect()),
            Value::Array(_) => ok(json!({"errors": [{"message": "Batches are not supported"}]})),
            one => ok(self.answer_one(w, c, one)),
        }
    }

    fn answer_one(&self, w: &mut World, c: &Call, asked: &Value) -> Value {
        let refuse = |message: &str| json!({"errors": [{"message": message}]});
        let text = asked["query"].as_str().unwrap_or_default();
        if text.contains("__schema{") {
            return self.schema.clone().unwrap_or_else(|| refuse("introspection is not allowed"));
        }
        let mut reader = Reader { tokens: tokens(text), at: 0, variables: &asked["variables"] };
        reader.skip_head();
        let fields = reader.fields();
        if fields.iter().any(|field| field.name.starts_with("__") && field.name != "__typename") {
            return refuse("Cannot query such a field");
        }
        if depth(&fields) > self.depth {
            return refuse("The question is too deep");
        }
        if fields.len() > self.most_names {
            return refuse("The question has too many names");
        }
        let mut errors = Vec::new();
        let data = self.resolve_all(w, c, &json!({"__typename": "Query"}), &fields, &mut errors);
        let mut answer = json!({"data": data});
        if !errors.is_empty() {
            answer["errors"] = Value::Array(errors);
        }
        answer
    }

    fn resolve_all(&self, w: &mut World, c: &Call, of: &Value, fields: &[Field], errors: &mut Vec<Value>) -> Value {
        let mut found = Map::new();
        let kind = of["__typename"].as_str().unwrap_or_default().to_owned();
        for field in fields.iter().filter(|field| field.kind.as_ref().is_none_or(|wanted| *wanted == kind)) {
            let given = match field.name.as_str() {
                "__typename" => Ok(json!(kind)),
                name => (self.resolve)(w, c, of, name, &field.args),
            };
            let value = match given {
                Ok(value) => self.below(w, c, value, &field.inner, errors),
                Err(message) => {
                    errors.push(json!({"message": message, "path": [field.alias]}));
                    Value::Null
                }
            };
            found.insert(field.alias.clone(), value);
        }
        Value::Object(found)
    }

    fn below(&self, w: &mut World, c: &Call, value: Value, inner: &[Field], errors: &mut Vec<Value>) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.below(w, c, item, inner, errors)).collect(),
            Value::Object(_) if !inner.is_empty() => self.resolve_all(w, c, &value, inner, errors),
            other => other,
        }
    }
}

fn depth(fields: &[Field]) -> usize {
    fields.iter().map(|field| 1 + depth(&field.inner)).max().unwrap_or(0)
}

fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if first == '"' {
            rest.get(1..).and_then(|inner| inner.find('"')).map_or(rest.len(), |at| at + 2)
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
        } else if rest.starts_with("...") {
            3
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        found.push(token.to_owned());
        rest = after.trim_start_matches([' ', '\n', ',']);
    }
    found
}

struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    variables: &'a Value,
}

impl Reader<'_> {
    fn take(&mut self, wanted: &str) -> bool {
        let is_there = self.tokens.get(self.at).is_some_and(|token| token == wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned().unwrap_or_default()
    }

    /// `query Name($id: ID!)`
    fn skip_head(&mut self) {
        while self.at < self.tokens.len() && self.tokens.get(self.at).is_some_and(|token| token != "{") {
            self.at += 1;
        }
    }

    fn fields(&mut self) -> Vec<Field> {
        let mut found = Vec::new();
        if !self.take("{") {
            return found;
        }
        while self.at < self.tokens.len() && !self.take("}") {
            if self.take("...") {
                self.take("on");
                let kind = self.next();
                found.extend(self.fields().into_iter().map(|field| Field { kind: Some(kind.clone()), ..field }));
                continue;
            }
            let first = self.next();
            let name = if self.take(":") { self.next() } else { first.clone() };
            let args = self.args();
            found.push(Field { alias: first, name, args, inner: self.fields(), kind: None });
        }
        found
    }

    fn args(&mut self) -> Map<String, Value> {
        let mut found = Map::new();
        if !self.take("(") {
            return found;
        }
        while self.at < self.tokens.len() && !self.take(")") {
            let name = self.next();
            self.take(":");
            let value = if self.take("$") {
                let variable = self.next();
                self.variables.get(variable.as_str()).cloned().unwrap_or(Value::Null)
            } else {
                Value::from(self.next().trim_matches('"'))
            };
            found.insert(name, value);
        }
        found
    }
}

/// The answer to introspection, from `Kind field(arg:Type!):Type` lines; `!` and `[]` as GraphQL writes them. The first kind
/// is the root; `Node=Invoice|User` is an interface of these.
pub fn schema(lines: &[&str]) -> Value {
    let mut kinds: Vec<(String, Vec<Value>)> = Vec::new();
    let mut interfaces = Vec::new();
    for line in lines {
        if let Some((name, parts)) = line.split_once('=') {
            let parts: Vec<Value> = parts.split('|').map(|part| json!({"name": part})).collect();
            interfaces.push(json!({"kind": "INTERFACE", "name": name, "possibleTypes": parts, "fields": [
                {"name": "id", "args": [], "type": type_of("ID!")}]}));
            continue;
        }
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap_or_default().to_owned();
        kinds.push((kind, words.map(field_of).collect()));
    }
    let mut types: Vec<Value> =
        kinds.into_iter().map(|(name, fields)| json!({"kind": "OBJECT", "name": name, "fields": fields})).collect();
    types.extend(interfaces);
    for name in ["ID", "String", "Int", "Float", "Boolean"] {
        types.push(json!({"kind": "SCALAR", "name": name}));
    }
    json!({"data": {"__schema": {"queryType": {"name": "Query"}, "mutationType": null, "types": types}}})
}

/// `invoice(id:ID!):Invoice`
fn field_of(text: &str) -> Value {
    let (head, kind) = text.rsplit_once(':').unwrap_or((text, "String"));
    let (name, args) = head.split_once('(').unwrap_or((head, ""));
    // Where arguments hold a `:`, the last one is behind them.
    let args = args.trim_end_matches(')').split(',').filter_map(|arg| arg.split_once(':'));
    let args: Vec<Value> = args.map(|(name, kind)| json!({"name": name, "type": type_of(kind)})).collect();
    json!({"name": name, "args": args, "type": type_of(kind)})
}

fn type_of(text: &str) -> Value {
    const SCALARS: [&str; 5] = ["ID", "String", "Int", "Float", "Boolean"];
    if let Some(inner) = text.strip_suffix('!') {
        return json!({"kind": "NON_NULL", "name": null, "ofType": type_of(inner)});
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        return json!({"kind": "LIST", "name": null, "ofType": type_of(inner)});
    }
    let kind = if SCALARS.contains(&text) { "SCALAR" } else { "OBJECT" };
    json!({"kind": kind, "name": text, "ofType": null})
}
