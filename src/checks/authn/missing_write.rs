//! `authn/missing-write`.

use std::sync::Arc;

use serde_json::Value;

use crate::act::{Acting, Created, Kind, Unusual, Unusually, acting_of, body, ends_in_slot};
use crate::checks::acting::{ActCx, Meant, Seen};
use crate::checks::authz::addressed::{self, Deed};
use crate::checks::authz::no_target;
use crate::checks::authz::target::{Target, Tried};
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{ANONYMOUS, Operation, Role, Security, Verdict, clean_name};
use crate::probe::{Answer, Caller, SendError, Values};
use crate::survey::{Person, Reading, is_strong_owner_name, slots, words};

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

impl Check for MissingWrite {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
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
            // An object or two, the owner's write and two without credentials, with the owner's view of each.
            Kind::Update | Kind::Delete if by_path => 10,
            Kind::Update | Kind::Delete | Kind::Act if !addressed::fields(cx.api, &acting).is_empty() => 10,
            _ => return Need::NotApplicable,
        };
        Need::Requests(if cx.identities.is_empty() { 0 } else { most })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Functions
    }
}

fn is_for_strangers(operation: &Operation) -> bool {
    let segments = operation.path.split('/').filter(|part| !part.starts_with('{'));
    segments.flat_map(words).any(|word| PUBLIC.contains(&word.as_str()))
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    let signed: Vec<&Person> = cx.check.survey.people.all.iter().filter(|person| person.signed_in).collect();
    if signed.is_empty() {
        return Ok(skipped(
            "needs a signed-in identity, whose object it may write to",
            Some("add an identity to routewarden.toml, or scan with --auto-accounts"),
        ));
    }
    if acting.kind == Kind::Create {
        return create(cx, acting, &signed).await;
    }
    // A part of an object, such as `/notes/{id}/pin`, is changed through its path too.
    let by_path = acting.operation.path.contains('}') && !acting.slots.is_empty();
    let (way, owner, deed) = if by_path {
        let found = signed.iter().find_map(|person| Some((*person, cx.target(acting, &person.name)?)));
        let Some((owner, (created, values))) = found else { return Ok(no_target(cx, acting, true)) };
        let deed = if acting.kind == Kind::Delete { Deed::Removes } else { Deed::Changes };
        (Way::Path(values, Target::Object(created)), owner, deed)
    } else {
        match addressed::find(cx, acting) {
            Ok((attempt, target, deed)) => {
                let owner = attempt.owner;
                (Way::Body(attempt, target), owner, deed)
            }
            Err(verdict) => return Ok(verdict),
        }
    };
    let case = Case { cx, acting, owner, way };
    match deed {
        Deed::Changes => case.change().await,
        Deed::Removes => case.remove().await,
    }
}

/// How an operation names what it writes to.
enum Way<'a> {
    Path(Values, Target<'a>),
    Body(addressed::Attempt<'a>, Target<'a>),
}

struct Case<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    owner: &'a Person,
    way: Way<'a>,
}

