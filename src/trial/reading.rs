//! The trial of a read: what a caller is shown of what its owner alone should be, by the same request with one thing
//! changed, and whether that is so again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::objects_in;
use crate::model::{Silence, clean_name};
use crate::probe::{Answer, Ask, Probe};
use crate::survey::{
    AnswerKind, Leaf, Object, ObjectKey, Survey, Surveyed, is_soft_error, leaves_of, present_leaves, scalar_text,
};

/// Most objects of one answer that are looked at.
const MAX_OBJECTS: usize = 400;

/// A read in which a caller names another user: by a parameter, or by a header.
#[derive(Debug)]
pub(crate) struct ReadTrial<'a> {
    pub(crate) surveyed: &'a Surveyed,
    /// What the other user is rightly shown.
    pub(crate) rightful: &'a Answer,
    /// Answers whose values are no secret: what the caller and strangers are shown anyway.
    pub(crate) innocent: Vec<&'a Answer>,
    pub(crate) attack: Ask,
    /// The same with a name that no user has.
    pub(crate) nothing: Ask,
    /// The other's name: an answer that only repeats it shows nothing.
    pub(crate) sent: Vec<String>,
}

/// Values that only the other user should be shown, and the answers that say so.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) attack: Arc<Answer>,
    pub(crate) again: Arc<Answer>,
    /// The answer to the same request about nothing.
    pub(crate) nothing: Option<Arc<Answer>>,
}

impl Shown {
    /// Returns how many of the values an answer carries.
    pub(crate) fn count_in(&self, answer: &Answer) -> usize {
        answer.response().map_or(0, |response| present_leaves(&self.leaves, response).len())
    }

    /// Returns true where an answer carries none of the values.
    pub(crate) fn is_absent_from(&self, answer: &Answer) -> bool {
        self.count_in(answer) == 0
    }

    /// Returns true where an answer carries all of the values.
    pub(crate) fn is_whole_in(&self, answer: &Answer) -> bool {
        self.count_in(answer) == self.leaves.len()
    }

    /// Returns where the values stand, for a sentence.
    pub(crate) fn places(&self) -> String {
        let names: Vec<String> = self.leaves.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
        names.join(", ")
    }
}

impl Shown {
    /// Returns known objects of the owner that the answer carries: their id, and a value of theirs among those that were
    /// shown.
    pub(crate) fn known_objects(&self, survey: &Survey, owner: &str) -> Vec<ObjectKey> {
        let texts: BTreeSet<&str> = self.leaves.iter().map(|leaf| leaf.text.as_str()).collect();
        let json = self.attack.response().and_then(|response| response.json.as_ref());
        let ids: BTreeSet<String> = json
            .into_iter()
            .flat_map(objects_in)
            .take(MAX_OBJECTS)
            .flat_map(|fields| Object::of("", fields, BTreeMap::new()).fields.into_values())
            .filter_map(|value| scalar_text(&value))
            .collect();
        let shown_of = |key: &ObjectKey| {
            let object = survey.objects.known.get(key);
            let values = object.into_iter().flat_map(|object| object.fields.values()).filter_map(scalar_text);
            values.filter(|text| texts.contains(text.as_str())).count()
        };
        let own = survey.owners.iter().filter(|(key, (name, _))| name == owner && ids.contains(&key.1));
        // Two counters may give one id, so that a value of the object must be shown as well; the more, the surer.
        let mut found: Vec<(usize, ObjectKey)> = own.map(|(key, _)| (shown_of(key), key.clone())).collect();
        found.retain(|(shown, _)| *shown > 0);
        found.sort_by_key(|(shown, _)| std::cmp::Reverse(*shown));
        found.into_iter().map(|(_, key)| key).collect()
    }
}

impl ReadTrial<'_> {
    /// Returns the telling leaves that only the other user is shown.
    pub(crate) fn wanted(&self) -> Vec<Leaf> {
        let Some(rightful) = self.rightful.response().filter(|response| response.is_success()) else {
            return Vec::new();
        };
        let innocent = self.innocent.iter().flat_map(|answer| texts_of(answer));
        let known: BTreeSet<String> = self.sent.iter().cloned().chain(innocent).collect();
        let telling = |leaf: &Leaf| leaf.is_telling() && !self.surveyed.volatile.contains(&leaf.path);

        leaves_of(rightful).into_iter().filter(|leaf| telling(leaf) && !known.contains(&leaf.text)).collect()
    }

    /// Sends the attack, the same about nothing, and the attack again.
    ///
    /// # Errors
    /// `Held` where nothing of the other user's came back; `Undecided` where that cannot be said.
    pub(crate) async fn run(&self, probe: &Probe) -> Result<Shown, Silence> {
        let wanted = self.wanted();
        if wanted.is_empty() {
            return Err(Silence::undecided("the other user is shown nothing there that others are not shown"));
        }
        let attack = probe.send(&self.attack).await?;
        let held = |because: &str| {
            let because = format!("{} is refused: {because}", self.attack.caller.label());
            Err(Silence::held(&attack.exchange, &self.rightful.exchange, because))
        };
        match self.surveyed.read(&attack, &self.sent, &[]) {
            AnswerKind::Refused(because) => return held(&because),
            AnswerKind::NoData(because) => return Err(Silence::undecided(because)),
            AnswerKind::Data => {}
        }
        let Some(response) = attack.response().filter(|response| !is_soft_error(response)) else {
            return held("an error in a successful answer");
        };
        let found = present_leaves(&wanted, response);

        if found.is_empty() {
            return held("the answer has nothing of the other user's");
        }
        // What the route serves for a name that no user has is no secret of the owner's.
        let nothing = probe.send(&self.nothing).await?;

        if let AnswerKind::NoData(because) = self.surveyed.read(&nothing, &self.sent, &[]) {
            return Err(Silence::undecided(format!("a name that nobody has: {because}")));
        }
        let also = texts_of(&nothing);
        let leaves: Vec<Leaf> = found.into_iter().filter(|leaf| !also.contains(&leaf.text)).cloned().collect();

        if leaves.is_empty() {
            return held("a name that nobody has is answered alike");
        }
        let again = probe.send(&self.attack.again(1)).await?;
        Ok(Shown { leaves, attack, again, nothing: Some(nothing) })
    }
}

pub(super) fn texts_of(answer: &Answer) -> BTreeSet<String> {
    answer.response().map(leaves_of).unwrap_or_default().into_iter().map(|leaf| leaf.text).collect()
}
