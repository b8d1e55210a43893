//! Tokens against cross-site requests (CSRF), which applications with cookie sessions ask for on every write. Pages get
//! one from a GET, or find it in a cookie, and send it back in a header (OWASP CSRF Prevention Cheat Sheet): so does a scan.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::ask::{Answer, Ask, AskCaller, Response};
use super::client::Probe;
use super::session::{Session, TokenCarrier};
use super::signin::set_cookies;
use crate::model::{ANONYMOUS, Api, Effect, Method, Operation, Place, SchemeKind, Secret, Security};

/// Header of a token that comes from an answer and of which the document names none.
const USUAL_HEADER: &str = "X-CSRF-Token";
/// Headers by the cookie that the token stands in: Django; Angular, Laravel and Spring.
const HEADERS_BY_COOKIE: [(&str, &str); 2] = [("csrftoken", "X-CSRFToken"), ("xsrf-token", "X-XSRF-TOKEN")];
/// Most reads that are asked for the cookie.
const MAX_PAGES: usize = 3;
/// Longer tokens fit no header of any common server.
const MAX_TOKEN: usize = 4_096;

/// How the document says that tokens are handed out and taken.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct CsrfPlan {
    /// Path of the GET that hands one out.
    source: Option<String>,
    /// Header in which writes take it.
    header: Option<String>,
    /// Paths of plain reads, of which one may set the cookie: what is public first, since it is asked before a sign-in.
    pages: Vec<String>,
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
    plan: CsrfPlan,
    /// The newest cookie that carries a token, by caller.
    cookies: Mutex<HashMap<String, (String, String)>>,
    /// Tokens that a GET handed out, by caller and session.
    held: Mutex<HashMap<(String, u32), CsrfProof>>,
}

/// What a write carries to show that it is no cross-site request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CsrfProof {
    header: String,
    token: String,
    /// Cookies that the token belongs to, for callers whose cookies no jar sends.
    cookies: Vec<(String, String)>,
}

impl CsrfState {
    pub(super) fn new(api: &Api) -> Self {
        Self { plan: CsrfPlan::of(api), ..Self::default() }
    }

    /// Remembers the cookie of an answer that carries a token.
    pub(super) fn note_cookies(&self, response: &Response, owner: &str) {
        for (name, value) in set_cookies(response).filter(|(name, value)| names_csrf(name) && !value.is_empty()) {
            let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            cookies.insert(owner.to_owned(), (name.to_owned(), value.to_owned()));
        }
    }

    fn cookie(&self, owner: &str) -> Option<(String, String)> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(owner).cloned()
    }

    fn held(&self, key: &(String, u32)) -> Option<CsrfProof> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn hold(&self, key: (String, u32), proof: CsrfProof) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(key, proof);
    }

    fn forget(&self, key: &(String, u32)) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Returns true for names such as `csrftoken`, `XSRF-TOKEN`, `/sanctum/csrf-cookie` and `antiforgery`.
fn names_csrf(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    ["csrf", "xsrf", "antiforgery", "requestverification"].iter().any(|word| name.contains(word))
}

/// Returns true for a refusal that asks for a token.
pub(super) fn asks_for_csrf(response: &Response) -> bool {
    let text: String = response.text.chars().take(4_000).collect::<String>().to_ascii_lowercase();
    let said = ["csrf", "xsrf", "cross-site request", "antiforgery", "anti-forgery", "authenticity token"];
    // 419 is Laravel's own status for it.
    response.status == 419 || matches!(response.status, 400..=403) && said.iter().any(|word| text.contains(word))
}

