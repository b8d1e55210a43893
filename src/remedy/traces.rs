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

const fn mark(part: TracePart, texts: &'static [&'static str], framework: Framework) -> TraceMark {
    TraceMark { part, texts, framework }
}

/// The more special one comes first: Nest stands on Express, and every framework of Go on `net/http`.
const MARKS: [TraceMark; 41] = [
    mark(TracePart::Body, &["node_modules/@nestjs"], Framework::NestJs),
    mark(TracePart::Body, &["\"statuscode\":", "\"message\":"], Framework::NestJs),
    mark(TracePart::Body, &["rest_framework/"], Framework::DjangoRest),
    mark(TracePart::Body, &["authentication credentials were not provided."], Framework::DjangoRest),
    mark(TracePart::Body, &["token_not_valid"], Framework::DjangoRest),
    mark(TracePart::Body, &["django.core.exceptions"], Framework::DjangoRest),
    mark(TracePart::Body, &["\"detail\":[{\"type\":", "\"loc\":["], Framework::FastApi),
    mark(TracePart::Body, &["fastapi/routing.py"], Framework::FastApi),
    mark(TracePart::Body, &["flask/app.py"], Framework::Flask),
    mark(TracePart::Body, &["{\"msg\":\"missing authorization header\"}"], Framework::Flask),
    mark(TracePart::Body, &["node_modules/express/"], Framework::Express),
    mark(TracePart::Body, &["<pre>cannot "], Framework::Express),
    mark(TracePart::Body, &["org.springframework."], Framework::SpringBoot),
    mark(TracePart::Body, &["whitelabel error page"], Framework::SpringBoot),
    mark(TracePart::Body, &["\"timestamp\":", "\"status\":", "\"error\":", "\"path\":"], Framework::SpringBoot),
    mark(TracePart::Body, &["gin-gonic/gin"], Framework::Gin),
    mark(TracePart::Body, &["error:field validation for '", "' tag"], Framework::Gin),
    mark(TracePart::Body, &["labstack/echo"], Framework::Echo),
    mark(TracePart::Body, &["missing or malformed jwt"], Framework::Echo),
    mark(TracePart::Body, &["actioncontroller::"], Framework::Rails),
    mark(TracePart::Body, &["activerecord::"], Framework::Rails),
    mark(TracePart::Body, &["no route matches ["], Framework::Rails),
    mark(TracePart::Body, &["illuminate\\\\"], Framework::Laravel),
    mark(TracePart::Body, &["{\"message\":\"unauthenticated.\"}"], Framework::Laravel),
    mark(TracePart::Body, &["microsoft.aspnetcore"], Framework::AspNet),
    mark(TracePart::Body, &["\"traceid\":\"00-"], Framework::AspNet),
    mark(TracePart::Body, &["failed to deserialize the json body into the target type"], Framework::Axum),
    mark(TracePart::Body, &["failed to deserialize query string"], Framework::Axum),
    mark(TracePart::Body, &["json deserialize error: "], Framework::Actix),
    mark(TracePart::Body, &["query deserialize error: "], Framework::Actix),
    mark(TracePart::Header("set-cookie"), &["laravel_session"], Framework::Laravel),
    mark(TracePart::Header("set-cookie"), &[".aspnetcore."], Framework::AspNet),
    mark(TracePart::Header("set-cookie"), &["csrftoken="], Framework::DjangoRest),
    mark(TracePart::Header("set-cookie"), &["connect.sid="], Framework::Express),
    mark(TracePart::Header("server"), &["werkzeug"], Framework::Flask),
    mark(TracePart::Header("server"), &["wsgiserver"], Framework::DjangoRest),
    mark(TracePart::Header("server"), &["kestrel"], Framework::AspNet),
    mark(TracePart::Header("x-powered-by"), &["asp.net"], Framework::AspNet),
    mark(TracePart::Header("x-powered-by"), &["express"], Framework::Express),
    mark(TracePart::Header("x-runtime"), &[""], Framework::Rails),
    mark(TracePart::Body, &["404 page not found"], Framework::NetHttp),
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
