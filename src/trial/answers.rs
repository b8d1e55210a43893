//! What the answer to a write says by itself. It proves nothing: the owner's view does.

use std::collections::BTreeSet;

use crate::probe::Answer;
use crate::survey::{AnswerKind, is_soft_error};

/// Returns the sign of an outright refusal.
pub fn refusal_sign(answer: &Answer) -> Option<String> {
    let response = answer.response()?;
    match response.status {
        // A redirect counts as a refusal, since it usually leads to the sign-in page.
        status @ 300..=499 => Some(format!("status {status}")),
        status if is_soft_error(response) => Some(format!("status {status} with an error in it")),
        _ => None,
    }
}

/// Returns the sign that a caller is turned away, and not its body.
pub(super) fn access_refusal(answer: &Answer) -> Option<String> {
    let response = answer.response()?;
    match response.status {
        // A server may answer 404 to hide that what it refuses is there (RFC 9110 section 15.5.4).
        status @ (401 | 403 | 404 | 410) => Some(format!("status {status}")),
        status if (200..300).contains(&status) && is_soft_error(response) => {
            Some(format!("status {status} with an error in it"))
        }
        _ => None,
    }
}

/// Returns why an answer says nothing: an overload, a fault, no answer at all.
pub fn why_inconclusive(answer: &Answer) -> Option<String> {
    match answer.status() {
        None => Some("the target gave no answer".to_owned()),
        Some(429) => Some("the target limits the rate (429)".to_owned()),
        Some(status) if status >= 500 => Some(format!("the target failed (status {status})")),
        Some(_) => None,
    }
}

/// Reads an answer without any shapes of refusal: for whole answers of unknown routes.
pub fn read_answer(answer: &Answer) -> AnswerKind {
    crate::survey::read_refusal(answer, &[], &BTreeSet::new(), &[])
}

/// Returns the status of an answer for sentences; `none` where there was no answer.
pub(super) fn status_of(answer: &Answer) -> String {
    answer.status().map_or_else(|| "none".to_owned(), |status| status.to_string())
}
