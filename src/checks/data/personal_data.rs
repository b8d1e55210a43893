//! `data/personal-data`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::{Draft, Operation, Role, Silence, clean_name};
use crate::probe::Answer;
use crate::survey::{
    Baseline, PersonalNumber, Surveyed, numbers_in_both, pairs_of_strangers, personal_numbers, split_words,
};

check! {
    /// ## What it does
    /// Looks in the answers to two users of equal rank for the same payment card, bank account or social security
    /// number: it can be of one of them at most, so one user is shown what is another's.
    ///
    /// ## Why it matters
    /// Such numbers are worth money by themselves, and a loss must be reported to authorities and to the people concerned.
    ///
    /// ## How it is confirmed
    /// The number holds its check digits (Luhn and issuer, ISO 13616) or the rules of its office, stands in the
    /// rightful answers to both users, and again when the same is asked again. Bank accounts count where several stand
    /// beside names or addresses of people.
    ///
    /// ## When it stays silent
    /// For a caller's own numbers, for users of one tenant, for numbers published as samples, for the bank account of
    /// a shop, for e-mail addresses and telephone numbers; and for fields that `property/excessive-exposure` reports.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-359
    PersonalData {
        id: "data/personal-data",
        title: "Personal data of other people reaches the caller",
        severity: Medium,
        level: Passive,
        owasp: ["API3:2023"],
        cwe: [359],
        remedy: "response-schema",
        since: "0.1.0",
        plan: plan_requests,
        read: check_personal_numbers,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let enough = cx.identities.len() >= 2;
    if enough && PlanCx::is_read(operation) { Need::Requests(1) } else { Need::NotApplicable }
}

async fn check_personal_numbers(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let pairs = pairs_of_strangers(&cx.survey.people, surveyed);
    let (first, _) = pairs.first().ok_or_else(|| {
        Silence::not_tried("it takes answers to two users of equal rank who share no tenant")
            .with_help(format!("add a second identity of the same rank that {} serves", surveyed.operation.id))
    })?;
    let shared = pairs.iter().map(|(one, other)| (*one, *other, numbers_in_both(one, other)));
    let found = shared.into_iter().find(|(_, _, both)| !both.is_empty());
    let (one, other, both) =
        found.ok_or_else(|| nothing_found(&first.first, "no personal number is shown to two users"))?;
    let again = cx.send(&one.ask().again(1)).await?;
    Ok(both.into_values().map(|shown| prove_shared_number(surveyed, (one, other), &shown, &again)).collect())
}

fn prove_shared_number(
    surveyed: &Surveyed,
    (one, other): (&Baseline, &Baseline),
    shown: &PersonalNumber,
    again: &Answer,
) -> Draft {
    let (path, kind) = (clean_name(&shown.leaf.path, 80), shown.kind.name());
    let carries = |answer: &Answer| personal_numbers(answer).iter().any(|other| other.leaf.text == shown.leaf.text);
    let at_same_place = personal_numbers(again)
        .iter()
        .any(|other| other.leaf.path == shown.leaf.path && other.leaf.text == shown.leaf.text);
    let mut rule = Rule::default();
    rule.weigh("validator-holds", carries(&one.first), format!("`{path}` is a valid {kind}, and no published sample"));
    rule.weigh(
        "shown-to-two",
        carries(&other.first),
        format!("{} and {} are shown the same one", one.caller, other.caller),
    );
    rule.weigh("repeated", at_same_place, "the same request again shows it too");
    // No name says what these fields hold, so that the redactor leaves them.
    for (role, answer) in [(Role::Attack, &*one.first), (Role::Baseline, &*other.first), (Role::Control, again)] {
        let hidden: Vec<String> = personal_numbers(answer).into_iter().map(|shown| shown.leaf.text).collect();
        rule.show_without(role, answer, &hidden, "[redacted:personal-data]");
    }
    rule.draft(Violation::of(
        surveyed,
        format!("response:{path}"),
        format!("{} {}", surveyed.operation.path, split_words(&shown.leaf.key).join("_")),
        format!("{} and {} are shown the same {kind} at `{path}`", one.caller, other.caller),
    ))
}
