//! The judgement of one claim from its grounds (ACCESS.md, "Verdicts").

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::evidence::{gather_grounds, private_fields};
use super::fact::{AccessOutcome, Fact, FactTable};
use super::grounds::{Ground, Grounds, Rank, Witness};
use super::source_evidence::SourceEvidence;
use super::strangers::{judge_stranger, kept_values};
use super::survey_facts::survey_facts;
use crate::code::HandlerWords;
use crate::model::{ANONYMOUS, AccessClaim, AccessLevel, AccessVerb, Exchange, IntentMemory, OperationId, SeenValue};
use crate::survey::{AnswerKind, ObjectKey, Survey, Surveyed, is_whole, leaves_of, scalar_text, split_words};

/// The values of an answer, as text.
type RulingValues = Arc<HashSet<String>>;

/// What was seen of who reaches what, while the scan goes on.
#[derive(Debug)]
pub struct AccessTable<'a> {
    survey: &'a Survey,
    stated: &'a IntentMemory,
    facts: FactTable,
    /// The values that a route gives a caller, worked out when first asked for; held only to look up or add.
    given: Mutex<HashMap<(OperationId, String), RulingValues>>,
    /// What each route shows its caller and keeps from strangers, worked out when first asked for.
    kept: OnceLock<BTreeMap<OperationId, BTreeSet<String>>>,
    /// What the source says of handlers, set once when all facts are there.
    source: OnceLock<SourceEvidence>,
    /// Said where there is no source.
    no_source: SourceEvidence,
}

impl<'a> AccessTable<'a> {
    /// Begins with the facts that the survey's answers hold.
    pub fn new(survey: &'a Survey, stated: &'a IntentMemory) -> Self {
        let facts = FactTable::default();
        facts.extend(survey_facts(survey));
        Self {
            survey,
            stated,
            facts,
            given: Mutex::default(),
            kept: OnceLock::new(),
            source: OnceLock::new(),
            no_source: SourceEvidence::default(),
        }
    }

    /// Returns what was learnt before the checks.
    pub fn survey(&self) -> &'a Survey {
        self.survey
    }

    /// Returns the facts, to add to them.
    pub fn facts(&self) -> &FactTable {
        &self.facts
    }

    /// Hears what the source says of handlers, once: after all that was seen, which it must not contradict.
    pub fn hear_source(&self, words: &HandlerWords) {
        let evidence = SourceEvidence::of(words, self.survey, &self.facts.snapshot());
        // A second source would not be heard: there is one API.
        let _ = self.source.set(evidence);
    }

    /// Returns what can be judged from the facts so far.
    pub fn model(&self) -> AccessModel<'_> {
        AccessModel { survey: self.survey, stated: self.stated, facts: self.facts.snapshot(), table: self }
    }

    /// Returns what each route shows its caller and keeps from strangers.
    fn kept(&self) -> &BTreeMap<OperationId, BTreeSet<String>> {
        let of = |surveyed: &Surveyed| Some((surveyed.operation.id.clone(), kept_values(surveyed)?));
        self.kept.get_or_init(|| self.survey.operations.iter().filter_map(of).collect())
    }

    /// Returns every value that a route gives a caller by right: a caller without a credential only where the route
    /// asks for none, since one that should ask shows what is wrong with it, not what is public.
    fn given_by(&self, surveyed: &Surveyed, caller: &str) -> RulingValues {
        let key = (surveyed.operation.id.clone(), caller.to_owned());
        let mut known = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let work_out = || {
            let stranger = surveyed.anonymous.as_ref().filter(|_| {
                matches!(surveyed.anonymous_reading(), Some(AnswerKind::Data)) && !surveyed.operation.requires_sign_in()
            });
            let own = surveyed.valid_of(caller).map(|baseline| &baseline.first);
            let asked = if caller == ANONYMOUS { stranger } else { own };
            let response = asked.and_then(|answer| answer.response());
            Arc::new(response.map(leaves_of).unwrap_or_default().into_iter().map(|leaf| leaf.text).collect())
        };

        Arc::clone(known.entry(key).or_insert_with(work_out))
    }
}

