//! The same read with somebody else's name in it: what the answer then carries that only that user is shown.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::act::objects_in;
use crate::checks::context::{CheckCx, present};
use crate::model::clean_name;
use crate::probe::{Answer, Ask, Caller, SendError};
use crate::survey::{Leaf, Object, ObjectKey, Person, Reading, Surveyed, is_soft_error, leaves, scalar_text};

/// What came of asking.
pub(crate) enum Swapped {
    /// Nothing of the other user's came back; why.
    Nothing(String),
    /// Nothing can be said.
    Unclear(String),
    /// Values of the other user's alone came back.
    Shown(Box<Shown>),
}

/// Values that only the other user should be shown, and the answers that say so.
pub(crate) struct Shown {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) attack: Arc<Answer>,
    pub(crate) again: Arc<Answer>,
    /// The same with a name that nobody has.
    pub(crate) nothing: Arc<Answer>,
}

impl Shown {
    /// Whether the repeat carried the same.
    pub(crate) fn repeated(&self) -> bool {
        self.again.response().is_some_and(|response| present(&self.leaves, response).len() == self.leaves.len())
    }

    /// Where they stand, for a sentence.
    pub(crate) fn places(&self) -> String {
        let names: Vec<String> = self.leaves.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
        names.join(", ")
    }
}

/// One attempt: what is asked with the other's name, and with a name that nobody has.
pub(crate) struct Attempt<'a> {
    pub(crate) surveyed: &'a Surveyed,
    /// What the other user is rightly shown.
    pub(crate) rightful: &'a Answer,
    /// Answers whose values are no secret: what the intruder and nobody are shown anyway.
    pub(crate) innocent: Vec<&'a Answer>,
    pub(crate) attack: Ask,
    pub(crate) nothing: Ask,
    /// The other's name: an answer that only repeats it shows nothing.
    pub(crate) sent: Vec<String>,
}

impl Attempt<'_> {
    /// Telling leaves that only the other user is shown.
    pub(crate) fn wanted(&self) -> Vec<Leaf> {
        let Some(rightful) = self.rightful.response().filter(|response| response.is_success()) else {
            return Vec::new();
        };
        let mut known: BTreeSet<String> = self.sent.iter().cloned().collect();
        for response in self.innocent.iter().filter_map(|answer| answer.response()) {
            known.extend(leaves(response).into_iter().map(|leaf| leaf.text));
        }
        leaves(rightful)
            .into_iter()
            .filter(|leaf| leaf.is_telling() && !self.surveyed.volatile.contains(&leaf.path))
            .filter(|leaf| !known.contains(&leaf.text))
            .collect()
    }

    pub(crate) async fn carry_out(&self, cx: &CheckCx<'_>) -> Result<Swapped, SendError> {
        let wanted = self.wanted();
        if wanted.is_empty() {
            return Ok(Swapped::Unclear("the other user is shown nothing there that others are not shown".to_owned()));
        }
        let attack = cx.send(&self.attack).await?;
        match CheckCx::reading(self.surveyed, &attack, &self.sent, &[]) {
            Reading::Refused(because) => return Ok(Swapped::Nothing(because)),
            Reading::NoData(because) => return Ok(Swapped::Unclear(because)),
            Reading::Data => {}
        }
        let Some(response) = attack.response().filter(|response| !is_soft_error(response)) else {
            return Ok(Swapped::Nothing("an error in a successful answer".to_owned()));
        };
        let found: Vec<Leaf> = present(&wanted, response).into_iter().cloned().collect();
        if found.is_empty() {
            return Ok(Swapped::Nothing("the answer has nothing of the other user's".to_owned()));
        }
        let nothing = cx.send(&self.nothing).await?;
        if let Reading::NoData(because) = CheckCx::reading(self.surveyed, &nothing, &self.sent, &[]) {
            return Ok(Swapped::Unclear(format!("a name that nobody has: {because}")));
        }
        let also: BTreeSet<String> =
            nothing.response().map(leaves).unwrap_or_default().into_iter().map(|leaf| leaf.text).collect();
        let leaves: Vec<Leaf> = found.into_iter().filter(|leaf| !also.contains(&leaf.text)).collect();
        if leaves.is_empty() {
            return Ok(Swapped::Nothing("a name that nobody has is answered alike".to_owned()));
        }
        let again = cx.send(&self.attack.again(1)).await?;
        Ok(Swapped::Shown(Box::new(Shown { leaves, attack, again, nothing })))
    }
}

/// Whether the collection shows a caller nothing but its own.
pub(crate) fn is_scoped_for(cx: &CheckCx<'_>, surveyed: &Surveyed, caller: &Person) -> bool {
    let lists = cx.survey.objects.lists.iter().filter(|((id, _), _)| *id == surveyed.operation.id);
    let own = |key: &ObjectKey| cx.survey.owner(key).is_some_and(|(name, _)| name == caller.name);
    let mut shown = lists.filter_map(|(_, callers)| callers.get(&caller.name)).peekable();
    shown.peek().is_some() && shown.all(|listed| !listed.is_empty() && listed.iter().all(own))
}

/// Returns known objects of the owner that the answer carries: their id, and a value of theirs among those that were
/// shown.
pub(crate) fn keys_of(cx: &CheckCx<'_>, shown: &Shown, owner: &Person) -> Vec<ObjectKey> {
    let texts: BTreeSet<&str> = shown.leaves.iter().map(|leaf| leaf.text.as_str()).collect();
    let json = shown.attack.response().and_then(|response| response.json.as_ref());
    let ids: BTreeSet<String> = json
        .into_iter()
        .flat_map(objects_in)
        .take(400)
        .flat_map(|fields| Object::of("", fields, std::collections::BTreeMap::new()).fields.into_values())
        .filter_map(|value| scalar_text(&value))
        .collect();
    cx.survey
        .owners
        .iter()
        .filter(|(key, (name, _))| *name == owner.name && ids.contains(&key.1))
        .filter(|(key, _)| {
            let fields = cx.survey.objects.known.get(*key).map(|object| &object.fields);
            fields
                .into_iter()
                .flatten()
                .any(|(_, value)| scalar_text(value).is_some_and(|text| texts.contains(text.as_str())))
        })
        .map(|(key, _)| key.clone())
        .collect()
}

/// Pairs of signed-in callers of one rank, as intruder and owner, that an operation was asked by.
pub(crate) fn pairs<'a>(cx: &'a CheckCx<'_>) -> Vec<(&'a Person, &'a Person)> {
    cx.survey.people.peer_pairs()
}

/// A request as nobody.
pub(crate) fn as_nobody(ask: &Ask) -> Ask {
    Ask { caller: Caller::Anonymous, ..ask.clone() }
}
