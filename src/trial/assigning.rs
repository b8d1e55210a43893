//! Fields that a caller must not set: sent with an object or account of the scan's own, and looked for afterwards.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answers::{refusal_sign, why_inconclusive};
use super::lab::Lab;
use super::mirror::Mirrored;
use crate::act::{
    Account, ActKind, Acting, Body, Created, Spare, Unusual, Unusually, add_fields, new_marker, value_in_body,
};
use crate::model::{Silence, ensure};
use crate::probe::{Answer, AskCaller, SendError};

/// What a field is to be set on: always something that the scan made.
#[derive(Debug)]
pub(crate) enum FieldRecipient<'a> {
    /// A new object beside one that its caller made by the same operation.
    New(Box<Created>),
    /// An object that was made for the purpose.
    Object(Box<Created>),
    /// A new account.
    SignUp(&'a Account),
    /// An account that was made for the purpose.
    Account(Box<Spare>),
}

/// One body with further fields, and how things look afterwards.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    /// The fields as they were sent in the end.
    pub(crate) sent: Map<String, Value>,
    /// A name and value of no meaning that was sent with them.
    nonce: Option<String>,
    /// The answer to the write, where there was one.
    pub(crate) answer: Option<Arc<Answer>>,
    /// The view afterwards.
    pub(crate) seen: Option<Mirrored>,
    /// The view is no other than the answer to the write.
    pub(crate) echo: bool,
    /// Why nothing was stored, where the whole body was refused.
    pub(crate) refused: Option<String>,
    /// As whom the result can be used.
    pub(crate) caller: String,
    /// The object that was made or changed.
    pub(crate) created: Option<Created>,
}

impl Assigned {
    fn refuse(self, because: impl Into<String>) -> Self {
        Self { refused: Some(because.into()), ..self }
    }

    /// Returns the fields that show the value that was sent, and did not before.
    pub(crate) fn stored(&self, before: &Mirrored) -> Vec<String> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let taken = |(name, value): &(&String, &Value)| seen.shows(name, value) && !before.shows(name, value);
        self.sent.iter().filter(taken).map(|(name, _)| name.clone()).collect()
    }

    /// Whether the field of no meaning came back.
    pub(crate) fn keeps_anything(&self) -> bool {
        self.nonce.as_ref().is_some_and(|nonce| self.seen.as_ref().is_some_and(|seen| seen.contains(nonce)))
    }
}

impl<'a> FieldRecipient<'a> {
    /// Returns what the fields of an operation are to be set on.
    ///
    /// # Errors
    /// Where the scan has nothing of its own that the operation makes or changes.
    pub(crate) async fn find(lab: &Lab<'a>, acting: &Acting) -> Result<Self, Silence> {
        let is_own =
            |index: usize| lab.maker.acting.get(index).is_some_and(|it| it.operation.id == acting.operation.id);
        // Objects of throw-away accounts come first, so that those of a user's account stay out of it.
        let by_account = |created: &Created| lab.account(&created.caller).is_none();

        match acting.kind {
            ActKind::SignUp => {
                let made_by = lab.model().and_then(|account| account.made_by.as_ref());
                ensure(made_by.is_none(), || {
                    Silence::not_applicable("only a higher role makes accounts here, and may decide these fields")
                })?;
                let like = lab.model().filter(|account| is_own(account.sign_up));
                like.map(Self::SignUp).ok_or_else(|| lab.no_account(acting))
            }
            ActKind::Update if lab.changes_account(acting) => {
                let model = lab.model().ok_or_else(|| lab.no_account(acting))?;
                let spare = lab.spares.make(model, &Map::new()).await?.map_err(Silence::undecided)?;
                Ok(Self::Account(Box::new(spare)))
            }
            ActKind::Update => {
                let owners = lab.survey.people.all.iter();
                let found = owners.filter_map(|person| lab.target(acting, &person.name)).map(|(created, _)| created);
                let known = found.min_by_key(by_account).ok_or_else(|| lab.no_target(acting, true))?;
                Self::further(lab, &known, "no further object could be made to be changed").await
            }
            ActKind::Create => {
                let made = lab.maker.made().into_iter().filter(|created| is_own(created.producer));
                let known = made.min_by_key(by_account);
                known.map(|created| Self::New(Box::new(created))).ok_or_else(|| lab.no_target(acting, true))
            }
            _ => Err(Silence::not_applicable("it neither makes nor changes an object")),
        }
    }