/// Everything that claims are judged by, as it is known at one moment.
#[derive(Debug)]
pub struct AccessModel<'a> {
    pub(super) survey: &'a Survey,
    pub(super) stated: &'a IntentMemory,
    pub(super) facts: Arc<Vec<Fact>>,
    table: &'a AccessTable<'a>,
}

/// What a claim comes to.
#[derive(Debug, Clone)]
pub enum Ruling {
    /// The caller is kept out by the policy, and got in.
    Broken {
        /// The policy rests on the user's word, on a rule that another route enforces, or on two independent signs.
        confirmed: bool,
        /// What shows the policy.
        because: String,
        /// An exchange that shows it.
        control: Option<Arc<Exchange>>,
    },
    /// The caller is meant to reach it.
    Open(String),
    /// Some rule tells callers apart, and it may be the right one; or nothing is known.
    Undecided(String),
    /// Two routes keep the object from the caller, and others that are accused themselves show it.
    Contested(String),
    /// The user says that it is meant so.
    Stated(String),
}

impl AccessModel<'_> {
    /// Returns every value that a route gives a caller by right.
    pub(super) fn given_by(&self, surveyed: &Surveyed, caller: &str) -> Arc<HashSet<String>> {
        self.table.given_by(surveyed, caller)
    }

    /// Returns the object that a route shows its caller and keeps from strangers, with its values.
    pub(super) fn kept_from_strangers<'s>(
        &'s self,
        surveyed: &'s Surveyed,
    ) -> Option<(&'s ObjectKey, &'s BTreeSet<String>)> {
        let values = self.table.kept().get(&surveyed.operation.id)?;
        Some((surveyed.asked_by_strangers()?.object.as_ref()?, values))
    }

    /// Returns what the source says of handlers.
    pub(super) fn source(&self) -> &SourceEvidence {
        self.table.source.get().unwrap_or(&self.table.no_source)
    }

    /// Returns all facts.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Judges a claim without the facts of the routes that are left out; `accused` routes cannot excuse it when two
    /// others keep the object from the caller.
    pub fn judge(
        &self,
        claim: &AccessClaim,
        left_out: &BTreeSet<OperationId>,
        accused: &BTreeSet<OperationId>,
    ) -> Ruling {
        // The user's word is above all facts: people know what is meant, and a scan sees only what is done.
        if let Some(ruling) = self.stated_ruling(claim) {
            return ruling;
        }
        if claim.account {
            let because = format!("it is {}'s own account", claim.owner);
            return Ruling::Broken { confirmed: true, because, control: None };
        }
        // A stranger has neither rank nor group, so that other signs count for it than for users.
        if claim.caller == ANONYMOUS {
            return judge_stranger(self, claim, left_out);
        }
        let grounds = gather_grounds(self, claim, left_out);

        match claim.verb {
            AccessVerb::Read | AccessVerb::List => judge_read(self, claim, &grounds, accused),
            AccessVerb::Create => judge_addition(claim, &grounds),
            AccessVerb::Call => judge_action(claim, &grounds),
            _ => judge_write(claim, &grounds),
        }
    }

    /// The user's word on the route or on the kind of object.
    fn stated_ruling(&self, claim: &AccessClaim) -> Option<Ruling> {
        // A parameter of a route is claimed apart from it: `GET /boards?tenantId`.
        let route = claim.operation.as_str().split('?').next().unwrap_or_default();
        let stated = self.stated.of(&OperationId::from(route), Some(&claim.resource))?;
        let reason = stated.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let says = format!("it is stated that {} is for {}{reason}", stated.subject, stated.level);
        let is_stranger = claim.caller == ANONYMOUS;
        Some(match &stated.level {
            AccessLevel::Public => Ruling::Stated(says),
            // `signed-in` excuses other users, and not a route that strangers are served by as well.
            AccessLevel::SignedIn if !claim.open && !is_stranger => Ruling::Stated(says),
            AccessLevel::Owner | AccessLevel::SignedIn => {
                Ruling::Broken { confirmed: true, because: says, control: None }
            }
            // Without a credential no caller is of a group, or has a role.
            AccessLevel::Group | AccessLevel::Role(_) if is_stranger => {
                Ruling::Broken { confirmed: true, because: says, control: None }
            }
            // Who is of the group, or of the role, other facts have to show.
            AccessLevel::Group | AccessLevel::Role(_) => return None,
        })
    }

    /// Whether what the object belongs to is shown to the claim's caller.
    pub(super) fn has_open_parent(&self, claim: &AccessClaim, left_out: &BTreeSet<OperationId>) -> bool {
        let key = (claim.resource.clone(), claim.object.clone());
        let Some(object) = self.survey.objects.known.get(&key) else { return false };
        object.context.iter().any(|(resource, value)| {
            let Some(parent) = scalar_text(value).map(|id| (resource.clone(), id)) else { return false };
            let served = |fact: &Fact| {
                fact.object == parent
                    && !left_out.contains(&fact.operation)
                    && fact.caller == claim.caller
                    && fact.verb.is_read()
                    && fact.outcome == AccessOutcome::Served
            };

            self.facts.iter().any(served)
        })
    }

    /// The route that refused the caller, or its like, what the object belongs to, and served it to the owner.
    pub(super) fn parent_refusal(&self, claim: &AccessClaim, left_out: &BTreeSet<OperationId>) -> Option<&Fact> {
        let object = self.survey.objects.known.get(&(claim.resource.clone(), claim.object.clone()))?;
        let is_parent = |key: &ObjectKey| {
            object
                .context
                .iter()
                .any(|(resource, value)| *resource == key.0 && scalar_text(value).as_ref() == Some(&key.1))
        };

        let of_parent =
            |fact: &&Fact| is_parent(&fact.object) && fact.verb.is_read() && !left_out.contains(&fact.operation);
        self.facts.iter().filter(of_parent).find(|fact| {
            let served = |other: &Fact| {
                other.operation == fact.operation
                    && other.object == fact.object
                    && other.caller == claim.owner
                    && other.outcome == AccessOutcome::Served
            };

            fact.caller == claim.caller
                && matches!(fact.outcome, AccessOutcome::Refused(_))
                && self.facts.iter().any(served)
        })
    }
}

