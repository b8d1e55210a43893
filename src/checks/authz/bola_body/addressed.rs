//! Changing and removing what the body names: no id in the path, and nobody asks whose it is.

use std::sync::Arc;

use serde_json::Value;

use super::target::{Target, Tried};
use crate::act::{Acting, Body, Created, Kind, body};
use crate::checks::acting::{ActCx, Meant, Seen};
use crate::checks::authz::bola_write::no_target;
use crate::checks::authz::principals::value_for;
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status};
use crate::model::{Api, Method, Place, Role, Verdict, clean_name};
use crate::probe::{Caller, SendError, Values, operation_url};
use crate::spec::Samples;
use crate::survey::{Person, Slot, ends_in_id, is_me_word, resource_of_name, scalar_text, singular, words};

/// Words that say that something is changed.
const CHANGES: &[&str] = &[
    "update",
    "edit",
    "modify",
    "change",
    "save",
    "set",
    "rename",
    "patch",
    "replace",
    "profile",
    "settings",
    "preferences",
];
/// Words that say that something is removed.
const REMOVES: &[&str] = &["delete", "remove", "destroy", "discard", "erase"];

/// What an operation does with what its body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Changes,
    Removes,
}

fn deed(acting: &Acting) -> Option<Deed> {
    let operation = &acting.operation;
    let said: Vec<String> = operation
        .path
        .split('/')
        .filter(|part| !part.starts_with('{'))
        .flat_map(words)
        .chain(operation.operation_id.as_deref().map(words).unwrap_or_default())
        .collect();
    let says = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    match operation.method {
        Method::Delete => Some(Deed::Removes),
        Method::Put | Method::Patch => Some(Deed::Changes),
        _ if says(REMOVES) => Some(Deed::Removes),
        _ if says(CHANGES) => Some(Deed::Changes),
        _ => None,
    }
}

/// A field of the request that names an object or an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming {
    /// It is a parameter of the query, and no field of the body.
    in_query: bool,
    name: String,
    /// The body is refused without it.
    required: bool,
}

impl Naming {
    fn site(&self) -> String {
        let name = clean_name(&self.name, 60);
        if self.in_query { format!("query:{name}") } else { format!("body:/{name}") }
    }
}

/// The fields of a writing operation without an id in its path that may name what it writes to.
pub(crate) fn fields(api: &Api, acting: &Acting) -> Vec<Naming> {
    if acting.operation.path.contains('{') || deed(acting).is_none() {
        return Vec::new();
    }
    let declared = acting.fields(api);
    let mut found: Vec<Naming> = declared
        .iter()
        .map(|field| Naming { in_query: false, name: field.name.clone(), required: field.required })
        .collect();
    if declared.is_empty()
        && let Some(example) = acting.content.as_ref().and_then(|content| content.example.as_ref())
    {
        let names = example.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        found.extend(names.map(|name| Naming { in_query: false, name, required: true }));
    }
    let query = acting.operation.parameters.iter().filter(|parameter| parameter.place == Place::Query);
    found.extend(query.map(|parameter| Naming {
        in_query: true,
        name: parameter.name.clone(),
        required: parameter.required,
    }));
    found.retain(|naming| is_id(&naming.name));
    found
}

fn is_id(name: &str) -> bool {
    ends_in_id(name)
        || matches!(words(name).join("").as_str(), "id" | "user" | "username" | "owner" | "account" | "login")
}

/// The objects that a field may name, as a slot of the path would.
fn slot(acting: &Acting, naming: &Naming) -> Slot {
    let of_path = acting.operation.path.split('/').rev().filter(|part| !part.is_empty());
    let of_path = of_path.filter_map(|part| words(part).last().map(|word| singular(word)));
    let resources = match resource_of_name(&naming.name) {
        Some(resource) => vec![resource],
        None => of_path.collect(),
    };
    Slot { place: Place::Query, name: naming.name.clone(), resources }
}

/// Tries the fields of one operation, until one names something that the scan made.
pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    match find(cx, acting) {
        Ok((attempt, target, Deed::Changes)) => attempt.change(target).await,
        Ok((attempt, Target::Object(created), Deed::Removes)) => attempt.remove(created).await,
        Ok((_, Target::Account { .. }, Deed::Removes)) => Ok(held("accounts are not removed for a proof")),
        Err(verdict) => Ok(verdict),
    }
}