impl Probe {
    /// Returns a write as the application's own page would send it: with the token against cross-site requests, where the
    /// caller is known by cookies or not at all, and where a token is to be had. A token from `stale` is asked for anew.
    pub(super) async fn with_csrf<'a>(
        &self,
        ask: &'a Ask,
        session: Option<&Session>,
        jar: Option<&str>,
        is_stale: bool,
    ) -> Cow<'a, Ask> {
        // Browsers send no other credential by themselves, so that no other one needs it.
        if ask.method.is_safe() || session.is_some_and(|session| !session.is_ambient()) {
            return Cow::Borrowed(ask);
        }
        let owner = owner_of(&ask.caller, jar);
        let key = (owner.clone(), session.map_or(0, |session| session.generation));
        if is_stale {
            self.csrf.forget(&key);
            self.look_for_cookie(ask, session, jar, &owner).await;
        }
        let Some(proof) = self.csrf_proof(ask, session, jar, &key).await else { return Cow::Borrowed(ask) };

        self.redactor().learn(&format!("CSRF token of {owner}"), &Secret::new(proof.token.as_str()));
        let mut signed = ask.clone();
        signed.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&proof.header) && !names_csrf(name));
        signed.headers.push((proof.header, proof.token));
        if !proof.cookies.is_empty() {
            let line: Vec<String> = proof.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            signed.headers.push(("cookie".to_owned(), line.join("; ")));
        }
        Cow::Owned(signed)
    }

    async fn csrf_proof(
        &self,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
        key: &(String, u32),
    ) -> Option<CsrfProof> {
        // A cookie changes with the answers; what a GET handed out stays until it is refused.
        let by_cookie = || {
            let (name, value) = self.csrf.cookie(&key.0)?;
            let cookies = if sends_by_jar(session, jar) { Vec::new() } else { vec![(name.clone(), value.clone())] };
            Some(CsrfProof { header: self.csrf_header(None, Some(&name)), token: decode_cookie(&value)?, cookies })
        };
        let Some(source) = &self.csrf.plan.source else { return by_cookie() };
        if let Some(held) = self.csrf.held(key) {
            return Some(held);
        }
        let fetch = self.csrf_fetch(ask, source);
        // Boxed, since sending is what asks for the token.
        let answer = Box::pin(self.transmit(&fetch, session, jar)).await.ok()?;
        let Some(proof) = self.read_csrf(&answer, session, jar) else { return by_cookie() };

        self.csrf.hold(key.clone(), proof.clone());
        Some(proof)
    }

    /// Asks for pages until one has set the cookie, where nothing is known to hand out a token.
    async fn look_for_cookie(&self, ask: &Ask, session: Option<&Session>, jar: Option<&str>, owner: &str) {
        if self.csrf.plan.source.is_some() {
            return;
        }
        for page in &self.csrf.plan.pages {
            if self.csrf.cookie(owner).is_some() {
                return;
            }
            let fetch = self.csrf_fetch(ask, page);
            // Whatever it answers, only its cookies matter.
            let _answer = Box::pin(self.transmit(&fetch, session, jar)).await;
        }
    }

    fn csrf_fetch(&self, ask: &Ask, path: &str) -> Ask {
        let mut url = self.base_url().clone();
        url.set_path(&format!("{}{path}", self.base_url().path().trim_end_matches('/')));
        let headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        Ask { headers, ..Ask::get(ask.caller.clone(), url) }
    }

    /// Finds the token in an answer: a field or a header that has its name, or a cookie.
    fn read_csrf(&self, answer: &Answer, session: Option<&Session>, jar: Option<&str>) -> Option<CsrfProof> {
        let response = answer.response().filter(|response| response.is_success())?;
        let fields = response.json.as_ref().map(find_csrf_fields).unwrap_or_default();
        let by_header = || {
            let header = response.headers.iter().find(|(name, _)| name != "set-cookie" && names_csrf(name));
            header.map(|(_, value)| value.clone())
        };
        let set: Vec<(String, String)> =
            set_cookies(response).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let cookie = set.iter().find(|(name, _)| names_csrf(name));
        let token = fields.token.or_else(by_header).or_else(|| decode_cookie(&cookie?.1))?;
        let is_sendable = !token.is_empty() && token.len() <= MAX_TOKEN && !token.chars().any(char::is_control);
        let header = self.csrf_header(fields.header, cookie.map(|(name, _)| name.as_str()));

        // The session that the token belongs to may be one that this answer began.
        let own = session.and_then(|session| match &session.carrier {
            TokenCarrier::Cookie(name) => Some(name.as_str()),
            _ => None,
        });
        let kept = set.into_iter().filter(|(name, _)| Some(name.as_str()) != own);
        let cookies = if sends_by_jar(session, jar) { Vec::new() } else { kept.collect() };
        is_sendable.then_some(CsrfProof { header, token, cookies })
    }

    /// The header: as the answer says, as the document says, as goes with the cookie.
    fn csrf_header(&self, said: Option<String>, cookie: Option<&str>) -> String {
        let by_cookie = || {
            let cookie = cookie?.to_ascii_lowercase();
            HEADERS_BY_COOKIE.iter().find(|(name, _)| *name == cookie).map(|(_, header)| (*header).to_owned())
        };
        said.or_else(|| self.csrf.plan.header.clone()).or_else(by_cookie).unwrap_or_else(|| USUAL_HEADER.to_owned())
    }
}

/// Whose cookies a request carries. Made-up and forged sessions are compared with the one that they imitate.
fn owner_of(caller: &AskCaller, jar: Option<&str>) -> String {
    match caller {
        AskCaller::Identity(name) | AskCaller::Cookies(name) | AskCaller::Garbage(name) => name.clone(),
        AskCaller::Forged { identity, .. } => identity.clone(),
        AskCaller::Anonymous => jar.unwrap_or(ANONYMOUS).to_owned(),
    }
}

fn sends_by_jar(session: Option<&Session>, jar: Option<&str>) -> bool {
    session.map_or(jar.is_some(), |session| session.by_jar)
}

/// Frameworks that write the token into a cookie encode it there.
fn decode_cookie(value: &str) -> Option<String> {
    percent_encoding::percent_decode_str(value).decode_utf8().ok().map(Cow::into_owned)
}

/// What an answer's JSON says of a token.
#[derive(Debug, Default, PartialEq, Eq)]
struct CsrfFields {
    token: Option<String>,
    header: Option<String>,
}

/// Reads `{"csrfToken": "..."}`, the same within one envelope, and Spring's `{"headerName": ..., "token": ...}`.
fn find_csrf_fields(json: &Value) -> CsrfFields {
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

    #[test]
    fn only_refusals_that_speak_of_it_ask_for_a_token() {
        let answer = |status: u16, text: &str| Response {
            status,
            headers: Vec::new(),
            text: text.to_owned(),
            json: None,
            truncated: false,
        };
        assert!(asks_for_csrf(&answer(403, r#"{"detail":"CSRF Failed: CSRF token missing."}"#)));
        assert!(asks_for_csrf(&answer(419, "Page Expired")));
        assert!(!asks_for_csrf(&answer(403, r#"{"detail":"not yours"}"#)));
        assert!(!asks_for_csrf(&answer(200, "csrf")));
    }
}
