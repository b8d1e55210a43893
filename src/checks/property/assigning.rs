//! Sends fields that a caller must not set, and looks what became of them.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::act::{Account, Acting, Body, Created, Spare, Unusual, Unusually, add, marker, sent};
use crate::checks::acting::ActCx;
use crate::checks::own_account::Mirrored;
use crate::model::Silence;
use crate::probe::{Answer, Caller, SendError};
use crate::trial::{refusal, unjudged};

/// What a field is to be set on: always something that the scan made.
#[derive(Debug)]
pub(super) enum Recipient<'a> {
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
pub(super) struct Assignment {
    /// The fields as they were sent in the end.
    pub(super) sent: Map<String, Value>,
    /// A name and value of no meaning that was sent with them.
    nonce: Option<String>,
    pub(super) answer: Option<Arc<Answer>>,
    /// The view afterwards.
    pub(super) seen: Option<Mirrored>,
    /// The view is no other than the answer to the write.
    pub(super) echo: bool,
    /// Why nothing was stored, where the whole body was refused.
    pub(super) refused: Option<String>,
    /// As whom the result can be used.
    pub(super) caller: String,
    /// The object that was made or changed.
    pub(super) created: Option<Created>,
}

impl Assignment {
    fn refuse(self, because: impl Into<String>) -> Self {
        Self { refused: Some(because.into()), ..self }
    }

    /// Returns the fields that show the value that was sent, and did not before.
    pub(super) fn stored(&self, before: &Mirrored) -> Vec<String> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let taken = |(name, value): &(&String, &Value)| seen.shows(name, value) && !before.shows(name, value);
        self.sent.iter().filter(taken).map(|(name, _)| name.clone()).collect()
    }

    /// Whether the field of no meaning came back.
    pub(super) fn keeps_anything(&self) -> bool {
        self.nonce.as_ref().is_some_and(|nonce| self.seen.as_ref().is_some_and(|seen| seen.contains(nonce)))
    }
}

impl Recipient<'_> {
    /// Returns its owner.
    pub(super) fn caller(&self) -> &str {
        match self {
            Self::New(created) | Self::Object(created) => &created.caller,
            Self::SignUp(model) => &model.name,
            Self::Account(spare) => &spare.name,
        }
    }

    /// Whether it is an account.
    pub(super) fn is_account(&self) -> bool {
        matches!(self, Self::SignUp(_) | Self::Account(_))
    }

    /// Returns the answer that made it, without any further field: the rightful request.
    pub(super) fn made_by(&self) -> &Arc<Answer> {
        match self {
            Self::New(created) | Self::Object(created) => &created.answer,
            Self::SignUp(model) => &model.answer,
            Self::Account(spare) => &spare.answer,
        }
    }

    /// Returns how it looks without any further field, and whether there is no view but the answer of its creation.
    pub(super) async fn before(&self, cx: &ActCx<'_>) -> Result<Option<(Mirrored, bool)>, SendError> {
        let who = match self {
            Self::New(created) | Self::Object(created) => return look(cx, created).await,
            Self::SignUp(model) => cx.who(model),
            Self::Account(spare) => cx.who_spare(spare),
        };
        Ok(cx.mirror(&who).await?.map(|view| (view, false)))
    }

    /// Sends the fields, with one of no meaning among them where `with_nonce`.
    pub(super) async fn attempt(
        &self,
        cx: &ActCx<'_>,
        acting: &Acting,
        before: &Mirrored,
        fields: &Map<String, Value>,
        with_nonce: bool,
    ) -> Result<Assignment, Silence> {
        let nonce = with_nonce.then(marker);
        let mut further = fields.clone();
        further.extend(nonce.iter().map(|nonce| (nonce.clone(), json!(nonce))));
        let caller = self.caller().to_owned();
        let empty = Assignment { sent: fields.clone(), nonce, caller, ..Assignment::default() };
        match self {
            Self::New(known) => make(cx, known, &further, empty).await,
            Self::SignUp(model) => match cx.spares.make(model, &further).await? {
                Ok(spare) => {
                    let (answer, seen) = (Some(Arc::clone(&spare.answer)), cx.mirror(&cx.who_spare(&spare)).await?);
                    Ok(Assignment { answer, seen, caller: spare.name, ..empty })
                }
                Err(unmade) => Ok(Assignment { answer: unmade.answer, ..empty.refuse(unmade.because) }),
            },
            Self::Object(created) => {
                let Some(values) = cx.values(&acting.operation, created) else {
                    return Ok(empty.refuse("its address is not known"));
                };
                let body = object_body(cx, acting, before, &further);
                let written = cx.write(acting, Caller::named(&created.caller), &values, Some(&body)).await?;
                let done = Assignment { created: Some((**created).clone()), ..answered(empty, written.answer) };
                let seen = match done.refused {
                    Some(_) => None,
                    None => cx.view(&created.caller, created).await?.and_then(Mirrored::of),
                };
                Ok(Assignment { seen, ..done })
            }
            Self::Account(spare) => {
                let written = match cx.change_account(acting, &spare.name, spare, before, &further).await? {
                    Ok(written) => written,
                    Err(because) => return Ok(empty.refuse(because)),
                };
                let done = answered(empty, written.answer);
                let seen = match done.refused {
                    Some(_) => None,
                    None => look_at_account(cx, spare, fields).await?,
                };
                Ok(Assignment { seen, ..done })
            }
        }
    }
}

