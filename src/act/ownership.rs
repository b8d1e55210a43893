//! Whose everything is that a write names: what the scan made, its throw-away accounts, what the user gave it to write to;
//! or somebody else's, and then the write is not sent.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use super::account_undo::is_people;
use super::kinds::{ActKind, Acting, acting_of, makes_accounts};
use super::named::{NamedObject, RequestPart, named_in, of_body};
use super::relations::addressed_kinds;
use crate::llm::{LlmSettings, recognise_operation};
use crate::model::{Api, Consent, Effect, Identity, clean_name, clean_text};
use crate::probe::{
    Ask, AskCaller, Journal, ReferenceTarget, WriteGuard, WriteKind, WriteNote, WriteRefused, is_removal_of,
};
use crate::survey::is_me_word;

/// Shortest text that names one thing whatever its kind: shorter ones are words, and numbers are everywhere.
const TELLING: usize = 8;

/// Judges every write of a scan.
#[derive(Debug)]
pub struct OwnershipGuard {
    base_path: String,
    operations: BTreeMap<String, Acting>,
    /// Operations that a model stands behind: what is said there changes nothing but the conversation.
    models: BTreeSet<String>,
    /// Kinds of objects that are accounts.
    people: BTreeSet<String>,
    /// Kinds of objects that addresses name.
    kinds: BTreeSet<String>,
    /// What the user lets the scan do as whom; throw-away accounts are not among them.
    configured: BTreeMap<String, Consent>,
    known: Mutex<KnownValues>,
}

/// What values stand for.
#[derive(Debug, Default)]
struct KnownValues {
    /// Kind and value.
    made: HashSet<(String, String)>,
    granted: HashSet<(String, String)>,
    common: HashSet<(String, String)>,
    foreign: HashSet<(String, String)>,
    /// Field and value.
    carried: HashSet<(String, String)>,
    accounts: HashSet<String>,
    invented: HashSet<String>,
    /// Value and the identities that it stands for.
    identities: BTreeMap<String, BTreeSet<String>>,
}

impl OwnershipGuard {
    /// Returns a guard that knows of nothing that is the scan's own yet.
    pub fn new(api: &Api, base_path: &str, acting: &[Acting], identities: &[Identity], llm: &LlmSettings) -> Self {
        let mut operations: BTreeMap<String, Acting> =
            api.operations.iter().map(|operation| (operation.id.0.clone(), acting_of(api, operation))).collect();
        // Those that the user excludes stay excluded.
        operations.extend(acting.iter().map(|acting| (acting.operation.id.0.clone(), acting.clone())));
        let models = api.operations.iter().filter(|operation| recognise_operation(api, operation, llm).is_some());
        let sign_ups = acting.iter().filter(|acting| acting.kind == ActKind::SignUp || makes_accounts(api, acting));
        let guard = Self {
            people: sign_ups.filter_map(|acting| acting.resource.clone()).collect(),
            kinds: addressed_kinds(api),
            base_path: base_path.trim_end_matches('/').to_owned(),
            operations,
            models: models.map(|operation| operation.id.0.clone()).collect(),
            configured: identities.iter().map(|identity| (identity.name.clone(), identity.consent)).collect(),
            known: Mutex::default(),
        };

        identities.iter().for_each(|identity| guard.learn_grants(identity));
        guard
    }

    /// Learns what an identity owns that the scan may write to.
    fn learn_grants(&self, identity: &Identity) {
        if !identity.consent.covers_what_was_there() {
            return;
        }
        for (parameter, ids) in &identity.owns {
            let Some(kind) = self.kind_of(parameter) else { continue };
            ids.iter().for_each(|id| self.learn(id, ReferenceTarget::Granted(&kind)));
        }
    }

    /// Returns the one kind of objects that a parameter names. A bare `id` names many, unless only one kind has such a path:
    /// which one the user gave cannot be known then, and none is written to.
    fn kind_of(&self, parameter: &str) -> Option<String> {
        if let Some(kind) = crate::survey::resource_of_name(parameter) {
            return Some(kind);
        }
        let slots = self.operations.values().flat_map(|acting| &acting.slots);
        let named = slots.filter(|slot| slot.name == parameter).filter_map(|slot| slot.resources.first());
        let kinds: BTreeSet<&String> = named.collect();
        let mut kinds = kinds.into_iter();

        kinds.next().filter(|_| kinds.next().is_none()).cloned()
    }