/// Judges a claim that values were shown.
fn judge_read(
    model: &AccessModel<'_>,
    claim: &AccessClaim,
    grounds: &Grounds,
    accused: &BTreeSet<OperationId>,
) -> Ruling {
    let strongest = grounds.private.first();
    // A rule outweighs every open route: where one route refuses what another shows, the other one leaks.
    if let Some(ground) = strongest.filter(|ground| ground.rank <= Rank::Rule) {
        return broken_ruling(ground, true);
    }
    // A scope that is only written in the source never counts as one of two.
    let scopes = grounds.private.iter().filter(|ground| ground.rank == Rank::Scope && ground.is_seen()).count();

    if let Some((_, because)) = grounds.open.first() {
        // Routes that are accused themselves excuse nothing where two others keep the object from the caller.
        let excused = grounds.open.iter().any(|(route, _)| !accused.contains(route));
        return match strongest {
            Some(ground) if scopes >= 2 && !excused => Ruling::Contested(ground.because.clone()),
            _ => match written_rule(claim, grounds).filter(|_| !excused) {
                Some(ground) => Ruling::Broken {
                    confirmed: false,
                    because: format!("{}, yet {because}, which is accused itself", ground.because),
                    control: None,
                },
                None => Ruling::Open(because.clone()),
            },
        };
    }

    // What strangers are served too is public, unless two scopes keep it: then the route leaks to all.
    if claim.open {
        return match strongest {
            Some(ground) if scopes >= 2 => broken_ruling(ground, true),
            _ => Ruling::Open("callers without a credential are shown the same".to_owned()),
        };
    }

    if let Some(ruling) = judge_profile(model, claim, grounds) {
        return ruling;
    }
    if claim.reduced {
        return Ruling::Broken {
            confirmed: false,
            because: "fewer than half of the values are shown, none of them private: it may be a view for others"
                .to_owned(),
            control: None,
        };
    }

    // Public posts have an `author` as well, so that a hint alone accuses no route.
    let Some(ground) = strongest.filter(|ground| ground.rank < Rank::Hint) else {
        return unclear_ruling(grounds, "nothing shows that the object is meant for its owner alone");
    };
    weigh_signs(claim, grounds, ground)
}

