//! Other people's accounts, changed through their id: a part of `authz/bola-write`. Tried on a spare account alone.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::act::{Acting, Kind, Spare, declared_names, is_email, is_password};
use crate::checks::acting::ActCx;
use crate::checks::own_account::Mirrored;
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status};
use crate::model::{ANONYMOUS, Credential, Identity, Method, Place, Role, Secret, Verdict, clean_name};
use crate::probe::{Answer, SendError};
use crate::survey::{ends_in_id, is_owner_name, is_soft_error, role_word, words};

/// Whether an operation changes an account that its address names: `PUT /users/{id}`, `PUT /users/{name}/password`.
pub(super) fn concerns(cx: &ActCx<'_>, acting: &Acting) -> bool {
    let people = |slot: &crate::survey::Slot| slot.resources.iter().any(|resource| cx.is_people(resource));
    acting.kind == Kind::Update
        && matches!(acting.operation.method, Method::Put | Method::Patch | Method::Post)
        && role_word(&acting.operation.path).is_none()
        && matches!(acting.slots.as_slice(), [slot] if slot.place == Place::Path && people(slot))
}

/// What is changed to be seen again.
enum Aim {
    /// A field that the account's own view shows.
    Field(String),
    /// The password: the sign-in shows it.
    Password(String),
}

/// One intruder on one spare account.
struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    intruder: String,
    spare: Spare,
    aim: Aim,
}

/// One write and whether it shows.
struct Tried {
    answer: Arc<Answer>,
    shows: bool,
    seen: Option<Arc<Answer>>,
}

pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    let (Some(model), Some(intruder)) = (cx.model(), cx.accounts.made.last()) else {
        return Ok(skipped(
            "needs a throw-away account to be changed",
            Some("scan with --auto-accounts, so that accounts of the scan's own may be changed"),
        ));
    };
    let spare = match cx.spares.make(model, &Map::new()).await? {
        Ok(spare) => spare,
        Err(because) => return Ok(inconclusive(format!("no account could be made to be changed: {because}"), None)),
    };
    let Some(view) = cx.mirror(&cx.who_spare(&spare)).await? else {
        return Ok(inconclusive("no route shows the account to itself", None));
    };
    let Some(aim) = aim(cx, acting, &view) else {
        return Ok(inconclusive("no field is known that the operation changes and the account shows", None));
    };
    let attempt = Attempt { cx, acting, intruder: intruder.name.clone(), spare, aim };
    let verdict = attempt.carry_out(&view).await;
    attempt.restore(&view).await?;
    verdict
}

fn aim(cx: &ActCx<'_>, acting: &Acting, view: &Mirrored) -> Option<Aim> {
    let (names, known) = declared_names(cx.maker.api, acting);
    let (passwords, others): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| is_password(name));
    let old = |name: &String| words(name).iter().any(|word| matches!(word.as_str(), "old" | "current" | "present"));
    if !known || others.iter().any(old) {
        // Who must know the old password is no stranger.
        return None;
    }
    let free = |name: &&String| {
        !is_owner_name(name)
            && !ends_in_id(name)
            && !crate::act::is_privilege(name)
            && view.value(name).is_some_and(|(value, _)| value.is_string())
    };
    let field = others.iter().filter(|_| passwords.is_empty()).find(free).or_else(|| {
        others.iter().filter(|name| passwords.is_empty() && is_email(name)).find(|name| view.value(name).is_some())
    });
    field.cloned().map(Aim::Field).or_else(|| {
        let only = passwords.first().filter(|_| passwords.len() == 1)?;
        Some(Aim::Password(only.clone()))
    })
}

