//! Making an object for another user: an owner field of the body that is believed.

use serde_json::{Value, json};

use crate::act::{Acting, Created, Unusual, Unusually, plain};
use crate::checks::acting::ActCx;
use crate::checks::authz::principals::{group_for, value_for};
use crate::checks::rule::{Finding, Judged, Rule, held, see, status};
use crate::model::{ANONYMOUS, Confidence, JsonType, Role, Silence, clean_name};
use crate::probe::Answer;
use crate::survey::{Person, is_owner_name, is_strong_owner_name, scalar_text, words};
use crate::trial::{Seen, refusal};

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
struct OwnerField {
    name: String,
    declared: bool,
    strong: bool,
    /// A value of its kind.
    like: Option<Value>,
}

/// Tries the owner fields of one creating operation.
pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    let index = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id);
    let index = index.ok_or_else(|| Silence::not_tried("the operation is not among those that write"))?;
    let pairs = cx.pairs();
    let made = cx.maker.made();
    let own = |name: &str| made.iter().find(|created| created.producer == index && created.caller == name);
    let found = pairs.iter().find_map(|(intruder, owner)| Some((*intruder, *owner, own(&intruder.name)?)));
    let (intruder, owner, control) = found.ok_or_else(|| cx.no_target(acting, !pairs.is_empty()))?;
    let (mut suspected, mut last) = (None, None);
    for field in owner_fields(cx, acting, control) {
        let plant = Plant { cx, acting, index, intruder, owner, field };
        match plant.carry_out(control).await {
            Ok(drafts) if drafts.iter().any(|draft| draft.confidence() == Confidence::Confirmed) => return Ok(drafts),
            Ok(drafts) => suspected = suspected.or(Some(drafts)),
            Err(silence) => last = Some(silence),
        }
    }
    let none = || Silence::not_applicable("neither what it takes nor what it shows names an owner");
    suspected.ok_or_else(|| last.unwrap_or_else(none))
}

/// Returns declared owner fields first, then those that the object shows and the document does not take.
fn owner_fields(cx: &ActCx<'_>, acting: &Acting, control: &Created) -> Vec<OwnerField> {
    let api = cx.maker.api;
    let mut found: Vec<OwnerField> = Vec::new();
    for field in acting.fields(api) {
        let Some(plain) = plain(api, field.schema).filter(|schema| !schema.read_only) else { continue };
        if is_owner_name(&field.name) && !is_counterpart(&field.name) {
            let shown = control.object.fields.get(&field.name).filter(|value| scalar_text(value).is_some());
            let number = plain.types.iter().any(|kind| matches!(kind, JsonType::Integer | JsonType::Number));
            let like = shown.cloned().or_else(|| number.then(|| json!(1)));
            let strong = is_strong_owner_name(&field.name);
            found.push(OwnerField { name: field.name, declared: true, strong, like });
        }
    }
    for (name, value) in &control.object.fields {
        let scalar = scalar_text(value).is_some() && !name.contains('/');
        if scalar && is_owner_name(name) && !is_counterpart(name) && !found.iter().any(|known| known.name == *name) {
            let strong = is_strong_owner_name(name);
            found.push(OwnerField { name: name.clone(), declared: false, strong, like: Some(value.clone()) });
        }
    }
    found.sort_by_key(|field| (!field.strong, !field.declared));
    found.truncate(MAX_FIELDS);
    found
}

/// Returns true for fields that say whom something is for, or who handles it: naming another is their purpose.
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
    field: OwnerField,
}

/// What both see of one object.
struct BothViews {
    intruder: Option<Seen>,
    owner: Option<Seen>,
}

impl BothViews {
    fn all(&self) -> impl Iterator<Item = &Seen> {
        [&self.owner, &self.intruder].into_iter().flatten()
    }

    fn owner_has(&self) -> bool {
        self.owner.as_ref().is_some_and(|seen| seen.object.is_some())
    }
}

fn is_hidden(seen: Option<&Seen>) -> bool {
    seen.is_some_and(Seen::is_gone)
}

/// How a field changed whose an object is.
struct Handover {
    /// The other user is shown it, who is not shown others.
    moved: bool,
    /// The owner field names the other user in place of the caller.
    flipped: bool,
}

/// An object that was made for the other user, and how both see it.
struct Planted {
    object: Created,
    after: BothViews,
    handover: Handover,
    /// The field must be sent anyway.
    sent: bool,
}

