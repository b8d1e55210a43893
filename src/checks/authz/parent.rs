//! Whether what an object hangs below is shared with the intruder, so that the object is too.

use crate::act::shape;
use crate::checks::context::{CheckCx, Pair};
use crate::model::Method;
use crate::probe::{Ask, Values, operation_url};
use crate::survey::{Object, Reading, Surveyed, scalar_text, words};

/// Most other parents that are asked for.
const MAX_OTHERS: usize = 2;

/// Whether the parent's own route serves the intruder the parent by right: the parent says of itself that it is public,
/// or the same route refuses the intruder another parent of the owner's, so that a rule is at work there.
pub(super) async fn is_shared(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> bool {
    let Some(route) = parent_of(cx, surveyed) else { return false };
    let values: Values = pair.baseline.values.clone();
    if !is_served(cx, route, &values, &pair.intruder.name).await {
        return false;
    }
    let Some(slot) = route.slots.last() else { return false };
    let own = values.get(&(slot.place, slot.name.clone())).and_then(scalar_text);
    let known = |id: &String| {
        slot.resources.iter().find_map(|resource| cx.survey.objects.known.get(&(resource.clone(), id.clone())))
    };
    if own.as_ref().and_then(known).is_some_and(is_public) {
        return true;
    }
    let others = cx
        .survey
        .objects
        .for_slot(slot)
        .filter(|(key, _, value)| {
            scalar_text(value) != own && cx.survey.owner(key).is_some_and(|(name, _)| name == pair.owner.name)
        })
        .map(|(_, _, value)| value.clone())
        .take(MAX_OTHERS);
    for other in others.collect::<Vec<_>>() {
        let mut values = values.clone();
        values.insert((slot.place, slot.name.clone()), other);
        let owner = is_served(cx, route, &values, &pair.owner.name).await;
        if owner && !is_served(cx, route, &values, &pair.intruder.name).await {
            return true;
        }
    }
    false
}

/// The read of what the operation's last object hangs below: `/books/{book}` of `/books/{book}/pages/{page}`.
fn parent_of<'s>(cx: &'s CheckCx<'_>, surveyed: &Surveyed) -> Option<&'s Surveyed> {
    let path = shape(&surveyed.operation.path);
    let inner = path.strip_suffix("/{}").map_or(path.as_str(), |before| before);
    let end = inner.rfind("/{}")? + "/{}".len();
    let parent = inner.get(..end)?;
    cx.survey
        .operations
        .iter()
        .find(|other| other.operation.method == Method::Get && shape(&other.operation.path) == parent)
}

async fn is_served(cx: &CheckCx<'_>, route: &Surveyed, values: &Values, caller: &str) -> bool {
    let Ok(url) = operation_url(cx.probe.base_url(), &route.operation, values) else { return false };
    match cx.send(&Ask::get(CheckCx::caller(caller), url)).await {
        Ok(answer) => CheckCx::reading(route, &answer, &[], &[]) == Reading::Data,
        Err(_) => false,
    }
}

/// Whether an object says that everybody may see it.
fn is_public(object: &Object) -> bool {
    object.fields.iter().any(|(name, value)| {
        let joined = words(name).join("");
        match value {
            serde_json::Value::Bool(flag) => {
                *flag && matches!(joined.as_str(), "public" | "ispublic" | "published" | "ispublished")
            }
            serde_json::Value::String(text) => {
                matches!(joined.as_str(), "visibility" | "access" | "audience" | "privacy" | "scope")
                    && matches!(
                        text.to_ascii_lowercase().as_str(),
                        "public" | "everyone" | "everybody" | "all" | "open"
                    )
            }
            _ => false,
        }
    })
}
