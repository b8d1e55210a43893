//! Requests that hide what they are, and what they do to an object of another user.

use crate::checks::proving::claim_of_write;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, see_other, status_text};
use crate::model::{ANONYMOUS, Method, Role, Silence};
use crate::trial::{Aim, Trial, Tried, Twist, refusal_sign};

/// Headers that name the method that is meant.
const HEADERS: [&str; 3] = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

/// Returns a POST that names the method that is meant; without any such name it is the control.
fn disguised_post(meant: Method, headers: &[&str], in_query: bool) -> Twist {
    let query = in_query.then(|| ("_method".to_owned(), meant.to_string())).into_iter().collect();
    let headers = headers.iter().map(|name| ((*name).to_owned(), meant.to_string())).collect();
    Twist { method: Some(Method::Post), headers, query, ..Twist::default() }
}

/// Returns the request by a method that the document does not have for the path.
fn undeclared_request(method: Method) -> Twist {
    Twist { method: Some(method), ..Twist::default() }
}

/// Returns a disguise in words, and where the weakness is.
fn describe_disguise(twist: &Twist) -> (String, String) {
    match (twist.headers.first(), twist.query.first(), twist.method) {
        (Some((name, meant)), ..) => (format!("POST with {name}: {meant}"), format!("header:{name}")),
        (None, Some((name, meant)), _) => (format!("POST with {name}={meant}"), format!("query:{name}")),
        (None, None, method) => {
            let method = method.unwrap_or(Method::Post);
            (format!("{method}, which the document does not have here"), "operation".to_owned())
        }
    }
}

fn declares_method(trial: &Trial<'_>, method: Method) -> bool {
    let path = &trial.acting.operation.path;
    trial.lab.maker.api.operations.iter().any(|other| other.path == *path && other.method == method)
}

/// Returns the disguises that are tried: all names at once, the headers alone, and other changing methods.
fn list_disguises(trial: &Trial<'_>) -> Vec<Twist> {
    let meant = trial.acting.operation.method;
    let others = [Method::Put, Method::Patch].into_iter().filter(|_| meant != Method::Delete);
    let others = others.filter(|method| !declares_method(trial, *method)).map(undeclared_request);
    [disguised_post(meant, &HEADERS, true), disguised_post(meant, &HEADERS, false)].into_iter().chain(others).collect()
}

/// Tries the disguises of a request that is refused, as a trial's attacker.
pub(super) async fn judge_disguises(trial: &Trial<'_>) -> CheckResult {
    let (attacker, owner, meant) = (&trial.attacker, &trial.owner, trial.acting.operation.method);
    let target = trial.target().await?;
    let plain = trial.shoot_at(&target, attacker, &Twist::default()).await?;
    ensure(!plain.has_effect(), || see_other(check_of_plain(trial), "the plain request gets through"))?;
    let unclear = || Silence::undecided("the plain request is neither refused nor has it an effect");
    let mut rule = Rule::default();
    let sign = rule.need("plain-request-refused", refusal_sign(&plain.answer).ok_or_else(unclear), |sign| {
        format!("{meant} as {attacker}: {sign}, and the object stayed as it was")
    })?;
    rule.show(Role::Control, &plain.answer);
    let mut last = plain;
    for twist in list_disguises(trial) {
        // Some servers refuse parameters that they do not know.
        let is_by_headers = !twist.headers.is_empty() && twist.query.is_empty();
        if is_by_headers && !matches!(last.answer.status(), Some(400 | 422)) {
            continue;
        }
        last = trial.shoot_at(&target, attacker, &twist).await?;
        if last.has_effect() {
            return confirm_disguise(trial, rule, twist).await;
        }
    }
    trial.lab.note(trial.acting, attacker, owner, false, format!("refused also in disguise: {sign}"));
    let own = trial.shoot_at(&target, owner, &Twist::default()).await?;
    ensure(own.has_effect(), || {
        Silence::undecided(format!("{attacker} is refused ({sign}), and {owner}'s own {meant} too"))
    })?;
    let because = format!("{attacker} is refused ({sign}), and no disguised request has an effect");
    Err(defence_held(&last.answer, &own.answer, because))
}

