//! What a link with a token in an answer proves.

use std::sync::Arc;

use crate::checks::context::{CheckCx, present_leaves};
use crate::checks::rule::{Rule, Violation};
use crate::model::{ANONYMOUS, Draft, Role, clean_name};
use crate::probe::{Answer, AskCaller, SendError};
use crate::survey::{AnswerKind, Baseline, Leaf, Surveyed, TokenLink, leaves_of, links_with_token};

/// Returns what a link with a token in an answer proves; `None` where there is none.
pub(super) async fn find_link_with_token(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Option<Draft>, SendError> {
    let found = surveyed.valid().filter(|baseline| baseline.caller != ANONYMOUS).find_map(|baseline| {
        let mut links = links_with_token(cx.probe, baseline);
        links.sort_by_key(|link| !link.own);
        Some((baseline, links.into_iter().next()?))
    });
    match found {
        Some((baseline, link)) => prove_link(cx, surveyed, baseline, &link).await.map(Some),
        None => Ok(None),
    }
}

async fn prove_link(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    link: &TokenLink,
) -> Result<Draft, SendError> {
    let (caller, path, name) = (&baseline.caller, clean_name(&link.leaf.path, 80), clean_name(&link.name, 40));
    let carries = |answer: &Answer| {
        answer.response().is_some_and(|response| leaves_of(response).iter().any(|leaf| leaf.path == link.leaf.path))
    };
    let again = cx.send(&baseline.ask().again(1)).await?;
    let opens = try_link_token(cx, surveyed, baseline, link).await?;
    let (what, because) = match (&opens, link.own) {
        (_, true) => {
            (format!("{caller}'s own token as `{name}`"), "it is the one that the caller signs its requests with")
        }
        (Some(_), false) => (format!("a token as `{name}` that signs {caller} in"), "it was tried on this route"),
        (None, false) => (format!("a token as `{name}`"), "it was tried on this route"),
    };
    let mut rule = Rule::default();
    rule.weigh(
        "link-in-answer",
        carries(&baseline.first),
        format!("the link at `{path}` has a token in its query, as `{name}`"),
    );
    rule.weigh("token-signs-in", link.own || opens.is_some(), because);
    rule.weigh(
        "strangers-refused",
        refuses_strangers(surveyed),
        "the route refuses anonymous callers and made-up credentials",
    );
    rule.weigh("repeated", carries(&again), "the same request again gives the link too");
    rule.show(Role::Attack, &baseline.first).show(Role::Control, &again);
    for answer in opens.iter().chain(&surveyed.anonymous) {
        rule.show(Role::Control, answer);
    }
    let finding = Violation::of(
        surveyed,
        format!("response:{path}"),
        format!("link {}", surveyed.operation.path),
        format!("a link in the answer carries {what}"),
    );
    // A token that opens nothing else may be made for this one link.
    let may_be_meant = !link.own && opens.is_none();
    Ok(if may_be_meant { rule.observation(finding) } else { rule.draft(finding) })
}

fn refuses_strangers(surveyed: &Surveyed) -> bool {
    let refused = |reading: Option<AnswerKind>| matches!(reading, Some(AnswerKind::Refused(_)));
    refused(surveyed.anonymous_reading()) && refused(surveyed.garbage_reading())
}

/// The answer to the token of a link in the place of the caller's own, where it is served as the caller's is.
async fn try_link_token(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    link: &TokenLink,
) -> Result<Option<Arc<Answer>>, SendError> {
    if link.own || !refuses_strangers(surveyed) {
        return Ok(None);
    }
    let identity = baseline.caller.clone();
    cx.probe.redactor().learn(&format!("token of a link for {identity}"), &link.token);
    let caller = AskCaller::Forged { identity, token: link.token.clone(), label: "token of a link".to_owned() };
    let answer = cx.send(&baseline.ask_as(caller)).await?;
    let own = baseline.first.response().map(leaves_of).unwrap_or_default();
    let telling: Vec<Leaf> =
        own.into_iter().filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path)).collect();
    let served = CheckCx::reading(surveyed, &answer, &baseline.masks, &[]) == AnswerKind::Data
        && answer.response().is_some_and(|response| present_leaves(&telling, response).len() * 2 > telling.len());
    Ok(served.then_some(answer))
}
