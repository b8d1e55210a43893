//! Tells a project's framework by what its answers show: headers, names of cookies, error bodies. A guess for where no
//! source is at hand; a manifest or the code itself goes before it.

use super::framework::Framework;
use super::recognise::Recognised;

/// More of a body is not looked at.
const MAX_BODY_CHARS: usize = 64 * 1024;

/// Where a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TracePart {
    /// In the value of this header; an empty mark means that the header is there.
    Header(&'static str),
    /// In the body.
    Body,
}

/// What only answers of one framework show. Small letters.
struct TraceMark {
    part: TracePart,
    /// All of them.
    texts: &'static [&'static str],
    framework: Framework,
}

const fn trace_mark(part: TracePart, texts: &'static [&'static str], framework: Framework) -> TraceMark {
    TraceMark { part, texts, framework }
}

/// The more special one comes first: Nest stands on Express, and every framework of Go on `net/http`.
const MARKS: [TraceMark; 41] = [
    trace_mark(TracePart::Body, &["node_modules/@nestjs"], Framework::NestJs),
    trace_mark(TracePart::Body, &["\"statuscode\":", "\"message\":"], Framework::NestJs),
    trace_mark(TracePart::Body, &["rest_framework/"], Framework::DjangoRest),
    trace_mark(TracePart::Body, &["authentication credentials were not provided."], Framework::DjangoRest),
    trace_mark(TracePart::Body, &["token_not_valid"], Framework::DjangoRest),
    trace_mark(TracePart::Body, &["django.core.exceptions"], Framework::DjangoRest),
    trace_mark(TracePart::Body, &["\"detail\":[{\"type\":", "\"loc\":["], Framework::FastApi),
    trace_mark(TracePart::Body, &["fastapi/routing.py"], Framework::FastApi),
    trace_mark(TracePart::Body, &["flask/app.py"], Framework::Flask),
    trace_mark(TracePart::Body, &["{\"msg\":\"missing authorization header\"}"], Framework::Flask),
    trace_mark(TracePart::Body, &["node_modules/express/"], Framework::Express),
    trace_mark(TracePart::Body, &["<pre>cannot "], Framework::Express),
    trace_mark(TracePart::Body, &["org.springframework."], Framework::SpringBoot),
    trace_mark(TracePart::Body, &["whitelabel error page"], Framework::SpringBoot),
    trace_mark(TracePart::Body, &["\"timestamp\":", "\"status\":", "\"error\":", "\"path\":"], Framework::SpringBoot),
    trace_mark(TracePart::Body, &["gin-gonic/gin"], Framework::Gin),
    trace_mark(TracePart::Body, &["error:field validation for '", "' tag"], Framework::Gin),
    trace_mark(TracePart::Body, &["labstack/echo"], Framework::Echo),
    trace_mark(TracePart::Body, &["missing or malformed jwt"], Framework::Echo),
    trace_mark(TracePart::Body, &["actioncontroller::"], Framework::Rails),
    trace_mark(TracePart::Body, &["activerecord::"], Framework::Rails),
    trace_mark(TracePart::Body, &["no route matches ["], Framework::Rails),
    trace_mark(TracePart::Body, &["illuminate\\\\"], Framework::Laravel),
    trace_mark(TracePart::Body, &["{\"message\":\"unauthenticated.\"}"], Framework::Laravel),
    trace_mark(TracePart::Body, &["microsoft.aspnetcore"], Framework::AspNet),
    trace_mark(TracePart::Body, &["\"traceid\":\"00-"], Framework::AspNet),
    trace_mark(TracePart::Body, &["failed to deserialize the json body into the target type"], Framework::Axum),
    trace_mark(TracePart::Body, &["failed to deserialize query string"], Framework::Axum),
    trace_mark(TracePart::Body, &["json deserialize error: "], Framework::Actix),
    trace_mark(TracePart::Body, &["query deserialize error: "], Framework::Actix),
    trace_mark(TracePart::Header("set-cookie"), &["laravel_session"], Framework::Laravel),
    trace_mark(TracePart::Header("set-cookie"), &[".aspnetcore."], Framework::AspNet),
    trace_mark(TracePart::Header("set-cookie"), &["csrftoken="], Framework::DjangoRest),
    trace_mark(TracePart::Header("set-cookie"), &["connect.sid="], Framework::Express),
    trace_mark(TracePart::Header("server"), &["werkzeug"], Framework::Flask),
    trace_mark(TracePart::Header("server"), &["wsgiserver"], Framework::DjangoRest),
    trace_mark(TracePart::Header("server"), &["kestrel"], Framework::AspNet),
    trace_mark(TracePart::Header("x-powered-by"), &["asp.net"], Framework::AspNet),
    trace_mark(TracePart::Header("x-powered-by"), &["express"], Framework::Express),
    trace_mark(TracePart::Header("x-runtime"), &[""], Framework::Rails),
    trace_mark(TracePart::Body, &["404 page not found"], Framework::NetHttp),
];

/// Returns the framework that one answer shows, and by what; none where it shows none.
pub fn recognise_answer<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>, body: &str) -> Option<Recognised> {
    let headers: Vec<(String, String)> =
        headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_ascii_lowercase())).collect();
    let body: String = body.chars().take(MAX_BODY_CHARS).map(|c| c.to_ascii_lowercase()).collect();

    // Some servers put blanks after the colons of JSON.
    let body = body.replace("\": ", "\":").replace(", \"", ",\"");
    let found = MARKS.iter().find(|mark| match mark.part {
        TracePart::Body => mark.texts.iter().all(|text| body.contains(text)),
        TracePart::Header(name) => {
            headers.iter().any(|(known, value)| known == name && mark.texts.iter().all(|text| value.contains(text)))
        }
    })?;

    let because = match found.part {
        TracePart::Body => format!("an answer's body looks like one of {}", found.framework),
        TracePart::Header(name) => format!("an answer's header `{name}` looks like one of {}", found.framework),
    };
    Some(Recognised { framework: found.framework, because })
}
