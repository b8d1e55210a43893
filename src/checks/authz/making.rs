//! A changing function that makes something: whether a lower role makes it, shown by an independent view, and removed.

use std::sync::Arc;

use super::probing::harmless;
use crate::act::{Acting, Created, Kind, Unusual, Unusually, items};
use crate::checks::acting::{ActCx, Seen};
use crate::checks::rule::{ensure, see};
use crate::model::{ANONYMOUS, Method, Silence};
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

/// Makes something by the function as a caller of a lower role.
///
/// # Errors
/// Why that was not tried, or shows nothing.
pub(super) async fn make(cx: &ActCx<'_>, acting: &Acting, caller: &Person) -> Result<Made, Silence> {
    let index = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id);
    let index = index.filter(|_| acting.kind == Kind::Create);
    let index = index.ok_or_else(|| Silence::not_tried("it was called on nothing that exists"))?;
    ensure(can_be_removed(cx, acting, caller).await?, || {
        Silence::not_tried("what it makes could not be removed again, so nothing was made")
    })?;
    let stranger =
        Unusual { sender: Some(ANONYMOUS.to_owned()), heirs: vec![caller.name.clone()], ..Unusual::default() };
    let nobody = match cx.maker.make_unusually(index, &caller.name, &stranger).await? {
        Unusually::Made(_) => return Err(see("authn/missing-write", "anonymous callers are let in too")),
        Unusually::Not(Some(answer), _) => answer,
        Unusually::Not(None, because) => return Err(Silence::undecided(because)),
    };
    let first = make_one(cx, index, caller).await?;
    let (first, viewer, seen) =
        first.ok_or_else(|| Silence::undecided("no independent view shows anything made by it"))?;
    let repeated = make_one(cx, index, caller).await?.is_some();
    Ok(Made { answer: first.answer, viewer, seen, nobody, repeated })
}

/// Makes one object by the function, with a caller that sees it on another route.
async fn make_one(cx: &ActCx<'_>, index: usize, caller: &Person) -> Result<Option<(Created, String, Seen)>, SendError> {
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

/// Whether there is a route that removes such things, and a caller who gets through to it.
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
