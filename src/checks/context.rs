//! What checks work with: the survey, the way to the target, and what one check found that others need.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::token::forge::SigningKey;
use crate::access::AccessTable;
use crate::conversation::Memory;
use crate::detect::secrets::SecretRules;
use crate::llm::Settings;
use crate::model::{ANONYMOUS, Api, Identity, Method, Mode, Operation, Secret};
use crate::probe::{Answer, Ask, Caller, Probe, Response, SendError};
use crate::survey::{Baseline, Leaf, ObjectKey, Person, Reading, Sign, Survey, Surveyed, leaves, read, scalar_text};

/// What planning works with.
#[derive(Debug, Clone, Copy)]
pub struct PlanCx<'a> {
    /// The API.
    pub api: &'a Api,
    /// The configured identities.
    pub identities: &'a [Identity],
    /// How much the scan may do.
    pub mode: Mode,
    /// What the user says of models behind the API.
    pub llm: &'a Settings,
}

impl PlanCx<'_> {
    /// A GET that nothing speaks against.
    pub fn is_read(operation: &crate::model::Operation) -> bool {
        operation.method == Method::Get && operation.effect == crate::model::Effect::Reads
    }
}

/// Most pairs of intruder and owner that are tried on one operation.
const MAX_PAIRS: usize = 4;

/// Pairs that so many identities can make, of those that are tried.
pub(super) fn pairs_of(identities: usize) -> u32 {
    u32::try_from(identities.saturating_mul(identities.saturating_sub(1)).min(MAX_PAIRS)).unwrap_or(0)
}

/// What checks find out once for all operations.
#[derive(Debug, Default)]
pub struct Shared {
    /// What secrets are looked for with.
    pub(super) secrets: SecretRules,
    /// The guessed key of each identity's token.
    pub(super) keys: tokio::sync::Mutex<std::collections::HashMap<String, Option<SigningKey>>>,
    /// One token with a random signature per identity, so that all checks share the requests made with it.
    random: tokio::sync::Mutex<std::collections::HashMap<String, Secret>>,
    /// What models were asked, and what they said.
    pub(super) llm: Memory,
}

impl Shared {
    /// Nothing is found out yet.
    pub fn new(secrets: SecretRules) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Whether a model behind the API answered anybody.
    pub fn model_answered(&self) -> bool {
        self.llm.has_answer()
    }

    /// The token of an identity with a random signature; made once.
    pub(super) async fn random_signature(&self, identity: &str, make: impl FnOnce() -> Secret) -> Secret {
        self.random.lock().await.entry(identity.to_owned()).or_insert_with(make).clone()
    }
}

/// What running works with.
#[derive(Debug)]
pub struct CheckCx<'a> {
    /// What was learnt before.
    pub survey: &'a Survey,
    /// The way to the target.
    pub probe: &'a Probe,
    /// What other checks found out.
    pub shared: &'a Shared,
    /// What the user says of models behind the API.
    pub llm: &'a Settings,
    /// What was seen of who reaches what.
    pub access: &'a AccessTable<'a>,
}

/// An intruder and an owner of the same rank, with the owner's request.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Who should be refused.
    pub intruder: &'a Person,
    /// Whose object it is.
    pub owner: &'a Person,
    /// The owner's request.
    pub baseline: &'a Baseline,
}

impl<'a> CheckCx<'a> {
    /// Sends, or finds in the ledger.
    pub(super) async fn send(&self, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        self.probe.send(ask).await
    }

    /// The request of a baseline, as somebody else.
    pub(super) fn as_caller(baseline: &Baseline, caller: Caller) -> Ask {
        baseline.ask_as(caller)
    }

    /// The caller of a name.
    pub(super) fn caller(name: &str) -> Caller {
        Caller::named(name)
    }

    /// Reads an answer against what refusals look like on this operation.
    pub(super) fn reading(surveyed: &Surveyed, answer: &Answer, masks: &[String], more: &[(&str, &Answer)]) -> Reading {
        let mut shapes: Vec<(&str, &Answer)> = surveyed.shapes();
        shapes.extend_from_slice(more);
        read(answer, &shapes, &surveyed.volatile, masks)
    }

