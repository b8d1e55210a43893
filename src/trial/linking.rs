//! The trial of tying a thing to another caller's object, or of untying one: by the plain path, and below a parent of the
//! intruder's own. The owner's list of what is tied decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::{access_refusal, status_of, why_inconclusive};
use super::funnel::OPEN_TO_ALL;
use super::lab::Lab;
use super::look::is_telling;
use crate::act::{ActKind, Acting, Created, ObjectLink, link_of, objects_in};
use crate::model::{Silence, clean_name};
use crate::probe::{Answer, Ask, AskCaller, Values, operation_url};
use crate::survey::{Object, Person, Slot, is_clear_success, scalar_text};

/// What is done to the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkAction {
    /// A thing of the intruder's own is tied to the owner's object.
    Tie,
    /// The owner's thing is untied from it.
    Untie,
}

/// An operation that ties or unties, with an object that it is tried on.
#[derive(Debug)]
pub(crate) struct Linking<'a> {
    lab: &'a Lab<'a>,
    link: ObjectLink<'a>,
    /// What the operation does.
    pub(crate) deed: LinkAction,
    /// Who tries it.
    pub(crate) intruder: &'a Person,
    /// Whose the object is.
    pub(crate) owner: &'a Person,
    /// The object that is tied to.
    pub(crate) host: Created,
    /// What its owner ties to it.
    thing: Created,
    /// What the intruder ties to it.
    own: Created,
    /// The intruder's own object of the host's kind.
    sibling: Option<Created>,
}

/// A link that another caller made or cut, and its controls.
#[derive(Debug)]
pub(crate) struct Linked {
    /// The owner's own link, which showed.
    pub(crate) control: Arc<Answer>,
    pub(crate) attack: Arc<Answer>,
    /// The owner's list after it.
    pub(crate) seen: Arc<Answer>,
    /// The answer that refused the same by the plain path, with its sign.
    pub(crate) refused: Option<(Arc<Answer>, String)>,
    /// The parent of the intruder's own, in words.
    pub(crate) own_parents: Option<String>,
    /// The answer to the same without credentials, which did nothing.
    pub(crate) nobody: Arc<Answer>,
    /// The same once more.
    pub(crate) repeated: bool,
}

/// What came of one path.
enum LinkAttempt {
    Done { attack: Arc<Answer>, seen: Arc<Answer>, nobody: Arc<Answer> },
    Missed(Arc<Answer>, String),
}

impl<'a> Lab<'a> {
    /// Returns the trial of an operation that ties or unties two objects; `None` where it is no such operation.
    ///
    /// # Errors
    /// `NotTried` where there are no two callers with objects of both kinds.
    pub(crate) fn linking(&'a self, acting: &'a Acting) -> Result<Option<Linking<'a>>, Silence> {
        let Some(link) = link_of(self.maker.api, self.maker.acting, &acting.operation) else { return Ok(None) };
        let [.., of_host, of_thing] = link.tie.slots.as_slice() else { return Ok(None) };

        // A tie to an account is a membership, which others may be meant to give.
        if of_thing.resources.iter().chain(&of_host.resources).any(|resource| self.is_people(resource)) {
            return Ok(None);
        }
        let deed = if acting.kind == ActKind::Delete { LinkAction::Untie } else { LinkAction::Tie };
        let (pairs, made) = (self.pairs(), self.maker.made());
        let of = |slot: &Slot, caller: &Person, fits: &dyn Fn(&Created) -> bool| {
            let mut own = made.iter().rev().filter(|made| made.caller == caller.name && fits(made));
            own.find(|made| slot.resources.contains(&made.object.resource)).cloned()
        };
        let any = |_: &Created| true;
        let found = pairs.iter().find_map(|(intruder, owner)| {
            let host = of(of_host, owner, &|host| link.place(self.maker.api, host).is_some())?;
            let (thing, own) = (of(of_thing, owner, &any)?, of(of_thing, intruder, &any)?);
            let sibling = of(of_host, intruder, &|other| other.producer == host.producer);
            Some(Linking { lab: self, link, deed, intruder, owner, host, thing, own, sibling })
        });

        found.ok_or_else(|| self.no_target(acting, !pairs.is_empty())).map(Some)
    }
}

