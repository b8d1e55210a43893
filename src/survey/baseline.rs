//! How one operation answers: its owner twice, a question about nothing, a stranger, a wrong token.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use super::leaves::{leaves_of, scalar_text};
use super::objects::ObjectKey;
use super::refusal::{AnswerKind, is_clear_success, is_soft_error, read_refusal};
use super::slots::Slot;
use crate::model::{Obstacle, Operation};
use crate::probe::{Answer, Ask, AskCaller, Values};

/// The rightful request of one caller and what came of it.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Who asked.
    pub caller: String,
    /// The object in the last slot.
    pub object: Option<ObjectKey>,
    /// Values of all parameters.
    pub values: Values,
    /// The address.
    pub url: Url,
    /// Header parameters.
    pub headers: Vec<(String, String)>,
    /// The answer.
    pub first: Arc<Answer>,
    /// The answer to the same request again, where it was asked again.
    pub second: Option<Arc<Answer>>,
    /// The address of an object that does not exist, for the same caller.
    pub missing_url: Option<Url>,
    /// The answer to that.
    pub missing: Option<Arc<Answer>>,
    /// The ids asked for, and the missing one: masked when answers are compared.
    pub masks: Vec<String>,
}

/// One reading operation as the survey left it.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// The operation.
    pub operation: Arc<Operation>,
    /// Its id slots.
    pub slots: Vec<Slot>,
    /// The rightful requests by caller.
    pub by: BTreeMap<String, Baseline>,
    /// Whose request the strangers repeated: the first caller with a valid baseline at that time.
    pub strangers_as: Option<String>,
    /// The answer to nobody, at the address of that request.
    pub anonymous: Option<Arc<Answer>>,
    /// The answer to a garbage credential.
    pub garbage: Option<Arc<Answer>>,
    /// Leaves that differ between two equal requests.
    pub volatile: BTreeSet<String>,
    /// Why it was not asked, or why there is no baseline.
    pub skipped: Option<Obstacle>,
}

/// An answer, and the request that repeats it.
#[derive(Debug, Clone)]
pub struct GivenAnswer {
    /// The answer.
    pub answer: Arc<Answer>,
    /// The request; none where it is not known.
    pub repeat: Option<Ask>,
    /// The caller whose rightful request it answers; none for strangers, refusals and what does not exist.
    pub to: Option<String>,
}

impl Baseline {
    /// The rightful request.
    pub fn ask(&self) -> Ask {
        self.ask_as(AskCaller::named(&self.caller))
    }

    /// `status 200`, or that there was no answer: for sentences.
    pub fn status_text(&self) -> String {
        self.first.status().map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"))
    }

    /// The same request as somebody else.
    pub fn ask_as(&self, caller: AskCaller) -> Ask {
        Ask { headers: self.headers.clone(), ..Ask::get(caller, self.url.clone()) }
    }

    /// Whether the answer is data: the condition (i) of every rule.
    pub fn valid(&self, volatile: &BTreeSet<String>) -> bool {
        // Only the missing object is held against it: strangers may be served the same data by right.
        let missing: Vec<(&str, &Answer)> = self.missing.iter().map(|answer| ("a missing object", &**answer)).collect();
        let Some(response) = self.first.response() else { return false };
        response.is_success()
            && !is_soft_error(response)
            && read_refusal(&self.first, &missing, volatile, &self.masks) == AnswerKind::Data
    }

    /// The id in the last slot as text.
    pub fn object_id(&self, slots: &[Slot]) -> Option<String> {
        let slot = slots.last()?;
        self.values.get(&(slot.place, slot.name.clone())).and_then(scalar_text)
    }
}

impl Surveyed {
    /// Baselines that are valid, in the order of names.
    pub fn valid(&self) -> impl Iterator<Item = &Baseline> {
        self.by.values().filter(|baseline| baseline.valid(&self.volatile))
    }

