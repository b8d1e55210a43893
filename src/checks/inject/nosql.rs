//! `inject/nosql`.

use std::sync::Arc;

use super::input::{Input, inputs_of, plan_inputs};
use super::sql::letters;
use crate::checks::context::CheckCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure};
use crate::model::{Place, Role, Silence};
use crate::probe::Answer;
use crate::survey::{Baseline, Surveyed, is_clear_success, is_same_answer, leaves_of};

check! {
    /// ## What it does
    /// Sends a value of a query as an operator of document databases, in the form that web frameworks make an object of
    /// (`name[$eq]=rose`). Only the operator of equality is used, so that a query never finds more than it did.
    ///
    /// ## Why it matters
    /// Where a caller chooses the operator, `$ne`, `$gt` and `$regex` find what no value would, up to signing in without a
    /// password.
    ///
    /// ## How it is confirmed
    /// With the operator and the plain value the answer is that of the plain value, with the operator and another value it is
    /// not, in three rounds with other letters each; and with an operator that no database knows the answer is another one.
    ///
    /// ## When it stays silent
    /// When the operator is ignored or refused, when any operator is answered alike (a server that drops the brackets), and where
    /// the plain value finds nothing.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-943
    Nosql {
        id: "inject/nosql",
        title: "Input changes a NoSQL query",
        severity: Critical,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [943],
        remedy: "input-as-data",
        since: "0.2.0",
        plan: |cx, operation| match operation.is_graphql() {
            // Variables have the types of the schema.
            true => Need::NotApplicable,
            false => plan_inputs(cx, operation, 7, |parameter| parameter.place == Place::Query),
        },
        read: check_nosql,
    }
}

const ROUNDS: u8 = 3;

async fn check_nosql(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let mut last = Silence::not_applicable("it takes no free value in its query");
    for input in inputs_of(cx, surveyed, baseline, |parameter| parameter.place == Place::Query) {
        match (Operators { cx, surveyed, baseline, input: &input }).try_equality().await {
            Ok(drafts) => return Ok(drafts),
            Err(silence) if !matches!(last, Silence::Held(_)) => last = silence,
            Err(_) => {}
        }
    }
    Err(last)
}

/// One input that is sent with operators.
struct Operators<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    baseline: &'a Baseline,
    input: &'a Input,
}

impl Operators<'_> {
    async fn send(&self, operator: &str, value: &str) -> Result<Arc<Answer>, Silence> {
        let Input { name, .. } = self.input;
        let mut ask = self.baseline.ask();
        let kept: Vec<(String, String)> =
            ask.url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
        ask.url.query_pairs_mut().clear().extend_pairs(&kept).append_pair(&format!("{name}{operator}"), value);
        Ok(self.cx.send(&ask).await?)
    }

    fn says_same(&self, one: &Answer, other: &Answer) -> bool {
        let (Some(one), Some(other)) = (one.response(), other.response()) else { return false };
        let masks = [self.baseline.masks.as_slice(), std::slice::from_ref(&self.input.value)].concat();
        one.status == other.status && is_same_answer(one, other, &self.surveyed.volatile, &masks)
    }

    async fn try_equality(&self) -> CheckResult {
        let Input { name, value, .. } = self.input;
        let plain = self.send("", value).await?;
        let finds = plain
            .response()
            .is_some_and(|it| is_clear_success(it) && leaves_of(it).iter().any(|leaf| leaf.is_telling()));
        ensure(finds, || Silence::undecided(format!("no value of `{name}` is known that finds something")))?;
        let truth = self.send("[$eq]", value).await?;
        let untouched =
            || defence_held(&truth, &plain, format!("`{name}`: an operator of equality is not answered as its value"));
        ensure(self.says_same(&plain, &truth), untouched)?;
        let mut decided = 0;
        let mut falsehood = self.send("[$eq]", &letters()).await?;
        ensure(!self.says_same(&plain, &falsehood), || {
            defence_held(&falsehood, &plain, format!("`{name}`: what stands behind the operator changes nothing"))
        })?;
        for _ in 0..ROUNDS {
            decided += u8::from(!self.says_same(&plain, &falsehood) && is_judged(&falsehood));
            if decided < ROUNDS {
                falsehood = self.send("[$eq]", &letters()).await?;
            }
        }
        let nonsense = self.send("[$eqrw]", value).await?;
        let differs = ensure(!self.says_same(&plain, &nonsense), || {
            defence_held(&nonsense, &plain, format!("`{name}`: any word in brackets is answered alike"))
        });
        let mut rule = Rule::default();
        let because = format!(
            "equality with the value was answered as the value, and with another one not, {decided} times of {ROUNDS}"
        );
        rule.weigh("operator-decides", decided == ROUNDS, because);
        rule.need("nonsense-differs", differs, |()| {
            "an operator that no database knows is answered otherwise".to_owned()
        })?;
        rule.show(Role::Attack, &truth).show(Role::Attack, &falsehood);
        rule.show(Role::Baseline, &plain).show(Role::Control, &nonsense);
        let claim = format!("`{name}[$eq]` reaches the query as an operator");
        let cause = format!("{} {name}", self.surveyed.operation.path);
        rule.found(Violation::of(self.surveyed, self.input.site(), cause, claim))
    }
}

/// Returns true for an answer of the application: a fault or a limit decides nothing.
fn is_judged(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status < 500 && status != 429 && status != 403)
}
