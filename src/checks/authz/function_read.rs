//! `authz/function-read`.

use std::sync::Arc;

use super::marks::{Mark, higher_roles, marked, roles_of};
use crate::checks::context::{CheckCx, PlanCx, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{Operation, Role, Verdict};
use crate::probe::{Answer, SendError};
use crate::survey::{Baseline, Leaf, Person, Reading, Surveyed, leaves};

check! {
    /// ## What it does
    /// Asks for functions that a document marks as a higher role's (by words such as `admin` in path, tag or
    /// operationId, or by scopes) as a user of a lower role.
    ///
    /// ## Why it matters
    /// A function that only the user interface hides is open to every account.
    ///
    /// ## How it is confirmed
    /// An identity of a higher role is served; the lower role gets values of that answer, twice; an anonymous caller
    /// does not; and another function of the same group refuses the lower role, so that roles are told apart there.
    ///
    /// ## When it stays silent
    /// When the lower role is refused, when anyone is served (the function is public), and when what comes back is not
    /// what the higher role is shown. Without an identity of a higher role, or where nothing in the group refuses the
    /// lower role, it is only suspected.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-285
    FunctionRead {
        id: "authz/function-read",
        title: "A lower role reaches a higher role's reading function",
        severity: High,
        level: Passive,
        owasp: ["API5:2023"],
        cwe: [285],
        remedy: "role-check",
        since: "0.1.0",
    }
}

impl Check for FunctionRead {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        let ranks = cx.identities.iter().map(|identity| (identity.rank, identity.role.as_str()));
        if !PlanCx::is_read(operation) || marked(operation, &higher_roles(ranks)).is_none() {
            return Need::NotApplicable;
        }
        Need::Requests(3)
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let people = &cx.survey.people.all;
    let Some(lowest) = people.iter().filter(|person| person.signed_in).min_by_key(|person| person.rank) else {
        return Ok(skipped("needs a signed-in identity", Some("add an identity to routewarden.toml")));
    };
    let higher = people
        .iter()
        .filter(|person| person.rank > lowest.rank)
        .find(|person| surveyed.valid_of(&person.name).is_some());
    let rightful = higher.and_then(|person| surveyed.valid_of(&person.name));
    let attack = match (surveyed.by.get(&lowest.name).filter(|_| surveyed.slots.is_empty()), rightful) {
        (Some(own), _) => Arc::clone(&own.first),
        (None, Some(rightful)) => cx.send(&CheckCx::as_caller(rightful, CheckCx::caller(&lowest.name))).await?,
        (None, None) => return Ok(inconclusive("no caller got data here", None)),
    };
    match CheckCx::reading(surveyed, &attack, &masks(rightful), &[]) {
        Reading::Refused(because) => return Ok(held(format!("{} is refused: {because}", lowest.name))),
        Reading::NoData(because) => return Ok(inconclusive(because, None)),
        Reading::Data => {}
    }
    if matches!(surveyed.anonymous_reading(), Some(Reading::Data)) {
        // Anyone is served: no matter of roles. Whether that is meant is asked by authn/missing.
        return Ok(held("public: an anonymous caller is served too"));
    }
    judge(cx, surveyed, lowest, higher, &attack).await
}

fn masks(rightful: Option<&Baseline>) -> Vec<String> {
    rightful.map(|baseline| baseline.masks.clone()).unwrap_or_default()
}

async fn judge(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    lowest: &Person,
    higher: Option<&Person>,
    attack: &Arc<Answer>,
) -> Result<Verdict, SendError> {
    let Some(Mark { place, word, plain }) = marked(&surveyed.operation, &roles_of(cx)) else {
        return Ok(held("nothing marks it as a higher role's"));
    };
    let rightful = higher.and_then(|person| surveyed.valid_of(&person.name));
    let mut wanted = Vec::new();
    let mut proof = Proof::default();
    proof.clause("marked-for-higher-role", true, format!("`{word}` in its {place}"));
    match (higher, rightful) {
        (Some(person), Some(rightful)) => {
            wanted = higher_leaves(surveyed, rightful);
            let shown = attack.response().map(|response| present(&wanted, response).len()).unwrap_or_default();
            if shown == 0 {
                return Ok(held(format!("{} gets nothing of what {} is shown", lowest.name, person.name)));
            }
            if shown * 2 <= wanted.len() {
                // The frame of the answer, or the lower role's own part of it.
                return Ok(inconclusive("the lower role gets a small part of what the higher one is shown", None));
            }
            proof.clause("carries-higher-view", true, format!("{shown} values of what {} is shown", person.name));
            proof.show(Role::Baseline, &rightful.first);
        }
        _ => {
            proof.open("carries-higher-view", "no identity of a higher role is configured; add one to settle it");
        }
    }
    anonymous_clause(surveyed, &mut proof);
    match refusing_sibling(cx, surveyed, &lowest.name, &word) {
        Some((sibling, answer)) => {
            proof.clause(
                "roles-are-enforced-nearby",
                true,
                format!("{} refuses {}", sibling.operation.id, lowest.name),
            );
            proof.show(Role::Control, answer);
        }
        None if !plain => {
            // The word may be what the API is about; without a refusal beside it nothing shows a role.
            return Ok(inconclusive("nothing shows that roles are told apart here", None));
        }
        None => {
            proof.open(
                "roles-are-enforced-nearby",
                format!("no other `{word}` function that was asked refuses {}", lowest.name),
            );
        }
    }
    let Some(ask) = repeat(surveyed, lowest, rightful) else {
        return Ok(inconclusive("no caller got data here", None));
    };
    let again = cx.send(&ask).await?;
    let counted = |answer: &Answer| answer.response().map(|response| present(&wanted, response).len());
    let repeated = again.status() == attack.status() && counted(&again) == counted(attack);
    proof.clause("repeated", repeated, format!("the same request again gave status {}", status(&again)));
    proof.show(Role::Attack, attack);
    Ok(proof.broken(Finding {
        site: "operation".to_owned(),
        cause: surveyed.operation.path.clone(),
        claim: format!(
            "{} ({}) was served a function that `{word}` marks as a higher role's",
            lowest.name, lowest.role
        ),
        severity: None,
        surveyed,
    }))
}

/// The attack's own request for another round; `None` when nobody has a request here.
fn repeat(surveyed: &Surveyed, lowest: &Person, rightful: Option<&Baseline>) -> Option<crate::probe::Ask> {
    let own = surveyed.by.get(&lowest.name).filter(|_| surveyed.slots.is_empty());
    let baseline = own.or(rightful)?;
    Some(CheckCx::as_caller(baseline, CheckCx::caller(&lowest.name)).again(2))
}

/// Telling leaves of the higher role's answer that strangers are not shown.
fn higher_leaves(surveyed: &Surveyed, rightful: &Baseline) -> Vec<Leaf> {
    let anonymous: std::collections::BTreeSet<String> = surveyed
        .anonymous
        .as_ref()
        .and_then(|answer| answer.response())
        .map(|response| leaves(response).into_iter().map(|leaf| leaf.text).collect())
        .unwrap_or_default();
    rightful
        .first
        .response()
        .map(leaves)
        .unwrap_or_default()
        .into_iter()
        .filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path) && !anonymous.contains(&leaf.text))
        .collect()
}

