//! Sends fields that a caller must not set, and looks what became of them.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::act::{Account, Acting, Body, Created, Spare, add, marker, sent};
use crate::checks::acting::ActCx;
use crate::checks::own_account::Mirrored;
use crate::probe::{Answer, Caller, SendError};

/// What a field is to be set on.
#[derive(Debug)]
pub(super) enum Subject<'a> {
    /// A new object of a caller, by the operation that makes such objects.
    New { caller: String, producer: usize },
    /// An object that was made for the purpose.
    Object { created: Box<Created> },
    /// A new account.
    SignUp { model: &'a Account },
    /// An account that was made for the purpose.
    Account { spare: Box<Spare> },
}

/// One body with further fields, and how things look afterwards.
#[derive(Debug)]
pub(super) struct Trial {
    /// The fields as they were sent in the end.
    pub(super) sent: Map<String, Value>,
    /// A name and value of no meaning that was sent with them.
    pub(super) nonce: Option<String>,
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

impl Trial {
    fn refused(because: String, caller: &str) -> Self {
        Self {
            sent: Map::new(),
            nonce: None,
            answer: None,
            seen: None,
            echo: false,
            refused: Some(because),
            caller: caller.to_owned(),
            created: None,
        }
    }

    /// Fields that show the value that was sent, and did not before.
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

impl Subject<'_> {
    /// Who owns it.
    pub(super) fn caller(&self) -> &str {
        match self {
            Self::New { caller, .. } => caller,
            Self::Object { created } => &created.caller,
            Self::SignUp { model } => &model.name,
            Self::Account { spare } => &spare.name,
        }
    }

    /// Whether it is an account.
    pub(super) fn is_account(&self) -> bool {
        matches!(self, Self::SignUp { .. } | Self::Account { .. })
    }

    /// How it looks without any further field. The flag says that there is no view but the answer of its creation.
    pub(super) async fn before(&self, cx: &ActCx<'_>) -> Result<Option<(Mirrored, bool)>, SendError> {
        let known = match self {
            Self::New { caller, producer } => {
                let own = |created: &Created| created.caller == *caller && created.producer == *producer;
                cx.maker.made().into_iter().find(own)
            }
            Self::Object { created } => Some((**created).clone()),
            Self::SignUp { model } => return Ok(cx.mirror(&cx.who(model)).await?.map(|view| (view, false))),
            Self::Account { spare } => return Ok(cx.mirror(&cx.who_spare(spare)).await?.map(|view| (view, false))),
        };
        let Some(created) = known else { return Ok(None) };
        look(cx, &created).await
    }

    /// Sends the fields, with one of no meaning among them where `with_nonce`.
    pub(super) async fn attempt(
        &self,
        cx: &ActCx<'_>,
        acting: &Acting,
        before: &Mirrored,
        fields: &Map<String, Value>,
        with_nonce: bool,
    ) -> Result<Trial, SendError> {
        let nonce = with_nonce.then(marker);
        let mut further = fields.clone();
        if let Some(nonce) = &nonce {
            further.insert(nonce.clone(), json!(nonce));
        }
        match self {
            Self::New { caller, producer } => make(cx, caller, *producer, fields, &further, nonce).await,
            Self::Object { created } => {
                let Some(values) = cx.values(&acting.operation, created) else {
                    return Ok(Trial::refused("its address is not known".to_owned(), &created.caller));
                };
                let body = object_body(cx, acting, before, &further);
                let caller = Caller::named(&created.caller);
                let written = cx.write(acting, caller, &values, Some(&body)).await?;
                if let Some(because) = refusal(&written.answer) {
                    return Ok(Trial::refused(because, &created.caller));
                }
                let seen = cx.view(&created.caller, created).await?.and_then(Mirrored::of);
                Ok(after(written.answer, fields, nonce, seen, &created.caller, Some((**created).clone())))
            }
            Self::SignUp { model } => {
                let spare = match cx.spares.make(model, &further).await? {
                    Ok(spare) => spare,
                    Err(because) => return Ok(Trial::refused(because, &model.name)),
                };
                let seen = cx.mirror(&cx.who_spare(&spare)).await?;
                Ok(after(Arc::clone(&spare.answer), fields, nonce, seen, &spare.name, None))
            }
            Self::Account { spare } => {
                let written = match cx.change_account(acting, &spare.name, spare, before, &further).await? {
                    Ok(written) => written,
                    Err(because) => return Ok(Trial::refused(because, &spare.name)),
                };
                if let Some(because) = refusal(&written.answer) {
                    return Ok(Trial::refused(because, &spare.name));
                }
                let seen = look_at_account(cx, spare, fields).await?;
                Ok(after(written.answer, fields, nonce, seen, &spare.name, None))
            }
        }
    }
}

/// One more object of a caller, with further fields in its body.
async fn make(
    cx: &ActCx<'_>,
    caller: &str,
    producer: usize,
    fields: &Map<String, Value>,
    further: &Map<String, Value>,
    nonce: Option<String>,
) -> Result<Trial, SendError> {
    let created = match cx.maker.make_with(producer, caller, further).await? {
        Ok(created) => created,
        Err(because) => return Ok(Trial::refused(because, caller)),
    };
    cx.maker.forget(&created);
    let sent = really_sent(created.body.as_ref().map(|body| &body.value), fields);
    let (seen, echo) = match look(cx, &created).await? {
        Some((view, echo)) => (Some(view), echo),
        None => (None, false),
    };
    let answer = Some(Arc::clone(&created.answer));
    let caller = caller.to_owned();
    Ok(Trial { sent, nonce, answer, seen, echo, refused: None, caller, created: Some(created) })
}

fn after(
    answer: Arc<Answer>,
    fields: &Map<String, Value>,
    nonce: Option<String>,
    seen: Option<Mirrored>,
    caller: &str,
    created: Option<Created>,
) -> Trial {
    let (sent, caller) = (fields.clone(), caller.to_owned());
    Trial { sent, nonce, answer: Some(answer), seen, echo: false, refused: None, caller, created }
}

fn refusal(answer: &Answer) -> Option<String> {
    ActCx::no_answer(answer).or_else(|| ActCx::refusal(answer))
}

/// A refusal may have had a field changed or taken out before the body was accepted.
fn really_sent(body: Option<&Value>, fields: &Map<String, Value>) -> Map<String, Value> {
    let Some(body) = body else { return Map::new() };
    fields.keys().filter_map(|name| Some((name.clone(), sent(body, name)?))).collect()
}

/// The object as its maker sees it; the answer of its creation where no route shows it.
async fn look(cx: &ActCx<'_>, created: &Created) -> Result<Option<(Mirrored, bool)>, SendError> {
    match cx.view(&created.caller, created).await? {
        Some(seen) => Ok(Mirrored::of(seen).map(|view| (view, false))),
        None => Ok(Mirrored::of_answer(&created.answer, &created.marker).map(|view| (view, true))),
    }
}

/// The account as it sees itself; where that shows none of the fields, once more with a new session: what is read from
/// the token changes with the token.
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

/// A body that the operation takes, with the further fields in it.
fn object_body(cx: &ActCx<'_>, acting: &Acting, before: &Mirrored, further: &Map<String, Value>) -> Body {
    let present = before.fields().into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).collect();
    let own = cx.change(acting, &present, &[]).map(|change| change.body);
    let mut body = own.or_else(|| crate::act::body(cx.maker.api, acting, &marker())).unwrap_or_else(Body::empty);
    add(&mut body.value, further);
    body
}
