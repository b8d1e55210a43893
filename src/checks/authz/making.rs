//! A changing function that makes something: whether a lower role makes it, shown by an independent view, and removed.

use std::sync::Arc;

use super::probing::harmless;
use crate::act::{Acting, Created, Kind, Unusual, Unusually, items};
use crate::checks::acting::{ActCx, Seen};
use crate::model::{ANONYMOUS, Method};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::Person;

/// What was made, and who sees it.
pub(super) struct Made {
    pub(super) answer: Arc<Answer>,
    pub(super) viewer: String,
    pub(super) seen: Seen,
    /// What became of the same without credentials.
    pub(super) nobody: Arc<Answer>,
    /// A second one was made and is seen too.
    pub(super) repeated: bool,
}

/// Makes something by the function as a caller of a lower role. `Err` says why that was not tried or shows nothing.
pub(super) async fn make(cx: &ActCx<'_>, acting: &Acting, caller: &Person) -> Result<Result<Made, String>, SendError> {
    let index = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id);
    let Some(index) = index.filter(|_| acting.kind == Kind::Create) else {
        return Ok(Err("it was called on nothing that exists".to_owned()));
    };
    if !can_be_removed(cx, acting, caller).await? {
        return Ok(Err("what it makes could not be removed again, so nothing was made".to_owned()));
    }
    let stranger =
        Unusual { sender: Some(ANONYMOUS.to_owned()), heirs: vec![caller.name.clone()], ..Unusual::default() };
    let nobody = match cx.maker.make_unusually(index, &caller.name, &stranger).await? {
        Unusually::Made(_) => return Ok(Err("anonymous callers are let in too: see authn/missing-write".to_owned())),
        Unusually::Not(Some(answer), _) => answer,
        Unusually::Not(None, because) => return Ok(Err(because)),
    };
    let Some((first, viewer, seen)) = one(cx, index, caller).await? else {
        return Ok(Err("no independent view shows anything made by it".to_owned()));
    };
    let repeated = one(cx, index, caller).await?.is_some();
    Ok(Ok(Made { answer: first.answer, viewer, seen, nobody, repeated }))
}

/// One object of the function's, as somebody sees it on another route.
async fn one(cx: &ActCx<'_>, index: usize, caller: &Person) -> Result<Option<(Created, String, Seen)>, SendError> {
    let created = match cx.maker.make_unusually(index, &caller.name, &Unusual::default()).await? {
        Unusually::Made(created) => *created,
        Unusually::Not(..) => return Ok(None),
    };
    let mut viewers = vec![caller.name.clone()];
    viewers.extend(higher(cx, caller).map(|person| person.name.clone()));
    for viewer in viewers {
        if let Some(seen) = cx.view(&viewer, &created).await?
            && seen.object.is_some()
        {
            return Ok(Some((created, viewer, seen)));
        }
    }
    Ok(None)
}

fn higher<'a>(cx: &ActCx<'a>, caller: &Person) -> impl Iterator<Item = &'a Person> {
    let rank = caller.rank;
    cx.check.survey.people.all.iter().filter(move |person| person.rank > rank && person.signed_in)
}

/// Whether there is a route that removes such things, and somebody who gets through to it.
async fn can_be_removed(cx: &ActCx<'_>, acting: &Acting, caller: &Person) -> Result<bool, SendError> {
    let removals = items(cx.maker.api, acting, Method::Delete);
    let found = removals.into_iter().find_map(|operation| {
        cx.maker.acting.iter().find(|other| other.operation.id == operation.id && other.left_alone.is_none())
    });
    let Some(removal) = found else { return Ok(false) };
    if higher(cx, caller).next().is_some() {
        return Ok(true);
    }
    let Some(call) = harmless(cx, removal) else { return Ok(false) };
    let answer = call.send(cx, removal, Caller::named(&caller.name)).await?;
    Ok(matches!(answer.status(), Some(200 | 204 | 400 | 404 | 410 | 422)))
}