impl<'a> Linking<'a> {
    /// Lets the owner tie its own, and the intruder try.
    ///
    /// # Errors
    /// `Held` where the owner's list stays as it was; else why there is no verdict.
    pub(crate) async fn run(&self) -> Result<Linked, Silence> {
        let place = self.link.place(self.lab.maker.api, &self.host);
        let place = place.ok_or_else(|| Silence::undecided("the path to what is tied is not known"))?;
        let came_to = self.try_at(&place).await;

        // Nothing may stay tied that keeps the objects from being removed.
        for thing in [&self.thing, &self.own] {
            if self.is_listed(&place, thing).await?.0 == Some(true) {
                self.send(self.link.untie, &self.owner.name, &place, thing).await?;
            }
        }
        came_to
    }

    /// Keeps for the access model what the two are shown of the object.
    ///
    /// # Errors
    /// As the looks that it takes.
    pub(crate) async fn ask_peer(&self) -> Result<(), Silence> {
        Ok(self.lab.ask_both(&self.host, (self.intruder, self.owner)).await?)
    }

    async fn try_at(&self, place: &Values) -> Result<Linked, Silence> {
        // Where the owner's own tie does not show, no intruder's would.
        let control = self.tie_own(place).await?;
        let (answer, because) = match self.attempt(place, place).await? {
            LinkAttempt::Done { attack, seen, nobody } => {
                let repeated = self.repeat(place, place).await?;
                return Ok(Linked { control, attack, seen, refused: None, own_parents: None, nobody, repeated });
            }
            LinkAttempt::Missed(answer, because) => (answer, because),
        };

        let hold = |answer: &Answer, because: String| {
            self.lab.note(self.acting(), &self.intruder.name, &self.owner.name, false, because.clone());
            Silence::held(&answer.exchange, &control.exchange, because)
        };
        let Some((mixed, parents)) = self.mixed(place) else { return Err(hold(&answer, because)) };
        // Without an outright refusal of the plain path it is open why the mixed one got through.
        let sign = access_refusal(&answer).ok_or_else(|| Silence::undecided(because.clone()))?;

        match self.attempt(place, &mixed).await? {
            LinkAttempt::Done { attack, seen, nobody } => {
                let repeated = self.repeat(place, &mixed).await?;
                let refused = Some((answer, sign));
                Ok(Linked { control, attack, seen, refused, own_parents: Some(parents), nobody, repeated })
            }
            LinkAttempt::Missed(below, also) => {
                Err(hold(&below, format!("{because}; below {parents} of its own: {also}")))
            }
        }
    }

    /// Lets the owner tie its own thing, which must show.
    async fn tie_own(&self, place: &Values) -> Result<Arc<Answer>, Silence> {
        if self.is_listed(place, &self.thing).await?.0 != Some(false) {
            return Err(Silence::undecided("the owner's list does not show what is tied and what is not"));
        }
        let answer = self.send(self.link.tie, &self.owner.name, place, &self.thing).await?;

        match self.look(place, &self.thing, (true, &answer)).await? {
            Some(_) => Ok(answer),
            None => Err(Silence::undecided(format!(
                "{}'s own link does not show (status {})",
                self.owner.name,
                status_of(&answer)
            ))),
        }
    }

