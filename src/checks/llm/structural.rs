//! What a server tells its model, in answers that nobody pressed for: histories, configurations, echoes, errors.

use std::sync::Arc;

use super::build_finding;
use super::instructions::UNKNOWN;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::Need;
use crate::checks::rule::{CheckResult, Concerns, Rule, Violation, ensure, nothing_found};
use crate::conversation::{Reply, Talk};
use crate::llm::{
    Manner, PromptCarrier, Told, callers_author, classify_instructions, common_run, is_about_prompts,
    severity_of_prompt, speaks_of_models, texts_for_model, token_ids,
};
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Silence, clean_name};
use crate::probe::Response;
use crate::survey::{Person, Surveyed};

/// A run of so many characters of the known prompt shows it.
const LONG_RUN: usize = 50;
/// So many ids that two answers begin with are more than the marks of an empty conversation.
const MOST_MARKS: usize = 48;

/// What reading an operation for instructions costs: the same answer once more.
pub(super) fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let applies = PlanCx::is_read(operation) && speaks_of_models(cx.api, operation, cx.llm);
    if applies { Need::Requests(1) } else { Need::NotApplicable }
}

/// Whose words a text may be.
#[derive(Debug, Clone, Copy)]
struct Whose {
    /// Callers may write such texts.
    callers: bool,
    /// Prompts are what the operation is about.
    about: bool,
}

/// A text that is worth telling.
#[derive(Debug, Clone)]
struct StructuralLeak {
    told: Told,
    /// It is the configured prompt.
    known: bool,
    manner: Manner,
}

/// Looks at what a read answered.
pub(super) async fn check_read_answers(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let known = cx.llm.system_prompt.as_ref().map(|prompt| prompt.expose());
    let api = cx.survey.api.as_ref();
    let whose = Whose { callers: callers_author(api, None), about: is_about_prompts(&surveyed.operation) };
    let about = "prompts, or examples of them, are what it is about";
    ensure(!whose.about || known.is_some(), || Silence::not_applicable(about))?;
    let mut silence = Silence::undecided("no caller of the lowest rank got a valid answer");
    for baseline in surveyed.valid().filter(|baseline| is_of_lowest_rank(cx, &baseline.caller)) {
        let Some(response) = baseline.first.response() else { continue };
        let Some(leak) = worst_leak(find_leaks(response, known, "")) else {
            silence = nothing_found(&baseline.first, "no answer carries what a model is told");
            continue;
        };
        let second = match &baseline.second {
            Some(second) => Arc::clone(second),
            None => cx.send(&baseline.ask().again(1)).await?,
        };
        let again = second.response().is_some_and(|response| carries_leak(response, &leak, known));
        if !again {
            silence = nothing_found(&second, "what one answer carried did not come again");
            continue;
        }
        let mut rule = build_rule(&leak, again, format!("two equal requests of {} brought it", baseline.caller));
        whose_clause(&mut rule, &leak, whose, "the scan sent no message to a model before this");
        rule.withhold(Role::Attack, &baseline.first).withhold(Role::Control, &second);
        return Ok(vec![draft_finding(rule, &leak, surveyed, &surveyed.operation.path)]);
    }
    Err(silence)
}

/// Whether somebody of the lowest rank was answered: what administrators are shown may be theirs to see.
fn is_of_lowest_rank(cx: &CheckCx<'_>, caller: &str) -> bool {
    let people = &cx.survey.people.all;
    let rank = |person: &Person| person.rank;
    let own = people.iter().find(|person| person.name == caller).map(rank);
    caller == ANONYMOUS || own == people.iter().map(rank).min()
}

/// Instructions beside what the model says to one question and to another.
pub(super) fn find_prompts(talk: &Talk<'_>, known: Option<&str>, one: &Reply, other: &Reply) -> Option<Draft> {
    let (first, second) = (one.answer.response()?, other.answer.response()?);
    let own = [one, other].map(|said| format!("{}\n{}", said.sent, said.reading.said()));
    let all = find_leaks(first, known, &own.concat());
    let in_both =
        |leak: &StructuralLeak| leak.told.carrier != PromptCarrier::Field && carries_leak(second, leak, known);
    let leak = worst_leak(all.into_iter().filter(in_both))?;
    let operation = &talk.acting.operation;
    let whose =
        Whose { callers: callers_author(talk.cx.maker.api, Some(operation)), about: is_about_prompts(operation) };
    let again = carries_leak(second, &leak, known);
    let mut rule = build_rule(&leak, again, "the answers to two requests brought it".to_owned());
    whose_clause(&mut rule, &leak, whose, "no request of the scan had it, and no other operation takes such texts");
    rule.withhold(Role::Attack, &other.answer).withhold(Role::Baseline, &one.answer);
    Some(draft_finding(rule, &leak, talk.acting, &operation.path))
}

