//! How an object that is refused is answered, beside ids that do not exist.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::checks::context::{CheckCx, Pair, present_leaves};
use crate::checks::rule::{Rule, defence_held, ensure, see_other, status_text};
use crate::model::{ANONYMOUS, Silence};
use crate::probe::{Answer, Ask, AskCaller, operation_url};
use crate::survey::{
    AnswerKind, Slot, Surveyed, is_clear_success, is_same_answer, other_missing_like, scalar_text, varying_paths,
};

/// Looks at whether it is news to the intruder that the object exists: no list and no other route shows it.
pub(super) async fn is_unseen(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, id: &str) -> Result<(), Silence> {
    let shared = |because: String| Silence::open(format!("shared: {because}"));
    let intruder = &pair.intruder.name;
    let key = pair.baseline.object.as_ref().ok_or_else(|| Silence::not_applicable("its address names no object"))?;
    let listed = cx.is_listed_to(key, surveyed, intruder) || cx.is_listed_to(key, surveyed, ANONYMOUS);
    ensure(!listed, || shared(format!("a list shows the object to {intruder}")))?;
    // A short number stands in many answers and means something else there.
    let says_something = id.len() >= 4 || !id.bytes().all(|byte| byte.is_ascii_digit());
    let given = says_something && cx.values_given(surveyed, intruder).contains(id);
    ensure(!given, || shared(format!("another route gives {intruder} the id")))?;
    let others = cx.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
    let same_object = others.filter_map(|other| {
        let baseline = other.valid_of(&pair.owner.name)?;
        (baseline.object == pair.baseline.object).then_some((other, baseline))
    });
    for (other, baseline) in same_object.take(2) {
        let answer = cx.send(&baseline.ask_as(AskCaller::named(intruder))).await?;
        let refused = other.read(&answer, &baseline.masks, &[]) != AnswerKind::Data;
        ensure(refused, || shared(format!("{} shows {intruder} the object", other.operation.id)))?;
    }
    Ok(())
}

/// The answers that one attempt rests on; all but the owner's are the intruder's.
pub(super) struct AskedRefusal {
    pub(super) refused: Arc<Answer>,
    again: Arc<Answer>,
    pub(super) missing: Arc<Answer>,
    pub(super) other_missing: Arc<Answer>,
    /// The ids that were asked for.
    masks: Vec<String>,
}

/// Another id that no object has, with its address.
fn other_missing(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, slot: &Slot) -> Option<(url::Url, String)> {
    let place = (slot.place, slot.name.clone());
    let absent = other_missing_like(pair.baseline.values.get(&place)?)?;
    let mut values = pair.baseline.values.clone();
    values.insert(place, absent.clone());
    let url = operation_url(cx.probe.base_url(), &surveyed.operation, &values).ok()?;
    (Some(&url) != pair.baseline.missing_url.as_ref()).then(|| Some((url, scalar_text(&absent)?)))?
}

impl AskedRefusal {
    /// Asks for the object and for two ids that do not exist, as the intruder.
    pub(super) async fn ask(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Self, Silence> {
        let baseline = pair.baseline;
        let other = surveyed.slots.last().and_then(|slot| other_missing(cx, surveyed, pair, slot));
        let (Some(url), Some((other_url, other_id))) = (baseline.missing_url.clone(), other) else {
            return Err(Silence::not_tried("no id that does not exist could be asked for"));
        };
        let attack = baseline.ask_as(AskCaller::named(&pair.intruder.name));
        // The two kinds take turns: a session that ends on the way shows as a disagreement within one kind.
        let refused = cx.send(&attack).await?;
        let missing = cx.send(&Ask { url, ..attack.clone() }).await?;
        let other_missing = cx.send(&Ask { url: other_url, ..attack.clone() }).await?;
        let again = cx.send(&attack.again(1)).await?;
        let masks = baseline.masks.iter().cloned().chain([other_id]).collect();
        Ok(Self { refused, again, missing, other_missing, masks })
    }

    /// Looks at whether the answers set another user's object apart from ids that do not exist, by themselves and not by
    /// chance.
    pub(super) fn compare(
        &self,
        cx: &CheckCx<'_>,
        surveyed: &Surveyed,
        pair: &Pair<'_>,
        rule: &mut Rule,
    ) -> Result<(), Silence> {
        let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
        for answer in [&self.refused, &self.again, &self.missing, &self.other_missing] {
            if let AnswerKind::NoData(because) = surveyed.read(answer, &self.masks, &[]) {
                return Err(Silence::undecided(because));
            }
        }
        let refused = self.refused.response().ok_or_else(|| Silence::undecided("no answer"))?;
        let markers = cx.markers(surveyed, pair, &[&*self.missing, &*self.other_missing]);
        let shown = refused.is_success() && !present_leaves(&markers, refused).is_empty();
        ensure(!shown, || see_other("authz/bola-read", format!("{intruder} is served the object")))?;

        let volatile = self.volatile(surveyed);
        let alike = |a: &Answer, b: &Answer| {
            a.response().zip(b.response()).is_some_and(|(a, b)| is_same_answer(a, b, &volatile, &self.masks))
        };
        let differ = !(alike(&self.refused, &self.missing) && alike(&self.refused, &self.other_missing));
        let differ = ensure(differ, || {
            let because = "an object of another user is answered like an id that does not exist";
            defence_held(&self.refused, &pair.baseline.first, because)
        });
        rule.need("answers-differ", differ, |()| format!("{owner}'s object is answered {}", self.difference()))?;
        let refusal = ensure(!is_clear_success(refused), || {
            Silence::undecided("the answer about another user's object is neither the object nor a refusal")
        });
        rule.need("intruder-refused", refusal, |()| format!("{owner} is served it, and {intruder} is not"))?;
        let repeated = ensure(alike(&self.refused, &self.again), || {
            Silence::undecided("the same refused request is answered differently each time")
        });
        rule.need("repeated", repeated, |()| "the same refused request again is answered alike".to_owned())?;
        let agree = ensure(alike(&self.missing, &self.other_missing), || {
            Silence::undecided("two ids that do not exist are answered differently")
        });
        rule.need("missing-ids-agree", agree, |()| {
            "two different ids that do not exist are answered alike".to_owned()
        })?;
        // RFC 9110 §15.5.1 and §15.5.21: the id was not looked up, it was found to be no id.
        let by_form = matches!(self.missing.status(), Some(400 | 405 | 406 | 414 | 415 | 422));
        ensure(!by_form, || Silence::undecided("ids that do not exist are turned away by their form"))
    }

    /// Returns how the two kinds of id are told apart, for a sentence.
    pub(super) fn difference(&self) -> String {
        let (refused, missing) = (status_text(&self.refused), status_text(&self.missing));
        if refused == missing {
            format!("with status {refused}, in other words than an id that does not exist")
        } else {
            format!("with status {refused}, and an id that does not exist with status {missing}")
        }
    }

    /// Returns what varies by itself: between two equal requests, refused or not.
    fn volatile(&self, surveyed: &Surveyed) -> BTreeSet<String> {
        let mut paths = varying_paths(&self.refused, &self.again);
        paths.extend(surveyed.volatile.iter().cloned());
        paths
    }
}