    fn judge_request(&self, ask: &Ask, note: &WriteNote) -> Result<(), WriteRefused> {
        let caller = name_of(&ask.caller);
        if let Some(name) = caller.filter(|name| self.configured.get(*name) == Some(&Consent::None)) {
            return Err(WriteRefused::NoConsent(name.to_owned()));
        }
        let Some(acting) = self.operations.get(&note.operation) else {
            return Err(WriteRefused::NoOperation(clean_text(&note.operation, 120)));
        };
        if self.models.contains(&note.operation) {
            return Ok(());
        }
        if let Some(because) = &acting.left_alone {
            return Err(WriteRefused::LeftAlone(because.clone()));
        }
        // What only reads changes nothing of what it names.
        if acting.operation.effect == Effect::Reads && note.kind == WriteKind::Touches {
            return Ok(());
        }
        let path = named_in(acting, &self.base_path, ask)?;
        let body = of_body(acting, &self.kinds, ask);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let case = JudgedWrite { guard: self, known: &known, acting, caller, kind: note.kind };
        case.judge_slots(&path)?;
        case.judge_body(&body)?;

        match path.iter().any(|named| named.part == RequestPart::Path) {
            true => Ok(()),
            false => case.judge_without_object(&body, &path),
        }
    }
}

impl WriteGuard for OwnershipGuard {
    fn learn(&self, value: &str, standing: ReferenceTarget<'_>) {
        // Servers often compare names and UUIDs without case: what is foreign must not pass in capitals.
        let value = value.to_lowercase();
        if value.is_empty() {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |kind: &str| (kind.to_owned(), value.clone());

        match standing {
            ReferenceTarget::Made(kind) => _ = known.made.insert(of(kind)),
            ReferenceTarget::Granted(kind) => _ = known.granted.insert(of(kind)),
            ReferenceTarget::Common(kind) => _ = known.common.insert(of(kind)),
            ReferenceTarget::Carried(field) => _ = known.carried.insert(of(field)),
            ReferenceTarget::Foreign(kind) => _ = known.foreign.insert(of(kind)),
            ReferenceTarget::Account => _ = known.accounts.insert(value),
            ReferenceTarget::Invented => _ = known.invented.insert(value),
            ReferenceTarget::Identity(name) => _ = known.identities.entry(value).or_default().insert(name.to_owned()),
        }
    }

    fn judge(&self, ask: &Ask, note: &WriteNote, journal: &Journal) -> Result<(), WriteRefused> {
        self.judge_request(ask, note).or_else(|because| {
            // What the journal says that the scan made may be removed, and what a conversation made is known by it alone.
            let entries = journal.entries();
            let is_removal = entries.iter().any(|entry| is_removal_of(ask, entry));
            if is_removal || self.is_below_noted(ask, note, &entries) { Ok(()) } else { Err(because) }
        })
    }
}

impl OwnershipGuard {
    /// Whether everything in the path was made by a write that the journal has.
    fn is_below_noted(&self, ask: &Ask, note: &WriteNote, entries: &[crate::probe::JournalEntry]) -> bool {
        let Some(acting) = self.operations.get(&note.operation).filter(|acting| acting.left_alone.is_none()) else {
            return false;
        };
        let Ok(path) = named_in(acting, &self.base_path, ask) else { return false };
        let is_made = |named: &NamedObject| {
            entries.iter().any(|entry| {
                let kind = self.operations.get(&entry.note.operation).and_then(|made| made.resource.as_ref());
                let fits = kind.is_some_and(|kind| named.kinds.contains(kind));
                fits && entry.object.as_ref().is_some_and(|object| object.eq_ignore_ascii_case(&named.value))
            })
        };

        !path.is_empty() && path.iter().all(is_made)
    }
}

/// Returns the identity that a request is sent as.
fn name_of(caller: &AskCaller) -> Option<&str> {
    match caller {
        AskCaller::Identity(name) | AskCaller::Cookies(name) | AskCaller::Forged { identity: name, .. } => Some(name),
        AskCaller::Anonymous | AskCaller::Garbage(_) => None,
    }
}

/// One write that is judged.
struct JudgedWrite<'a> {
    guard: &'a OwnershipGuard,
    known: &'a KnownValues,
    acting: &'a Acting,
    caller: Option<&'a str>,
    kind: WriteKind,
}

