//! Tells a project's framework by what its answers show: headers, names of cookies, error bodies. A guess for where no
//! source is at hand; a manifest or the code itself goes before it.

use super::framework::Framework;
use super::recognise::Recognised;

/// More of a body is not looked at.
const MAX_BODY_CHARS: usize = 64 * 1024;

/// Where a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// In the value of this header; an empty mark means that the header is there.
    Header(&'static str),
    /// In the body.
    Body,
}

/// What only answers of one framework show. Small letters.
struct Mark {
    part: Part,
    /// All of them.
    texts: &'static [&'static str],
    framework: Framework,
}

const fn mark(part: Part, texts: &'static [&'static str], framework: Framework) -> Mark {
    Mark { part, texts, framework }
}

/// The more special one comes first: Nest stands on Express, and every framework of Go on `net/http`.
const MARKS: [Mark; 41] = [
    mark(Part::Body, &["node_modules/@nestjs"], Framework::NestJs),
    mark(Part::Body, &["\"statuscode\":", "\"message\":"], Framework::NestJs),
    mark(Part::Body, &["rest_framework/"], Framework::DjangoRest),
    mark(Part::Body, &["authentication credentials were not provided."], Framework::DjangoRest),
    mark(Part::Body, &["token_not_valid"], Framework::DjangoRest),
    mark(Part::Body, &["django.core.exceptions"], Framework::DjangoRest),
    mark(Part::Body, &["\"detail\":[{\"type\":", "\"loc\":["], Framework::FastApi),
    mark(Part::Body, &["fastapi/routing.py"], Framework::FastApi),
    mark(Part::Body, &["flask/app.py"], Framework::Flask),
    mark(Part::Body, &["{\"msg\":\"missing authorization header\"}"], Framework::Flask),
    mark(Part::Body, &["node_modules/express/"], Framework::Express),
    mark(Part::Body, &["<pre>cannot "], Framework::Express),
    mark(Part::Body, &["org.springframework."], Framework::SpringBoot),
    mark(Part::Body, &["whitelabel error page"], Framework::SpringBoot),
    mark(Part::Body, &["\"timestamp\":", "\"status\":", "\"error\":", "\"path\":"], Framework::SpringBoot),
    mark(Part::Body, &["gin-gonic/gin"], Framework::Gin),
    mark(Part::Body, &["error:field validation for '", "' tag"], Framework::Gin),
    mark(Part::Body, &["labstack/echo"], Framework::Echo),
    mark(Part::Body, &["missing or malformed jwt"], Framework::Echo),
    mark(Part::Body, &["actioncontroller::"], Framework::Rails),
    mark(Part::Body, &["activerecord::"], Framework::Rails),
    mark(Part::Body, &["no route matches ["], Framework::Rails),
    mark(Part::Body, &["illuminate\\\\"], Framework::Laravel),
    mark(Part::Body, &["{\"message\":\"unauthenticated.\"}"], Framework::Laravel),
    mark(Part::Body, &["microsoft.aspnetcore"], Framework::AspNet),
    mark(Part::Body, &["\"traceid\":\"00-"], Framework::AspNet),
    mark(Part::Body, &["failed to deserialize the json body into the target type"], Framework::Axum),
    mark(Part::Body, &["failed to deserialize query string"], Framework::Axum),
    mark(Part::Body, &["json deserialize error: "], Framework::Actix),
    mark(Part::Body, &["query deserialize error: "], Framework::Actix),
    mark(Part::Header("set-cookie"), &["laravel_session"], Framework::Laravel),
    mark(Part::Header("set-cookie"), &[".aspnetcore."], Framework::AspNet),
    mark(Part::Header("set-cookie"), &["csrftoken="], Framework::DjangoRest),
    mark(Part::Header("set-cookie"), &["connect.sid="], Framework::Express),
    mark(Part::Header("server"), &["werkzeug"], Framework::Flask),
    mark(Part::Header("server"), &["wsgiserver"], Framework::DjangoRest),
    mark(Part::Header("server"), &["kestrel"], Framework::AspNet),
    mark(Part::Header("x-powered-by"), &["asp.net"], Framework::AspNet),
    mark(Part::Header("x-powered-by"), &["express"], Framework::Express),
    mark(Part::Header("x-runtime"), &[""], Framework::Rails),
    mark(Part::Body, &["404 page not found"], Framework::NetHttp),
];

/// Returns the framework that one answer shows, and by what; none where it shows none.
pub fn recognise_answer<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>, body: &str) -> Option<Recognised> {
    let headers: Vec<(String, String)> =
        headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_ascii_lowercase())).collect();
    let body: String = body.chars().take(MAX_BODY_CHARS).map(|c| c.to_ascii_lowercase()).collect();
    // Some servers put blanks after the colons of JSON.
    let body = body.replace("\": ", "\":").replace(", \"", ",\"");
    let found = MARKS.iter().find(|mark| match mark.part {
        Part::Body => mark.texts.iter().all(|text| body.contains(text)),
        Part::Header(name) => {
            headers.iter().any(|(known, value)| known == name && mark.texts.iter().all(|text| value.contains(text)))
        }
    })?;
    let because = match found.part {
        Part::Body => format!("an answer's body looks like one of {}", found.framework),
        Part::Header(name) => format!("an answer's header `{name}` looks like one of {}", found.framework),
    };
    Some(Recognised { framework: found.framework, because })
}