/// The field that names something which the scan made, and what it does with it; else why there is none.
pub(crate) fn find<'a>(cx: &'a ActCx<'a>, acting: &'a Acting) -> Result<(Attempt<'a>, Target<'a>, Deed), Verdict> {
    let Some(deed) = deed(acting) else {
        return Err(held("nothing says that it changes or removes what its body names"));
    };
    let namings = fields(cx.maker.api, acting);
    let pairs = cx.pairs();
    for naming in &namings {
        let found = pairs.iter().find_map(|(a, b)| Some((*a, *b, object_of(cx, acting, naming, &b.name)?)));
        if let Some((intruder, owner, created)) = found {
            let attempt = Attempt { cx, acting, naming: naming.clone(), intruder, owner };
            return Ok((attempt, Target::Object(created), deed));
        }
    }
    if deed == Deed::Changes && is_about_account(acting) {
        return account(cx, acting, &namings, &pairs).map(|(attempt, target)| (attempt, target, deed));
    }
    Err(no_target(cx, acting, !pairs.is_empty()))
}

fn object_of(cx: &ActCx<'_>, acting: &Acting, naming: &Naming, owner: &str) -> Option<Created> {
    let slot = slot(acting, naming);
    cx.maker.made().into_iter().rev().find(|created| {
        created.caller == owner
            && slot.resources.contains(&created.object.resource)
            && created.object.slot_value(&slot).is_some()
    })
}

/// Whether an operation is about the caller's own account.
fn is_about_account(acting: &Acting) -> bool {
    acting.kind != Kind::Delete
        && acting.operation.path.split('/').any(|part| {
            is_me_word(part)
                || words(part).iter().any(|word| {
                    matches!(
                        singular(word).as_str(),
                        "profile" | "user" | "account" | "setting" | "preference" | "customer" | "member"
                    )
                })
        })
}

/// The same on throw-away accounts: nobody else's is ever written to.
fn account<'a>(
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    namings: &[Naming],
    pairs: &[(&'a Person, &'a Person)],
) -> Result<(Attempt<'a>, Target<'a>), Verdict> {
    let both = |(a, b): &&(&Person, &Person)| cx.account(&a.name).is_some() && cx.account(&b.name).is_some();
    let Some((intruder, owner)) = pairs.iter().find(both).copied() else {
        return Err(skipped(
            "needs two throw-away accounts, since it changes accounts",
            Some("scan with --auto-accounts, so that an account may be written to"),
        ));
    };
    // A number names an account; a user name may be what the operation changes, and only counts where it must be sent.
    let mut ordered: Vec<&Naming> =
        namings.iter().filter(|naming| is_number_name(&naming.name) || naming.required).collect();
    ordered.sort_by_key(|naming| !is_number_name(&naming.name));
    for naming in ordered {
        if let Some(target) = Target::account(cx, owner, intruder, value_for(cx.check, owner, &naming.name, None)) {
            return Ok((Attempt { cx, acting, naming: naming.clone(), intruder, owner }, target));
        }
    }
    Err(inconclusive("no value is known by which the body would name another account", None))
}

fn is_number_name(name: &str) -> bool {
    words(name).last().is_some_and(|word| matches!(word.as_str(), "id" | "uuid" | "guid" | "uid" | "userid"))
}

/// One field of one operation, with who tries and whose it is.
pub(crate) struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    naming: Naming,
    intruder: &'a Person,
    pub(crate) owner: &'a Person,
}

