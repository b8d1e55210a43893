//! The documents that values are placed in: API answers, prose, logs, streams, pages and configuration files.

use std::fmt;

use serde_json::{Map, Value, json};

use super::draw::Draw;
use super::filler;

/// One way to place a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A field of a flat JSON object.
    Object,
    /// A field three objects down, printed with indents.
    Nested,
    /// A field of one element of an array.
    List,
    /// A field of JSON that stands in a string of JSON: escaped twice.
    JsonInString,
    /// A JSON answer whose slashes are escaped, as PHP does by default.
    PhpJson,
    /// A sentence of an assistant within a chat answer.
    Chat,
    /// An event of a stream of a chat answer.
    Stream,
    /// A sentence in plain text.
    Prose,
    /// A line among log lines.
    Log,
    /// A page with an inline configuration.
    Html,
    /// A minified script.
    Bundle,
    /// A file of environment variables.
    Env,
    /// A configuration in YAML.
    Yaml,
    /// A stack trace with the settings that led to it.
    Trace,
    /// A request written with curl in a sentence.
    Curl,
    /// The value is the document.
    Whole,
    /// The value is what an assistant says in a chat answer.
    Told,
}

impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

use Form::{
    Bundle, Chat, Curl, Env, Html, JsonInString, List, Log, Nested, Object, PhpJson, Prose, Stream, Told, Trace, Whole,
    Yaml,
};

/// Everywhere that a value which speaks for itself may stand.
pub const ANY: &[Form] =
    &[Object, Nested, List, JsonInString, PhpJson, Chat, Stream, Prose, Log, Html, Bundle, Env, Yaml, Trace, Curl];
/// The same without requests: whatever is sent in an authorization header is a credential there, so no look-alike is.
pub const ORDINARY: &[Form] =
    &[Object, Nested, List, JsonInString, PhpJson, Chat, Stream, Prose, Log, Html, Bundle, Env, Yaml, Trace];
/// Where a value stands beside its name.
pub const NAMED: &[Form] = &[Object, Nested, List, JsonInString, Log, Env, Yaml, Object, Bundle, Trace, Chat];
/// Where a text of several lines may stand.
pub const BLOCK: &[Form] = &[Object, Nested, JsonInString, Chat, Prose, Env, Yaml, Html, List, PhpJson];
/// JSON fields alone.
pub const JSON: &[Form] = &[Object, Nested, List, JsonInString, PhpJson];
/// Lines of a request or answer, in logs and dumps.
pub const HEADER: &[Form] = &[Log, Prose, Chat, Trace, Object, JsonInString, Stream];
/// The whole document, or told by an assistant.
pub const TEXT: &[Form] = &[Whole, Told];
/// The whole document.
pub const WHOLE: &[Form] = &[Whole];

/// A value with its names.
pub struct Placed<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// What people call it.
    pub what: &'a str,
    pub value: &'a str,
}

/// Writes the document.
pub fn render(form: Form, placed: &Placed<'_>, draw: &mut Draw) -> String {
    match form {
        Object => Value::Object(with_field(placed, draw)).to_string(),
        Nested => nested(placed, draw),
        List => list(placed, draw),
        JsonInString => json_in_string(placed, draw),
        PhpJson => Value::Object(with_field(placed, draw)).to_string().replace('/', "\\/"),
        Chat => chat(&spoken(placed, draw), draw),
        Stream => stream(placed, draw),
        Prose => format!("{}\n\n{}\n\n{}\n", filler::sentence(draw), spoken(placed, draw), filler::sentence(draw)),
        Log => log(placed, draw),
        Html => html(placed, draw),
        Bundle => bundle(placed, draw),
        Env => env(placed, draw),
        Yaml => yaml(placed, draw),
        Trace => trace(placed, draw),
        Curl => curl(placed, draw),
        Whole => placed.value.to_owned(),
        Told => chat(placed.value, draw),
    }
}

/// Some ordinary fields with the value among them.
fn with_field(placed: &Placed<'_>, draw: &mut Draw) -> Map<String, Value> {
    let mut map = filler::object(draw, 3);
    map.insert(placed.name.to_owned(), json!(placed.value));
    let n = draw.below(4);
    for (name, value) in filler::object(draw, n) {
        map.entry(name).or_insert(value);
    }
    map
}

fn nested(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let inner = with_field(placed, draw);
    let outer = draw.pick(&["settings", "integration", "config", "connection", "metadata"]);
    let answer = json!({
        "data": {"id": draw.between(1, 99_999), "type": filler::noun(draw), "attributes": {(outer): inner}},
        "links": {"self": format!("/v1/{}s/{}", filler::noun(draw), draw.below(999))},
    });
    serde_json::to_string_pretty(&answer).unwrap_or_default()
}

fn list(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let n = draw.below(3) + 1;
    let mut items: Vec<Value> = (0..n).map(|_| Value::Object(filler::object(draw, 5))).collect();
    items.insert(draw.below(n + 1), Value::Object(with_field(placed, draw)));
    json!({"items": items, "total": n + 1, "page": 1, "has_more": false}).to_string()
}

fn json_in_string(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let inner = Value::Object(with_field(placed, draw)).to_string();
    let name = draw.pick(&["payload", "body", "raw", "event_data", "request_body"]);
    json!({"id": draw.uuid('4'), "kind": "audit.entry", (name): inner, "at": draw.time()}).to_string()
}

fn spoken(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let Placed { name, what, value } = *placed;
    let value = if value.contains('\n') { format!("\n```\n{value}\n```\n") } else { value.to_owned() };
    match draw.below(6) {
        0 => {
            format!("Sure! The {what} that this workspace uses is {value} and it was set by {}.", filler::person(draw))
        }
        1 => format!("Here is what I found.\n\n- {what}: `{value}`\n- owner: {}\n", filler::email(draw)),
        2 => format!("In the settings, `{name}` is set to \"{value}\"."),
        3 => format!("| setting | value |\n|---|---|\n| {name} | {value} |\n"),
        4 => format!("You can use this {what}: {value}"),
        _ => format!("{name}={value}\n\n{}", filler::sentence(draw)),
    }
}

