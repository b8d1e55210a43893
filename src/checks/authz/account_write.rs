//! Other people's accounts, changed through their id: a part of `authz/bola-write`. Tried on a spare account alone.

use serde_json::{Map, Value, json};

use crate::act::{Acting, Kind, Spare, declared_names, is_email, is_password, marker};
use crate::checks::acting::ActCx;
use crate::checks::proving::find_in;
use crate::checks::rule::{Judged, Rule};
use crate::model::{Method, Place, Silence};
use crate::probe::SendError;
use crate::survey::{ends_in_id, is_owner_name, role_word, words};
use crate::trial::{Aim, Mirrored, Seen, Subject, Trial};

/// Whether an operation changes an account that its address names: `PUT /users/{id}`, `PUT /users/{name}/password`.
pub(super) fn concerns(cx: &ActCx<'_>, acting: &Acting) -> bool {
    let people = |slot: &crate::survey::Slot| slot.resources.iter().any(|resource| cx.is_people(resource));
    acting.kind == Kind::Update
        && matches!(acting.operation.method, Method::Put | Method::Patch | Method::Post)
        && role_word(&acting.operation.path).is_none()
        && matches!(acting.slots.as_slice(), [slot] if slot.place == Place::Path && people(slot))
}

/// What shows that a field was changed.
enum Shown {
    /// The account's own view.
    InView,
    /// The sign-in: it is the password.
    BySignIn,
}

/// Changes a spare account as another user, through its id.
pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    let (Some(model), Some(intruder)) = (cx.model(), cx.accounts.made.last()) else {
        let help =
            format!("scan with --auto-accounts, so that {} may be tried on such an account", acting.operation.id);
        return Err(Silence::not_tried("needs a throw-away account to be changed").with_help(help));
    };
    let spare = cx.spares.make(model, &Map::new()).await?;
    let no_spare = |because| Silence::undecided(format!("no account could be made to be changed: {because}"));
    let spare = spare.map_err(no_spare)?;
    let view = cx.mirror(&cx.who_spare(&spare)).await?;
    let view = view.ok_or_else(|| Silence::undecided("no route shows the account to itself"))?;
    let no_field = || Silence::undecided("no field is known that the operation changes and the account shows");
    let (field, shown) = choose_field(cx, acting, &view).ok_or_else(no_field)?;
    let choose = |_: &Seen| Some((field.clone(), new_text(&field, &spare)));
    let trial = Trial {
        lab: cx,
        acting,
        owner: spare.name.clone(),
        rightful: Some(spare.name.clone()),
        subject: Subject::Spare(Box::new(spare.clone())),
        naming: None,
        aim: match shown {
            Shown::InView => Aim::Chosen(&choose),
            Shown::BySignIn => Aim::Password(&field),
        },
        attacker: intruder.name.clone(),
        peer: None,
    };
    let proven = trial.run().await;
    if matches!(trial.aim, Aim::Password(_)) {
        restore_password(cx, acting, &spare, (&view, &field)).await?;
    }
    let proven = proven?;
    let mut rule = Rule::default();
    rule.rest_on(&trial, &proven);
    find_in(rule, &trial, &proven)
}

/// Returns a field that the operation changes and the account shows, or else its password, which the sign-in shows.
fn choose_field(cx: &ActCx<'_>, acting: &Acting, view: &Mirrored) -> Option<(String, Shown)> {
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
    match (field, passwords.as_slice()) {
        (Some(field), _) => Some((field.clone(), Shown::InView)),
        (None, [only]) => Some((only.clone(), Shown::BySignIn)),
        _ => None,
    }
}

/// Returns a text that a field has not had, and by which the account is still known.
fn new_text(field: &str, spare: &Spare) -> Value {
    let suffix: String = marker().chars().rev().take(3).collect();
    let name = &spare.persona.username;
    if is_email(field) { json!(format!("{name}x{suffix}@example.com")) } else { json!(format!("{name}x{suffix}")) }
}

/// Puts the account's own password back, so that it can be removed.
async fn restore_password(
    cx: &ActCx<'_>,
    acting: &Acting,
    spare: &Spare,
    (view, field): (&Mirrored, &str),
) -> Result<(), SendError> {
    let own = Map::<String, Value>::from_iter([(field.to_owned(), json!(spare.password.expose()))]);
    let _ = cx.change_account(acting, &spare.name, spare, view, &own).await?;
    Ok(())
}