/// Takes the answer to a write, and whether it is an outright refusal.
fn answered(sent: Assignment, answer: Arc<Answer>) -> Assignment {
    let refused = unjudged(&answer).or_else(|| refusal(&answer));
    Assignment { answer: Some(answer), refused, ..sent }
}

/// Makes one more object like a known one, with further fields in its body.
async fn make(
    cx: &ActCx<'_>,
    known: &Created,
    further: &Map<String, Value>,
    empty: Assignment,
) -> Result<Assignment, Silence> {
    let how = Unusual { fields: further.clone(), ..Unusual::default() };
    let created = match cx.maker.make_unusually(known.producer, &known.caller, &how).await? {
        Unusually::Made(created) => *created,
        Unusually::Not(answer, because) => return Ok(Assignment { answer, ..empty.refuse(because) }),
    };
    // A refusal may have had a field changed or taken out before the body was accepted.
    let body = created.body.as_ref().map(|body| &body.value);
    let sent = empty.sent.keys().filter_map(|name| Some((name.clone(), sent(body?, name)?))).collect();
    let (seen, echo) = match look(cx, &created).await? {
        Some((view, echo)) => (Some(view), echo),
        None => (None, false),
    };
    let answer = Some(Arc::clone(&created.answer));
    Ok(Assignment { sent, answer, seen, echo, created: Some(created), ..empty })
}

/// Returns the object as its maker sees it; the answer of its creation where no route shows it.
async fn look(cx: &ActCx<'_>, created: &Created) -> Result<Option<(Mirrored, bool)>, SendError> {
    match cx.view(&created.caller, created).await? {
        Some(seen) => Ok(Mirrored::of(seen).map(|view| (view, false))),
        None => Ok(Mirrored::of_answer(&created.answer, &created.marker).map(|view| (view, true))),
    }
}

/// Returns the account as it sees itself; where that shows none of the fields, once more with a new session: what is
/// read from the token changes with the token.
async fn look_at_account(
    cx: &ActCx<'_>,
    spare: &Spare,
    fields: &Map<String, Value>,
) -> Result<Option<Mirrored>, SendError> {
    let seen = cx.mirror(&cx.who_spare(spare)).await?;
    let shows = |view: &Mirrored| fields.iter().any(|(name, value)| view.shows(name, value));
    let in_token = || {
        let claims = cx.maker.probe.sessions().get(&spare.name).and_then(|session| session.jwt());
        claims.is_some_and(|jwt| fields.keys().any(|name| jwt.payload.get(name).is_some()))
    };
    if seen.as_ref().is_some_and(shows) || !in_token() || !cx.sign_in_again(spare).await? {
        return Ok(seen);
    }
    cx.mirror(&cx.who_spare(spare)).await
}

/// Returns a body that the operation takes, with the further fields in it.
fn object_body(cx: &ActCx<'_>, acting: &Acting, before: &Mirrored, further: &Map<String, Value>) -> Body {
    let present = before.fields().into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).collect();
    let own = cx.change(acting, &present, &[]).map(|change| change.body);
    let mut body = own.or_else(|| crate::act::body(cx.maker.api, acting, &marker())).unwrap_or_else(Body::empty);
    add(&mut body.value, further);
    body
}