impl Case<'_> {
    fn target(&self) -> &Target<'_> {
        match &self.way {
            Way::Path(_, target) | Way::Body(_, target) => target,
        }
    }

    /// Writes a new value as a caller, and lets the owner look.
    async fn attempt(&self, caller: Caller, present: &Seen, used: &mut Vec<Value>) -> Result<Option<Tried>, SendError> {
        match &self.way {
            Way::Body(attempt, target) => attempt.attempt(caller, target, present, used).await,
            Way::Path(values, target) => {
                let Some(change) = self.cx.change(self.acting, &present.fields(), used) else { return Ok(None) };
                used.push(change.value.clone());
                let answer = self.cx.write(self.acting, caller, values, Some(&change.body)).await?.answer;
                let seen = target.view(self.cx, &self.owner.name).await?;
                Ok(seen.map(|seen| Tried { field: change.field, value: change.value, answer, seen }))
            }
        }
    }

    async fn change(&self) -> Result<Verdict, SendError> {
        let owner = &self.owner.name;
        let Some(before) = self.target().view(self.cx, owner).await?.filter(|seen| seen.object.is_some()) else {
            return Ok(inconclusive("the owner has no way to look at what would be changed", None));
        };
        let mut used = Vec::new();
        let Some(own) = self.attempt(Caller::named(owner), &before, &mut used).await? else {
            return Ok(inconclusive("no field is known that the operation changes", None));
        };
        if !own.shows() {
            let what = ActCx::refusal(&own.answer).unwrap_or_else(|| format!("status {}", status(&own.answer)));
            return Ok(inconclusive(format!("the owner's own change does not show ({what})"), None));
        }
        let Some(attack) = self.attempt(Caller::Anonymous, &own.seen, &mut used).await? else {
            return Ok(inconclusive("no further value is known for the field that changes", None));
        };
        if !attack.shows() {
            return Ok(self.refused(&attack.answer, &attack.seen));
        }
        let Some(again) = self.attempt(Caller::Anonymous, &attack.seen, &mut used).await? else {
            return Ok(inconclusive("the change could not be repeated with another value", None));
        };
        let meant = self.meant(self.target(), &again.seen).await?;
        let field = clean_name(&attack.field, 60);
        let mut proof = Proof::default();
        proof.clause("owner-can-write", true, format!("{owner}'s own change of `{field}` shows"));
        proof.clause("owner-sees-it", true, format!("{owner} reads `{field}` as it was written without credentials"));
        self.common(meant, again.shows(), &mut proof);
        proof.show(Role::Attack, &attack.answer).show(Role::Baseline, &own.answer);
        proof.show(Role::Readback, &attack.seen.answer).show(Role::Readback, &again.seen.answer);
        Ok(self.broken(proof, format!("an anonymous caller changed {}", self.target().told(owner))))
    }

    fn refused(&self, answer: &Answer, seen: &Seen) -> Verdict {
        if let Some(because) = ActCx::no_answer(answer) {
            return inconclusive(because, None);
        }
        if !seen.telling {
            return inconclusive("the owner's view could not be had after the attempt", None);
        }
        let because = match ActCx::refusal(answer) {
            Some(sign) => format!("anonymous is refused: {sign}"),
            None => format!("anonymous was answered status {}, and nothing changed", status(answer)),
        };
        self.cx.note(self.acting, ANONYMOUS, &self.owner.name, false, because.clone());
        held(because)
    }

    /// Deletes without credentials, and lets the owner look.
    async fn delete(&self, created: &Created) -> Result<Option<(Arc<Answer>, Seen)>, SendError> {
        if let Way::Body(attempt, _) = &self.way {
            return attempt.delete(Caller::Anonymous, created).await;
        }
        let Some(values) = self.cx.values(&self.acting.operation, created) else { return Ok(None) };
        let body = body(self.cx.maker.api, self.acting, "");
        let answer = self.cx.write(self.acting, Caller::Anonymous, &values, body.as_ref()).await?.answer;
        Ok(self.cx.view(&self.owner.name, created).await?.map(|seen| (answer, seen)))
    }

    async fn remove(&self) -> Result<Verdict, SendError> {
        let owner = &self.owner.name;
        let Target::Object(kept) = self.target() else { return Ok(held("accounts are not removed for a proof")) };
        let Some(first) = self.cx.fresh(kept).await? else {
            return Ok(inconclusive("no further object could be made to be deleted", None));
        };
        let Some(before) = self.cx.view(owner, &first).await?.filter(|seen| seen.object.is_some()) else {
            return Ok(inconclusive("the owner is not shown the object that it made", None));
        };
        // Whose it is must be asked while it is there.
        let meant = self.meant(&Target::Object(first.clone()), &before).await?;
        let Some((attack, after)) = self.delete(&first).await? else { return Ok(no_view()) };
        if !gone(&after) {
            return Ok(self.refused(&attack, &after));
        }
        let other = self.cx.view(owner, kept).await?;
        let Some(second) = self.cx.fresh(kept).await? else {
            return Ok(inconclusive("no second object could be made to repeat the deletion", None));
        };
        let Some((_, again)) = self.delete(&second).await? else { return Ok(no_view()) };
        let mut proof = Proof::default();
        proof.clause("owner-had-it", true, format!("{owner} found the object before"));
        proof.clause(
            "gone-for-the-owner",
            true,
            format!("after a deletion without credentials {owner} no longer finds it"),
        );
        let still = other.as_ref().is_some_and(|seen| seen.object.is_some());
        proof.clause("other-object-is-there", still, format!("another object of {owner}'s is still found"));
        self.common(meant, gone(&again), &mut proof);
        proof.show(Role::Attack, &attack).show(Role::Baseline, &before.answer).show(Role::Readback, &after.answer);
        if let Some(other) = &other {
            proof.show(Role::Control, &other.answer);
        }
        Ok(self.broken(proof, format!("an anonymous caller deleted {}", Target::Object(first).told(owner))))
    }

    /// Whether it is the owner's alone, judged against another caller where there is one.
    async fn meant(&self, target: &Target<'_>, seen: &Seen) -> Result<Meant, SendError> {
        let people = &self.cx.check.survey.people.all;
        match people.iter().find(|person| person.signed_in && person.name != self.owner.name) {
            Some(other) => target.meant(self.cx, other, self.owner, seen).await,
            None => Ok(Meant::Unclear("there is no second identity to compare with".to_owned())),
        }
    }

    fn common(&self, meant: Meant, repeated: bool, proof: &mut Proof) {
        sign_in_clause(self.cx, proof);
        if self.acting.operation.requires_sign_in() {
            proof.clause("not-meant-for-strangers", true, "the document asks for sign-in");
        } else {
            match meant {
                Meant::ForOwner(because) => proof.clause("not-meant-for-strangers", true, because),
                Meant::Unclear(because) => proof.open(
                    "not-meant-for-strangers",
                    format!("the document says nothing of sign-in here, and {because}; state `security` for the operation to settle it"),
                ),
            };
        }
        proof.clause("repeated", repeated, "a second time went the same way");
    }

    fn broken(&self, proof: Proof, claim: String) -> Verdict {
        self.cx.note(self.acting, ANONYMOUS, &self.owner.name, true, claim.clone());
        proof.broken(Finding {
            site: "operation".to_owned(),
            cause: self.acting.operation.id.0.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }
}

fn gone(seen: &Seen) -> bool {
    seen.telling && seen.object.is_none()
}

fn no_view() -> Verdict {
    inconclusive("the owner's view could not be had after the deletion", None)
}

/// Another operation that refuses anonymous callers.
fn sign_in_clause(cx: &ActCx<'_>, proof: &mut Proof) {
    let refuses = cx.check.survey.operations.iter().find(|surveyed| {
        surveyed.valid().next().is_some() && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
    });
    match refuses {
        Some(sibling) => {
            proof.clause("sign-in-is-in-use", true, format!("{} refuses anonymous callers", sibling.operation.id));
            if let Some(answer) = &sibling.anonymous {
                proof.show(Role::Control, answer);
            }
        }
        None => {
            proof.open("sign-in-is-in-use", "no operation that was asked refuses anonymous callers");
        }
    }
}

/// Makes objects without credentials, and lets signed-in users look for them.
async fn create(cx: &ActCx<'_>, acting: &Acting, signed: &[&Person]) -> Result<Verdict, SendError> {
    let index = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id);
    let made = cx.maker.made();
    let own = |name: &str| made.iter().find(|created| Some(created.producer) == index && created.caller == name);
    let found = signed.iter().find_map(|person| Some((*person, own(&person.name)?)));
    let (Some(index), Some((owner, control))) = (index, found) else { return Ok(no_target(cx, acting, true)) };
    let can_undo = cx.maker.probe.journal().is_some_and(|journal| {
        journal.entries().iter().any(|entry| entry.n == control.entry && entry.note.undo.is_some())
    });
    if !can_undo {
        return Ok(skipped("not tried: what is made here cannot be removed again", None));
    }
    let mut heirs = vec![owner.name.clone()];
    heirs.extend(signed.iter().map(|person| person.name.clone()).filter(|name| *name != owner.name));
    // Where the body may name an owner, it does: somebody must be able to remove what is made.
    let named = control
        .object
        .fields
        .iter()
        .find(|(name, value)| !name.contains('/') && is_strong_owner_name(name) && cx.names(owner, name, value));
    let fields = named.map(|(name, value)| (name.clone(), value.clone())).into_iter().collect();
    let how = Unusual { sender: Some(ANONYMOUS.to_owned()), fields, heirs, insists: true };
    let first = match cx.maker.make_unusually(index, &owner.name, &how).await? {
        Unusually::Made(created) => *created,
        Unusually::Not(Some(answer), because) => {
            let sign = ActCx::refusal(&answer);
            cx.note(acting, ANONYMOUS, "", false, because.clone());
            return Ok(
                sign.map_or_else(|| inconclusive(because, None), |sign| held(format!("anonymous is refused: {sign}")))
            );
        }
        Unusually::Not(None, because) => return Ok(inconclusive(because, None)),
    };
    let Some((reader, seen)) = find_reader(cx, &first, signed).await? else {
        return Ok(inconclusive("the answer says that it was made, and nobody finds it", None));
    };
    let again = match cx.maker.make_unusually(index, &owner.name, &how).await? {
        Unusually::Made(second) => find_reader(cx, &second, signed).await?.is_some(),
        Unusually::Not(..) => false,
    };
    let mut proof = Proof::default();
    let resource = clean_name(&first.object.resource, 40);
    proof.clause(
        "signed-in-can-make",
        true,
        format!("{} makes one too (status {})", owner.name, status(&control.answer)),
    );
    proof.clause("it-is-there", true, format!("{reader} finds the {resource} that was made without credentials"));
    proof.clause("not-meant-for-strangers", true, "the document asks for sign-in");
    sign_in_clause(cx, &mut proof);
    proof.clause("repeated", again, "a second one was made alike");
    proof.show(Role::Attack, &first.answer).show(Role::Baseline, &control.answer).show(Role::Readback, &seen.answer);
    let claim = format!("an anonymous caller made {resource} {}", clean_name(&first.id, 60));
    cx.note(acting, ANONYMOUS, "", true, claim.clone());
    Ok(proof.broken(Finding {
        site: "operation".to_owned(),
        cause: acting.operation.id.0.clone(),
        claim,
        severity: None,
        surveyed: acting,
    }))
}

/// Who finds an object, and how it looks to that caller; anonymous callers last.
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
