//! Making an object for somebody else: an owner field of the body that is believed.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::act::{Acting, Created, Unusual, Unusually, plain};
use crate::checks::acting::{ActCx, Seen};
use crate::checks::authz::bola_write::no_target;
use crate::checks::authz::principals::{group_for, value_for};
use crate::checks::proof::{Finding, Proof, held, inconclusive, status};
use crate::model::{ANONYMOUS, Confidence, JsonType, Role, Verdict, clean_name};
use crate::probe::{Answer, SendError};
use crate::survey::{Person, is_owner_name, is_strong_owner_name, scalar_text, words};

/// Most fields that are tried on one operation.
const MAX_FIELDS: usize = 2;
/// What is made between people: the other one is meant to be named in it.
const BETWEEN: &[&str] = &[
    "message",
    "share",
    "invite",
    "invitation",
    "member",
    "membership",
    "friend",
    "friendship",
    "follow",
    "follower",
    "assignment",
    "notification",
    "collaborator",
    "permission",
    "grant",
    "role",
    "contact",
    "transfer",
    "request",
    "gift",
    "mention",
    "participant",
    "attendee",
    "guest",
    "block",
    "report",
    "review",
    "rating",
    "like",
    "endorsement",
    "appointment",
    "booking",
    "referral",
    "chat",
    "conversation",
    "visit",
    "prescription",
];

/// A field that may say whose an object is.
struct Candidate {
    name: String,
    declared: bool,
    strong: bool,
    /// A value of its kind.
    like: Option<Value>,
}

/// Tries the owner fields of one creating operation.
pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    let Some(index) = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id) else {
        return Ok(inconclusive("the operation is not among those that write", None));
    };
    let pairs = cx.pairs();
    let made = cx.maker.made();
    let own = |name: &str| made.iter().find(|created| created.producer == index && created.caller == name);
    let Some((intruder, owner, control)) =
        pairs.iter().find_map(|(intruder, owner)| Some((*intruder, *owner, own(&intruder.name)?)))
    else {
        return Ok(no_target(cx, acting, !pairs.is_empty()));
    };
    let candidates = candidates(cx, acting, control);
    if candidates.is_empty() {
        return Ok(held("neither what it takes nor what it shows names an owner"));
    }
    let (mut suspected, mut last) = (None, None);
    for candidate in candidates {
        let verdict = Plant { cx, acting, index, intruder, owner, candidate }.carry_out(control).await?;
        match verdict {
            Verdict::Broken(drafts) if drafts.iter().any(|draft| draft.confidence() == Confidence::Confirmed) => {
                return Ok(Verdict::Broken(drafts));
            }
            Verdict::Broken(drafts) => suspected = suspected.or(Some(Verdict::Broken(drafts))),
            other => last = Some(other),
        }
    }
    Ok(suspected.or(last).unwrap_or_else(|| inconclusive("nothing was tried", None)))
}

/// Declared owner fields first, then those that the object shows and the document does not take.
fn candidates(cx: &ActCx<'_>, acting: &Acting, control: &Created) -> Vec<Candidate> {
    let api = cx.maker.api;
    let mut found: Vec<Candidate> = Vec::new();
    for field in acting.fields(api) {
        let Some(plain) = plain(api, field.schema).filter(|schema| !schema.read_only) else { continue };
        if is_owner_name(&field.name) && !is_counterpart(&field.name) {
            let shown = control.object.fields.get(&field.name).filter(|value| scalar_text(value).is_some());
            let number = plain.types.iter().any(|kind| matches!(kind, JsonType::Integer | JsonType::Number));
            let like = shown.cloned().or_else(|| number.then(|| json!(1)));
            let strong = is_strong_owner_name(&field.name);
            found.push(Candidate { name: field.name, declared: true, strong, like });
        }
    }
    for (name, value) in &control.object.fields {
        let scalar = scalar_text(value).is_some() && !name.contains('/');
        if scalar && is_owner_name(name) && !is_counterpart(name) && !found.iter().any(|known| known.name == *name) {
            let strong = is_strong_owner_name(name);
            found.push(Candidate { name: name.clone(), declared: false, strong, like: Some(value.clone()) });
        }
    }
    found.sort_by_key(|candidate| (!candidate.strong, !candidate.declared));
    found.truncate(MAX_FIELDS);
    found
}

/// Fields that say whom something is for, or who handles it: naming another is their purpose.
fn is_counterpart(name: &str) -> bool {
    let parts = words(name);
    parts.iter().any(|word| {
        matches!(
            word.as_str(),
            "assignee"
                | "assigned"
                | "recipient"
                | "receiver"
                | "shared"
                | "to"
                | "target"
                | "invited"
                | "seller"
                | "approved"
                | "reviewed"
                | "updated"
                | "modified"
                | "deleted"
                | "replied"
                | "liked"
        )
    })
}

struct Plant<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    index: usize,
    intruder: &'a Person,
    owner: &'a Person,
    candidate: Candidate,
}

