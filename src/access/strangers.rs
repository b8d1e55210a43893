//! The judgement of claims that a caller without a credential reached something. What is kept from other users is kept from
//! strangers all the more; beyond that, what names a user, and a document that asks for sign-in, speak.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::evidence::{gather_grounds, is_published, private_fields};
use super::grounds::Rank;
use super::ruling::{AccessModel, Ruling};
use crate::model::{ANONYMOUS, AccessClaim, Exchange, OperationId, SeenValue};
use crate::survey::{
    AnswerKind, Baseline, Leaf, ObjectKey, Person, Sign, Surveyed, is_me_word, is_owner_name, is_person,
    is_strong_owner_name, leaves_of, scalar_text,
};

/// Judges a claim of a caller without a credential.
pub(super) fn judge_stranger(model: &AccessModel<'_>, claim: &AccessClaim, left_out: &BTreeSet<OperationId>) -> Ruling {
    if !claim.verb.is_read() {
        return judge_write(model, claim, left_out);
    }
    let surveyed = model.survey.operation(&claim.operation);

    match surveyed.and_then(|surveyed| Some((surveyed, surveyed.asked_by_strangers()?))) {
        Some((surveyed, baseline)) => ShownClaim { model, claim, left_out, surveyed, baseline }.judge(),
        None => Ruling::Undecided("no signed-in caller was served the same".to_owned()),
    }
}

/// Judges a claim that a stranger made, changed or removed something.
fn judge_write(model: &AccessModel<'_>, claim: &AccessClaim, left_out: &BTreeSet<OperationId>) -> Ruling {
    let asks = |surveyed: &crate::model::Operation| surveyed.id == claim.operation && surveyed.requires_sign_in();
    // A document may be out of date about public reads; a write of a stranger against it is not taken for that.
    if model.survey.api.operations.iter().any(asks) {
        return broken_ruling("the document asks for sign-in".to_owned(), None);
    }
    let grounds = gather_grounds(model, claim, left_out);

    match grounds.private.into_iter().find(|ground| ground.rank < Rank::Hint) {
        Some(ground) => broken_ruling(ground.because, ground.exchange),
        None => suspected_ruling(format!("{} made it, and nothing else shows that it is {0}'s alone", claim.owner)),
    }
}

fn broken_ruling(because: String, control: Option<Arc<Exchange>>) -> Ruling {
    Ruling::Broken { confirmed: true, because, control }
}

fn suspected_ruling(because: String) -> Ruling {
    Ruling::Broken { confirmed: false, because, control: None }
}

/// What a stranger was shown of a signed-in caller's answer.
struct ShownClaim<'a> {
    model: &'a AccessModel<'a>,
    claim: &'a AccessClaim,
    left_out: &'a BTreeSet<OperationId>,
    surveyed: &'a Surveyed,
    /// The request that the stranger repeated.
    baseline: &'a Baseline,
}

