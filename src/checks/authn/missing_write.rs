//! `authn/missing-write`.

use crate::act::{Acting, Created, Kind, Unusual, Unusually, acting_of, ends_in_slot};
use crate::checks::acting::ActCx;
use crate::checks::authz::addressed;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::proving::claim;
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, status};
use crate::model::{ANONYMOUS, Operation, Role, Security, Silence, clean_name};
use crate::probe::SendError;
use crate::survey::{Person, Reading, is_strong_owner_name, slots, words};
use crate::trial::{Aim, Seen, Subject, Trial, refusal};

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
        write: run,
    }
}

/// What strangers are meant to send.
const PUBLIC: &[&str] = &[
    "contact",
    "feedback",
    "newsletter",
    "subscribe",
    "signup",
    "register",
    "login",
    "signin",
    "cart",
    "carts",
    "basket",
    "baskets",
    "session",
    "sessions",
    "webhook",
    "webhooks",
    "hook",
    "hooks",
    "callback",
    "callbacks",
    "auth",
    "token",
    "tokens",
    "log",
    "logs",
    "telemetry",
    "analytics",
    "metric",
    "metrics",
    "track",
    "tracking",
    "beacon",
    "lead",
    "leads",
    "enquiry",
    "inquiry",
    "enquiries",
    "inquiries",
    "support",
    "waitlist",
    "poll",
    "vote",
    "votes",
    "survey",
    "paste",
    "pastes",
];

fn plan_write(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let open = matches!(operation.security, Security::Public | Security::Optional(_));
    if open || operation.method.is_safe() || is_for_strangers(operation) {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    let one = ends_in_slot(&operation.path);
    let part = matches!(operation.method, crate::model::Method::Put | crate::model::Method::Patch);
    let by_path = (one || part) && !slots(cx.api, operation).is_empty();
    let most = match acting.kind {
        Kind::Create if operation.requires_sign_in() => 8,
        // An object or two, the owner's write and two without credentials, with the owner's looks after each.
        Kind::Update | Kind::Delete if by_path => 16,
        Kind::Update | Kind::Delete | Kind::Act if !addressed::fields(cx.api, &acting).is_empty() => 16,
        _ => return Need::NotApplicable,
    };
    Need::Requests(if cx.identities.is_empty() { 0 } else { most })
}

fn is_for_strangers(operation: &Operation) -> bool {
    let segments = operation.path.split('/').filter(|part| !part.starts_with('{'));
    segments.flat_map(words).any(|word| PUBLIC.contains(&word.as_str()))
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    let signed: Vec<&Person> = cx.check.survey.people.all.iter().filter(|person| person.signed_in).collect();
    ensure(!signed.is_empty(), || {
        Silence::not_tried("needs a signed-in identity, whose object it may write to")
            .with_help("add an identity to routewarden.toml, or scan with --auto-accounts")
    })?;
    if acting.kind == Kind::Create {
        return create(cx, acting, &signed).await;
    }
    let trial = anonymous_trial(cx, acting, &signed)?;
    let proven = trial.run().await?;
    let mut rule = Rule::default();
    rule.rest_on_controls(&trial, &proven);
    rule.rest_on_effect("owner-sees-it", &trial, &proven);
    rest_on_sign_in(cx, &mut rule);
    if acting.operation.requires_sign_in() {
        rest_on_document(acting, &mut rule);
    } else {
        let to_settle = "the document says nothing of sign-in here; state `security` for the operation to settle it";
        rule.rest_on_intent("not-meant-for-strangers", &proven, to_settle);
    }
    rule.rest_on_repeat(&proven);
    rule.found(finding(acting, claim(&trial, &proven)))
}

/// Returns the trial of an operation without credentials, on an object that its path or its body names.
fn anonymous_trial<'a>(cx: &'a ActCx<'a>, acting: &'a Acting, signed: &[&'a Person]) -> Result<Trial<'a>, Silence> {
    // A part of an object, such as `/notes/{id}/pin`, is changed through its path too.
    let by_path = acting.operation.path.contains('}') && !acting.slots.is_empty();
    let mut trial = if by_path {
        let found = signed.iter().find_map(|person| Some((*person, cx.target(acting, &person.name)?)));
        let (owner, (created, _)) = found.ok_or_else(|| cx.no_target(acting, true))?;
        Trial {
            lab: cx,
            acting,
            subject: Subject::Object(Box::new(created)),
            naming: None,
            aim: if acting.kind == Kind::Delete { Aim::Removal } else { Aim::Change },
            owner: owner.name.clone(),
            rightful: Some(owner.name.clone()),
            attacker: ANONYMOUS.to_owned(),
            peer: None,
        }
    } else {
        Trial { attacker: ANONYMOUS.to_owned(), ..addressed::addressed_trial(cx, acting)? }
    };
    // Whose it is is judged against another caller, where there is one.
    trial.peer = signed.iter().copied().find(|person| person.name != trial.owner);
    Ok(trial)
}

/// Adds that another operation refuses anonymous callers.
fn rest_on_sign_in(cx: &ActCx<'_>, rule: &mut Rule) {
    let refuses = cx.check.survey.operations.iter().find(|surveyed| {
        surveyed.valid().next().is_some() && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
    });
    let because = match refuses {
        Some(sibling) => format!("{} refuses anonymous callers", sibling.operation.id),
        None => "no operation that was asked refuses anonymous callers".to_owned(),
    };
    rule.weigh("sign-in-is-in-use", refuses.is_some().then_some(true), because);
    if let Some(answer) = refuses.and_then(|sibling| sibling.anonymous.as_ref()) {
        rule.show(Role::Control, answer);
    }
}

/// Adds that the document asks for sign-in.
fn rest_on_document(acting: &Acting, rule: &mut Rule) {
    rule.weigh("not-meant-for-strangers", acting.operation.requires_sign_in(), "the document asks for sign-in");
}

fn finding(acting: &Acting, claim: String) -> Finding<'_> {
    Finding {
        site: "operation".to_owned(),
        cause: acting.operation.id.0.clone(),
        claim,
        severity: None,
        surveyed: acting,
    }
}

/// Makes objects without credentials, and lets signed-in users look for them.
async fn create(cx: &ActCx<'_>, acting: &Acting, signed: &[&Person]) -> Judged {
    let index = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id);
    let made = cx.maker.made();
    let own = |name: &str| made.iter().find(|created| Some(created.producer) == index && created.caller == name);
    let found = signed.iter().find_map(|person| Some((index?, *person, own(&person.name)?)));
    let (index, owner, control) = found.ok_or_else(|| cx.no_target(acting, true))?;
    ensure(can_undo(cx, control), || Silence::not_tried("not tried: what is made here cannot be removed again"))?;
    let how = without_credentials(cx, owner, control, signed);
    let first = match cx.maker.make_unusually(index, &owner.name, &how).await? {
        Unusually::Made(created) => *created,
        Unusually::Not(Some(answer), because) => {
            cx.note(acting, ANONYMOUS, "", false, because.clone());
            let sign = refusal(&answer).ok_or_else(|| Silence::undecided(because))?;
            return Err(held(&answer, &control.answer, format!("anonymous is refused: {sign}")));
        }
        Unusually::Not(None, because) => return Err(Silence::undecided(because)),
    };
    let mut rule = Rule::default();
    let resource = clean_name(&first.object.resource, 40);
    let found = find_reader(cx, &first, signed).await?;
    let found = found.ok_or_else(|| Silence::undecided("the answer says that it was made, and no caller finds it"));
    let (_, seen) = rule.need("it-is-there", found, |(reader, _)| {
        format!("{reader} finds the {resource} that was made without credentials")
    })?;
    let again = match cx.maker.make_unusually(index, &owner.name, &how).await? {
        Unusually::Made(second) => find_reader(cx, &second, signed).await?.is_some(),
        Unusually::Not(..) => false,
    };
    let own = control.answer.response().is_some_and(|response| response.status < 400);
    rule.weigh("signed-in-can-make", own, format!("{} makes one too (status {})", owner.name, status(&control.answer)));
    rest_on_document(acting, &mut rule);
    rest_on_sign_in(cx, &mut rule);
    rule.weigh("repeated", again, "a second one was made alike");
    rule.show(Role::Attack, &first.answer).show(Role::Baseline, &control.answer).show(Role::Readback, &seen.answer);
    let claim = format!("an anonymous caller made {resource} {}", clean_name(&first.id, 60));
    cx.note(acting, ANONYMOUS, "", true, claim.clone());
    rule.found(finding(acting, claim))
}

