//! The trial of making objects without a credential: signed-in users look for what was made.

use super::answers::refusal_sign;
use super::lab::Lab;
use super::look::ObjectView;
use crate::act::{Acting, Created, Unusual, Unusually};
use crate::model::{ANONYMOUS, Silence, ensure};
use crate::probe::SendError;
use crate::survey::{Person, is_strong_owner_name};

/// Most signed-in users that look for what was made.
const MAX_READERS: usize = 3;

/// An object that a signed-in user made, of the kind that is to be made without a credential.
#[derive(Debug)]
pub(crate) struct NamelessMaking<'a> {
    lab: &'a Lab<'a>,
    acting: &'a Acting,
    signed: &'a [&'a Person],
    index: usize,
    /// Who made it.
    pub(crate) owner: &'a Person,
    /// The object: the positive control.
    pub(crate) control: Created,
}

impl<'a> NamelessMaking<'a> {
    /// Finds what a signed-in user made by the operation.
    ///
    /// # Errors
    /// `NotTried` where there is none, or what is made cannot be removed again.
    pub(crate) fn find(lab: &'a Lab<'a>, acting: &'a Acting, signed: &'a [&'a Person]) -> Result<Self, Silence> {
        let made = lab.maker.made();
        let by = |name: &str| made.iter().find(|created| lab.is_at(created.producer, acting) && created.caller == name);
        let found = signed.iter().find_map(|person| Some((*person, by(&person.name)?.clone())));
        let (owner, control) = found.ok_or_else(|| lab.no_target(acting, true))?;
        let making = Self { lab, acting, signed, index: control.producer, owner, control };
        ensure(making.can_undo(), || Silence::not_tried("not tried: what is made here cannot be removed again"))?;

        Ok(making)
    }

    /// Whether what the operation makes can be removed again.
    fn can_undo(&self) -> bool {
        let journal = self.lab.maker.probe.journal();
        journal.is_some_and(|journal| {
            journal.has_entry(|entry| entry.n == self.control.entry && entry.note.undo.is_some())
        })
    }

    /// Makes one more without a credential.
    ///
    /// # Errors
    /// `Held` where that is refused.
    pub(crate) async fn make(&self) -> Result<Created, Silence> {
        match self.lab.maker.make_unusually(self.index, &self.owner.name, &self.without_credentials()).await? {
            Unusually::Made(created) => Ok(*created),
            Unusually::Not(Some(answer), because) => {
                self.lab.note(self.acting, ANONYMOUS, "", false, because.clone());
                let sign = refusal_sign(&answer).ok_or_else(|| Silence::undecided(because))?;
                let because = format!("anonymous is refused: {sign}");
                Err(Silence::held(&answer.exchange, &self.control.answer.exchange, because))
            }
            Unusually::Not(None, because) => Err(Silence::undecided(because)),
        }
    }

    /// Makes a second one, and returns whether a caller finds it.
    pub(crate) async fn goes_again(&self) -> Result<bool, Silence> {
        match self.lab.maker.make_unusually(self.index, &self.owner.name, &self.without_credentials()).await? {
            Unusually::Made(second) => Ok(self.look(&second).await?.is_some()),
            Unusually::Not(..) => Ok(false),
        }
    }

    /// How an object is made without credentials. Where the body may name an owner it does: one of the callers must be able
    /// to remove what is made.
    fn without_credentials(&self) -> Unusual {
        let owner = self.owner;
        let mut heirs = vec![owner.name.clone()];
        heirs.extend(self.signed.iter().map(|person| person.name.clone()).filter(|name| *name != owner.name));
        let mut fields = self.control.object.fields.iter();
        // A field of a nested object says whose that one is.
        let named = fields.find(|(name, value)| {
            !name.contains('/') && is_strong_owner_name(name) && self.lab.names(owner, name, value)
        });
        let fields = named.map(|(name, value)| (name.clone(), value.clone())).into_iter().collect();
        Unusual { sender: Some(ANONYMOUS.to_owned()), fields, heirs, insists: true, below: None }
    }

    /// Returns the caller that finds an object, and how it looks to it; anonymous callers last.
    ///
    /// # Errors
    /// `Undecided` where no caller does.
    pub(crate) async fn find_reader(&self, created: &Created) -> Result<(String, ObjectView), Silence> {
        let found = self.look(created).await?;
        found.ok_or_else(|| Silence::undecided("the answer says that it was made, and no caller finds it"))
    }

    async fn look(&self, created: &Created) -> Result<Option<(String, ObjectView)>, SendError> {
        let signed = self.signed.iter().map(|person| person.name.as_str());
        for name in signed.take(MAX_READERS).chain(std::iter::once(ANONYMOUS)) {
            let seen = self.lab.view(name, created).await?.filter(|seen| seen.object.is_some());
            if let Some(seen) = seen {
                return Ok(Some((name.to_owned(), seen)));
            }
        }

        Ok(None)
    }
}