fn anonymous_clause(surveyed: &Surveyed, proof: &mut Proof) {
    match surveyed.anonymous_reading() {
        Some(Reading::Refused(because)) => {
            proof.clause("anonymous-refused", true, format!("anonymous: {because}"));
        }
        _ => {
            proof.open("anonymous-refused", "no anonymous answer to compare with");
        }
    }
    if let Some(anonymous) = &surveyed.anonymous {
        proof.show(Role::Control, anonymous);
    }
}

/// Another function with the same mark that refuses the lower role and serves somebody.
fn refusing_sibling<'a>(
    cx: &'a CheckCx<'_>,
    surveyed: &Surveyed,
    lowest: &str,
    word: &str,
) -> Option<(&'a Surveyed, &'a Answer)> {
    let roles = roles_of(cx);
    cx.survey
        .operations
        .iter()
        .filter(|other| other.operation.id != surveyed.operation.id)
        .filter(|other| marked(&other.operation, &roles).is_some_and(|mark| mark.word == word))
        .find_map(|other| {
            let own = other.by.get(lowest)?;
            let served = other.valid().next().is_some();
            let status = own.first.status()?;
            // Refused outright; or in any other dress, where somebody else is served.
            let refused = matches!(status, 401 | 403) || (served && status < 429 && !own.valid(&other.volatile));
            refused.then_some((other, &*own.first))
        })
}
