//! What is known of tokens against cross-site requests (CSRF): how the document says that they are handed out and taken, and
//! those that are held.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::model::{Api, Effect, Method, Operation, Place, SchemeKind, Security};

/// What names of tokens, of their cookies, headers and routes have in them.
const NAMES: &str = "csrf xsrf antiforgery requestverification";
/// Header of a token that comes from an answer and of which the document names none.
const USUAL_HEADER: &str = "X-CSRF-Token";
/// Headers by the cookie that the token stands in: Django; Angular, Laravel and Spring.
const HEADERS_BY_COOKIE: [(&str, &str); 2] = [("csrftoken", "X-CSRFToken"), ("xsrf-token", "X-XSRF-TOKEN")];
/// Longer tokens fit no header of any common server.
const MAX_TOKEN: usize = 4_096;
/// Most reads that are asked for the cookie.
const MAX_PAGES: usize = 3;

/// How the document says that tokens are handed out and taken.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct CsrfPlan {
    /// Path of the GET that hands one out.
    pub(super) source: Option<String>,
    /// Header in which writes take it.
    header: Option<String>,
    /// Paths of plain reads, of which one may set the cookie: what is public first, since it is asked before a sign-in.
    pub(super) pages: Vec<String>,
}

impl CsrfPlan {
    /// Reads a document.
    pub(super) fn of(api: &Api) -> Self {
        let hands_out = |operation: &&Operation| {
            let is_plain = operation.path_parameters().is_empty() && operation.effect != Effect::Writes;
            operation.method == Method::Get && is_plain && names_csrf(&operation.path)
        };
        let writes = api.operations.iter().filter(|operation| !operation.method.is_safe());
        let declared = writes
            .flat_map(|operation| &operation.parameters)
            .find(|parameter| parameter.place == Place::Header && names_csrf(&parameter.name));
        let scheme = api.schemes.values().find_map(|scheme| match &scheme.kind {
            SchemeKind::ApiKey(Place::Header, name) if names_csrf(name) => Some(name.clone()),
            _ => None,
        });

        let is_page = |operation: &&Operation| {
            let is_plain = operation.parameters.iter().all(|parameter| !parameter.required);
            operation.method == Method::Get && is_plain && operation.effect == Effect::Reads
        };
        let mut pages: Vec<&Operation> = api.operations.iter().filter(is_page).collect();
        pages.sort_by_key(|operation| operation.security != Security::Public);

        Self {
            pages: pages.iter().take(MAX_PAGES).map(|operation| operation.path.clone()).collect(),
            source: api.operations.iter().find(hands_out).map(|operation| operation.path.clone()),
            header: declared.map(|parameter| parameter.name.clone()).or(scheme),
        }
    }
}

/// What is known of tokens against cross-site requests.
#[derive(Debug, Default)]
pub(super) struct CsrfState {
    pub(super) plan: CsrfPlan,
    /// The newest cookie that carries a token, by caller.
    cookies: Mutex<HashMap<String, (String, String)>>,
    /// Tokens that a GET handed out, by caller and session.
    held: Mutex<HashMap<(String, u32), CsrfProof>>,
}

/// What a write carries to show that it is no cross-site request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CsrfProof {
    pub(super) header: String,
    pub(super) token: String,
    /// Cookies that the token belongs to, for callers whose cookies no jar sends.
    pub(super) cookies: Vec<(String, String)>,
}

impl CsrfProof {
    /// Returns whether a request can carry it: the target chose the token, and perhaps the name of the header.
    pub(super) fn is_sendable(&self) -> bool {
        let fits = !self.token.is_empty() && self.token.len() <= MAX_TOKEN;
        fits && !self.token.chars().any(char::is_control) && is_header_name(&self.header)
    }
}

impl CsrfState {
    pub(super) fn new(api: &Api) -> Self {
        Self { plan: CsrfPlan::of(api), ..Self::default() }
    }

    /// Remembers a cookie of an answer where it carries a token.
    pub(super) fn note_cookie(&self, owner: &str, (name, value): (&str, &str)) {
        if names_csrf(name) && !value.is_empty() {
            let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            cookies.insert(owner.to_owned(), (name.to_owned(), value.to_owned()));
        }
    }

    /// Returns the header of a token: as the answer says, as the document says, as goes with the cookie.
    pub(super) fn header(&self, said: Option<String>, cookie: Option<&str>) -> String {
        let by_cookie = || {
            let cookie = cookie?.to_ascii_lowercase();
            HEADERS_BY_COOKIE.iter().find(|(name, _)| *name == cookie).map(|(_, header)| (*header).to_owned())
        };
        said.or_else(|| self.plan.header.clone()).or_else(by_cookie).unwrap_or_else(|| USUAL_HEADER.to_owned())
    }

    pub(super) fn cookie(&self, owner: &str) -> Option<(String, String)> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(owner).cloned()
    }

    pub(super) fn held(&self, key: &(String, u32)) -> Option<CsrfProof> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn hold(&self, key: (String, u32), proof: CsrfProof) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(key, proof);
    }

    pub(super) fn forget(&self, key: &(String, u32)) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Returns true for names such as `csrftoken`, `XSRF-TOKEN`, `/sanctum/csrf-cookie` and `antiforgery`.
pub(super) fn names_csrf(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    NAMES.split(' ').any(|word| name.contains(word))
}
/// Frameworks that write the token into a cookie encode it there.
pub(super) fn decode_cookie(value: &str) -> Option<String> {
    percent_encoding::percent_decode_str(value).decode_utf8().ok().map(Cow::into_owned)
}

/// What an answer's JSON says of a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CsrfFields {
    pub(super) token: Option<String>,
    pub(super) header: Option<String>,
}

/// Reads `{"csrfToken": "..."}`, the same within one envelope, and Spring's `{"headerName": ..., "token": ...}`.
pub(super) fn find_csrf_fields(json: &Value) -> CsrfFields {
    let Some(fields) = json.as_object() else {
        return CsrfFields { token: json.as_str().map(str::to_owned), header: None };
    };
    let text = |fits: &dyn Fn(&str) -> bool| {
        let found = fields.iter().find(|(name, value)| fits(name) && value.is_string());
        found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
    };
    let named = text(&names_csrf).or_else(|| text(&|name| matches!(name, "token" | "value")));
    let header = text(&|name| matches!(name, "headerName" | "header_name" | "header"));

    if named.is_some() {
        return CsrfFields { token: named, header: header.filter(|name| is_header_name(name)) };
    }
    let inner = fields.values().find(|value| value.is_object());
    inner.map(find_csrf_fields).unwrap_or_default()
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_found_by_their_names_and_in_one_envelope() {
        let read = |json: Value| find_csrf_fields(&json);
        let token = |text: &str| Some(text.to_owned());

        assert_eq!(read(json!({"csrfToken": "abc"})).token, token("abc"));
        assert_eq!(read(json!({"data": {"csrf_token": "abc"}})).token, token("abc"));
        assert_eq!(read(json!("abc")).token, token("abc"));
        assert_eq!(
            read(json!({"parameterName": "_csrf", "headerName": "X-CSRF-TOKEN", "token": "abc"})),
            CsrfFields { token: token("abc"), header: token("X-CSRF-TOKEN") }
        );
        assert_eq!(read(json!({"headerName": "X: y\r\nZ", "token": "abc"})).header, None);
        assert_eq!(read(json!({"status": "ok"})), CsrfFields::default());
    }
}