    /// Makes one more object like a known one, which no other trial is given.
    pub(super) async fn further(lab: &Lab<'a>, known: &Created, unmade: &str) -> Result<Self, Silence> {
        let own = lab.fresh(known).await?.ok_or_else(|| Silence::undecided(unmade))?;
        lab.maker.forget(&own);
        Ok(Self::Object(Box::new(own)))
    }

    /// Returns its owner.
    pub(crate) fn caller(&self) -> &str {
        match self {
            Self::New(created) | Self::Object(created) => &created.caller,
            Self::SignUp(model) => &model.name,
            Self::Account(spare) => &spare.name,
        }
    }

    /// Whether it is an account.
    pub(crate) fn is_account(&self) -> bool {
        matches!(self, Self::SignUp(_) | Self::Account(_))
    }

    /// Returns the answer that made it, without any further field: the rightful request.
    pub(crate) fn made_by(&self) -> &Arc<Answer> {
        match self {
            Self::New(created) | Self::Object(created) => &created.answer,
            Self::SignUp(model) => &model.answer,
            Self::Account(spare) => &spare.answer,
        }
    }

    /// Returns how it looks without any further field, and whether there is no view but the answer of its creation.
    pub(crate) async fn before(&self, lab: &Lab<'_>) -> Result<Option<(Mirrored, bool)>, SendError> {
        let who = match self {
            Self::New(created) | Self::Object(created) => return view_created(lab, created).await,
            Self::SignUp(model) => lab.who(model),
            Self::Account(spare) => lab.who_spare(spare),
        };
        Ok(lab.mirror(&who).await?.map(|view| (view, false)))
    }

    /// Sends the fields, with one of no meaning among them where `with_nonce`.
    pub(crate) async fn attempt(
        &self,
        lab: &Lab<'_>,
        acting: &Acting,
        before: &Mirrored,
        fields: &Map<String, Value>,
        with_nonce: bool,
    ) -> Result<Assigned, Silence> {
        // A name that no application knows shows whether the target keeps anything that it is sent.
        let nonce = with_nonce.then(new_marker);
        let mut further = fields.clone();
        further.extend(nonce.iter().map(|nonce| (nonce.clone(), json!(nonce))));
        let caller = self.caller().to_owned();
        let empty = Assigned { sent: fields.clone(), nonce, caller, ..Assigned::default() };

        match self {
            Self::New(known) => make_with_fields(lab, known, &further, empty).await,
            Self::SignUp(model) => match lab.sign_up_with(model, &further).await? {
                Ok(spare) => {
                    let (answer, seen) = (Some(Arc::clone(&spare.answer)), lab.mirror(&lab.who_spare(&spare)).await?);
                    Ok(Assigned { answer, seen, caller: spare.name, ..empty })
                }
                Err(unmade) => Ok(Assigned { answer: unmade.answer, ..empty.refuse(unmade.because) }),
            },
            Self::Object(created) => {
                let Some(values) = lab.values(&acting.operation, created) else {
                    return Ok(empty.refuse("its address is not known"));
                };
                let body = object_body(lab, acting, before, &further);
                let written = lab.write(acting, AskCaller::named(&created.caller), &values, Some(&body)).await?;
                let done = Assigned { created: Some((**created).clone()), ..with_answer(empty, written.answer) };
                // After a refusal or a failure the trial goes on with another body, so no look is spent here.
                let seen = match done.refused {
                    Some(_) => None,
                    None => lab.view(&created.caller, created).await?.and_then(Mirrored::of),
                };
                Ok(Assigned { seen, ..done })
            }
            Self::Account(spare) => {
                let written = match lab.change_account(acting, &spare.name, spare, before, &further).await? {
                    Ok(written) => written,
                    Err(because) => return Ok(empty.refuse(because)),
                };
                let done = with_answer(empty, written.answer);
                let seen = match done.refused {
                    Some(_) => None,
                    None => look_at_account(lab, spare, fields).await?,
                };
                Ok(Assigned { seen, ..done })
            }
        }
    }
}