    fn acting(&self) -> &'a Acting {
        if self.deed == LinkAction::Tie { self.link.tie } else { self.link.untie }
    }

    /// Returns what is tied or untied by the intruder.
    pub(crate) fn moved(&self) -> &Created {
        if self.deed == LinkAction::Tie { &self.own } else { &self.thing }
    }

    /// Tries one path without credentials and as the intruder, with the owner's look at the true one after each.
    async fn attempt(&self, place: &Values, path: &Values) -> Result<LinkAttempt, Silence> {
        let (moved, wanted) = (self.moved(), self.deed == LinkAction::Tie);
        let nobody = self.send(self.acting(), crate::model::ANONYMOUS, path, moved).await?;
        let done = |answer: &Answer| answer.response().is_some_and(is_clear_success);

        if done(&nobody) && self.look(place, moved, (wanted, &nobody)).await?.is_some() {
            let because = "anonymous callers are let in too".to_owned();
            return Err(Silence::SeeOther { check: OPEN_TO_ALL, because });
        }
        let attack = self.send(self.acting(), &self.intruder.name, path, moved).await?;

        if let Some(because) = why_inconclusive(&attack) {
            return Err(Silence::undecided(because));
        }
        // Only a success may have tied or untied anything.
        let seen = if done(&attack) { self.look(place, moved, (wanted, &attack)).await? } else { None };
        // A caller that its own request signed out is refused for that reason from now on.
        self.lab.check_session(&self.intruder.name).await?;

        if let Some(seen) = seen {
            return Ok(LinkAttempt::Done { attack, seen, nobody });
        }
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let because = match access_refusal(&attack) {
            Some(sign) => format!("{intruder} is refused: {sign}"),
            None => {
                format!("{intruder} was answered status {}, and {owner}'s list stayed as it was", status_of(&attack))
            }
        };

        Ok(LinkAttempt::Missed(attack, because))
    }

    /// Puts the link back as it was, and tries the path that worked once more.
    async fn repeat(&self, place: &Values, path: &Values) -> Result<bool, Silence> {
        let (moved, wanted) = (self.moved(), self.deed == LinkAction::Tie);
        // The owner puts the link back: done by the intruder it would be an attack of its own.
        let back = if wanted { self.link.untie } else { self.link.tie };
        let answer = self.send(back, &self.owner.name, place, moved).await?;

        if self.look(place, moved, (!wanted, &answer)).await?.is_none() {
            return Ok(false);
        }
        let answer = self.send(self.acting(), &self.intruder.name, path, moved).await?;
        Ok(self.look(place, moved, (wanted, &answer)).await?.is_some())
    }

    async fn send(
        &self,
        acting: &Acting,
        caller: &str,
        path: &Values,
        thing: &Created,
    ) -> Result<Arc<Answer>, Silence> {
        let values = self.link.values(acting, path, thing);
        let values = values.ok_or_else(|| Silence::undecided("the path to what is tied is not known"))?;
        let caller = if caller == crate::model::ANONYMOUS { AskCaller::Anonymous } else { self.lab.caller(caller) };
        Ok(self.lab.write(acting, caller, &values, None).await?.answer)
    }

    /// Looks until the owner's list has a thing, or has it no more, after an answer to what ties or unties it.
    async fn look(
        &self,
        place: &Values,
        thing: &Created,
        (wanted, sent): (bool, &Answer),
    ) -> Result<Option<Arc<Answer>>, Silence> {
        let acting = if wanted { self.link.tie } else { self.link.untie };
        let mut watch = self.lab.promptness.watch(&acting.operation.id, sent);

        while watch.is_due().await {
            let (listed, answer) = self.is_listed(place, thing).await?;
            if listed == Some(wanted) {
                watch.showed();
                return Ok(Some(answer));
            }
        }

        Ok(None)
    }

    /// Returns whether the owner's list has a thing; `None` where it was not served.
    async fn is_listed(&self, place: &Values, thing: &Created) -> Result<(Option<bool>, Arc<Answer>), Silence> {
        let url = operation_url(self.lab.maker.probe.base_url(), self.link.list, place);
        let url = url.map_err(|_| Silence::undecided("the address could not be built"))?;
        let answer = self.lab.maker.probe.look_again(&Ask::get(self.lab.caller(&self.owner.name), url)).await?;
        let response = answer.response().filter(|response| is_clear_success(response) && is_telling(&answer));
        let json = response.and_then(|response| response.json.as_ref());
        let slot = self.link.tie.slots.last();
        let id = |object: &Object| slot.and_then(|slot| object.slot_value(slot)).and_then(scalar_text);
        let wanted = id(&thing.object);
        let listed = json.map(|json| {
            objects_in(json).any(|fields| {
                let object = Object::of(&thing.object.resource, fields, BTreeMap::new());
                wanted.is_some() && id(&object) == wanted
            })
        });

        Ok((listed, answer))
    }

    /// Returns the place with the parents of the intruder's own, in words too; `None` where it has none, or they are the same.
    fn mixed(&self, place: &Values) -> Option<(Values, String)> {
        let own = self.link.place(self.lab.maker.api, self.sibling.as_ref()?)?;
        let [parents @ .., _, _] = self.link.tie.slots.as_slice() else { return None };
        let (mut mixed, mut said) = (place.clone(), Vec::new());

        for slot in parents {
            let key = (slot.place, slot.name.clone());
            let value = own.get(&key)?;

            if place.get(&key) != Some(value) {
                let kind = slot.resources.first().map_or(slot.name.as_str(), String::as_str);
                let id = scalar_text(value).unwrap_or_default();
                said.push(format!("{} {}", clean_name(kind, 40), clean_name(&id, 60)));
                mixed.insert(key, value.clone());
            }
        }

        (!said.is_empty()).then(|| (mixed, said.join(", ")))
    }
}