/// The whole prompt as ids of tokens, which anybody with the model's vocabulary reads.
pub(super) fn find_prompt_token_ids(talk: &Talk<'_>, one: &Reply, other: &Reply) -> Option<Draft> {
    let of = |said: &Reply| {
        let kind = said.answer.response()?.header("content-type").unwrap_or_default().to_owned();
        token_ids(&kind, &said.raw)
    };
    let (first, second) = (of(one)?, of(other)?);
    let same = first.iter().zip(&second).take_while(|(one, other)| one == other).count();
    if same < MOST_MARKS {
        return None;
    }
    let mut rule = Rule::default();
    let (one_ids, other_ids) = (first.len(), second.len());
    let came = format!("{one_ids} and {other_ids} ids came back");
    rule.weigh("token-ids-in-answer", one_ids.min(other_ids) >= same, came);
    let again = format!("the answers to two different questions begin with the same {same} ids");
    rule.weigh("reproduced", same >= MOST_MARKS, again);
    rule.weigh("is-the-prompt", None, "only the model's vocabulary can tell what they say");
    rule.withhold(Role::Attack, &other.answer).withhold(Role::Baseline, &one.answer);
    let claim = format!("answers carry the ids of the tokens that stand before the question, {same} of them");
    Some(rule.draft(build_finding(talk, claim, Some(Severity::Low))))
}

/// What of an answer is meant for the model, says something, and stands not in `own`.
fn find_leaks(response: &Response, known: Option<&str>, own: &str) -> Vec<StructuralLeak> {
    let kind = response.header("content-type").unwrap_or_default();
    let judged = texts_for_model(kind, &response.text).into_iter().filter_map(|told| {
        let is_known = known.is_some_and(|prompt| common_run(prompt, &told.text, &[own]).chars >= LONG_RUN);
        let manner = classify_instructions(&told.text);
        // A field is named by whoever made it; a turn of the system is there for people at times.
        let worth = is_known || manner == Manner::Surely || manner == Manner::Likely && told.beside_model;
        let mine = !own.is_empty()
            && (own.contains(&told.text)
                || own.contains(serde_json::Value::from(told.text.as_str()).to_string().trim_matches('"')));
        (worth && !mine).then_some(StructuralLeak { told, known: is_known, manner })
    });
    let mut all: Vec<StructuralLeak> = judged.collect();
    // The known prompt counts wherever it stands.
    if all.iter().all(|leak| !leak.known)
        && let Some(prompt) = known
        && common_run(prompt, &response.text, &[own]).chars >= LONG_RUN
    {
        let told =
            Told { at: "$".to_owned(), carrier: PromptCarrier::Field, text: prompt.to_owned(), beside_model: true };
        all.push(StructuralLeak { told, known: true, manner: Manner::Surely });
    }
    all
}

fn worst_leak(leaks: impl IntoIterator<Item = StructuralLeak>) -> Option<StructuralLeak> {
    let rank = |leak: &StructuralLeak| {
        (!leak.known, leak.told.carrier, std::cmp::Reverse(leak.manner), !leak.told.beside_model)
    };
    leaks.into_iter().min_by_key(rank)
}

/// Whether another answer carries the same.
fn carries_leak(response: &Response, leak: &StructuralLeak, known: Option<&str>) -> bool {
    let others = find_leaks(response, known, "");
    others.iter().any(|other| other.told.text == leak.told.text || leak.known && other.known)
}

fn build_rule(leak: &StructuralLeak, again: bool, because: String) -> Rule {
    let StructuralLeak { told, known, .. } = leak;
    let chars = told.text.chars().count();
    let what = match (known, told.carrier) {
        (true, _) => "the system prompt of the configuration",
        (_, PromptCarrier::Turn) => "a message with the role of the system",
        (_, PromptCarrier::Assembled) => "the system's part of an assembled prompt",
        (_, PromptCarrier::Field) => "a field for instructions",
    };
    let mut rule = Rule::default();
    let place = clean_name(&told.at, 120);
    let holds = format!("{place} holds {what}, {chars} characters");
    rule.weigh("instructions-in-answer", *known || leak.manner > Manner::No, holds);
    rule.weigh("reproduced", again, because);
    rule
}

fn whose_clause(rule: &mut Rule, leak: &StructuralLeak, whose: Whose, not_sent: &str) {
    let sure = leak.told.carrier != PromptCarrier::Field && leak.manner == Manner::Surely && leak.told.beside_model;
    match (leak.known, whose.about, whose.callers) {
        (true, true, _) => rule.weigh("is-hidden", None, "prompts are what this operation is about"),
        (true, ..) => rule.weigh("is-the-prompt", leak.known, "it is the system prompt of the configuration"),
        (false, _, true) => rule.weigh("is-the-servers", None, "the document lets callers write such texts themselves"),
        (false, _, false) if sure => {
            rule.weigh("is-the-servers", !whose.callers, not_sent);
            rule.weigh("instructs-a-model", sure, "it gives a model its part and its duties")
        }
        _ => rule.weigh("is-the-prompt", None, UNKNOWN),
    };
}

fn draft_finding(rule: Rule, leak: &StructuralLeak, concerned: &dyn Concerns, path: &str) -> Draft {
    let at = clean_name(&leak.told.at, 120);
    rule.draft(Violation {
        site: "response".to_owned(),
        cause: path.to_owned(),
        claim: format!("an answer carries the server's instructions to the model, at {at}"),
        severity: Some(severity_of_prompt(&leak.told.text)),
        surveyed: concerned,
    })
}

/// Whether an answer has anything that is meant for the model.
pub(super) fn has_model_instructions(said: &Reply) -> bool {
    let kind = said.answer.response().and_then(|response| response.header("content-type")).unwrap_or_default();
    !texts_for_model(kind, &said.raw).is_empty()
}