/// Takes the answer to a write, and whether it is an outright refusal.
fn with_answer(sent: Assigned, answer: Arc<Answer>) -> Assigned {
    let refused = why_inconclusive(&answer).or_else(|| refusal_sign(&answer));
    Assigned { answer: Some(answer), refused, ..sent }
}

/// Makes one more object like a known one, with further fields in its body.
async fn make_with_fields(
    lab: &Lab<'_>,
    known: &Created,
    further: &Map<String, Value>,
    empty: Assigned,
) -> Result<Assigned, Silence> {
    let how = Unusual { fields: further.clone(), ..Unusual::default() };
    let created = match lab.maker.make_unusually(known.producer, &known.caller, &how).await? {
        Unusually::Made(created) => *created,
        Unusually::Not(answer, because) => return Ok(Assigned { answer, ..empty.refuse(because) }),
    };
    // A refusal may have had a field changed or taken out before the body was accepted.
    let body = created.body.as_ref().map(|body| &body.value);
    let sent = empty.sent.keys().filter_map(|name| Some((name.clone(), value_in_body(body?, name)?))).collect();
    let (seen, echo) = match view_created(lab, &created).await? {
        Some((view, echo)) => (Some(view), echo),
        None => (None, false),
    };
    let answer = Some(Arc::clone(&created.answer));
    Ok(Assigned { sent, answer, seen, echo, created: Some(created), ..empty })
}

/// Returns the object as its maker sees it; the answer of its creation where no route shows it.
async fn view_created(lab: &Lab<'_>, created: &Created) -> Result<Option<(Mirrored, bool)>, SendError> {
    match lab.view(&created.caller, created).await? {
        Some(seen) => Ok(Mirrored::of(seen).map(|view| (view, false))),
        None => Ok(Mirrored::of_answer(&created.answer, &created.marker).map(|view| (view, true))),
    }
}

/// Returns the account as it sees itself; where that shows none of the fields, once more with a new session: what is
/// read from the token changes with the token.
async fn look_at_account(
    lab: &Lab<'_>,
    spare: &Spare,
    fields: &Map<String, Value>,
) -> Result<Option<Mirrored>, SendError> {
    let seen = lab.mirror(&lab.who_spare(spare)).await?;
    let shows = |view: &Mirrored| fields.iter().any(|(name, value)| view.shows(name, value));
    let in_token = || {
        let claims = lab.maker.probe.sessions().get(&spare.name).and_then(|session| session.jwt());
        claims.is_some_and(|jwt| fields.keys().any(|name| jwt.payload.get(name).is_some()))
    };
    // A new session changes the view only where the token itself carries one of the fields.
    if seen.as_ref().is_some_and(shows) || !in_token() || !lab.sign_in_again(spare).await? {
        return Ok(seen);
    }
    lab.mirror(&lab.who_spare(spare)).await
}

/// Returns a body that the operation takes, with the further fields in it.
fn object_body(lab: &Lab<'_>, acting: &Acting, before: &Mirrored, further: &Map<String, Value>) -> Body {
    let present = before.fields().into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).collect();
    let own = lab.change(acting, &present, &[]).map(|change| change.body);
    let as_it_is = || {
        let mut body = crate::act::build_body(lab.maker.api, acting, &new_marker())?;
        crate::act::keep_present(&mut body, &present);
        Some(body)
    };
    let mut body = own.or_else(as_it_is).unwrap_or_else(Body::empty);
    add_fields(&mut body.value, further);
    body
}