/// What the source says where every route that shows the object is accused itself: the handler of another one looks at
/// who owns it. What callers without a credential are served is public, whatever the source says; and that only changes
/// are held to the owner speaks for what people keep to themselves alone.
fn written_rule<'g>(claim: &AccessClaim, grounds: &'g Grounds) -> Option<&'g Ground> {
    let shown: Vec<&SeenValue> = claim.values.iter().collect();
    let written = grounds.written().filter(|_| !claim.open && !claim.reduced && !grounds.open_to_strangers)?;
    (written.rank == Rank::Scope || !private_fields(&shown).is_empty()).then_some(written)
}

/// A person's own entry without private fields is what people show of themselves.
fn judge_profile(model: &AccessModel<'_>, claim: &AccessClaim, grounds: &Grounds) -> Option<Ruling> {
    let key = (claim.resource.clone(), claim.object.clone());
    let (owner, signs) = model.survey.owner(&key)?;
    let is_person = signs.iter().all(|sign| matches!(sign, crate::survey::Sign::IsCaller));

    if !is_person || !grounds.private_fields.is_empty() {
        return None;
    }
    let whole = model.survey.operation(&claim.operation).is_some_and(is_whole);

    // A whole profile may have any field that is not private; of a part, each field has to be one that presents.
    if whole || claim.values.iter().all(|value| is_profile_field(&value.key)) {
        return Some(Ruling::Open(format!("a profile of {owner} without private fields")));
    }
    shows_people(&claim.operation)
        .then(|| Ruling::Undecided(format!("it is named like what {owner} may show to everybody")))
}

/// Judges a claim that an object was changed, removed or acted on.
fn judge_write(claim: &AccessClaim, grounds: &Grounds) -> Ruling {
    let Some(ground) = grounds.private.first().filter(|ground| ground.rank < Rank::Hint) else {
        return unclear_ruling(grounds, &format!("nothing shows that the object is {}'s alone to change", claim.owner));
    };
    // A rule on writes stands whatever reads are open: who is shown an object need not be let change it.
    if ground.rank <= Rank::Rule {
        return broken_ruling(ground, true);
    }
    if let Some((_, because)) = grounds.open.first() {
        // What is shared for reading may be shared for writing; a field that names its maker says nothing of that.
        return Ruling::Undecided(format!("{}, yet {because}", ground.because));
    }
    weigh_signs(claim, grounds, ground)
}

/// Judges a claim that something was made below an object: who may not read it may still be meant to add to it, so that it
/// is never more than suspected.
fn judge_addition(claim: &AccessClaim, grounds: &Grounds) -> Ruling {
    let kept = grounds.private.iter().find(|ground| ground.rank <= Rank::Rule && ground.is_seen());
    match (grounds.open.first(), kept) {
        (Some((_, because)), _) => Ruling::Undecided(format!("{because}, and may be meant to be added to")),
        (None, Some(ground)) => broken_ruling(ground, ground.rank == Rank::Stated),
        (None, None) => Ruling::Undecided(format!("nothing shows that {} alone may add to it", claim.owner)),
    }
}

/// Judges a claim that an action was called on an object: what others may read, they may be meant to act on (to like it, to
/// vote for it), so that only a rule that keeps the object from them counts.
fn judge_action(claim: &AccessClaim, grounds: &Grounds) -> Ruling {
    let kept = grounds.private.iter().find(|ground| ground.rank <= Rank::Rule && ground.is_seen());
    match (grounds.open.first(), kept) {
        (_, Some(ground)) if ground.rank == Rank::Stated => broken_ruling(ground, true),
        (Some((_, because)), _) => Ruling::Undecided(format!("{because}, and may be meant to act on it")),
        (None, Some(ground)) => broken_ruling(ground, true),
        (None, None) => Ruling::Undecided(format!("nothing shows that {} alone may act on it", claim.owner)),
    }
}

