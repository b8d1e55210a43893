//! Tokens against cross-site requests (CSRF), which applications with cookie sessions ask for on every write. Pages get
//! one from a GET, or find it in a cookie, and send it back in a header (OWASP CSRF Prevention Cheat Sheet): so does a scan.

use std::borrow::Cow;
use std::sync::Arc;

use super::ask::{Answer, Ask, AskCaller, Response};
use super::client::{Probe, SendError};
use super::csrf_state::{CsrfProof, decode_cookie, find_csrf_fields, names_csrf};
use super::session::{Session, TokenCarrier};
use super::signin::set_cookies;
use crate::model::{ANONYMOUS, Secret, address_below};

/// What refusals for want of a token say.
const SAID: &str = "csrf,xsrf,cross-site request,antiforgery,anti-forgery,authenticity token";

/// Returns true for a refusal that asks for a token.
fn asks_for_csrf(response: &Response) -> bool {
    let text: String = response.text.chars().take(4_000).collect::<String>().to_ascii_lowercase();
    let said = SAID.split(',');
    // 419 is Laravel's own status for it.
    response.status == 419 || matches!(response.status, 400..=403) && said.into_iter().any(|word| text.contains(word))
}

impl Probe {
    /// One request on the wire, with the token against cross-site requests where one is asked for.
    pub(super) async fn transmit(
        &self,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
    ) -> Result<Arc<Answer>, SendError> {
        let signed = self.with_csrf(ask, session, jar, false).await;
        let answer = self.transmit_paced(&signed, session, jar).await?;
        // A write that was refused for its token was not done, and may be sent again.
        if ask.method.is_safe() || !answer.response().is_some_and(asks_for_csrf) {
            return Ok(answer);
        }
        let renewed = self.with_csrf(ask, session, jar, true).await;
        if renewed.headers == signed.headers {
            return Ok(answer);
        }
        self.transmit_paced(&renewed, session, jar).await
    }

    /// Returns a write as the application's own page would send it: with the token against cross-site requests, where the
    /// caller is known by cookies or not at all, and where a token is to be had. A token from `stale` is asked for anew.
    async fn with_csrf<'a>(
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
        let proof = self.csrf_proof(ask, session, jar, &key).await.filter(CsrfProof::is_sendable);
        let Some(proof) = proof else { return Cow::Borrowed(ask) };

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
            Some(CsrfProof { header: self.csrf.header(None, Some(&name)), token: decode_cookie(&value)?, cookies })
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
        let url = address_below(self.base_url(), path);
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
        let header = self.csrf.header(fields.header, cookie.map(|(name, _)| name.as_str()));

        // The session that the token belongs to may be one that this answer began.
        let own = session.and_then(|session| match &session.carrier {
            TokenCarrier::Cookie(name) => Some(name.as_str()),
            _ => None,
        });
        let kept = set.into_iter().filter(|(name, _)| Some(name.as_str()) != own);
        let cookies = if sends_by_jar(session, jar) { Vec::new() } else { kept.collect() };
        Some(CsrfProof { header, token, cookies })
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

#[cfg(test)]
mod tests {
    use super::*;

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
