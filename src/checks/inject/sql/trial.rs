//! Comparisons that are added to a value, and what a read answers to them.

use std::sync::Arc;

use rand::RngExt as _;

use crate::checks::context::CheckCx;
use crate::checks::inject::input::Input;
use crate::checks::rule::{Rule, status_text};
use crate::detect::trace::stack_trace_in;
use crate::model::{Role, Silence};
use crate::probe::{Answer, Ask};
use crate::survey::{Baseline, Surveyed, is_clear_success, is_same_answer, leaves_of};

/// The answers to a single and to a doubled quote.
pub(super) type QuotePair = (Arc<Answer>, Arc<Answer>);

/// How often the comparison must decide.
const ROUNDS: u8 = 3;

/// One input of one read.
pub(super) struct SqlTrial<'a> {
    pub(super) cx: &'a CheckCx<'a>,
    pub(super) surveyed: &'a Surveyed,
    pub(super) baseline: &'a Baseline,
    pub(super) input: &'a Input,
}

/// A form in which a comparison is added: what goes before, between and behind its two sides.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    before: String,
    operator: &'static str,
    behind: &'static str,
}

impl Sentence {
    /// Returns the forms that fit a value, likeliest first.
    pub(super) fn forms_for(value: &str) -> Vec<Self> {
        let form = |before: String, operator, behind| Self { before, operator, behind };
        let quoted = [
            form(format!("{value}' AND '"), "' LIKE '", ""),
            form(format!("{value}%' AND '"), "' LIKE '", ""),
            form(format!("{value}') AND ('"), "' LIKE '", ""),
        ];
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        let bare = form(format!("{value} AND '"), "' LIKE '", "'");
        let (bare, quotes) = (Some(bare).filter(|_| is_number), if is_number { 1 } else { 3 });
        bare.into_iter().chain(quoted.into_iter().take(quotes)).collect()
    }

    fn with(&self, left: &str, right: &str) -> String {
        format!("{}{left}{}{right}{}", self.before, self.operator, self.behind)
    }

    /// The same with a word that SQL does not know.
    fn nonsense(&self, side: &str) -> String {
        self.with(side, side).replace(" LIKE ", " RWLIKE ")
    }

    /// Returns the form for a sentence of the report.
    pub(super) fn shown(&self) -> String {
        format!("`{}` finds what the plain value finds, and `{}` does not", self.with("a", "a"), self.with("a", "b"))
    }
}

