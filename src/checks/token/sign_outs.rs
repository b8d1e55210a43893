//! Which operations end the caller's own session, and which sign-in each of them belongs to.

use crate::act::{ActKind, Acting, is_email, is_user_name};
use crate::checks::acting::ActCx;
use crate::model::{Credential, Identity, Place, Silence, clean_name};
use crate::survey::{ends_in_id, is_owner_name, role_word, split_words};

/// Most callers that sign out.
const MAX_CALLERS: usize = 2;

/// Passes an operation that ends the caller's own session and can end no other. It is never sent otherwise: with the id of
/// a user, a session or a token it would be harm, and without one it says nothing.
pub(super) fn own_sign_out(cx: &ActCx<'_>, acting: &Acting) -> Result<(), Silence> {
    if acting.kind != ActKind::SignOut {
        return Err(Silence::not_applicable("it does not end a session"));
    }
    if split_words(&acting.operation.path).iter().any(|word| word == "other" || word == "others") {
        return Err(Silence::not_applicable("it ends other sessions than the caller's own"));
    }
    match names_whose(cx, acting) {
        Some(name) => Err(Silence::not_applicable(format!("it ends what `{}` names", clean_name(&name, 40)))),
        None => Ok(()),
    }
}

/// Returns the parameter or field that says whose session ends, or which token is removed.
fn names_whose(cx: &ActCx<'_>, acting: &Acting) -> Option<String> {
    let slots = acting.slots.iter().map(|slot| slot.name.clone());
    let asked = acting.operation.parameters.iter().filter(|parameter| parameter.place == Place::Query);
    let asked = asked.map(|parameter| (parameter.name.clone(), parameter.required));
    let fields = acting.fields(cx.maker.api).into_iter().map(|field| (field.name, field.required));
    let named =
        asked.chain(fields).filter(|(name, required)| names_someone(name) || *required && names_something(name));
    slots.chain(named.map(|(name, _)| name)).next()
}

/// Whether a field takes a token.
pub(super) fn is_token(joined: &str) -> bool {
    matches!(joined, "token" | "accesstoken" | "sessiontoken" | "authtoken" | "jwt") || joined.contains("refresh")
}

fn names_someone(name: &str) -> bool {
    is_owner_name(name) || is_email(name) || is_user_name(name)
}

/// Whether a field names an object of any kind.
pub(super) fn names_something(name: &str) -> bool {
    names_someone(name) || ends_in_id(name) && !is_token(&split_words(name).join(""))
}

/// Returns the callers that can sign in again by the sign-in that a sign-out belongs to: throw-away accounts first, and
/// of these the last, since most checks act as the first; then those of the lowest rank.
pub(super) fn find_callers<'a>(cx: &ActCx<'a>, acting: &Acting) -> Result<Vec<&'a Identity>, Silence> {
    let probe = cx.check.probe;
    let all = probe.identities().iter().filter(|identity| probe.sessions().get(&identity.name).is_some());
    let mut found: Vec<(&Identity, &str)> = all.filter_map(|it| Some((it, sign_in_of(it)?))).collect();
    if found.is_empty() {
        let silence = cx.lacks_account("needs an identity that signs in by a request");
        return Err(match cx.accounts.faults.first() {
            Some(_) => silence,
            None => silence.with_help("give an identity a `login` in routewarden.toml, or scan with --auto-accounts"),
        });
    }
    let out = acting.operation.path.as_str();
    let documented = cx.maker.acting.iter().filter(|other| other.kind == ActKind::SignIn);
    let known = found.iter().map(|(_, path)| *path).chain(documented.map(|other| other.operation.path.as_str()));
    let Some(beside) = known.max_by_key(|path| n_shared(path, out)) else { return Ok(Vec::new()) };

    found.retain(|(_, path)| n_shared(path, out) == n_shared(beside, out));
    if found.is_empty() {
        return Err(Silence::not_tried(format!("it belongs to the sign-in {beside}, by which no caller signs in"))
            .with_help(format!("give an identity a `login` by {beside} in routewarden.toml")));
    }
    found.retain(|(_, path)| belongs_to(cx, acting, path));
    if found.is_empty() {
        return Err(Silence::not_applicable("another sign-out stands beside the sign-in of the callers"));
    }
    found.reverse();
    found.sort_by_key(|(identity, _)| (cx.account(&identity.name).is_none(), identity.rank));
    Ok(found.into_iter().map(|(identity, _)| identity).take(MAX_CALLERS).collect())
}

/// Returns the path of a caller's sign-in.
fn sign_in_of(identity: &Identity) -> Option<&str> {
    let Credential::Login(recipe) = &identity.credential else { return None };
    recipe.operation.split_once(' ')?.1.trim().split('?').next()
}

/// Whether no other sign-out stands nearer to a sign-in, and none of the two alone is marked as a higher role's.
fn belongs_to(cx: &ActCx<'_>, acting: &Acting, sign_in: &str) -> bool {
    let own = n_shared(&acting.operation.path, sign_in);
    let others = cx.maker.acting.iter().filter(|other| own_sign_out(cx, other).is_ok());
    let nearer = others.into_iter().any(|other| n_shared(&other.operation.path, sign_in) > own);
    !nearer && (role_word(&acting.operation.path).is_none() || role_word(sign_in).is_some())
}

/// Returns how many segments two paths share from the left.
fn n_shared(one: &str, other: &str) -> usize {
    let segments = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    segments(one).iter().zip(&segments(other)).take_while(|(one, other)| one == other).count()
}