/// Weighs signs that nothing contradicts: two independent ones confirm.
fn weigh_signs(claim: &AccessClaim, grounds: &Grounds, ground: &Ground) -> Ruling {
    match &grounds.bystander {
        // That a peer is refused shows a rule, and the caller may be let in by it: as a friend, as an invited one.
        Some((name, false)) => {
            let because = format!("{name} is refused while {} is let in: some rule tells them apart", claim.caller);
            return Ruling::Undecided(because);
        }
        // The owner's name alone says who made it; a third caller that is served speaks for a shared object.
        Some((name, true)) if ground.rank == Rank::Ownership => {
            let because = format!("{}, yet {name}, who has nothing to do with it, is let in too", ground.because);
            return Ruling::Broken { confirmed: false, because, control: None };
        }
        _ => {}
    }

    // That only changes are looked at in the code says nothing of who may read what holds nothing private.
    if grounds.private.iter().all(|ground| !ground.is_seen() && ground.rank == Rank::Ownership)
        && grounds.private_fields.is_empty()
    {
        return Ruling::Undecided(ground.because.clone());
    }
    // Signs of an owner do not exclude that members of one tenant share its objects.
    if let Some(group) = &grounds.shared_group {
        let (owner, caller) = (&claim.owner, &claim.caller);
        let because = format!("{}, but it also names a `{group}`, which {owner} and {caller} share", ground.because);
        return Ruling::Broken { confirmed: false, because, control: None };
    }
    // Of what is in everyone's list, a field that names an owner says who made it, unless it holds private things.
    let only_ownership = grounds.private.iter().all(|ground| ground.rank == Rank::Ownership);

    if claim.verb == AccessVerb::List && only_ownership && grounds.private_fields.is_empty() {
        return Ruling::Undecided(format!("{}, and every caller is shown the same list", ground.because));
    }
    // By the habit of REST a collection is what its caller reaches below it, so that it needs no second sign.
    let decides = |ground: &Ground| matches!(ground.witness, Witness::Collection | Witness::Account);

    // That it has an owner, and a part or a write is refused, says nothing of who may read the whole.
    let mut seen = grounds.private.iter().filter(|ground| ground.is_seen());
    let is_scoped = seen.next().is_some_and(|ground| ground.rank <= Rank::Scope);

    // What is written in the code stands beside what was seen, and never for it.
    let has_second = seen.next().is_some() || grounds.written().is_some_and(|ground| ground.rank <= Rank::Scope);
    broken_ruling(ground, (is_scoped && has_second) || grounds.private.iter().any(decides))
}

fn broken_ruling(ground: &Ground, confirmed: bool) -> Ruling {
    Ruling::Broken { confirmed, because: ground.because.clone(), control: ground.exchange.clone() }
}

/// Without any ground, only what people keep to themselves is worth a suspicion.
fn unclear_ruling(grounds: &Grounds, because: &str) -> Ruling {
    if grounds.private_fields.is_empty() {
        return Ruling::Undecided(because.to_owned());
    }
    let private = grounds.private_fields.join(", ");
    Ruling::Broken { confirmed: false, because: format!("it holds {private}, yet {because}"), control: None }
}

/// Words of fields by which people present themselves to others.
const PRESENTING: &[&str] = &[
    "name",
    "username",
    "handle",
    "nick",
    "nickname",
    "login",
    "display",
    "first",
    "last",
    "full",
    "avatar",
    "picture",
    "photo",
    "image",
    "icon",
    "bio",
    "about",
    "headline",
    "tagline",
    "pronouns",
    "joined",
    "since",
    "member",
    "created",
    "createdat",
    "followers",
    "following",
    "posts",
    "reputation",
    "badge",
    "badges",
    "verified",
    "color",
    "colour",
    "id",
    "uid",
    "uuid",
];

/// Returns true for fields of the kind that a public profile shows.
fn is_profile_field(key: &str) -> bool {
    split_words(key).iter().any(|word| PRESENTING.contains(&word.as_str()))
}

/// Returns true for routes that are named like what people show of themselves.
fn shows_people(operation: &OperationId) -> bool {
    let last = operation.0.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    split_words(last).iter().any(|word| {
        matches!(
            word.as_str(),
            "profile" | "public" | "avatar" | "card" | "bio" | "about" | "badges" | "presence" | "summary"
        )
    })
}