impl SqlTrial<'_> {
    /// What it stands in is one cause, whatever the value.
    pub(super) fn cause(&self) -> String {
        format!("{} {}", self.surveyed.operation.path, self.input.name)
    }

    fn ask(&self, value: &str) -> Option<Ask> {
        self.input.ask(self.cx, self.surveyed, self.baseline, value)
    }

    /// Returns the answer to the plain value, where that finds something.
    pub(super) async fn plain(&self) -> Result<Arc<Answer>, Silence> {
        let plain = match self.ask(&self.input.value) {
            Some(ask) if !self.input.is_in_baseline => self.cx.send(&ask).await?,
            _ => Arc::clone(&self.baseline.first),
        };
        let finds = plain
            .response()
            .is_some_and(|it| is_clear_success(it) && leaves_of(it).iter().any(|leaf| leaf.is_telling()));
        let name = &self.input.name;
        if finds {
            Ok(plain)
        } else {
            Err(Silence::undecided(format!("no value of `{name}` is known that finds something")))
        }
    }

    /// Returns the answers to a true and to a false comparison; the false one is asked only where the true one may decide.
    pub(super) async fn compare(&self, sentence: &Sentence) -> Result<Option<(Arc<Answer>, Arc<Answer>)>, Silence> {
        let (left, right) = (letters(), letters());
        let (Some(truth), Some(falsehood)) =
            (self.ask(&sentence.with(&left, &left)), self.ask(&sentence.with(&left, &right)))
        else {
            return Ok(None);
        };
        let truth = self.cx.send(&truth).await?;
        if !truth.response().is_some_and(is_clear_success) {
            let same = Arc::clone(&truth);
            return Ok(Some((truth, same)));
        }
        Ok(Some((truth, self.cx.send(&falsehood).await?)))
    }

    /// Returns true where two answers say the same, whatever they repeat of the request.
    pub(super) fn says_same(&self, plain: &Answer, other: &Answer) -> bool {
        let (Some(plain), Some(other)) = (plain.response(), other.response()) else { return false };
        let mut masks = self.baseline.masks.clone();
        masks.push(self.input.value.clone());
        is_same_answer(plain, other, &self.surveyed.volatile, &masks)
    }

    /// Returns true for an answer of the application: a fault or a limit decides nothing.
    pub(super) fn is_judged(&self, answer: &Answer) -> bool {
        answer.status().is_some_and(|status| status < 500 && status != 429 && status != 403)
    }

    /// Repeats the comparison with other letters, and asks with a word in it that SQL does not know.
    pub(super) async fn prove(&self, rule: &mut Rule, sentence: &Sentence, plain: &Answer) -> Result<(), Silence> {
        let mut decided = 1;
        for _ in 1..ROUNDS {
            if let Some((truth, falsehood)) = self.compare(sentence).await? {
                let decides = self.says_same(plain, &truth) && !self.says_same(plain, &falsehood);
                decided += u8::from(decides && self.is_judged(&falsehood));
            }
        }
        let because = format!(
            "a true comparison was answered as the plain value and a false one not, {decided} times of {ROUNDS}"
        );
        rule.weigh("comparison-decides", decided == ROUNDS, because);
        if let Some(ask) = self.ask(&sentence.nonsense(&letters())) {
            let nonsense = self.cx.send(&ask).await?;
            let because =
                format!("a word that SQL does not know is answered otherwise (status {})", status_text(&nonsense));
            rule.weigh("nonsense-differs", !self.says_same(plain, &nonsense), because).show(Role::Control, &nonsense);
        }
        Ok(())
    }

    /// Returns the answers to a quote and to two, where the one has a message of a database and the other has none.
    pub(super) async fn database_message(&self) -> Result<Option<QuotePair>, Silence> {
        let value = &self.input.value;
        let Some(ask) = self.ask(&format!("{value}'")) else { return Ok(None) };
        let single = self.cx.send(&ask).await?;
        if !has_message(&single) {
            return Ok(None);
        }
        let Some(ask) = self.ask(&format!("{value}''")) else { return Ok(None) };
        let doubled = self.cx.send(&ask).await?;
        Ok((!has_message(&doubled)).then_some((single, doubled)))
    }
}

/// Returns true for an answer with a message of a database in it.
pub(super) fn has_message(answer: &Answer) -> bool {
    let text = answer.response().map(|response| response.text.as_str()).unwrap_or_default();
    stack_trace_in(text).is_some_and(|found| found.language == "sql")
        || text.contains("syntax error at or near")
        || text.contains("SQLITE_ERROR")
}

/// Returns letters that stand in no text.
pub(in crate::checks::inject) fn letters() -> String {
    let mut random = rand::rng();
    (0..7).map(|_| char::from(b'a' + random.random_range(0..26))).collect()
}

#[cfg(test)]
mod tests {
    use super::Sentence;

    #[test]
    fn comparisons_only_narrow_what_a_query_finds() {
        let forms =
            |value: &str| -> Vec<String> { Sentence::forms_for(value).iter().map(|it| it.with("x", "y")).collect() };
        assert_eq!(forms("17"), ["17 AND 'x' LIKE 'y'", "17' AND 'x' LIKE 'y"]);
        assert_eq!(forms("rose"), ["rose' AND 'x' LIKE 'y", "rose%' AND 'x' LIKE 'y", "rose') AND ('x' LIKE 'y"]);
        for form in forms("17").into_iter().chain(forms("rose")) {
            assert!(!form.contains(" OR ") && !form.contains(';') && !form.contains("--"), "{form}");
        }
    }
}
