//! `property/mass-assignment`.

use std::collections::BTreeSet;

use super::handing_over::hand_over;
use super::{short_value, site_of_fields};
use crate::act::{ActKind, Acting, acting_of, sendable_names};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::model::{Draft, Operation, Role, Severity, clean_name};
use crate::trial::Mirrored;
use crate::trial::{FieldTrial, FieldsSet, Setter, list_fields};

check! {
    /// ## What it does
    /// Sends fields that the document does not let callers send, such as `role`, `verified`, `balance`, `price` or
    /// `owner_id`, with an object of the scan's own, with a change of one, with a sign-up, and with a change of a
    /// throw-away account; then looks at the object or account on another route.
    ///
    /// ## Why it matters
    /// A framework that copies whole bodies into its records lets every user become an administrator, set prices, or
    /// approve its own requests.
    ///
    /// ## How it is confirmed
    /// All of these hold: the document does not declare the field for this operation, or declares it read-only; without
    /// it the object has another value; with it a read of the object, or of one's own account, shows the value that was
    /// sent; a field of no meaning in the same body does not come back, or the server had set the field itself and was
    /// overwritten; and the same happens with another object or another value. The answer to the write itself proves nothing: many handlers repeat what they were sent.
    ///
    /// ## When it stays silent
    /// When the view stays as it was, when the document lets callers set the field here or by another operation on such
    /// an object, and for fields that decide nothing, such as a colour or a note that the document forgot. An API that
    /// keeps any field beside those that it sets itself is only an observation. Accounts are changed only where the scan made them.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-915
    MassAssignment {
        id: "property/mass-assignment",
        title: "A field that the caller must not set is stored",
        severity: High,
        level: Active,
        owasp: ["API3:2023"],
        cwe: [915],
        remedy: "field-allow-list",
        since: "0.2.0",
        plan: plan_requests,
        phase: Properties,
        write: check_mass_assignment,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method.is_safe() {
        return Need::NotApplicable;
    }
    // Two bodies with the view after each, one before, a few for what is refused; a sign-in for each account.
    match acting_of(cx.api, operation).kind {
        ActKind::Create | ActKind::Update | ActKind::SignUp => Need::Requests(18),
        _ => Need::NotApplicable,
    }
}

async fn check_mass_assignment(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let trial = FieldTrial::begin(Setter { lab: cx, acting }).await?;
    let set = match trial.run().await {
        Ok(set) => prove_fields_set(&trial, &set),
        Err(silence) => Err(silence),
    };
    // Last: its maker may have no say in the object any more.
    match (set, hand_over(&trial).await) {
        (Ok(mut drafts), Ok(handed)) => {
            merge_draft(&mut drafts, handed);
            Ok(drafts)
        }
        (Err(_), Ok(handed)) => Ok(vec![handed]),
        (set, Err(_)) => set,
    }
}

/// One cause, one finding: what is as sure as the first is reported with it.
fn merge_draft(drafts: &mut Vec<Draft>, more: Draft) {
    match drafts.first_mut().filter(|first| first.confidence() == more.confidence()) {
        Some(first) => {
            first.site = format!("{}, {}", first.site, more.site);
            first.claim = format!("{}; and {}", first.claim, more.claim);
            first.severity = more.severity.or(first.severity);
            first.clauses.extend(more.clauses);
            first.exchanges.extend(more.exchanges);
            first.exchanges.sort_by_key(|item| item.role);
        }
        None => drafts.push(more),
    }
}

fn prove_fields_set(trial: &FieldTrial<'_>, set: &FieldsSet) -> CheckResult {
    // Where anything is kept, what the server had set by itself was still overwritten.
    let servers: Vec<&String> = set.kept.iter().filter(|name| trial.is_set_by_server(name)).collect();
    let excused = set.keeps_anything() && servers.is_empty();
    let kept = if set.keeps_anything() && !excused { servers } else { set.kept.iter().collect() };

    let mut rule = Rule::default();
    let (what, id) = (list_fields(kept.iter().copied()), &trial.setter.acting.operation.id);
    let is_silent = sendable_names(trial.setter.lab.maker.api, trial.setter.acting).is_none();
    let because = match is_silent {
        false => format!("the document does not let callers send {what} to {id}"),
        true => format!("the document of {id} says nothing of {what}"),
    };
    rule.weigh("not-the-callers-to-set", is_silent || kept.iter().all(|name| trial.is_withheld(name)), because);
    kept.iter().for_each(|name| weigh_effect(&mut rule, trial, set, name));
    if let Some(served) = &set.served {
        let because = format!("{} refused such an account, and serves this one", served.operation);
        rule.weigh("gives-power", served.serves(), because);
    }
    let nonce = match (set.keeps_anything(), set.with_nonce) {
        (true, _) if excused => "a field of no meaning came back too: the API keeps anything",
        (true, _) => {
            "a field of no meaning came back too, but these the server had set itself, and they were overwritten"
        }
        (false, true) => "a field of no meaning in the same body does not come back",
        (false, false) => "a body with a field of no meaning is refused",
    };
    rule.weigh("keeps-not-just-anything", !excused, nonce);
    rule.weigh("repeated", set.is_repeated, format!("{} shows the same", set.on.as_str()));
    show_exchanges(&mut rule, trial, set);
    let finding = build_finding(trial, &kept, set);
    trial.note(true, finding.claim.clone());
    if excused { rule.observed(finding) } else { rule.found(finding) }
}

fn weigh_effect(rule: &mut Rule, trial: &FieldTrial<'_>, set: &FieldsSet, name: &str) {
    let Some((now, _)) = set.first.seen.as_ref().and_then(|seen| seen.value(name)) else { return };
    let field = clean_name(name, 60);
    let before = trial.before.value(name).map(|(value, _)| value);
    let was = before.map_or_else(|| "not shown".to_owned(), short_value);
    rule.weigh("was-otherwise", before != Some(now), format!("without it, `{field}` is {was}"));
    let sent = set.first.sent.get(name).map(short_value).unwrap_or_default();
    let is_echo = trial.echo || set.first.echo;
    let because = match is_echo {
        true => format!(
            "the answer shows `{field}` as {sent}, and no other route shows the object; declare a GET of it to settle this"
        ),
        false => format!("a read afterwards shows `{field}` as {sent}"),
    };
    rule.weigh("shows-elsewhere", (!is_echo).then_some(true), because);
}

fn show_exchanges(rule: &mut Rule, trial: &FieldTrial<'_>, FieldsSet { first, repeat, served, .. }: &FieldsSet) {
    let views = first.seen.iter().flat_map(Mirrored::answers).filter(|_| !first.echo);
    rule.show_all(Role::Attack, &first.answer).show_all(Role::Baseline, trial.before.answers());
    rule.show_all(Role::Readback, views).show_all(Role::Readback, served.iter().map(|served| &served.after));
    rule.show_all(Role::Control, repeat.answer.iter().chain(repeat.seen.iter().flat_map(Mirrored::answers)));
    rule.show_all(Role::Control, served.iter().filter_map(|served| served.before.as_ref()));
}

fn build_finding<'t>(trial: &'t FieldTrial<'_>, kept: &[&String], set: &FieldsSet) -> Violation<'t> {
    let rights: Vec<_> = trial.found.iter().filter(|candidate| kept.contains(&&candidate.name)).collect();
    let power = rights.iter().any(|candidate| candidate.right.is_power());
    let what = if trial.recipient.is_account() { "its account" } else { "its object" };
    let kinds: BTreeSet<&str> = rights.iter().map(|candidate| candidate.right.as_str()).collect();
    let value = |name: &String| set.first.sent.get(name).map(short_value).unwrap_or_default();
    let values = kept.iter().map(|name| format!("`{}` ({})", clean_name(name, 60), value(name)));
    let (values, kinds) = (values.collect::<Vec<_>>().join(", "), kinds.into_iter().collect::<Vec<_>>().join(", "));
    Violation {
        site: site_of_fields(kept),
        cause: trial.setter.acting.operation.path.clone(),
        claim: format!("{} set {values} of {what}: {kinds}", trial.recipient.caller()),
        severity: power.then_some(Severity::Critical),
        surveyed: trial.setter.acting,
    }
}
