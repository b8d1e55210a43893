//! Turns a request and its outcome into a redacted exchange. Nothing unredacted is ever kept.

use crate::detect::Redactor;
use crate::model::{Exchange, ExchangeId, Outcome, RecordedRequest, RecordedResponse};

use super::ask::{Ask, AskCaller, RawOutcome, Response};
use super::replay;
use super::session::{Session, TokenCarrier, cookie_line};

/// Longest body that is kept, in characters.
pub(super) const MAX_KEPT: usize = 16_384;
/// A character takes at most four bytes.
const MAX_KEPT_BYTES: usize = 4 * MAX_KEPT;

/// Everything an exchange is made of.
pub(super) struct Raw<'a> {
    pub(super) id: u64,
    pub(super) ask: &'a Ask,
    pub(super) session: Option<&'a Session>,
    pub(super) seen: &'a RawOutcome,
    pub(super) fault: Option<String>,
    pub(super) body_bytes: u64,
    pub(super) elapsed_ms: u64,
}

pub(super) fn redacted_exchange(redactor: &Redactor, raw: &Raw<'_>) -> Exchange {
    let redact = |text: &str| redactor.text(text);
    let fault = raw.fault.as_deref().map(|text| redactor.text(text)).unwrap_or_default();
    let outcome = match raw.seen {
        RawOutcome::Response(response) => Outcome::Response(redacted_response(redactor, response, raw.body_bytes)),
        RawOutcome::Timeout => Outcome::Timeout,
        RawOutcome::Unreachable => Outcome::Unreachable(fault),
        RawOutcome::Broken => Outcome::Broken(fault),
    };

    Exchange {
        id: ExchangeId(raw.id),
        identity: raw.ask.caller.label(),
        request: redacted_request(redactor, raw),
        outcome,
        elapsed_ms: raw.elapsed_ms,
        replay: replay::curl_command(raw.ask, raw.session, &redact),
    }
}

fn redacted_request(redactor: &Redactor, raw: &Raw<'_>) -> RecordedRequest {
    let mut headers: Vec<(String, String)> =
        raw.ask.headers.iter().map(|(name, value)| (name.clone(), redactor.header(name, value))).collect();
    let who = match &raw.ask.caller {
        AskCaller::Anonymous | AskCaller::Cookies(_) => None,
        AskCaller::Garbage(_) => Some("garbage".to_owned()),
        AskCaller::Identity(name) => Some(name.clone()),
        AskCaller::Forged { label, .. } => Some(label.clone()),
    };

    let mut url = redactor.url(raw.ask.url.as_str());
    if let (Some(who), Some(session)) = (who, raw.session) {
        // The value is named, never shown, whatever the redactor knows.
        match &session.carrier {
            TokenCarrier::Header { name, prefix, suffix } => {
                headers.push((name.clone(), format!("{prefix}[token of {who}]{suffix}")));
            }
            TokenCarrier::Cookie(name) => {
                headers.push(("Cookie".to_owned(), cookie_line(name, &format!("[token of {who}]"))));
            }
            TokenCarrier::Query(name) => {
                let joint = if url.contains('?') { '&' } else { '?' };
                url.push_str(&format!("{joint}{name}=[token of {who}]"));
            }
        }
    }

    let body = raw.ask.body.as_ref().map(|(media_type, bytes)| {
        headers.push(("Content-Type".to_owned(), media_type.clone()));
        cut_body(redactor.beginning(Some(media_type), &String::from_utf8_lossy(bytes), MAX_KEPT_BYTES))
    });
    RecordedRequest { method: raw.ask.method.as_str().to_owned(), url, headers, body }
}

fn redacted_response(redactor: &Redactor, response: &Response, body_bytes: u64) -> RecordedResponse {
    RecordedResponse {
        status: response.status,
        headers: response
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), redactor.foreign_header(name, value)))
            .collect(),
        body: without_pieces(
            redactor,
            cut_body(redactor.beginning(response.header("content-type"), &response.text, MAX_KEPT_BYTES)),
        ),
        body_bytes,
        truncated: response.truncated,
    }
}

/// A target may repeat a credential in pieces, too; what was cut to size is searched for them.
fn without_pieces(redactor: &Redactor, text: String) -> String {
    redactor.tripwire(&text).0
}

/// Cuts after redaction, so that no half of a secret is left over at the edge.
fn cut_body(text: String) -> String {
    match text.char_indices().nth(MAX_KEPT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
