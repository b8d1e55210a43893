//! `authn/missing-write`.

use super::siblings::weigh_sign_in_of;
use crate::act::{ActKind, Acting, acting_of, ends_in_slot};
use crate::checks::access::ReachedObject;
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::proving::{claim_of_write, format_write_claim};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, status_text};
use crate::model::{ANONYMOUS, AccessVerb, Method, Operation, Role, Security, Silence, clean_name};
use crate::survey::{Leaf, Person, id_slots, split_words};
use crate::trial::addressed;
use crate::trial::{Aim, NamelessMaking, Trial, compare_states};

check! {
    /// ## What it does
    /// Makes an object as a signed-in user, changes and deletes it without any credential, and lets the owner look. Makes
    /// objects without a credential where the document asks for one.
    ///
    /// ## Why it matters
    /// Whatever the whole internet may change will be changed.
    ///
    /// ## How it is confirmed
    /// A change: the owner's own one shows in the owner's view, and the anonymous one does too, twice, with different
    /// values. A deletion: the owner no longer finds the object, while another one is still there; twice. A creation: a
    /// signed-in user finds what was made, twice. In each case another operation refuses anonymous callers, so that
    /// sign-in is in use, and the document asks for sign-in, or the object is its owner's alone.
    ///
    /// ## When it stays silent
    /// When the document says that the operation is public, when the owner's view stays as it was whatever the answer
    /// said, and for what strangers are meant to send: contact forms, feedback, sign-ups, carts, webhooks.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-306
    MissingWrite {
        id: "authn/missing-write",
        title: "An anonymous caller can change state",
        severity: Critical,
        level: Active,
        owasp: ["API2:2023"],
        cwe: [306],
        remedy: "require-authentication",
        since: "0.2.0",
        plan: plan_write,
        phase: Functions,
        write: check_anonymous_write,
    }
}

/// What strangers are meant to send.
const PUBLIC: &str = "contact feedback newsletter subscribe signup register login signin cart carts basket baskets session \
    sessions webhook webhooks hook hooks callback callbacks auth token tokens log logs telemetry \
    analytics metric metrics track tracking beacon lead leads enquiry inquiry enquiries inquiries \
    support waitlist poll vote votes survey paste pastes";

fn plan_write(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let open = matches!(operation.security, Security::Public | Security::Optional(_));
    if open || operation.method.is_safe() || is_for_strangers(operation) {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    let one = ends_in_slot(&operation.path);
    let part = matches!(operation.method, Method::Put | Method::Patch);
    let by_path = (one || part) && !id_slots(cx.api, operation).is_empty();
    let most = match acting.kind {
        ActKind::Create if operation.requires_sign_in() => 8,
        // An object or two, the owner's write and two without credentials, with the owner's looks after each.
        ActKind::Update | ActKind::Delete if by_path => 16,
        ActKind::Act if acting.acts_on_object() => 16,
        ActKind::Update | ActKind::Delete | ActKind::Act if !addressed::naming_fields(cx.api, &acting).is_empty() => 16,
        _ => return Need::NotApplicable,
    };
    Need::Requests(if cx.identities.is_empty() { 0 } else { most })
}

fn is_for_strangers(operation: &Operation) -> bool {
    let segments = operation.path.split('/').filter(|part| !part.starts_with('{'));
    segments.flat_map(split_words).any(|word| PUBLIC.split(' ').any(|known| known == word))
}

async fn check_anonymous_write(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let signed: Vec<&Person> = cx.check.survey.people.all.iter().filter(|person| person.signed_in).collect();
    ensure(!signed.is_empty(), || {
        Silence::not_tried("needs a signed-in identity, whose object it may write to")
            .with_help("add an identity to routewarden.toml, or scan with --auto-accounts")
    })?;
    if acting.kind == ActKind::Create {
        return check_anonymous_create(cx, acting, &signed).await;
    }
    let trial = anonymous_trial(cx, acting, &signed)?;
    let proven = trial.run().await?;
    let mut rule = Rule::default();
    rule.rest_on_controls(&trial, &proven);
    rule.rest_on_effect("owner-sees-it", &trial, &proven);
    weigh_sign_in_of(cx.check, &acting.operation, &mut rule);
    let name = "not-meant-for-strangers";
    match proven.subject.object() {
        // An account is its user's, whatever else is known of it.
        None if acting.operation.requires_sign_in() => {
            rule.weigh(name, acting.operation.requires_sign_in(), "the document asks for sign-in");
        }
        _ => {
            rule.claim_access(claim_of_write(&trial, &proven.subject, &proven.attack));
        }
    }
    rule.rest_on_repeat(&proven);
    rule.found(build_finding(acting, format_write_claim(&trial, &proven)))
}

/// Returns the trial of an operation without credentials, on an object that its path or its body names.
fn anonymous_trial<'a>(cx: &'a ActCx<'a>, acting: &'a Acting, signed: &[&'a Person]) -> Result<Trial<'a>, Silence> {
    // A part of an object, such as `/notes/{id}/pin`, is changed through its path too.
    let by_path = acting.operation.path.contains('}') && !acting.slots.is_empty();
    let mut trial = if by_path {
        let aim = match acting.kind {
            ActKind::Delete => Aim::Removal,
            ActKind::Act => Aim::Once(&compare_states),
            _ => Aim::Change,
        };
        cx.anonymous_trial(acting, aim)?
    } else {
        Trial { attacker: ANONYMOUS.to_owned(), ..addressed::addressed_trial(cx, acting)? }
    };
    // Whose it is is judged against another caller, where there is one.
    trial.peer = signed.iter().copied().find(|person| person.name != trial.owner);
    Ok(trial)
}

fn build_finding(acting: &Acting, claim: String) -> Violation<'_> {
    Violation {
        site: "operation".to_owned(),
        cause: acting.operation.id.0.clone(),
        claim,
        severity: None,
        surveyed: acting,
    }
}

/// Makes objects without credentials, and lets signed-in users look for them.
async fn check_anonymous_create(cx: &ActCx<'_>, acting: &Acting, signed: &[&Person]) -> CheckResult {
    let making = NamelessMaking::find(cx, acting, signed)?;
    let first = making.make().await?;
    let (control, resource) = (&making.control, clean_name(&first.object.resource, 40));
    let mut rule = Rule::default();
    let (_, seen) = rule.need("it-is-there", making.find_reader(&first).await, |(reader, _)| {
        format!("{reader} finds the {resource} that was made without credentials")
    })?;
    let again = making.goes_again().await?;
    let own = control.answer.response().is_some_and(|response| response.status < 400);
    let made = format!("{} makes one too (status {})", making.owner.name, status_text(&control.answer));
    rule.weigh("signed-in-can-make", own, made);
    weigh_sign_in_of(cx.check, &acting.operation, &mut rule);
    rule.weigh("repeated", again, "a second one was made alike");
    rule.show(Role::Attack, &first.answer).show(Role::Baseline, &control.answer).show(Role::Readback, &seen.answer);
    let key = (first.object.resource.clone(), first.id.clone());
    let (operation, owner) = (&acting.operation.id, &making.owner.name);
    let reached = ReachedObject { operation, verb: AccessVerb::Create, key: &key, owner, caller: ANONYMOUS };
    rule.claim_access(reached.claim::<Leaf>(&[]));
    let claim = format!("an anonymous caller made {resource} {}", clean_name(&first.id, 60));
    cx.note(acting, ANONYMOUS, "", true, claim.clone());
    rule.found(build_finding(acting, claim))
}