    /// The valid baseline of a caller.
    pub fn valid_of(&self, caller: &str) -> Option<&Baseline> {
        self.by.get(caller).filter(|baseline| baseline.valid(&self.volatile))
    }

    /// Whether it answers a caller with success, be it an empty list, strangers with 401 (RFC 9110 §15.5.2), and a wrong
    /// token not with success.
    pub fn serves_alone(&self, caller: &str) -> bool {
        let served = self.by.get(caller).and_then(|baseline| baseline.first.response());
        let refused = self.anonymous.as_ref().and_then(|answer| answer.status()) == Some(401);
        let checks = self.garbage.as_ref().and_then(|answer| answer.response()).is_some_and(|it| !it.is_success());
        refused && checks && served.is_some_and(|response| response.is_success() && !super::is_soft_error(response))
    }

    /// The request that the strangers repeated.
    pub fn asked_by_strangers(&self) -> Option<&Baseline> {
        self.by.get(self.strangers_as.as_ref()?)
    }

    /// What a refusal looks like here: for the anonymous, for a wrong token, for a missing object. Answers that are
    /// the data itself are no shape of refusal.
    pub fn shapes(&self) -> Vec<(&'static str, &Answer)> {
        let mut shapes: Vec<(&'static str, &Answer)> = Vec::new();
        for (name, answer) in [("an anonymous caller", &self.anonymous), ("a wrong token", &self.garbage)] {
            if let Some(answer) = answer
                && !self.is_data_of_someone(answer)
            {
                shapes.push((name, answer));
            }
        }

        for baseline in self.by.values() {
            if let Some(missing) = &baseline.missing {
                shapes.push(("a missing object", missing));
            }
        }
        shapes
    }

    /// Returns all answers, the valid ones first, each with the request that repeats it.
    pub fn given(&self) -> Vec<GivenAnswer> {
        let valid = self.valid().map(|baseline| GivenAnswer {
            answer: Arc::clone(&baseline.first),
            repeat: Some(baseline.ask().again(1)),
            to: Some(baseline.caller.clone()),
        });
        valid.chain(self.given_otherwise()).collect()
    }

    /// Returns the answers other than the valid ones: refusals, errors, and what is said of nothing.
    pub fn given_otherwise(&self) -> Vec<GivenAnswer> {
        let mut found = Vec::new();
        let mut keep = |answer: &Arc<Answer>, repeat| {
            found.push(GivenAnswer { answer: Arc::clone(answer), repeat, to: None });
        };
        for baseline in self.by.values() {
            let ask = baseline.ask().again(3);
            if !baseline.valid(&self.volatile) {
                keep(&baseline.first, Some(ask.clone()));
            }
            if let (Some(missing), Some(url)) = (&baseline.missing, &baseline.missing_url) {
                keep(missing, Some(Ask { url: url.clone(), ..ask }));
            }
        }

        let asked = |caller| self.asked_by_strangers().map(|baseline| baseline.ask_as(caller).again(3));
        if let Some(anonymous) = &self.anonymous {
            keep(anonymous, asked(AskCaller::Anonymous));
        }
        if let (Some(garbage), Some(name)) = (&self.garbage, &self.strangers_as) {
            keep(garbage, asked(AskCaller::Garbage(name.clone())));
        }
        found
    }

    /// Reads an answer against what refusals look like here; `masks` are the ids that were asked for.
    pub fn read(&self, answer: &Answer, masks: &[String], more: &[(&str, &Answer)]) -> AnswerKind {
        let mut shapes: Vec<(&str, &Answer)> = self.shapes();
        shapes.extend_from_slice(more);
        read_refusal(answer, &shapes, &self.volatile, masks)
    }

    /// Whether an answer shares telling leaves with a valid baseline, or says just the same: then it is data, whoever got it.
    fn is_data_of_someone(&self, answer: &Answer) -> bool {
        let Some(response) = answer.response().filter(|response| is_clear_success(response)) else {
            return false;
        };
        let said = |response: &crate::probe::Response| -> BTreeSet<(String, String)> {
            let kept = leaves_of(response).into_iter().filter(|leaf| !self.volatile.contains(&leaf.path));
            kept.map(|leaf| (leaf.path, leaf.text)).collect()
        };
        // A title alone tells nothing of an object, unless all that is said is the same.
        let all = said(response);

        if !all.is_empty() && self.valid().filter_map(|own| own.first.response()).any(|own| said(own) == all) {
            return true;
        }
        let given: BTreeSet<String> =
            leaves_of(response).into_iter().filter(describes_object).map(|leaf| leaf.text).collect();
        self.valid()
            .filter_map(|baseline| baseline.first.response())
            .any(|own| leaves_of(own).iter().any(|leaf| describes_object(leaf) && given.contains(&leaf.text)))
    }

    /// Whether an answer has the very leaves of a valid one, whatever their values: a health check says the time.
    fn has_same_shape(&self, answer: &Answer) -> bool {
        let paths = |response: &crate::probe::Response| -> BTreeSet<String> {
            leaves_of(response).into_iter().map(|leaf| leaf.path).collect()
        };
        let Some(given) = answer.response().map(paths) else { return false };
        !given.is_empty() && self.valid().filter_map(|own| own.first.response()).any(|own| paths(own) == given)
    }

    /// What the anonymous answer amounts to.
    pub fn anonymous_reading(&self) -> Option<AnswerKind> {
        self.anonymous.as_ref().map(|answer| self.stranger_reading(answer))
    }

    /// What the answer to a wrong token amounts to.
    pub fn garbage_reading(&self) -> Option<AnswerKind> {
        self.garbage.as_ref().map(|answer| self.stranger_reading(answer))
    }

    fn stranger_reading(&self, answer: &Answer) -> AnswerKind {
        let masks = self.asked_by_strangers().map(|baseline| baseline.masks.clone()).unwrap_or_default();
        let missing: Vec<(&str, &Answer)> = self
            .by
            .values()
            .filter_map(|baseline| baseline.missing.as_ref())
            .map(|answer| ("a missing object", &**answer))
            .collect();
        match read_refusal(answer, &missing, &self.volatile, &masks) {
            AnswerKind::Data if answer.response().is_some_and(is_soft_error) => {
                AnswerKind::Refused("an error in a successful answer".to_owned())
            }
            // A sign-in page with status 200 has nothing in common with what the caller is shown.
            AnswerKind::Data
                if !self.is_data_of_someone(answer)
                    && self.valid().next().is_some()
                    && !self.has_same_shape(answer) =>
            {
                AnswerKind::Refused("nothing of what the signed-in caller is shown".to_owned())
            }
            reading => reading,
        }
    }
}

/// Returns true for routes to a whole object: what is refused of a part of it (`/users/{id}/settings`) says nothing of
/// the whole.
pub fn is_whole(surveyed: &Surveyed) -> bool {
    surveyed.operation.path.trim_end_matches('/').ends_with('}')
}

/// Leaves that say something of an object; what envelopes carry (`code: 200`, `message: ok`) is in refusals too.
fn describes_object(leaf: &super::leaves::Leaf) -> bool {
    let key = leaf.key.to_ascii_lowercase().replace(['_', '-'], "");
    let envelope = matches!(
        key.as_str(),
        "code"
            | "status"
            | "statuscode"
            | "success"
            | "ok"
            | "message"
            | "msg"
            | "error"
            | "result"
            | "version"
            | "timestamp"
            | "requestid"
            | "traceid"
            | "detail"
            | "title"
            | "type"
            | "apiversion"
            | "path"
    );
    // Further down, `status` and `title` are fields of an object.
    leaf.is_telling() && !(envelope && leaf.path.matches('/').count() <= 1)
}