impl Attempt<'_> {
    async fn change(&self, target: Target<'_>) -> Result<Verdict, SendError> {
        let Some(before) = target.view(self.cx, &self.owner.name).await?.filter(|seen| seen.object.is_some()) else {
            return Ok(inconclusive("the owner has no way to look at what it would change", None));
        };
        let mut used = Vec::new();
        let owner = Caller::named(&self.owner.name);
        let Some(own) = self.attempt(owner, &target, &before, &mut used).await? else {
            return Ok(inconclusive("no field is known that the operation changes and that may be changed", None));
        };
        if !own.shows() {
            let what = ActCx::refusal(&own.answer).unwrap_or_else(|| format!("status {}", status(&own.answer)));
            return Ok(inconclusive(format!("the owner's own change does not show ({what})"), None));
        }
        self.cx.note(self.acting, &self.owner.name, &self.owner.name, true, "its own change shows in its own view");
        let Some(nobody) = self.attempt(Caller::Anonymous, &target, &own.seen, &mut used).await? else {
            return Ok(inconclusive("no further value is known for the field that changes", None));
        };
        if nobody.shows() {
            return Ok(held("anonymous callers are let in too: see authn/missing-write"));
        }
        let intruder = || Caller::named(&self.intruder.name);
        let Some(attack) = self.attempt(intruder(), &target, &nobody.seen, &mut used).await? else {
            return Ok(inconclusive("no further value is known for the field that changes", None));
        };
        let mine = target.counterpart(self.cx, &self.intruder.name).await?;
        if let Some(because) = ActCx::no_answer(&attack.answer) {
            return Ok(inconclusive(because, None));
        }
        if !attack.shows() {
            return Ok(self.refused(&attack));
        }
        let Some(again) = self.attempt(intruder(), &target, &attack.seen, &mut used).await? else {
            return Ok(inconclusive("the change could not be repeated with another value", None));
        };
        let meant = target.meant(self.cx, self.intruder, self.owner, &again.seen).await?;
        let untouched = mine.is_none_or(|seen| !seen.shows(&attack.field, &attack.value));
        Ok(self.proven(&target, &Tries { own, nobody, attack, again }, meant, untouched))
    }

    /// Writes a new value as a caller, and lets the owner look.
    pub(crate) async fn attempt(
        &self,
        caller: Caller,
        target: &Target<'_>,
        present: &Seen,
        used: &mut Vec<Value>,
    ) -> Result<Option<Tried>, SendError> {
        let theirs = target.value(&slot(self.acting, &self.naming));
        let change = super::target::changed(self.cx, self.acting, &self.naming.name, present, used);
        let (Some(theirs), Some(change)) = (theirs, change) else { return Ok(None) };
        used.push(change.value.clone());
        let answer = self.send(caller, Some(change.body), &theirs).await?;
        let Some(seen) = target.view(self.cx, &self.owner.name).await? else { return Ok(None) };
        Ok(Some(Tried { field: change.field, value: change.value, answer, seen }))
    }

    /// Sends the operation with the name of the object in its place.
    async fn send(
        &self,
        caller: Caller,
        body: Option<Body>,
        theirs: &Value,
    ) -> Result<Arc<crate::probe::Answer>, SendError> {
        let mut values: Values = Samples::new(self.cx.maker.api, 1).required(&self.acting.operation);
        let mut body = body;
        match (self.naming.in_query, body.as_mut().and_then(|body| body.value.as_object_mut())) {
            (true, _) => {
                values.insert((Place::Query, self.naming.name.clone()), theirs.clone());
            }
            (_, Some(members)) => {
                let value = match members.get(&self.naming.name) {
                    Some(Value::String(_)) => scalar_text(theirs).map_or_else(|| theirs.clone(), Value::String),
                    _ => theirs.clone(),
                };
                members.insert(self.naming.name.clone(), value);
            }
            _ => {}
        }
        let url = operation_url(self.cx.maker.probe.base_url(), &self.acting.operation, &values)
            .map_err(SendError::Unbuildable)?;
        let kind = crate::probe::WriteKind::Touches;
        Ok(self.cx.write_to(self.acting, caller, url, body.as_ref(), Vec::new(), kind).await?.answer)
    }

    fn refused(&self, attack: &Tried) -> Verdict {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        if !attack.seen.telling {
            return inconclusive("the owner's view could not be had after the attack", None);
        }
        let because = match ActCx::refusal(&attack.answer) {
            Some(sign) => format!("{intruder} is refused: {sign}"),
            None => {
                format!("{intruder} was answered status {}, and {owner}'s stayed as it was", status(&attack.answer))
            }
        };
        self.cx.note(self.acting, intruder, owner, false, because.clone());
        held(because)
    }

    fn proven(&self, target: &Target<'_>, tries: &Tries, meant: Meant, untouched: bool) -> Verdict {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let field = clean_name(&tries.attack.field, 60);
        let mut proof = Proof::default();
        proof.clause("owner-can-write", true, format!("{owner}'s own change of `{field}` shows"));
        let nobody = format!("a change without credentials (status {}) does not show", status(&tries.nobody.answer));
        proof.clause("anonymous-cannot", tries.nobody.seen.telling, nobody);
        proof.clause("owner-sees-the-change", true, format!("{owner} reads `{field}` as {intruder} wrote it"));
        proof.clause("own-stays", untouched, format!("what is {intruder}'s own does not show the value"));
        meant_clause(meant, &mut proof);
        proof.clause("repeated", tries.again.shows(), "a second change with another value shows too");
        proof.show(Role::Attack, &tries.attack.answer).show(Role::Baseline, &tries.own.answer);
        proof.show(Role::Control, &tries.nobody.answer).show(Role::Readback, &tries.attack.seen.answer);
        self.broken(
            proof,
            format!("{intruder} changed {}, naming it in `{}`", target.told(owner), clean_name(&self.naming.name, 60)),
        )
    }

    fn broken(&self, proof: Proof, claim: String) -> Verdict {
        self.cx.note(self.acting, &self.intruder.name, &self.owner.name, true, claim.clone());
        proof.broken(Finding {
            site: self.naming.site(),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }

    async fn remove(&self, kept: Created) -> Result<Verdict, SendError> {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let Some(first) = self.cx.fresh(&kept).await? else {
            return Ok(inconclusive("no further object could be made to be deleted", None));
        };
        let Some(before) = self.cx.view(owner, &first).await?.filter(|seen| seen.object.is_some()) else {
            return Ok(inconclusive("the owner is not shown the object that it made", None));
        };
        let Some((nobody, seen)) = self.delete(Caller::Anonymous, &first).await? else { return Ok(no_view()) };
        if seen.telling && seen.object.is_none() {
            return Ok(held("anonymous callers are let in too: see authn/missing-write"));
        }
        let meant = self.cx.meant(&first, self.intruder, self.owner, &before).await?;
        let Some((attack, after)) = self.delete(Caller::named(intruder), &first).await? else { return Ok(no_view()) };
        if let Some(because) = ActCx::no_answer(&attack) {
            return Ok(inconclusive(because, None));
        }
        if !after.telling {
            return Ok(no_view());
        }
        if after.object.is_some() {
            let because = ActCx::refusal(&attack).map_or_else(
                || format!("{owner} still finds the object"),
                |sign| format!("{intruder} is refused: {sign}"),
            );
            self.cx.note(self.acting, intruder, owner, false, because.clone());
            return Ok(held(because));
        }
        let other = self.cx.view(owner, &kept).await?;
        let Some(second) = self.cx.fresh(&kept).await? else {
            return Ok(inconclusive("no second object could be made to repeat the deletion", None));
        };
        let Some((_, again)) = self.delete(Caller::named(intruder), &second).await? else { return Ok(no_view()) };
        let mut proof = Proof::default();
        proof.clause("owner-had-it", true, format!("{owner} found the object before"));
        proof.clause(
            "anonymous-cannot",
            seen.telling,
            format!("a deletion without credentials (status {}) left it", status(&nobody)),
        );
        proof.clause("gone-for-the-owner", true, format!("after {intruder}'s deletion {owner} no longer finds it"));
        let still = other.as_ref().is_some_and(|seen| seen.object.is_some());
        proof.clause("other-object-is-there", still, format!("another object of {owner}'s is still found"));
        meant_clause(meant, &mut proof);
        proof.clause("repeated", again.telling && again.object.is_none(), "a second object went the same way");
        proof.show(Role::Attack, &attack).show(Role::Baseline, &before.answer).show(Role::Control, &nobody);
        proof.show(Role::Readback, &after.answer);
        let told = Target::Object(first).told(owner);
        Ok(self
            .broken(proof, format!("{intruder} deleted {told}, naming it in `{}`", clean_name(&self.naming.name, 60))))
    }

    pub(crate) async fn delete(
        &self,
        caller: Caller,
        created: &Created,
    ) -> Result<Option<(Arc<crate::probe::Answer>, Seen)>, SendError> {
        let Some(theirs) = created.object.slot_value(&slot(self.acting, &self.naming)).cloned() else {
            return Ok(None);
        };
        let body = body(self.cx.maker.api, self.acting, "");
        let answer = self.send(caller, body, &theirs).await?;
        let seen = self.cx.view(&self.owner.name, created).await?;
        Ok(seen.map(|seen| (answer, seen)))
    }
}

struct Tries {
    own: Tried,
    nobody: Tried,
    attack: Tried,
    again: Tried,
}

fn meant_clause(meant: Meant, proof: &mut Proof) {
    match meant {
        Meant::ForOwner(because) => proof.clause("meant-for-owner", true, because),
        Meant::Unclear(because) => proof.open(
            "meant-for-owner",
            format!("{because}; to settle it, name an object under `owns` of its owner, or let another route refuse strangers"),
        ),
    };
}

fn no_view() -> Verdict {
    inconclusive("the owner's view could not be had after the deletion", None)
}