/// Whether what an operation makes can be removed again.
fn can_undo(cx: &ActCx<'_>, control: &Created) -> bool {
    let journal = cx.maker.probe.journal();
    journal.is_some_and(|journal| {
        journal.entries().iter().any(|entry| entry.n == control.entry && entry.note.undo.is_some())
    })
}

/// Returns how an object is made without credentials. Where the body may name an owner it does: one of the callers must be
/// able to remove what is made.
fn without_credentials(cx: &ActCx<'_>, owner: &Person, control: &Created, signed: &[&Person]) -> Unusual {
    let mut heirs = vec![owner.name.clone()];
    heirs.extend(signed.iter().map(|person| person.name.clone()).filter(|name| *name != owner.name));
    let named = control
        .object
        .fields
        .iter()
        .find(|(name, value)| !name.contains('/') && is_strong_owner_name(name) && cx.names(owner, name, value));
    let fields = named.map(|(name, value)| (name.clone(), value.clone())).into_iter().collect();
    Unusual { sender: Some(ANONYMOUS.to_owned()), fields, heirs, insists: true }
}

/// Returns the caller that finds an object, and how it looks to it; anonymous callers last.
async fn find_reader(
    cx: &ActCx<'_>,
    created: &Created,
    signed: &[&Person],
) -> Result<Option<(String, Seen)>, SendError> {
    let names = signed.iter().map(|person| person.name.as_str()).take(3).chain(std::iter::once(ANONYMOUS));
    for name in names {
        if let Some(seen) = cx.view(name, created).await?
            && seen.object.is_some()
        {
            return Ok(Some((name.to_owned(), seen)));
        }
    }
    Ok(None)
}
