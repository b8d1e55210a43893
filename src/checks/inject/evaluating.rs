//! Sums in a value, and whether an answer has their result: for what evaluates input as a template or as a command.

use std::sync::Arc;

use rand::RngExt as _;

use super::input::{Input, inputs_of};
use crate::checks::context::CheckCx;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{Role, Silence};
use crate::probe::Answer;
use crate::survey::{Baseline, Surveyed};

/// A way to write a sum that only an evaluator works out: what goes before, between and behind its factors, and whose it
/// is.
pub(super) struct SumSyntax(pub(super) &'static str, pub(super) &'static str, pub(super) &'static str);

/// A value with sums in it.
struct Sums {
    text: String,
    /// The same without what makes them sums.
    literal: String,
    results: Vec<String>,
}

/// Puts a sum of its own into each syntax, so that a result names the syntax.
fn write_sums(syntaxes: &[SumSyntax], only: Option<usize>) -> Sums {
    let mut random = rand::rng();
    let mut sums = Sums { text: "rw".to_owned(), literal: "rw".to_owned(), results: Vec::new() };
    for (index, SumSyntax(before, behind, _)) in syntaxes.iter().enumerate() {
        let (one, other): (u64, u64) = (random.random_range(4_000..9_999), random.random_range(4_000..9_999));
        sums.results.push((one * other).to_string());
        if only.is_none_or(|only| only == index) {
            sums.text.push_str(&format!("{before}{one}*{other}{behind}"));
            sums.literal.push_str(&format!("({one}*{other})"));
        }
    }
    sums
}

impl Sums {
    /// Returns which result stands in an answer.
    fn found_in(&self, answer: &Answer) -> Option<usize> {
        let text = answer.response().map(|response| response.text.as_str())?;
        self.results.iter().position(|result| text.contains(result.as_str()))
    }
}

/// Tries the inputs of a read with sums; `what` says what would evaluate them.
pub(super) async fn check_sums(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    syntaxes: &[SumSyntax],
    what: &str,
) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let mut last = Silence::not_applicable("it takes no free value");
    for input in inputs_of(cx, surveyed, baseline, |_| true) {
        let case = SumCase { cx, surveyed, baseline, input: &input };
        let sums = write_sums(syntaxes, None);
        let Some(answer) = case.send(&sums.text).await? else { continue };
        match sums.found_in(&answer) {
            Some(index) => return case.prove(syntaxes, (index, what), &answer).await,
            None => last = defence_held(&answer, &baseline.first, "no sum was worked out"),
        }
    }
    Err(last)
}

struct SumCase<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    baseline: &'a Baseline,
    input: &'a Input,
}

impl SumCase<'_> {
    async fn send(&self, value: &str) -> Result<Option<Arc<Answer>>, Silence> {
        let Some(ask) = self.input.ask(self.cx, self.surveyed, self.baseline, value) else { return Ok(None) };
        Ok(Some(self.cx.send(&ask).await?))
    }

    /// Asks again with the one syntax alone and other factors, and with the plain text of the sum.
    async fn prove(&self, syntaxes: &[SumSyntax], (index, what): (usize, &str), first: &Arc<Answer>) -> CheckResult {
        let sums = write_sums(syntaxes, Some(index));
        let unsent = || Silence::undecided("the address cannot have the value");
        let again = self.send(&sums.text).await?.ok_or_else(unsent)?;
        let literal = self.send(&sums.literal).await?.ok_or_else(unsent)?;
        // A calculator works every sum out, however it is written.
        ensure(sums.found_in(&literal).is_none(), || Silence::open("it works sums out, which is what it is for"))?;
        let name = syntaxes.get(index).map_or("", |syntax| syntax.2);
        let mut rule = Rule::default();
        let result = sums.results.get(index).cloned().unwrap_or_default();
        let alone = sums.found_in(&again) == Some(index);
        rule.weigh("sum-worked-out", alone, format!("the answer to `{}` has {result}", sums.text));
        let because =
            format!("the plain text of the same sum does not bring it about (status {})", status_text(&literal));
        rule.weigh("literal-is-not", sums.found_in(&literal).is_none(), because);
        rule.show(Role::Attack, &again).show(Role::Attack, first).show(Role::Control, &literal);
        rule.show(Role::Baseline, &self.baseline.first);
        let cause = format!("{} {}", self.surveyed.operation.path, self.input.name);
        let claim = format!("what stands in `{}` is worked out by {what} ({name})", self.input.name);
        rule.found(Violation::of(self.surveyed, self.input.site(), cause, claim))
    }
}