impl ShownClaim<'_> {
    fn judge(&self) -> Ruling {
        if is_published(self.model, self.claim, self.left_out) {
            return Ruling::Open("routes that are open by their document show the same".to_owned());
        }
        // The surest reason comes first: the caller itself, then an owned object, then the document's word.
        let found = self.about_caller().or_else(|| self.owned()).or_else(|| self.required());
        found.unwrap_or_else(|| Ruling::Open("nothing in it belongs to one user".to_owned()))
    }

    /// `/me` shows its caller.
    fn about_caller(&self) -> Option<Ruling> {
        let caller = &self.claim.owner;
        let last = self.surveyed.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        // `/account` and `/session` may be public content in other APIs, so that the answer must name the caller.
        let is_named = is_me_word(last) && self.named_people().any(|person| person.name == *caller);
        is_named.then(|| broken_ruling(format!("the answer is about {caller}"), None))
    }

    /// The object is a user's, and no list shows it to strangers.
    fn owned(&self) -> Option<Ruling> {
        let key = self.baseline.object.as_ref()?;
        let (owner, signs) = self.model.survey.owner(key)?;

        // A list that strangers are shown is the application's own word that the object is public.
        if self.is_listed(key) || !self.has_object() {
            return None;
        }
        let fields = self.private_fields();

        // A profile without private fields is what people show of themselves, to strangers as well.
        if signs.contains(&Sign::IsCaller) && !fields.is_empty() {
            return Some(broken_ruling(format!("it is {owner}'s own account, with {}", fields.join(", ")), None));
        }
        // A field that names the owner is left out: public posts name their authors.
        let keeps = |sign: &&Sign| {
            matches!(sign, Sign::ScopedList { apart: true, .. } | Sign::Configured | Sign::Parent { .. })
        };
        let sign = signs.iter().find(keeps)?;
        Some(broken_ruling(format!("the object is {owner}'s: {}", sign.because(owner)), None))
    }

    /// What speaks where the document asks for sign-in. Of itself that says little: of public content it is drift.
    fn required(&self) -> Option<Ruling> {
        self.surveyed.operation.requires_sign_in().then_some(())?;
        if let Some(kept) = self.kept_elsewhere() {
            let control = kept.anonymous.as_ref().map(|answer| Arc::clone(&answer.exchange));
            let because = format!("{} keeps the same object from anonymous callers", kept.operation.id);
            return Some(broken_ruling(because, control));
        }
        if let Some(rule) = self.rule_of_users() {
            return Some(rule);
        }
        let fields = self.private_fields();
        let people: BTreeSet<&str> = self.named_people().map(|person| person.name.as_str()).collect();

        // A marketplace shows its sellers' addresses; only a document that asks for sign-in makes that a leak.
        if !fields.is_empty() && !people.is_empty() {
            let people = people.into_iter().collect::<Vec<_>>().join(", ");
            return Some(broken_ruling(format!("it names {people} beside {}", fields.join(", ")), None));
        }
        let owner = self.named_owner().filter(|_| self.baseline.object.is_some())?;
        Some(match self.open_list() {
            Some(list) => Ruling::Open(format!("{list} shows anonymous callers the same object")),
            None => suspected_ruling(format!(
                "its owner field names {owner}, which public objects may have too; name the object under `owns` of its owner to settle it"
            )),
        })
    }

    /// A route that refuses other users what it serves the owner keeps it from strangers all the more, unless a list shows it
    /// to them.
    fn rule_of_users(&self) -> Option<Ruling> {
        if self.baseline.object.as_ref().is_none_or(|key| self.is_listed(key)) {
            return None;
        }
        let rules = gather_grounds(self.model, self.claim, self.left_out).private.into_iter();
        let rule = rules.filter(|ground| ground.route.is_some()).find(|ground| ground.rank == Rank::Rule)?;
        Some(broken_ruling(rule.because, rule.exchange))
    }

    fn is_heard(&self, other: &Surveyed) -> bool {
        other.operation.id != self.surveyed.operation.id && !self.left_out.contains(&other.operation.id)
    }

    fn private_fields(&self) -> Vec<String> {
        private_fields(&self.claim.values.iter().collect::<Vec<_>>())
    }

    /// Callers whom a value of the answer stands for.
    fn named_people(&self) -> impl Iterator<Item = &Person> {
        let names = |value: &&SeenValue| is_owner_name(&value.key) || is_account_field(&value.key);
        let named = |value: &SeenValue| self.model.survey.people.named_in(&value.key, &value.text);
        self.claim.values.iter().filter(names).filter_map(named)
    }

    /// The caller that an owner field names. What was asked for by its name names itself, and no owner.
    fn named_owner(&self) -> Option<&str> {
        let asked: BTreeSet<String> = self.baseline.values.values().filter_map(scalar_text).collect();
        let names = |value: &&SeenValue| is_strong_owner_name(&value.key) && !asked.contains(&value.text);
        let people = &self.model.survey.people;
        let found = self.claim.values.iter().filter(names).find_map(|it| people.named_in(&it.key, &it.text));

        found.map(|person| person.name.as_str())
    }

    /// Whether a collection shows an object to strangers, under whatever name the slot knows it by.
    fn is_listed(&self, key: &ObjectKey) -> bool {
        let names = self.surveyed.slots.last().map(|slot| slot.resources.clone()).unwrap_or_default();
        let mut keys: Vec<ObjectKey> = names.into_iter().map(|name| (name, key.1.clone())).collect();
        keys.push(key.clone());
        let lists = self.model.survey.objects.lists.iter().filter(|((id, _), _)| !self.left_out.contains(id));
        let shown = lists.filter_map(|(_, callers)| callers.get(ANONYMOUS));

        shown.into_iter().any(|shown| keys.iter().any(|key| shown.contains(key)))
    }

    /// A list that shows anonymous callers the object, its owner among the rest: sign-in is optional there, whatever the
    /// document says.
    fn open_list(&self) -> Option<&OperationId> {
        let key = self.baseline.object.as_ref().filter(|key| self.is_listed(key))?;
        let shows = |other: &&Surveyed| {
            let given =
                other.anonymous.as_ref().and_then(|answer| answer.response()).map(leaves_of).unwrap_or_default();
            let given: BTreeSet<String> = given.into_iter().map(|leaf| leaf.text).collect();
            let is_given = |value: &&SeenValue| given.contains(&value.text);
            let (listed, rest): (Vec<_>, Vec<_>) = self.claim.values.iter().partition(is_given);
            self.is_heard(other)
                && matches!(other.anonymous_reading(), Some(AnswerKind::Data))
                // The route by which strangers asked for this very object is no list of it.
                && other.asked_by_strangers().is_some_and(|asked| asked.object.as_ref() != Some(key))
                && listed.len() >= rest.len()
                && !rest.iter().any(|value| is_owner_name(&value.key))
        };

        self.model.survey.operations.iter().find(shows).map(|list| &list.operation.id)
    }

    /// A route that refuses anonymous callers an object that this one shows them: the very object, with half of what is
    /// shown here, or one of many that this one shows at least half of.
    fn kept_elsewhere(&self) -> Option<&Surveyed> {
        let texts: BTreeSet<&str> = self.claim.values.iter().map(|value| value.text.as_str()).collect();
        // A route that shows other users too much may keep strangers out all the same.
        let keeps = |other: &&Surveyed| {
            let kept = self.model.kept_from_strangers(other).filter(|_| other.operation.id != self.claim.operation);
            let Some((object, own)) = kept else { return false };
            let n_alike = own.iter().filter(|text| texts.contains(text.as_str())).count();
            let same = self.baseline.object.as_ref() == Some(object) && n_alike * 2 >= texts.len();

            // What people show of themselves stands in many places.
            let one_of_many = !is_person(&object.0) && n_alike >= 2 && n_alike * 2 >= own.len();
            same || one_of_many
        };

        self.model.survey.operations.iter().find(keeps)
    }

    /// Whether something of the object itself was shown: not the request's own values, nor what the answers about others'
    /// objects and about nothing have too.
    fn has_object(&self) -> bool {
        let all = || self.surveyed.by.values();
        let others = all().filter(|other| other.url != self.baseline.url).map(|other| &other.first);
        let nothing = all().filter_map(|other| other.missing.as_ref());
        let mut known: BTreeSet<String> = self.baseline.values.values().filter_map(scalar_text).collect();

        for response in others.chain(nothing).filter_map(|answer| answer.response()) {
            known.extend(leaves_of(response).into_iter().map(|leaf| leaf.text));
        }
        self.claim.values.iter().any(|value| !known.contains(&value.text))
    }
}

fn is_account_field(key: &str) -> bool {
    matches!(key.to_ascii_lowercase().as_str(), "email" | "username" | "login" | "sub" | "user_name" | "mail")
}

/// Returns the telling values of the object that a route shows its caller and, by its document and its answers, keeps from
/// strangers; none where it does not.
pub(super) fn kept_values(surveyed: &Surveyed) -> Option<BTreeSet<String>> {
    let asked = surveyed.asked_by_strangers().filter(|asked| asked.object.is_some())?;
    let keeps = surveyed.operation.requires_sign_in()
        && asked.valid(&surveyed.volatile)
        && matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_)));
    let own = asked.first.response().filter(|_| keeps).map(leaves_of)?;
    Some(own.into_iter().filter(Leaf::is_telling).map(|leaf| leaf.text).collect())
}