impl Plant<'_> {
    async fn carry_out(&self, made: &Created) -> Judged {
        let name = self.field.name.as_str();
        let theirs = self.value_of(self.owner, self.intruder).ok_or_else(|| {
            let because =
                format!("no value is known by which `{}` would name {}", clean_name(name, 60), self.owner.name);
            let help =
                format!("let a route such as GET /me show each caller its own id, for {}", self.acting.operation.id);
            Silence::not_tried(because).with_help(help)
        })?;
        // What the scan's own body names already must name its maker first.
        let sent = made.body.as_ref().is_some_and(|body| body.value.get(name).is_some());
        let control = if sent { self.make_own().await? } else { made.clone() };
        let before = self.views(&control).await?;
        let object = match self.plant(&theirs, None).await? {
            Unusually::Made(planted) => *planted,
            Unusually::Not(answer, because) => return Err(self.not_made(answer.as_deref(), because, &control)),
        };
        let after = self.views(&object).await?;
        let handover = self.handover(&before, &after).ok_or_else(|| self.ignored(&object, &after, &control))?;
        let (refused, because) = match self.plant(&theirs, Some(ANONYMOUS)).await? {
            Unusually::Made(_) => return Err(see("authn/missing-write", "anonymous callers are let in too")),
            Unusually::Not(answer, because) => (answer, because),
        };
        let again = match self.plant(&theirs, None).await? {
            Unusually::Made(again) => self.handover(&before, &self.views(&again).await?).is_some(),
            Unusually::Not(..) => false,
        };
        let planted = Planted { object, after, handover, sent };
        let mut rule = Rule::default();
        self.rest_on_handover(&mut rule, &planted);
        let sign = refused.as_deref().and_then(refusal);
        rule.weigh("anonymous-cannot", sign.is_some().then_some(true), sign.unwrap_or(because));
        rule.weigh("repeated", again, "a second object went the same way");
        rule.show(Role::Attack, &planted.object.answer).show(Role::Control, &control.answer);
        for answer in refused.iter() {
            rule.show(Role::Control, answer);
        }
        self.finding(rule, &planted)
    }

    /// Returns what the field takes to name a caller, and not the other one.
    fn value_of(&self, person: &Person, other: &Person) -> Option<Value> {
        let (cx, name) = (self.cx.check, self.field.name.as_str());
        value_for(cx, person, name, self.field.like.as_ref()).or_else(|| group_for(cx, person, other, name))
    }

    /// Makes an object that names the intruder itself.
    async fn make_own(&self) -> Result<Created, Silence> {
        let none = || Silence::undecided("no object could be made that names its maker");
        let ours = self.value_of(self.intruder, self.owner).ok_or_else(none)?;
        let fields = serde_json::Map::from_iter([(self.field.name.clone(), ours)]);
        let how = Unusual { fields, insists: true, ..Unusual::default() };
        match self.cx.maker.make_unusually(self.index, &self.intruder.name, &how).await? {
            Unusually::Made(created) => Ok(*created),
            Unusually::Not(..) => Err(none()),
        }
    }

    /// Makes an object that names the owner.
    async fn plant(&self, theirs: &Value, sender: Option<&str>) -> Result<Unusually, Silence> {
        let mut heirs = vec![self.owner.name.clone()];
        heirs.extend(sender.map(|_| self.intruder.name.clone()));
        let how = Unusual {
            sender: sender.map(str::to_owned),
            fields: serde_json::Map::from_iter([(self.field.name.clone(), theirs.clone())]),
            insists: true,
            heirs,
        };
        Ok(self.cx.maker.make_unusually(self.index, &self.intruder.name, &how).await?)
    }

    async fn views(&self, created: &Created) -> Result<BothViews, Silence> {
        Ok(BothViews {
            intruder: self.cx.view(&self.intruder.name, created).await?,
            owner: self.cx.view(&self.owner.name, created).await?,
        })
    }

    /// Whether the owner field names a person in a view.
    fn is_named(&self, person: &Person, seen: Option<&Seen>) -> bool {
        let wanted = words(&self.field.name);
        let fields = seen.and_then(|seen| seen.object.as_ref()).into_iter().flatten();
        fields.filter(|(name, _)| words(name) == wanted).any(|(name, value)| self.cx.names(person, name, value))
    }

    /// Returns how the field changed whose the object is; `None` when it did not.
    fn handover(&self, before: &BothViews, after: &BothViews) -> Option<Handover> {
        let moved = is_hidden(before.owner.as_ref()) && after.owner_has();
        let was_own = self.is_named(self.intruder, before.intruder.as_ref());
        let flipped = was_own && after.all().any(|seen| self.is_named(self.owner, Some(seen)));
        (moved || flipped).then_some(Handover { moved, flipped })
    }

    /// Returns the silence where the field changed nothing.
    fn ignored(&self, planted: &Created, after: &BothViews, control: &Created) -> Silence {
        if !after.all().any(|seen| seen.telling) {
            return Silence::undecided("no caller could look at the object that was made");
        }
        let (field, owner) = (clean_name(&self.field.name, 60), &self.owner.name);
        let because = format!("`{field}` changes nothing: {owner} is neither shown the object nor named in it");
        self.cx.note(self.acting, &self.intruder.name, owner, false, because.clone());
        held(&planted.answer, &control.answer, because)
    }

    /// Returns the silence where nothing was made.
    fn not_made(&self, answer: Option<&Answer>, because: String, control: &Created) -> Silence {
        let Some((answer, sign)) = answer.and_then(|answer| Some((answer, refusal(answer)?))) else {
            return Silence::undecided(because);
        };
        let because = format!("{} is refused an object of {}'s: {sign}", self.intruder.name, self.owner.name);
        self.cx.note(self.acting, &self.intruder.name, &self.owner.name, false, because.clone());
        held(answer, &control.answer, because)
    }

    /// Adds how the object became the other user's.
    fn rest_on_handover(&self, rule: &mut Rule, planted: &Planted) {
        let (intruder, owner, handover) = (&self.intruder.name, &self.owner.name, &planted.handover);
        let field = clean_name(&self.field.name, 60);
        let own = if handover.flipped {
            format!("otherwise `{field}` names {intruder}, who made it")
        } else {
            format!("otherwise {owner} is not shown what {intruder} made")
        };
        rule.weigh("own-without-the-field", handover.flipped || handover.moved, own);
        let (shown, seen) = match (&planted.after.owner, handover.moved) {
            (Some(seen), true) => {
                let because = format!("{owner}, who asked for nothing, is shown it (status {})", status(&seen.answer));
                (seen.object.is_some(), because)
            }
            _ => (handover.flipped, format!("an independent view of it names {owner} in `{field}`")),
        };
        rule.weigh("owner-is-another", shown, seen);
        let doubt = self.doubt(planted);
        let is_owner = format!("`{field}` names the one who has the object");
        rule.weigh("field-says-whose-it-is", doubt.is_none().then_some(true), doubt.unwrap_or(is_owner));
        for seen in planted.after.all() {
            rule.show(Role::Readback, &seen.answer);
        }
    }

    fn finding(&self, rule: Rule, planted: &Planted) -> Judged {
        let (intruder, owner, field) = (&self.intruder.name, &self.owner.name, clean_name(&self.field.name, 60));
        let resource = clean_name(&planted.object.object.resource, 40);
        let claim = format!("{intruder} made a {resource} that is {owner}'s, by `{field}` in the body");
        self.cx.note(self.acting, intruder, owner, true, claim.clone());
        rule.found(Finding {
            site: format!("body:/{field}"),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }

    /// Returns why the field may be meant to name another user.
    fn doubt(&self, planted: &Planted) -> Option<String> {
        let field = clean_name(&self.field.name, 60);
        if !self.field.strong {
            return Some(format!("`{field}` says who made it, which public objects have too"));
        }
        let resource = &planted.object.object.resource;
        if awaits_consent(&planted.after) {
            return Some(format!("{} may be asked for its consent first", self.owner.name));
        }
        if planted.handover.flipped && !planted.sent {
            // The server itself put its caller there.
            return None;
        }
        let gone = is_hidden(planted.after.intruder.as_ref());
        if gone && planted.handover.moved && !BETWEEN.contains(&resource.as_str()) {
            return None;
        }
        Some(format!("`{field}` may be meant to name whom the {} is for", clean_name(resource, 40)))
    }
}

/// Whether a view says that the other user has to agree first.
fn awaits_consent(after: &BothViews) -> bool {
    const ASKS: &[&str] = &["invited", "requested", "proposed", "awaiting", "unaccepted"];
    after.all().filter_map(|seen| seen.object.as_ref()).flatten().any(|(name, value)| {
        let text = value.as_str().map(str::to_lowercase).unwrap_or_default();
        // Fields for the other one's answer, words that ask for it, and an answer that is not given yet.
        matches!(words(name).join("").as_str(), "acceptedat" | "consent")
            || text.split(['_', '-', ' ']).any(|word| ASKS.contains(&word))
            || *value == Value::Bool(false) && words(name).iter().any(|word| word == "accepted")
    })
}