impl Attempt<'_> {
    async fn carry_out(&self, view: &Mirrored) -> Result<Verdict, SendError> {
        let (intruder, owner) = (self.intruder.as_str(), self.spare.name.as_str());
        let own = self.attempt(owner, view, 1).await?;
        if !own.shows {
            let what = ActCx::refusal(&own.answer).unwrap_or_else(|| format!("status {}", status(&own.answer)));
            self.cx.note(self.acting, owner, owner, false, format!("its own change does not show ({what})"));
            return Ok(inconclusive(format!("the account's own change does not show ({what})"), None));
        }
        self.cx.note(self.acting, owner, owner, true, "its own change shows");
        let nobody = self.attempt(ANONYMOUS, view, 2).await?;
        self.cx.note(
            self.acting,
            ANONYMOUS,
            owner,
            nobody.shows,
            format!("a change without credentials: status {}", status(&nobody.answer)),
        );
        if nobody.shows {
            return Ok(held("anonymous callers are let in too: see authn/missing-write"));
        }
        let attack = self.attempt(intruder, view, 3).await?;
        if let Some(because) = ActCx::no_answer(&attack.answer) {
            return Ok(inconclusive(because, None));
        }
        if !attack.shows {
            let because = match ActCx::refusal(&attack.answer) {
                Some(sign) => format!("{intruder} is refused: {sign}"),
                None => format!(
                    "{intruder} was answered status {}, and the account stayed as it was",
                    status(&attack.answer)
                ),
            };
            self.cx.note(self.acting, intruder, owner, false, because.clone());
            return Ok(held(because));
        }
        let again = self.attempt(intruder, view, 4).await?;
        Ok(self.proven(&own, &nobody, &attack, &again))
    }

    fn proven(&self, own: &Tried, nobody: &Tried, attack: &Tried, again: &Tried) -> Verdict {
        let (intruder, owner) = (self.intruder.as_str(), self.spare.name.as_str());
        let what = match &self.aim {
            Aim::Field(name) => format!("`{}`", clean_name(name, 60)),
            Aim::Password(_) => "the password".to_owned(),
        };
        let mut proof = Proof::default();
        proof.clause(
            "owner-can-write",
            true,
            format!("{owner}'s own change of {what} shows (status {})", status(&own.answer)),
        );
        proof.clause(
            "anonymous-cannot",
            !nobody.shows,
            format!("a change without credentials (status {}) does not show", status(&nobody.answer)),
        );
        proof.clause(
            "owner-sees-the-change",
            true,
            match &self.aim {
                Aim::Field(_) => format!("{owner} reads {what} as {intruder} wrote it"),
                Aim::Password(_) => {
                    format!("{owner} signs in with the password that {intruder} set, and not with its own")
                }
            },
        );
        proof.clause("meant-for-owner", true, format!("it is {owner}'s own account"));
        proof.clause("repeated", again.shows, "a second change with another value shows too");
        proof.show(Role::Attack, &attack.answer).show(Role::Baseline, &own.answer).show(Role::Control, &nobody.answer);
        for seen in [&attack.seen, &again.seen].into_iter().flatten() {
            proof.show(Role::Readback, seen);
        }
        let claim = format!("{intruder} changed {what} of {owner}'s account");
        self.cx.note(self.acting, intruder, owner, true, claim.clone());
        let site = self.acting.slots.last().map(crate::survey::Slot::site).unwrap_or_default();
        proof.broken(Finding {
            site,
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }

    /// Writes the value of a round as a caller, and looks as the owner.
    async fn attempt(&self, caller: &str, view: &Mirrored, round: u8) -> Result<Tried, SendError> {
        let name = &self.spare.persona.username;
        let (field, value) = match &self.aim {
            Aim::Field(field) if is_email(field) => (field, json!(format!("{name}x{round}@example.com"))),
            Aim::Field(field) => (field, json!(format!("{name}x{round}"))),
            Aim::Password(field) => (field, json!(self.password(round).expose())),
        };
        let further = Map::from_iter([(field.clone(), value.clone())]);
        let written = self.cx.change_account(self.acting, caller, &self.spare, view, &further).await?;
        let answer = written.map_err(SendError::Unbuildable)?.answer;
        let (shows, seen) = match &self.aim {
            Aim::Field(_) => {
                let seen = self.cx.mirror(&self.cx.who_spare(&self.spare)).await?;
                let shown = seen.as_ref().and_then(|seen| seen.value(field).filter(|(seen, _)| **seen == value));
                (shown.is_some(), shown.map(|(_, answer)| Arc::clone(answer)))
            }
            Aim::Password(_) => self.signs_in_with(round).await?,
        };
        Ok(Tried { answer, shows, seen })
    }

    /// The password of a round; 0 is the account's own.
    fn password(&self, round: u8) -> Secret {
        if round == 0 {
            return self.spare.password.clone();
        }
        let secret = Secret::new(format!("{}x{round}", self.spare.password.expose()));
        self.cx.maker.probe.redactor().learn(&format!("password of {}", self.spare.name), &secret);
        secret
    }

    /// Whether the account signs in with the password of a round, and with none of those before.
    async fn signs_in_with(&self, round: u8) -> Result<(bool, Option<Arc<Answer>>), SendError> {
        let (new, answer) = self.sign_in(round).await?;
        if !new {
            return Ok((false, None));
        }
        let (old, _) = self.sign_in(0).await?;
        Ok((!old, answer))
    }

    async fn sign_in(&self, round: u8) -> Result<(bool, Option<Arc<Answer>>), SendError> {
        let Credential::Login(recipe) = &self.spare.identity.credential else { return Ok((false, None)) };
        let mut recipe = recipe.clone();
        recipe.secrets.insert("password".to_owned(), self.password(round));
        let identity = Identity { credential: Credential::Login(recipe), ..self.spare.identity.clone() };
        let answer = self.cx.maker.probe.try_sign_in(&identity).await?;
        let accepted = answer.response().is_some_and(|response| response.status < 400 && !is_soft_error(response))
            && self.cx.maker.probe.further_token(&identity, &answer).is_some();
        Ok((accepted, Some(answer)))
    }

    /// Puts the account's own password back, so that it can be removed.
    async fn restore(&self, view: &Mirrored) -> Result<(), SendError> {
        if let Aim::Password(field) = &self.aim {
            let own = Map::<String, Value>::from_iter([(field.clone(), json!(self.spare.password.expose()))]);
            let _ = self.cx.change_account(self.acting, &self.spare.name, &self.spare, view, &own).await?;
        }
        Ok(())
    }
}