impl JudgedWrite<'_> {
    /// Judges the objects that path and query name.
    fn judge_slots(&self, slots: &[NamedObject]) -> Result<(), WriteRefused> {
        // The last slot of the path names the object, and those before it say where that lies.
        let names_own =
            slots.iter().rev().find(|named| named.part == RequestPart::Path).is_some_and(|last| self.is_own(last));
        for (index, named) in slots.iter().enumerate() {
            let is_parent =
                slots.get(index + 1..).unwrap_or_default().iter().any(|next| next.part == RequestPart::Path);
            // Where an object of the scan's own lies: whoever made it was let in there.
            let holds_own = is_parent && names_own && (self.is_callers(named) || self.is_carried(named));

            if !(self.is_own(named) || holds_own || self.is_home(named) || self.is_nothing(named)) {
                return Err(self.refuse(named));
            }
        }

        Ok(())
    }

    /// Judges the objects that fields and headers refer to.
    fn judge_body(&self, fields: &[NamedObject]) -> Result<(), WriteRefused> {
        for named in fields {
            let is_known = self.is_own(named) || self.is_callers(named) || self.is_carried(named);
            // Most values of a body refer to no object at all, so only what is known to be another's is refused.
            if self.is_foreign(named) && !is_known && !self.among(&self.known.common, named) {
                return Err(self.refuse(named));
            }
        }

        Ok(())
    }

    /// Judges a write whose path names nothing: it is about the caller, about what its fields name, or about all.
    fn judge_without_object(&self, body: &[NamedObject], query: &[NamedObject]) -> Result<(), WriteRefused> {
        let makes = !matches!(self.acting.kind, ActKind::Update | ActKind::Delete | ActKind::Act);
        let names_own = body.iter().chain(query).any(|named| !named.kinds.is_empty() && self.is_own(named));

        // A question to a model is announced as what makes something: a conversation.
        let announced = !matches!(self.kind, WriteKind::Touches);

        if makes || names_own || announced {
            return Ok(());
        }
        let consent = self.caller.and_then(|name| self.guard.configured.get(name));
        let path = &self.acting.operation.path;
        let is_about_caller = path.split('/').any(|part| !part.is_empty() && is_me_word(part));

        match consent {
            // Such a write changes the user's own account, which `disposable` alone allows.
            Some(consent) if !consent.is_disposable() => {
                Err(WriteRefused::Account(self.caller.unwrap_or_default().to_owned()))
            }
            _ if is_about_caller || self.acting.kind == ActKind::Act => Ok(()),
            _ => Err(WriteRefused::NamesNothing),
        }
    }

    fn among(&self, list: &HashSet<(String, String)>, named: &NamedObject) -> bool {
        named.kinds.iter().any(|kind| list.contains(&(kind.clone(), named.value.clone())))
    }

    /// Whether the scan made it, or was given it to write to.
    fn is_own(&self, named: &NamedObject) -> bool {
        let is_person = self.names_person(named) || is_telling(&named.value);
        let is_disposable =
            |name: &String| self.guard.configured.get(name).is_some_and(|consent| consent.is_disposable());
        let of_disposable = || self.identities(named).any(is_disposable);
        // A long text with digits in it is one thing's, so that a slot of another name may take it too.
        let by_text = || is_telling(&named.value) && self.known.made.iter().any(|(_, value)| *value == named.value);
        self.among(&self.known.made, named)
            || self.among(&self.known.granted, named)
            || is_person && (self.known.accounts.contains(&named.value) || of_disposable())
            || by_text()
    }

    fn is_person(&self, kind: &str) -> bool {
        is_people(kind) || self.guard.people.contains(kind)
    }

    fn names_person(&self, named: &NamedObject) -> bool {
        named.kinds.iter().any(|kind| self.is_person(kind))
    }

    fn identities(&self, named: &NamedObject) -> impl Iterator<Item = &String> {
        self.known.identities.get(&named.value).into_iter().flatten()
    }

    /// Whether it stands for a caller of the scan.
    fn is_callers(&self, named: &NamedObject) -> bool {
        let is_person = named.kinds.is_empty() || self.names_person(named) || named.is_owner;
        (is_person || is_telling(&named.value)) && self.identities(named).next().is_some()
    }

    /// Whether something is made for the caller below its own account.
    fn is_home(&self, named: &NamedObject) -> bool {
        let own = |name: &String| self.caller == Some(name.as_str());
        self.acting.kind == ActKind::Create && self.is_callers(named) && self.identities(named).any(own)
    }

    fn is_carried(&self, named: &NamedObject) -> bool {
        self.known.carried.contains(&(named.field.to_lowercase(), named.value.clone()))
    }

    /// Whether it is no object at all, of a kind that the scan makes: others' functions may do anything with such an id.
    fn is_nothing(&self, named: &NamedObject) -> bool {
        let has_kind = named.kinds.iter().any(|kind| {
            self.is_person(kind) && !self.known.accounts.is_empty()
                || self.known.made.iter().any(|(made, _)| made == kind)
        });
        // A creation below an id that does not exist could leave an orphan.
        self.known.invented.contains(&named.value)
            && has_kind
            && self.acting.kind != ActKind::Create
            && !self.among(&self.known.foreign, named)
    }

    fn is_foreign(&self, named: &NamedObject) -> bool {
        let by_text = || is_telling(&named.value) && self.known.foreign.iter().any(|(_, value)| *value == named.value);
        self.among(&self.known.foreign, named) || by_text()
    }

    fn refuse(&self, named: &NamedObject) -> WriteRefused {
        let (field, kind) = (clean_name(&named.field, 60), named.kinds.first().map_or("object", String::as_str));
        let (value, kind) = (clean_name(&named.value, 60), clean_name(kind, 40));

        match self.known.invented.contains(&named.value) {
            true => WriteRefused::MadeUp { kind, field },
            false => WriteRefused::NotMade { field, kind, value },
        }
    }
}

fn is_telling(text: &str) -> bool {
    text.len() >= TELLING
        && !text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}