fn chat(content: &str, draw: &mut Draw) -> String {
    json!({
        "id": format!("chatcmpl-{}", draw.alnum(29)),
        "object": "chat.completion",
        "created": draw.between(1_700_000_000, 1_790_000_000),
        "model": "assistant-large",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": draw.below(900), "completion_tokens": draw.below(300)},
    })
    .to_string()
}

/// The whole value is in one event: joining what a stream cuts apart is not a detector's work.
fn stream(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let id = format!("chatcmpl-{}", draw.alnum(29));
    let said = spoken(placed, draw);
    let mut out = String::new();
    for content in ["Let me look. ", said.as_str(), " Anything else?"] {
        let event = json!({"id": id, "object": "chat.completion.chunk", "choices": [{"delta": {"content": content}}]});
        out.push_str(&format!("data: {event}\n\n"));
    }
    out + "data: [DONE]\n\n"
}

fn log(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let Placed { name, value, .. } = *placed;
    let line = match draw.below(4) {
        0 => format!("connecting with {name}={value} retries=3"),
        1 => format!("loaded config {name}: {value}"),
        2 => json!({"level": "debug", "msg": "outgoing call", (name): value}).to_string(),
        _ => format!("request failed status=401 {name}=\"{value}\" elapsed={}ms", draw.below(900)),
    };
    let mut out = String::new();
    for text in ["worker started".to_owned(), line, format!("job {} done", draw.uuid('4'))] {
        let level = draw.pick(&["INFO", "DEBUG", "WARN"]);
        out.push_str(&format!("{} {level} [{}-{}] {text}\n", draw.time(), draw.word(), draw.below(20)));
    }
    out
}

fn html(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let Placed { name, what, value } = *placed;
    let body = match draw.below(4) {
        0 => format!("<script>window.__STATE__={};</script>", json!({(name): value, "locale": "en"})),
        1 => format!("<label>{what}</label><input type=\"text\" name=\"{name}\" value=\"{value}\" readonly>"),
        2 => format!("<!-- {name}: {value} -->"),
        _ => format!("<dl><dt>{what}</dt><dd><code>{value}</code></dd></dl>"),
    };
    format!(
        "<!doctype html>\n<html><head><title>{}</title></head>\n<body>\n<h1>{}</h1>\n{body}\n</body></html>\n",
        draw.word(),
        filler::sentence(draw)
    )
}

fn bundle(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let value = Value::from(placed.value);
    let name = camel(placed.name);
    let before = format!("(()=>{{\"use strict\";var e={{{}:(e,t,n)=>{{n.d(t,{{Z:()=>r}})", draw.below(99_999));
    format!(
        "{before};const o={{baseURL:\"/api\",{name}:{value},timeout:3e4}};function r(e){{return fetch(e,o)}}}}}}}})();"
    )
}

fn env(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let name: String =
        placed.name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let value = placed.value;
    let line = if value.contains('\n') || value.contains(' ') || draw.one_in(3) {
        format!("{name}=\"{}\"", value.replace('\n', "\\n"))
    } else {
        format!("{name}={value}")
    };
    format!("# {}\nNODE_ENV=production\nPORT={}\n{line}\nLOG_LEVEL=info\n", draw.word(), draw.between(3000, 9000))
}

fn yaml(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let (name, value) = (placed.name, placed.value);
    let line = if value.contains('\n') {
        format!("{name}: |\n      {}", value.replace('\n', "\n      "))
    } else {
        format!("{name}: {}", Value::from(value))
    };
    format!(
        "service:\n  name: {}\n  replicas: {}\n  options:\n    {line}\n    verbose: false\n",
        draw.word(),
        draw.below(9)
    )
}

fn trace(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let Placed { name, value, .. } = *placed;
    let module = draw.word();
    let line = draw.below(400);
    match draw.below(3) {
        0 => format!(
            "Traceback (most recent call last):\n  File \"/srv/app/{module}.py\", line {line}, in connect\n    \
             client = Client({name}=\"{value}\")\nConnectionError: could not reach {}\n",
            draw.host()
        ),
        1 => format!(
            "Error: request to upstream failed\n    at Client.send (/app/dist/{module}.js:{line}:17)\n    at async main \
             (/app/dist/index.js:9:3) {{\n  config: {{ {}: '{value}', retries: 2 }}\n}}\n",
            camel(name)
        ),
        _ => format!(
            "java.lang.IllegalStateException: bad settings {{{name}={value}, pool=8}}\n\tat com.example.{module}.Pool.open\
             (Pool.java:{line})\n\tat com.example.Main.main(Main.java:22)\n"
        ),
    }
}

fn curl(placed: &Placed<'_>, draw: &mut Draw) -> String {
    let value = placed.value;
    let request = if draw.one_in(2) {
        format!("curl -s -H \"Authorization: Bearer {value}\" https://api.example.com/v1/{}s", filler::noun(draw))
    } else {
        format!("curl -X POST -H 'X-Api-Key: {value}' -d @body.json https://api.example.com/v1/{}s", filler::noun(draw))
    };
    format!("To repeat the call by hand, run:\n\n    {request}\n")
}

/// `api_key` as `apiKey`.
fn camel(name: &str) -> String {
    let mut raise = false;
    let mut out = String::new();
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            raise = true;
        } else if raise {
            out.push(c.to_ascii_uppercase());
            raise = false;
        } else {
            out.push(c);
        }
    }
    out
}
