//! Sign-ins that are tried on a throw-away account, and on names that no account has.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::act::{Account, Acting, Extra, Persona, marker, password_of};
use crate::checks::acting::ActCx;
use crate::checks::rule::{ensure, status};
use crate::model::{Credential, Identity, LoginRecipe, Secret, Silence, clean};
use crate::probe::{Answer, Response, SendError};
use crate::survey::{is_soft_error, leaves, looks_volatile};

/// A throw-away account that signs in through an operation.
pub(super) struct Trial<'a> {
    cx: &'a ActCx<'a>,
    identity: &'a Identity,
    /// Its sign-up and sign-in.
    pub(super) extra: Extra<'a>,
}

impl<'a> Trial<'a> {
    /// The last account for which this holds: most checks act as the first.
    pub(super) fn find(cx: &'a ActCx<'a>, fits: impl Fn(&Account) -> bool) -> Option<Self> {
        cx.accounts.made.iter().rev().filter(|account| fits(account)).find_map(|account| {
            let identity = cx.check.probe.identities().iter().find(|identity| identity.name == account.name)?;
            let Credential::Login(recipe) = &identity.credential else { return None };
            let extra =
                Extra { api: cx.maker.api, probe: cx.check.probe, acting: cx.maker.acting, like: account, recipe };
            account.sign_in.is_some().then_some(Self { cx, identity, extra })
        })
    }

    /// Finds the account that signs in through this operation.
    ///
    /// # Errors
    /// `NotTried` where there is none.
    pub(super) fn of_sign_in(cx: &'a ActCx<'a>, acting: &Acting) -> Result<Self, Silence> {
        let is_this =
            |index: usize| cx.maker.acting.get(index).is_some_and(|known| known.operation.id == acting.operation.id);
        Self::find(cx, |account| account.sign_in.is_some_and(is_this)).ok_or_else(|| {
            cx.lacks_account("needs a throw-away account that signs in here: wrong passwords are not tried on yours")
        })
    }

    /// The identity's name.
    pub(super) fn name(&self) -> &str {
        &self.identity.name
    }

    /// Who it is to the API.
    pub(super) fn persona(&self) -> &Persona {
        &self.extra.like.persona
    }

    /// Signs in with the right password; the session of the scan stays as it is.
    pub(super) async fn right(&self) -> Result<Arc<Answer>, SendError> {
        let LoginRecipe { secrets, .. } = self.extra.recipe;
        let password = secrets.get("password").cloned().unwrap_or_else(|| Secret::new(""));
        self.extra.sign_in(self.persona(), &password).await
    }

    /// The same as a condition: the right password signs the account in.
    pub(super) async fn right_is_taken(&self) -> Result<Arc<Answer>, Silence> {
        let right = self.right().await?;
        ensure(self.lets_in(&right), || {
            let name = self.name();
            Silence::undecided(format!("the right password of {name} does not sign it in (status {})", status(&right)))
        })?;
        Ok(right)
    }

    /// Signs in under a name with a password.
    pub(super) async fn with(&self, who: &Persona, password: &Secret) -> Result<Arc<Answer>, SendError> {
        self.extra.sign_in(who, password).await
    }

    /// Whether an answer lets a caller in: it is a success and carries a token where the right one does.
    pub(super) fn lets_in(&self, answer: &Answer) -> bool {
        let accepted = answer.response().is_some_and(|response| response.status < 400 && !is_soft_error(response));
        accepted && self.cx.check.probe.further_token(self.identity, answer).is_some()
    }
}

/// A password of the form that the throw-away accounts' have, and that none has.
pub(super) fn wrong_password() -> Secret {
    password_of(&rand::random::<[u8; 32]>())
}

/// Returns a person whom the API does not know.
pub(super) fn nobody() -> Persona {
    Persona::new(&marker())
}

/// What several answers have in common: names masked, and what differs between them marked as varying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    status: u16,
    leaves: BTreeMap<String, Option<String>>,
}

impl Shape {
    /// The shape of answers about these people; `None` when they do not agree in status and fields.
    pub(super) fn of(answers: &[&Answer], people: &[&Persona]) -> Option<Self> {
        let mut shapes = answers.iter().map(|answer| answer.response().map(|response| Self::one(response, people)));
        let mut common = shapes.next()??;
        for shape in shapes {
            let shape = shape?;
            if shape.status != common.status || !shape.leaves.keys().eq(common.leaves.keys()) {
                return None;
            }
            for (at, text) in &mut common.leaves {
                if shape.leaves.get(at) != Some(text) {
                    *text = None;
                }
            }
        }
        Some(common)
    }

    fn one(response: &Response, people: &[&Persona]) -> Self {
        let mask = |text: String| {
            people.iter().fold(text, |text, who| text.replace(&who.email, "(name)").replace(&who.username, "(name)"))
        };
        let leaves = leaves(response)
            .into_iter()
            .map(|leaf| {
                let text = mask(leaf.text);
                (leaf.at, (!looks_volatile(&text)).then_some(text))
            })
            .collect();
        Self { status: response.status, leaves }
    }

    /// The first thing in which two shapes differ, in words: this one's first.
    pub(super) fn differs_from(&self, other: &Self) -> Option<String> {
        if self.status != other.status {
            return Some(format!("status {} against {}", self.status, other.status));
        }
        for (at, text) in &self.leaves {
            match (text, other.leaves.get(at)) {
                (Some(text), Some(Some(other))) if text != other => {
                    return Some(format!(
                        "`{}` is `{}` against `{}`",
                        clean(at, 60),
                        clean(text, 80),
                        clean(other, 80)
                    ));
                }
                (_, None) => return Some(format!("`{}` is there for one alone", clean(at, 60))),
                _ => {}
            }
        }
        let more = other.leaves.keys().find(|at| !self.leaves.contains_key(*at))?;
        Some(format!("`{}` is there for one alone", clean(more, 60)))
    }

    /// The places that vary.
    pub(super) fn varying(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().filter(|(_, text)| text.is_none()).map(|(at, _)| at.as_str())
    }

    /// Whether some field varies whose name counts or delays: attempts that are left, seconds to wait.
    pub(super) fn counts(&self) -> Option<&str> {
        const SIGNS: &[&str] = &["attempt", "remain", "left", "tries", "lock", "retry", "wait", "delay", "fail"];
        self.varying().find(|at| {
            let name = at.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            SIGNS.iter().any(|sign| name.contains(sign))
        })
    }
}