/// Returns the check that reports what the plain request does.
fn check_of_plain(trial: &Trial<'_>) -> &'static str {
    match (trial.attacker.as_str(), &trial.aim) {
        (ANONYMOUS, _) => "authn/missing-write",
        (_, Aim::Removal) => "authz/bola-delete",
        _ => "authz/bola-write",
    }
}

/// Finds the disguise that works by itself; without it, and again.
async fn confirm_disguise(trial: &Trial<'_>, rule: Rule, found: Twist) -> CheckResult {
    let (attacker, meant) = (&trial.attacker, trial.acting.operation.method);
    let bare = trial.shoot_afresh(attacker, &disguised_post(meant, &[], false)).await.ok();
    let bare_works = bare.as_ref().is_some_and(Tried::has_effect);
    let names_meant = !found.headers.is_empty();
    ensure(!(names_meant && bare_works && declares_method(trial, Method::Post)), || {
        Silence::not_applicable("POST is an operation of its own here, and no disguise")
    })?;
    let single = match names_meant {
        false => vec![found],
        // A POST that the document does not have does it by itself.
        true if bare_works => vec![undeclared_request(Method::Post)],
        true => {
            let headers = HEADERS.iter().map(|name| disguised_post(meant, &[name], false));
            headers.chain([disguised_post(meant, &[], true)]).collect()
        }
    };
    for twist in single {
        let attack = trial.shoot_afresh(attacker, &twist).await?;
        if attack.has_effect() {
            return prove_twist(trial, rule, (&twist, &attack), bare.as_ref()).await;
        }
    }
    Err(Silence::undecided("a disguised request had an effect once, and not again"))
}

async fn prove_twist(trial: &Trial<'_>, mut rule: Rule, found: (&Twist, &Tried), bare: Option<&Tried>) -> CheckResult {
    let ((twist, attack), caller, owner) = (found, &trial.attacker, &trial.owner);
    let again = trial.shoot_afresh(caller, twist).await.is_ok_and(|again| again.has_effect());
    let (disguise, site) = describe_disguise(twist);
    rest_on_owner(trial, &mut rule).await;
    let seen = if matches!(trial.aim, Aim::Removal) { "no longer finds the object" } else { "reads the new value" };
    rule.weigh("owner-sees-the-effect", attack.has_effect(), format!("after {disguise}, {owner} {seen}"));
    if twist.headers.is_empty() && twist.query.is_empty() {
        // What its owner does to its own by it is no matter of whose it is.
        if caller != owner {
            rule.claim_access(claim_of_write(trial, &trial.subject, attack));
        }
    } else {
        let because = match bare {
            Some(bare) => format!("the same POST without it (status {}) has no effect", status_text(&bare.answer)),
            None => "the same POST without it could not be tried; scan again".to_owned(),
        };
        rule.weigh("disguise-decides", bare.map(|bare| !bare.has_effect()), because);
        rule.show_all(Role::Control, bare.map(|bare| &bare.answer));
    }
    rule.weigh("repeated", again, "a second request went the same way");
    rule.show(Role::Attack, &attack.answer).show(Role::Readback, &attack.seen.answer);
    let (what, meant) = (trial.subject.describe(owner), trial.acting.operation.method);
    let claim = format!("{caller} did by {disguise} to {what}, what {meant} refuses");
    trial.lab.note(trial.acting, caller, owner, true, claim.clone());
    rule.found(Violation::of(trial.acting, site, trial.acting.operation.id.as_str(), claim))
}

/// Adds what the owner's own plain request does: what no caller may do by this method is refused for another reason.
async fn rest_on_owner(trial: &Trial<'_>, rule: &mut Rule) {
    let (owner, meant) = (&trial.owner, trial.acting.operation.method);
    let own = trial.shoot_afresh(owner, &Twist::default()).await.ok();
    let effect = own.as_ref().is_some_and(Tried::has_effect);
    let guarded = own.as_ref().is_some_and(|own| !effect && matches!(own.answer.status(), Some(401 | 403)));
    rule.show_all(if effect { Role::Baseline } else { Role::Control }, own.as_ref().map(|own| &own.answer));
    if guarded {
        rule.weigh("role-is-asked-for", guarded, format!("even {owner}'s own {meant} is refused: a role is asked for"));
        return;
    }
    let because = match effect {
        true => format!("{owner}'s own {meant} has its effect"),
        false => format!("{owner}'s own {meant} had no effect; let it succeed to settle it"),
    };
    rule.weigh("owner-is-served", effect.then_some(true), because);
}
