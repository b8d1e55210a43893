//! `llm/model-disclosure`.

use super::{build_finding, open_conversation, plan_calls};
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, nothing_found};
use crate::llm::{disclosed_names, places_of_documents};
use crate::model::{Role, clean_name};

check! {
    /// ## What it does
    /// Looks which fields and headers of an everyday answer name the model, its version or its vendor, and which fields of
    /// the documents that were found for it show where the server keeps them: paths of its machine, names of its stores.
    ///
    /// ## Why it matters
    /// Who knows the model knows what is known to work against it. It is a fact, and no harm by itself.
    ///
    /// ## How it is confirmed
    /// It is an observation: the names stand in the answer.
    ///
    /// ## When it stays silent
    /// When nothing names the model, and documents are named by addresses that anyone may open.
    ///
    /// ## References
    /// OWASP LLM02:2025, CWE-200
    ModelDisclosure {
        id: "llm/model-disclosure",
        title: "An answer names the model behind it",
        severity: Info,
        level: Active,
        owasp: ["LLM02:2025"],
        cwe: [200],
        remedy: "model-bounds",
        since: "0.2.0",
        plan: |cx, operation| plan_calls(cx, operation, 1),
        phase: Changes,
        write: check_model_disclosure,
    }
}

/// Most of the target's own names that one claim shows.
const MOST_NAMES: usize = 6;

async fn check_model_disclosure(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let talk = open_conversation(cx, acting)?;
    let benign = talk.everyday(&talk.first()).await?;
    let headers = benign.answer.response().map(|response| response.headers.as_slice()).unwrap_or_default();
    let names = disclosed_names(headers, &benign.reading);
    let places = places_of_documents(&benign.reading);
    let facts = [
        ("", "model-named", names, "the answer names the model behind it"),
        (
            ":documents",
            "place-of-documents",
            places,
            "the answer tells where the server keeps the documents that it found",
        ),
    ];
    let mut drafts = Vec::new();
    for (site, clause, names, claim) in facts {
        let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| clean_name(name, 60)).collect();
        let shown = shown.join(", ");
        if !names.is_empty() {
            let mut rule = Rule::default();
            rule.weigh(clause, !names.is_empty(), shown.as_str()).withhold(Role::Attack, &benign.answer);
            drafts.push(rule.observation(Violation {
                site: format!("response{site}"),
                cause: format!("{}{site}", acting.operation.path),
                ..build_finding(&talk, format!("{claim} ({shown})"), None)
            }));
        }
    }
    ensure(!drafts.is_empty(), || nothing_found(&benign.answer, "nothing in the answer names the model"))?;
    Ok(drafts)
}