/// What both see of one object.
struct Views {
    intruder: Option<Seen>,
    owner: Option<Seen>,
}

impl Views {
    fn owner_has(&self) -> bool {
        self.owner.as_ref().is_some_and(|seen| seen.object.is_some())
    }

    fn hidden(seen: Option<&Seen>) -> bool {
        seen.is_some_and(|seen| seen.telling && seen.object.is_none())
    }

    fn tell(&self) -> bool {
        [&self.intruder, &self.owner].into_iter().flatten().any(|seen| seen.telling)
    }
}

impl Plant<'_> {
    async fn carry_out(&self, control: &Created) -> Result<Verdict, SendError> {
        let (cx, field) = (self.cx, self.candidate.name.as_str());
        let like = self.candidate.like.as_ref();
        let theirs = value_for(cx.check, self.owner, field, like);
        let Some(theirs) = theirs.or_else(|| group_for(cx.check, self.owner, self.intruder, field)) else {
            let because =
                format!("no value is known by which `{}` would name {}", clean_name(field, 60), self.owner.name);
            return Ok(inconclusive(because, Some("let a route tell each caller its own id (such as GET /me)")));
        };
        // What the scan's own body names already must name its maker first.
        let sent = control.body.as_ref().is_some_and(|body| body.value.get(field).is_some());
        let control = if sent { self.own_control(field, like).await? } else { Some(control.clone()) };
        let Some(control) = control else {
            return Ok(inconclusive("no object could be made that names its maker", None));
        };
        let before = self.views(&control).await?;
        let planted = match self.plant(&theirs, None).await? {
            Unusually::Made(planted) => planted,
            Unusually::Not(answer, because) => return Ok(self.not_made(answer.as_deref(), &because)),
        };
        let after = self.views(&planted).await?;
        let Some(effect) = self.effect(&before, &after) else {
            return Ok(self.ignored(&after));
        };
        let anonymous = match self.plant(&theirs, Some(ANONYMOUS)).await? {
            Unusually::Made(_) => return Ok(held("anonymous callers are let in too: see authn/missing-write")),
            Unusually::Not(answer, because) => (answer, because),
        };
        let again = match self.plant(&theirs, None).await? {
            Unusually::Made(again) => self.effect(&before, &self.views(&again).await?).is_some(),
            Unusually::Not(..) => false,
        };
        Ok(self.proven(&Case { control: &control, planted: &planted, after, effect, anonymous, again, sent }))
    }

    /// An object that names the intruder itself.
    async fn own_control(&self, field: &str, like: Option<&Value>) -> Result<Option<Created>, SendError> {
        let ours = value_for(self.cx.check, self.intruder, field, like);
        let Some(ours) = ours.or_else(|| group_for(self.cx.check, self.intruder, self.owner, field)) else {
            return Ok(None);
        };
        let fields = serde_json::Map::from_iter([(field.to_owned(), ours)]);
        let how = Unusual { fields, insists: true, ..Unusual::default() };
        Ok(match self.cx.maker.make_unusually(self.index, &self.intruder.name, &how).await? {
            Unusually::Made(created) => Some(*created),
            Unusually::Not(..) => None,
        })
    }

    async fn plant(&self, theirs: &Value, sender: Option<&str>) -> Result<Unusually, SendError> {
        let mut heirs = vec![self.owner.name.clone()];
        heirs.extend(sender.map(|_| self.intruder.name.clone()));
        let how = Unusual {
            sender: sender.map(str::to_owned),
            fields: serde_json::Map::from_iter([(self.candidate.name.clone(), theirs.clone())]),
            insists: true,
            heirs,
        };
        self.cx.maker.make_unusually(self.index, &self.intruder.name, &how).await
    }

    async fn views(&self, created: &Created) -> Result<Views, SendError> {
        Ok(Views {
            intruder: self.cx.view(&self.intruder.name, created).await?,
            owner: self.cx.view(&self.owner.name, created).await?,
        })
    }

    /// Whom the owner field names in a view.
    fn is_named(&self, person: &Person, seen: Option<&Seen>) -> bool {
        let wanted = words(&self.candidate.name);
        let fields = seen.and_then(|seen| seen.object.as_ref()).into_iter().flatten();
        fields.filter(|(name, _)| words(name) == wanted).any(|(name, value)| self.cx.names(person, name, value))
    }

    /// How the field changed whose the object is; `None` when it did not.
    fn effect(&self, before: &Views, after: &Views) -> Option<Effect> {
        let moved = Views::hidden(before.owner.as_ref()) && after.owner_has();
        let was_own = self.is_named(self.intruder, before.intruder.as_ref());
        let flipped =
            was_own && [&after.owner, &after.intruder].into_iter().any(|seen| self.is_named(self.owner, seen.as_ref()));
        (moved || flipped).then_some(Effect { moved, flipped })
    }

    fn ignored(&self, after: &Views) -> Verdict {
        if !after.tell() {
            return inconclusive("nobody could look at the object that was made", None);
        }
        let because = format!(
            "`{}` changes nothing: {} is neither shown the object nor named in it",
            clean_name(&self.candidate.name, 60),
            self.owner.name
        );
        self.cx.note(self.acting, &self.intruder.name, &self.owner.name, false, because.clone());
        held(because)
    }

    fn not_made(&self, answer: Option<&Answer>, because: &str) -> Verdict {
        match answer.and_then(ActCx::refusal) {
            Some(sign) => {
                let because = format!("{} is refused an object of {}'s: {sign}", self.intruder.name, self.owner.name);
                self.cx.note(self.acting, &self.intruder.name, &self.owner.name, false, because.clone());
                held(because)
            }
            None => inconclusive(because.to_owned(), None),
        }
    }

    fn proven(&self, case: &Case<'_>) -> Verdict {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let field = clean_name(&self.candidate.name, 60);
        let mut proof = Proof::default();
        let own = if case.effect.flipped {
            format!("otherwise `{field}` names {intruder}, who made it")
        } else {
            format!("otherwise {owner} is not shown what {intruder} made")
        };
        proof.clause("own-without-the-field", true, own);
        proof.clause("owner-is-another", true, self.seen_as(case, &field));
        let refused = case.anonymous.0.as_deref().and_then(ActCx::refusal);
        match refused {
            Some(sign) => proof.clause("anonymous-cannot", true, format!("anonymous: {sign}")),
            None => proof.open("anonymous-cannot", case.anonymous.1.clone()),
        };
        match self.doubt(case) {
            None => proof.clause("field-says-whose-it-is", true, format!("`{field}` names the one who has the object")),
            Some(because) => proof.open("field-says-whose-it-is", because),
        };
        proof.clause("repeated", case.again, "a second object went the same way");
        proof.show(Role::Attack, &case.planted.answer).show(Role::Control, &case.control.answer);
        if let Some(anonymous) = &case.anonymous.0 {
            proof.show(Role::Control, anonymous);
        }
        for seen in [&case.after.owner, &case.after.intruder].into_iter().flatten() {
            proof.show(Role::Readback, &seen.answer);
        }
        let resource = clean_name(&case.planted.object.resource, 40);
        let claim = format!("{intruder} made a {resource} that is {owner}'s, by `{field}` in the body");
        self.cx.note(self.acting, intruder, owner, true, claim.clone());
        proof.broken(Finding {
            site: format!("body:/{field}"),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }

    fn seen_as(&self, case: &Case<'_>, field: &str) -> String {
        let owner = &self.owner.name;
        match (case.effect.moved, &case.after.owner) {
            (true, Some(seen)) => {
                format!("{owner}, who asked for nothing, is shown it (status {})", status(&seen.answer))
            }
            _ => format!("an independent view of it names {owner} in `{field}`"),
        }
    }

    /// Why the field may be meant to name somebody else.
    fn doubt(&self, case: &Case<'_>) -> Option<String> {
        let field = clean_name(&self.candidate.name, 60);
        if !self.candidate.strong {
            return Some(format!("`{field}` says who made it, which public objects have too"));
        }
        let resource = &case.planted.object.resource;
        if awaits_consent(&case.after) {
            return Some(format!("{} may be asked for its consent first", self.owner.name));
        }
        if case.effect.flipped && !case.sent {
            // The server itself put its caller there.
            return None;
        }
        let gone = Views::hidden(case.after.intruder.as_ref());
        if gone && case.effect.moved && !BETWEEN.contains(&resource.as_str()) {
            return None;
        }
        Some(format!("`{field}` may be meant to name whom the {} is for", clean_name(resource, 40)))
    }
}

/// How a field changed whose an object is.
struct Effect {
    /// The other user is shown it, who is not shown others.
    moved: bool,
    /// The owner field names the other user in place of the caller.
    flipped: bool,
}

/// Everything that one proof rests on.
struct Case<'c> {
    control: &'c Created,
    planted: &'c Created,
    after: Views,
    effect: Effect,
    anonymous: (Option<Arc<Answer>>, String),
    again: bool,
    /// The field must be sent anyway.
    sent: bool,
}

fn awaits_consent(after: &Views) -> bool {
    let objects = [&after.owner, &after.intruder].into_iter().flatten().filter_map(|seen| seen.object.as_ref());
    const ASKS: &[&str] = &["invited", "requested", "proposed", "awaiting", "unaccepted"];
    objects.flatten().any(|(name, value)| {
        let text = value.as_str().map(str::to_lowercase).unwrap_or_default();
        text.split(['_', '-', ' ']).any(|word| ASKS.contains(&word))
            || *value == Value::Bool(false) && words(name).iter().any(|word| word == "accepted")
    }) || !is_settled(after)
}

/// Fields for the other one's answer.
fn is_settled(after: &Views) -> bool {
    let objects = [&after.owner, &after.intruder].into_iter().flatten().filter_map(|seen| seen.object.as_ref());
    objects
        .into_iter()
        .all(|fields| !fields.keys().any(|name| matches!(words(name).join("").as_str(), "acceptedat" | "consent")))
}
