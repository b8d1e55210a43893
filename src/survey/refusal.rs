//! What an answer amounts to: data, a refusal in any dress, or nothing that can be judged.

use std::collections::BTreeSet;

use serde_json::Value;

use super::leaves::is_same_answer;
use crate::probe::{Answer, RawOutcome, Response};

/// What an answer amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerKind {
    /// Refused; the reason names the sign.
    Refused(String),
    /// Something came back that is no refusal known so far.
    Data,
    /// Nothing can be said: no answer, overload, a fault.
    NoData(String),
}

/// Reads an answer against the shapes of refusal of its operation: what a missing object, an anonymous caller and a
/// garbage credential are told. `masks` are the ids that were asked for.
pub fn read_refusal(
    answer: &Answer,
    shapes: &[(&str, &Answer)],
    volatile: &BTreeSet<String>,
    masks: &[String],
) -> AnswerKind {
    let response = match &answer.seen {
        RawOutcome::Response(response) => response,
        RawOutcome::Timeout => return AnswerKind::NoData("no answer in time".to_owned()),
        RawOutcome::Unreachable => return AnswerKind::NoData("the target could not be reached".to_owned()),
        RawOutcome::Broken => return AnswerKind::NoData("the connection broke".to_owned()),
    };

    match response.status {
        429 => return AnswerKind::NoData("the target limits the rate (429)".to_owned()),
        // RFC 9110 §15.5.9 and RFC 8470: ask again; nothing was decided.
        status @ (408 | 425) => {
            return AnswerKind::NoData(format!("the target did not look at it (status {status})"));
        }
        500.. => return AnswerKind::NoData(format!("the target failed (status {})", response.status)),
        // A redirect is how web applications send a caller to their sign-in page.
        300..=399 => return AnswerKind::Refused(format!("redirected (status {})", response.status)),
        // A 404 is among them: by RFC 9110 §15.5.4 a server may hide in this way what it forbids.
        400..=499 => return AnswerKind::Refused(format!("status {}", response.status)),
        _ => {}
    }

    // A cut answer differs from every shape of refusal, and may be one all the same.
    if response.truncated {
        return AnswerKind::NoData("the answer was cut at the size cap".to_owned());
    }
    // Servers that filter rows by their owner answer another caller with 200 and nothing.
    if is_empty(response) {
        return AnswerKind::Refused(format!("status {} without content", response.status));
    }
    for (name, shape) in shapes {
        if let Some(other) = shape.response()
            && is_same_answer(response, other, volatile, masks)
        {
            return AnswerKind::Refused(format!("the same answer as for {name}"));
        }
    }

    AnswerKind::Data
}

/// Returns true for no body, `null` and an empty container.
pub(super) fn is_empty(response: &Response) -> bool {
    match &response.json {
        Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
        None => response.text.trim().is_empty(),
    }
}

/// Whether an answer is a success that does not say of itself that it is an error.
pub fn is_clear_success(response: &Response) -> bool {
    response.is_success() && !is_soft_error(response)
}

/// Whether a 2xx says of itself that it is an error: `success: false`, `error: ...` and no data beside it.
pub fn is_soft_error(response: &Response) -> bool {
    let Some(fields) = response.json.as_ref().and_then(|json| json.as_object()) else { return false };
    let no = |name: &str| {
        fields.get(name).is_some_and(|value| {
            value == &serde_json::Value::Bool(false)
                || value.as_str().is_some_and(|text| {
                    matches!(
                        text.to_ascii_lowercase().as_str(),
                        "error" | "fail" | "failed" | "failure" | "denied" | "unauthorized" | "forbidden"
                    )
                })
        })
    };

    // A payment or a job that failed is an object with that state, and no refusal.
    let is_object = fields.contains_key("id") || fields.contains_key("uuid");
    let refuses = no("success") || no("ok") || !is_object && (no("status") || no("result"));
    let has_error = ["error", "errors", "err"].iter().any(|name| fields.get(*name).is_some_and(is_filled));
    // Batches and GraphQL report the faults of a part beside the data of the rest.
    let data = ["data", "items", "results", "result"].iter().any(|name| {
        fields.get(*name).is_some_and(|value| {
            value.as_array().is_some_and(|items| !items.is_empty())
                || value.as_object().is_some_and(|inner| !inner.is_empty())
        })
    });

    (refuses || has_error || refuses_by_code(fields)) && !data
}

/// Returns false for what stands where there is nothing to say: `"errors": []`.
fn is_filled(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null | serde_json::Value::Bool(false) => false,
        serde_json::Value::String(text) => !text.is_empty(),
        serde_json::Value::Array(items) => !items.is_empty(),
        serde_json::Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

/// `{code: 4010, msg: ..., data: null}`: a code other than the usual ones of success, and nothing in it.
fn refuses_by_code(fields: &serde_json::Map<String, serde_json::Value>) -> bool {
    let code =
        ["code", "errcode", "err_code", "error_code", "errorCode", "resultCode", "retcode", "status", "statusCode"];
    let failed = code.iter().filter_map(|name| fields.get(*name)).any(|value| match value {
        serde_json::Value::Number(number) => !matches!(number.as_i64(), Some(0 | 1 | 200..=299)),
        serde_json::Value::String(text) => {
            let text = text.to_ascii_lowercase();
            text.chars().all(|c| c.is_ascii_digit() || c == '_' || c.is_ascii_alphabetic())
                && !matches!(
                    text.as_str(),
                    "" | "0" | "00" | "000" | "0000" | "200" | "ok" | "success" | "succeeded" | "done"
                )
                && (text.contains("err")
                    || text.contains("fail")
                    || text.contains("denied")
                    || text.contains("unauth")
                    || text.contains("forbid")
                    || text.contains("notfound")
                    || text.contains("not_found")
                    || text.parse::<u64>().is_ok())
        }
        _ => false,
    });

    failed && fields.iter().all(|(name, value)| is_envelope_name(name) || value.is_null())
}

/// Fields that envelopes have beside their content.
pub(super) fn is_envelope_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    matches!(
        name.as_str(),
        "code"
            | "errcode"
            | "errorcode"
            | "resultcode"
            | "retcode"
            | "status"
            | "statuscode"
            | "msg"
            | "message"
            | "success"
            | "ok"
            | "error"
            | "errors"
            | "timestamp"
            | "time"
            | "ts"
            | "requestid"
            | "traceid"
            | "path"
            | "version"
            | "detail"
            | "details"
            | "reason"
            | "description"
            | "title"
            | "type"
            | "instance"
            | "meta"
    )
}