    /// Pairs of equal rank in which the owner has a valid request for an object of its own.
    pub(super) fn pairs(&self, surveyed: &'a Surveyed) -> Vec<Pair<'a>> {
        let people = &self.survey.people;
        let mut pairs = Vec::new();
        for baseline in surveyed.valid() {
            let owns = baseline.object.as_ref().and_then(|key| self.survey.owner(key));
            if owns.is_none_or(|(name, _)| name != baseline.caller) {
                continue;
            }
            let Some(owner) = people.all.iter().find(|person| person.name == baseline.caller) else { continue };
            for intruder in people.all.iter().filter(|person| person.rank == owner.rank && person.name != owner.name) {
                // One list shows it to both, and not to a third: one of its tenant is no intruder.
                let belongs = baseline.object.as_ref().is_some_and(|key| {
                    let signs = owns.map(|(_, signs)| signs).unwrap_or_default();
                    signs.iter().any(|sign| match sign {
                        Sign::ScopedList { operation, .. } => {
                            self.survey.objects.lists.iter().any(|((id, _), callers)| {
                                id.as_str() == operation
                                    && callers.get(&intruder.name).is_some_and(|listed| listed.contains(key))
                            })
                        }
                        _ => false,
                    })
                });
                if intruder.signed_in && !belongs {
                    pairs.push(Pair { intruder, owner, baseline });
                }
            }
        }
        // One of the owner's tenant may be let in on purpose: strangers say more, and are tried first.
        pairs.sort_by_key(|pair| pair.owner.shares_group_with(pair.intruder));
        pairs.truncate(MAX_PAIRS);
        pairs
    }

    /// Telling leaves of the owner's answer that no innocent source explains: not in what the intruder is rightly shown
    /// here, in the answers to strangers and about nothing, in the request, in objects of others, nor volatile.
    pub(super) fn markers(&self, surveyed: &Surveyed, pair: &Pair<'_>, innocent: &[&Answer]) -> Vec<Leaf> {
        let Some(own) = pair.baseline.first.response() else { return Vec::new() };
        let mut known: BTreeSet<String> = BTreeSet::new();
        // Objects are numbered within their parents at times: the address tells whether it is the same one.
        let others = surveyed.by.get(&pair.intruder.name).filter(|other| other.url != pair.baseline.url);
        let answers = innocent.iter().copied().chain(others.map(|other| &*other.first));
        for response in answers.filter_map(Answer::response) {
            known.extend(leaves(response).into_iter().map(|leaf| leaf.text));
        }
        known.extend(pair.baseline.values.values().filter_map(scalar_text));
        let elsewhere = self.values_elsewhere(pair.baseline.object.as_ref(), false);
        leaves(own)
            .into_iter()
            .filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path))
            .filter(|leaf| !known.contains(&leaf.text) && !elsewhere.contains(&leaf.text))
            .collect()
    }

    /// Values of the other objects of this one's resource: of other owners alone, or of all.
    fn values_elsewhere(&self, key: Option<&ObjectKey>, with_own: bool) -> HashSet<String> {
        let Some(key) = key else { return HashSet::new() };
        let owner = |key: &ObjectKey| self.survey.owner(key).map(|(name, _)| name.to_owned());
        let own = owner(key);
        let from = (key.0.clone(), String::new());
        self.survey
            .objects
            .known
            .range(from..)
            .take_while(|((resource, _), _)| *resource == key.0)
            // Objects of the same owner share the owner's own values: an address, a name.
            .filter(|(other, _)| *other != key && (with_own || owner(other) != own))
            .flat_map(|(_, object)| object.fields.values().filter_map(scalar_text))
            .collect()
    }

    /// Whether some of these leaves are this object's alone, or none of its markers are.
    pub(super) fn is_distinctive(&self, pair: &Pair<'_>, markers: &[Leaf], shown: &[&Leaf]) -> bool {
        let elsewhere = self.values_elsewhere(pair.baseline.object.as_ref(), true);
        let alone = |leaf: &Leaf| !elsewhere.contains(&leaf.text);
        shown.iter().any(|leaf| alone(leaf)) || !markers.iter().any(alone)
    }

    /// Whether any collection shows an object to a caller, under whatever name the slot knows it by.
    pub(super) fn is_listed_to(&self, key: &ObjectKey, surveyed: &Surveyed, caller: &str) -> bool {
        let names = surveyed.slots.last().map(|slot| slot.resources.clone()).unwrap_or_default();
        let others = names.into_iter().map(|name| (name, key.1.clone()));
        std::iter::once(key.clone()).chain(others).any(|key| self.survey.objects.is_listed_to(&key, caller))
    }

    /// Every value that a caller was rightly shown by other operations than this one.
    pub(super) fn values_given(&self, surveyed: &Surveyed, caller: &str) -> HashSet<String> {
        let others = self.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
        others
            .filter_map(|other| {
                if caller == ANONYMOUS {
                    let open = matches!(other.anonymous_reading(), Some(Reading::Data));
                    // A route that should ask for sign-in shows what is wrong with it, not what is public.
                    return other.anonymous.as_ref().filter(|_| open && !other.operation.requires_sign_in());
                }
                other.valid_of(caller).map(|baseline| &baseline.first)
            })
            .filter_map(|answer| answer.response())
            .flat_map(|response| leaves(response).into_iter().map(|leaf| leaf.text))
            .collect()
    }

    /// Whether some other operation under the same first segment refuses strangers: authentication is in use there.
    pub(super) fn sibling_that_refuses(&self, operation: &Operation) -> Option<&'a Surveyed> {
        self.survey.operations.iter().find(|other| {
            other.operation.id != operation.id
                && other.valid().next().is_some()
                && matches!(other.anonymous_reading(), Some(Reading::Refused(_)))
        })
    }
}

/// Leaves of `wanted` that stand in an answer at the same path with the same value.
pub(super) fn present<'l>(wanted: &'l [Leaf], response: &Response) -> Vec<&'l Leaf> {
    let given: BTreeSet<(String, String)> = leaves(response).into_iter().map(|leaf| (leaf.path, leaf.text)).collect();
    wanted.iter().filter(|leaf| given.contains(&(leaf.path.clone(), leaf.text.clone()))).collect()
}
