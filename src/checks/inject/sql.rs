//! `inject/sql`.

mod trial;

pub(super) use trial::letters;
use trial::{Sentence, SqlTrial};

use super::input::{Input, inputs_of, plan_inputs};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::model::{Role, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Adds a comparison to a value of a read, once true and once false, in the forms in which queries hold values: bare, in
    /// quotes, in a pattern, in parentheses. Only `AND` is added, so that a query never finds more than it did.
    ///
    /// ## Why it matters
    /// Input that becomes part of a query reads, and often writes, all that the database has.
    ///
    /// ## How it is confirmed
    /// With the true comparison the answer is that of the plain value and with the false one it is not, in three rounds with
    /// other letters each; and with a word in the place of the operator that SQL does not know the answer is another one.
    ///
    /// ## When it stays silent
    /// When both comparisons are answered alike, as where the value is bound or cut off, and where the plain value finds
    /// nothing. A message of a database that a single quote brings about and a doubled one does not is suspected. Time is
    /// not measured.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-89
    Sql {
        id: "inject/sql",
        title: "Input changes an SQL query",
        severity: Critical,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [89],
        remedy: "input-as-data",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 16, |_| true),
        read: check_sql,
    }
}

async fn check_sql(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let mut last = Silence::not_applicable("it takes no free value");
    for input in inputs_of(cx, surveyed, baseline, |_| true) {
        match try_input(&SqlTrial { cx, surveyed, baseline, input: &input }).await {
            Ok(drafts) => return Ok(drafts),
            // What was tried says more than what could not be.
            Err(silence) if !matches!(last, Silence::Held(_)) => last = silence,
            Err(_) => {}
        }
    }
    Err(last)
}

async fn try_input(trial: &SqlTrial<'_>) -> CheckResult {
    let message = trial.database_message().await?;
    let plain = match trial.plain().await {
        Ok(plain) => plain,
        Err(silence) => return message.map_or(Err(silence), |message| suspect(trial, &message)),
    };
    let Input { name, value, .. } = trial.input;
    let mut refused = None;
    for sentence in Sentence::forms_for(value) {
        let Some((truth, falsehood)) = trial.compare(&sentence).await? else { continue };
        if trial.says_same(&plain, &truth) && trial.is_judged(&falsehood) && !trial.says_same(&plain, &falsehood) {
            let mut rule = Rule::default();
            trial.prove(&mut rule, &sentence, &plain).await?;
            rule.show(Role::Attack, &falsehood).show(Role::Attack, &truth).show(Role::Baseline, &plain);
            let claim = format!("what stands behind `{name}` is read as SQL: {}", sentence.shown());
            return rule.found(Violation::of(trial.surveyed, trial.input.site(), trial.cause(), claim));
        }
        refused = Some(truth);
    }
    match (message, refused) {
        (Some(message), _) => suspect(trial, &message),
        (None, Some(answer)) => {
            Err(Silence::held(&answer.exchange, &plain.exchange, format!("`{name}`: comparisons change nothing")))
        }
        (None, None) => Err(Silence::undecided("no comparison could be sent")),
    }
}

/// Reports a message of a database that a single quote brings about.
fn suspect(trial: &SqlTrial<'_>, (single, doubled): &trial::QuotePair) -> CheckResult {
    let name = &trial.input.name;
    let mut rule = Rule::default();
    rule.weigh("quote-breaks-it", trial::has_message(single), "a single quote brings a message of the database about");
    rule.weigh("doubled-quote-does-not", !trial::has_message(doubled), "a doubled one does not");
    rule.weigh("comparison-decides", None, "no comparison was found that changes the answer");
    rule.show(Role::Attack, single).show(Role::Control, doubled);
    let claim = format!("a quote in `{name}` breaks an SQL query");
    rule.found(Violation::of(trial.surveyed, trial.input.site(), trial.cause(), claim))
}
