//! Trials of operations that make something: the same body as a caller, without credentials, and once more.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::funnel::OPEN_TO_ALL;
use super::lab::Lab;
use super::look::ObjectView;
use crate::act::{ActKind, Acting, Below, Created, Unusual, Unusually, item_operations};
use crate::model::{ANONYMOUS, Method, Silence};
use crate::probe::{Answer, AskCaller, SendError};
use crate::survey::Person;

/// A creating operation, the caller that uses it, and what is unusual in the body.
#[derive(Debug)]
pub(crate) struct Making<'a> {
    pub(super) lab: &'a Lab<'a>,
    pub(super) index: usize,
    pub(super) caller: &'a str,
    /// Further fields, which stay as they are also where a refusal complains of them.
    pub(super) fields: Map<String, Value>,
    /// Whose the object may become by them.
    pub(super) heirs: Vec<String>,
    /// Below what it is made, where that is not the caller's own.
    pub(super) below: Option<Below>,
}

/// What was made by a function, and who sees it.
pub(crate) struct CreationEvidence {
    pub(crate) answer: Arc<Answer>,
    pub(crate) viewer: String,
    pub(crate) seen: ObjectView,
    /// The answer to the same without credentials.
    pub(crate) nobody: Arc<Answer>,
    /// A second one was made and is seen too.
    pub(crate) repeated: bool,
}

impl Making<'_> {
    /// Makes one, as the caller or as another sender.
    pub(super) async fn make(&self, sender: Option<&str>) -> Result<Unusually, SendError> {
        let how = Unusual {
            sender: sender.map(str::to_owned),
            fields: self.fields.clone(),
            insists: !self.fields.is_empty(),
            // What another sender makes may become the caller's, who has to remove it then.
            heirs: self.heirs.iter().cloned().chain(sender.map(|_| self.caller.to_owned())).collect(),
            below: self.below.clone(),
        };

        self.lab.maker.make_unusually(self.index, self.caller, &how).await
    }

    /// Sends the same without credentials; the answer, where there was one, and why nothing was made.
    ///
    /// # Errors
    /// Where something is made another check reports that.
    pub(super) async fn ask_nobody(&self) -> Result<(Option<Arc<Answer>>, String), Silence> {
        match self.make(Some(ANONYMOUS)).await? {
            Unusually::Not(answer, because) => Ok((answer, because)),
            Unusually::Made(_) => {
                let because = "anonymous callers are let in too".to_owned();
                Err(Silence::SeeOther { check: OPEN_TO_ALL, because })
            }
        }
    }

    /// Makes one object, with a caller that sees it on another route.
    async fn make_seen(&self, viewers: &[&str]) -> Result<Option<(Created, String, ObjectView)>, SendError> {
        let Unusually::Made(created) = self.make(None).await? else { return Ok(None) };
        for viewer in viewers {
            if let Some(seen) = self.lab.view(viewer, &created).await?
                && seen.object.is_some()
            {
                return Ok(Some((*created, (*viewer).to_owned(), seen)));
            }
        }

        Ok(None)
    }
}

impl Lab<'_> {
    /// Returns the number by which the maker knows a creating operation.
    pub(crate) fn index_of(&self, acting: &Acting) -> Option<usize> {
        self.maker.acting.iter().position(|other| other.operation.id == acting.operation.id)
    }

    /// Makes something by a function as a caller of a lower role.
    ///
    /// # Errors
    /// Why that was not tried, or shows nothing.
    pub(crate) async fn make_by_function(&self, acting: &Acting, caller: &Person) -> Result<CreationEvidence, Silence> {
        let index = self.index_of(acting).filter(|_| acting.kind == ActKind::Create);
        let index = index.ok_or_else(|| Silence::not_tried("it was called on nothing that exists"))?;

        if !self.can_be_removed(acting, caller).await? {
            return Err(Silence::not_tried("what it makes could not be removed again, so nothing was made"));
        }
        let making =
            Making { lab: self, index, caller: &caller.name, fields: Map::new(), heirs: Vec::new(), below: None };
        // A function that is open without credentials is another check's finding, so that is asked first.
        let (nobody, because) = making.ask_nobody().await?;
        let nobody = nobody.ok_or_else(|| Silence::undecided(because))?;
        // The maker itself may be shown nothing of it, so higher roles look as well.
        let viewers: Vec<&str> =
            [caller].into_iter().chain(self.higher(caller)).map(|person| person.name.as_str()).collect();
        let unseen = || Silence::undecided("no independent view shows anything made by it");
        let (first, viewer, seen) = making.make_seen(&viewers).await?.ok_or_else(unseen)?;
        let repeated = making.make_seen(&viewers).await?.is_some();

        Ok(CreationEvidence { answer: first.answer, viewer, seen, nobody, repeated })
    }

    fn higher(&self, caller: &Person) -> impl Iterator<Item = &Person> {
        let rank = caller.rank;
        self.survey.people.all.iter().filter(move |person| person.rank > rank && person.signed_in)
    }

    /// Returns true where a route removes such things, and a caller gets through to it.
    async fn can_be_removed(&self, acting: &Acting, caller: &Person) -> Result<bool, SendError> {
        let removals = item_operations(self.maker.api, acting, Method::Delete);
        let found = removals.into_iter().find_map(|operation| {
            self.maker.acting.iter().find(|other| other.operation.id == operation.id && other.left_alone.is_none())
        });
        let Some(removal) = found else { return Ok(false) };

        if self.higher(caller).next().is_some() {
            return Ok(true);
        }
        let Some(call) = self.harmless(removal) else { return Ok(false) };
        let answer = match self.send_harmless(&call, removal, AskCaller::named(&caller.name)).await {
            Err(SendError::NotOwn(_)) => return Ok(false),
            answer => answer?,
        };
        // These statuses are of the object that does not exist: the caller got past the guard.
        Ok(matches!(answer.status(), Some(200 | 204 | 400 | 404 | 410 | 422)))
    }
}
