//! What a changing function is called on: an object or an account that the scan made, and whether the call shows there.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::marks::roles_of;
use crate::act::{Acting, Created, Kind, Spare, declared_names};
use crate::checks::acting::ActCx;
use crate::checks::own_account::Mirrored;
use crate::checks::rights::{Right, is_higher, other_value, right_of, vocabulary};
use crate::model::Method;
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Person, words};

/// What the function is called on.
#[derive(Debug)]
pub(super) enum Target {
    Object(Box<Created>),
    Account(Box<Spare>),
}

/// One call, and whether it showed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) answer: Arc<Answer>,
    /// What the owner was shown afterwards.
    pub(super) seen: Vec<Arc<Answer>>,
    /// What changed, in words.
    pub(super) effect: Option<String>,
}

impl Target {
    /// A target that the function takes; `None` where the scan has made nothing of the kind.
    pub(super) async fn find(cx: &ActCx<'_>, acting: &Acting, caller: &Person) -> Result<Option<Self>, SendError> {
        if let Some((known, _)) = cx.target(acting, &caller.name) {
            let fresh = cx.fresh(&known).await?;
            if let Some(created) = &fresh {
                cx.maker.forget(created);
            }
            return Ok(fresh.map(|created| Self::Object(Box::new(created))));
        }
        let [slot] = acting.slots.as_slice() else { return Ok(None) };
        if !slot.resources.iter().any(|resource| cx.is_people(resource)) {
            return Ok(None);
        }
        let Some(model) = cx.model() else { return Ok(None) };
        let spare = cx.spares.make(model, &Map::new()).await?;
        Ok(spare.ok().map(|spare| Self::Account(Box::new(spare))))
    }

    /// Whose view tells.
    pub(super) fn owner(&self) -> &str {
        match self {
            Self::Object(created) => &created.caller,
            Self::Account(spare) => &spare.name,
        }
    }

    /// In words: its object, a throw-away account.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Object(_) => "an object of its own",
            Self::Account(_) => "a throw-away account",
        }
    }

    /// How it looks to its owner.
    pub(super) async fn view(&self, cx: &ActCx<'_>) -> Result<Option<Mirrored>, SendError> {
        match self {
            Self::Object(created) => Ok(cx.view(&created.caller, created).await?.and_then(Mirrored::of)),
            Self::Account(spare) => cx.mirror(&cx.who_spare(spare)).await,
        }
    }

    /// Calls the function as somebody, and looks as the owner. `used` are values that were written before.
    pub(super) async fn call(
        &self,
        cx: &ActCx<'_>,
        acting: &Acting,
        caller: Caller,
        before: &Mirrored,
        used: &mut Vec<Value>,
    ) -> Result<Option<Call>, SendError> {
        let wanted = if acting.kind == Kind::Delete { None } else { self.wanted(cx, acting, before, used) };
        if let Some((_, value)) = &wanted {
            used.push(value.clone());
        }
        let answer = match self {
            Self::Object(created) => {
                let Some(values) = cx.values(&acting.operation, created) else { return Ok(None) };
                let present = scalars(before);
                let mut body = match acting.kind {
                    Kind::Delete => None,
                    _ => cx.change(acting, &present, &[]).map(|change| change.body),
                }
                .or_else(|| crate::act::body(cx.maker.api, acting, ""));
                if let (Some(body), Some((name, value))) = (&mut body, &wanted) {
                    crate::act::add(&mut body.value, &Map::from_iter([(name.clone(), value.clone())]));
                }
                cx.write(acting, caller, &values, body.as_ref()).await?.answer
            }
            Self::Account(spare) => {
                let further = wanted.clone().into_iter().collect();
                match cx.change_account(acting, &caller.label(), spare, before, &further).await? {
                    Ok(written) => written.answer,
                    Err(_) => return Ok(None),
                }
            }
        };
        let after = self.view(cx).await?;
        let effect = effect(acting, before, after.as_ref(), wanted.as_ref());
        let seen = after.iter().flat_map(Mirrored::answers).cloned().collect();
        Ok(Some(Call { answer, seen, effect }))
    }

    /// A field and a value that shows whether the function did anything.
    fn wanted(&self, cx: &ActCx<'_>, acting: &Acting, before: &Mirrored, used: &[Value]) -> Option<(String, Value)> {
        if let Self::Object(_) = self
            && let Some(change) = cx.change(acting, &scalars(before), used)
        {
            return Some((change.field, change.value));
        }
        let higher = roles_of(cx.check);
        let fields = before.fields();
        let names = declared_names(cx.maker.api, acting).0;
        names.into_iter().filter(|name| !is_credential(name)).find_map(|name| {
            let present = fields.get(&name)?;
            let right = right_of(&name, present)?;
            // A role that was raised is lowered again.
            let is_raised = right == Right::Role && present.as_str().is_some_and(is_higher);
            let value = if is_raised {
                let known = vocabulary(cx.maker.api, &name).into_iter().find(|word| !is_higher(word));
                Some(Value::String(known.unwrap_or_else(|| "user".to_owned())))
            } else {
                other_value(cx.maker.api, &name, right, present, &higher, used)
            };
            value.map(|value| (name, value))
        })
    }
}

fn scalars(view: &Mirrored) -> std::collections::BTreeMap<String, Value> {
    view.fields().into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).collect()
}

fn is_credential(name: &str) -> bool {
    let joined = words(name).join("");
    ["password", "email", "username", "login"].iter().any(|word| joined.contains(word))
}

/// What a call changed, as its owner sees it.
fn effect(
    acting: &Acting,
    before: &Mirrored,
    after: Option<&Mirrored>,
    wanted: Option<&(String, Value)>,
) -> Option<String> {
    let removes = acting.operation.method == Method::Delete;
    let Some(after) = after else { return removes.then(|| "it is gone".to_owned()) };
    if removes {
        return None;
    }
    if let Some((name, value)) = wanted {
        return after.shows(name, value).then(|| format!("`{name}` is as it was written"));
    }
    // Nothing is sent: what the function decides has to change.
    let now = after.fields();
    before.fields().into_iter().find_map(|(name, was)| {
        let is = now.get(&name)?;
        let decided = right_of(&name, &was).is_some() || right_of(&name, is).is_some() || words(&name) == ["status"];
        (decided && *is != was).then(|| format!("`{name}` went from {was} to {is}"))
    })
}
