//! The evidence for and against a claim: what other routes, the object's own fields and the user's word say of who is
//! meant to reach it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::fact::{AccessOutcome, Fact, Relation, relation_to};
use super::grounds::{Ground, Grounds, Rank, Witness};
use super::ruling::AccessModel;
use crate::model::{ANONYMOUS, AccessClaim, AccessVerb, OperationId, SeenValue, clean_name};
use crate::survey::{
    ObjectKey, Sign, Surveyed, is_person, is_strong_owner_name, is_whole, leaves_of, resource_of_name, scalar_text,
    split_words,
};

/// Gathers the grounds for a claim from all routes but its own and those that are left out.
pub(super) fn gather_grounds(
    model: &AccessModel<'_>,
    claim: &AccessClaim,
    left_out: &BTreeSet<OperationId>,
) -> Grounds {
    let gathering = Gathering { model, claim, left_out, key: (claim.resource.clone(), claim.object.clone()) };
    let open = gathering.open_routes();
    let hidden = gathering.hidden_values();
    let mut grounds = Grounds {
        private_fields: private_fields(&hidden),
        bystander: gathering.bystander(),
        shared_group: gathering.shared_group(),
        open_to_strangers: gathering.is_open_to_strangers(),
        open,
        private: Vec::new(),
    };

    grounds.private.extend(gathering.refusals());
    grounds.private.extend(gathering.signs(!grounds.private_fields.is_empty()));
    grounds.private.extend(gathering.asymmetry());
    grounds.private.extend(model.source().grounds(claim, left_out));

    // What was seen comes before what was read, among grounds of one rank.
    let order = |ground: &Ground| (ground.rank, !ground.is_seen(), ground.route.clone(), ground.because.clone());
    grounds.private.sort_by_key(order);

    // One route is one witness, however many objects it was asked for; so are all fields of the object.
    let mut heard: BTreeSet<(Option<OperationId>, Witness)> = BTreeSet::new();
    grounds.private.retain(|ground| heard.insert((ground.route.clone(), ground.witness)));
    grounds
}

/// Whether routes that are open to the caller give it every claimed value.
pub(super) fn is_published(model: &AccessModel<'_>, claim: &AccessClaim, left_out: &BTreeSet<OperationId>) -> bool {
    let key = (claim.resource.clone(), claim.object.clone());
    Gathering { model, claim, left_out, key }.hidden_values().is_empty()
}

/// What is needed to look for grounds.
struct Gathering<'a> {
    model: &'a AccessModel<'a>,
    claim: &'a AccessClaim,
    left_out: &'a BTreeSet<OperationId>,
    key: ObjectKey,
}

impl<'a> Gathering<'a> {
    /// Returns true for routes whose facts may be heard.
    fn is_heard(&self, route: &OperationId) -> bool {
        *route != self.claim.operation && !self.left_out.contains(route)
    }

    fn is_of_object(&self, fact: &Fact) -> bool {
        fact.object == self.key
    }

    /// Routes that refused the same or a closer relation what they serve the owner.
    fn refusals(&self) -> Vec<Ground> {
        let counts = |fact: &Fact| self.is_heard(&fact.operation) && self.keeps_out(fact) && !self.lets_caller_in(fact);
        let refused = self.model.facts.iter().filter_map(|fact| match &fact.outcome {
            AccessOutcome::Refused(sign) if counts(fact) => Some((fact, sign)),
            _ => None,
        });

        refused.filter_map(|(fact, sign)| self.refusal(fact, sign)).collect()
    }

    fn refusal(&self, fact: &Fact, sign: &str) -> Option<Ground> {
        let same = self.is_of_object(fact);
        // Objects of one kind may differ in who reads them; who may change them is one rule.
        let rank = match (self.claim.verb.is_read(), fact.verb.is_read()) {
            (true, true) if same && self.claim.verb == AccessVerb::List && self.leads_to_whole(fact) => Rank::Rule,
            (true, true) if same && self.shows_the_same(fact) => Rank::Rule,
            // What is refused of a part of a person (its orders, its settings) says nothing of the person.
            (true, true) if same && !is_person(&self.claim.resource) => Rank::Ownership,
            (true, false) if fact.object.0 == self.key.0 && !is_person(&self.claim.resource) => Rank::Ownership,
            (false, true) if same => Rank::Rule,
            // Who may change an object says nothing of who may add to it.
            (false, false) if self.claim.verb == AccessVerb::Create => return None,
            // What only its owner may remove, others may still be meant to edit; the other way round it is one rule.
            (false, false) if fact.object.0 == self.key.0 && self.is_lesser_than(fact.verb) => Rank::Ownership,
            (false, false) if fact.object.0 == self.key.0 => Rank::Rule,
            _ => return None,
        };

        // Where no owner is served, the route may refuse all callers, or the object may be gone.
        let served = |other: &Fact| {
            other.operation == fact.operation
                && other.object == fact.object
                && other.relation == Relation::Owner
                && other.outcome == AccessOutcome::Served
        };

        self.model.facts.iter().any(served).then(|| Ground {
            rank,
            witness: Witness::Route,
            route: Some(fact.operation.clone()),
            because: format!("{} refuses {} what it serves its owner ({sign})", fact.operation, fact.caller),
            exchange: fact.exchange.clone(),
        })
    }

    fn leads_to_whole(&self, fact: &Fact) -> bool {
        self.model.survey.operation(&fact.operation).is_some_and(is_whole)
    }

    /// Whether the claim is of a change, and a refusal of a removal.
    fn is_lesser_than(&self, refused: AccessVerb) -> bool {
        refused == AccessVerb::Delete && self.claim.verb != AccessVerb::Delete
    }

    /// A refusal counts where it is of the claim's caller, or of one that stands as near to the owner or nearer: that
    /// strangers are refused says nothing of the members of the owner's group. No caller stands farther than one without
    /// a credential.
    fn keeps_out(&self, fact: &Fact) -> bool {
        let people = &self.model.survey.people;
        let nearer: &[Relation] = match relation_to(people, &self.claim.owner, &self.claim.caller) {
            Relation::Member => &[Relation::Member],
            Relation::Lower => &[Relation::Lower, Relation::Peer, Relation::Member],
            Relation::Anonymous => &[Relation::Anonymous, Relation::Lower, Relation::Peer, Relation::Member],
            _ => &[Relation::Peer, Relation::Member],
        };

        fact.caller == self.claim.caller || nearer.contains(&fact.relation)
    }

    /// Whether the route that refused somebody else serves the claim's caller the same object: it knows it, such as the
    /// teacher to whom the work of a student was handed in. Who was refused before may have taken the object over since.
    fn lets_caller_in(&self, refused: &Fact) -> bool {
        let place = (&refused.operation, &refused.object, &self.claim.caller);
        let is_same = |fact: &&Fact| (&fact.operation, &fact.object, &fact.caller) == place;
        let mut own = self.model.facts.iter().filter(is_same).map(|fact| &fact.outcome).peekable();
        own.peek().is_some() && own.all(|outcome| *outcome == AccessOutcome::Served)
    }

    /// Whether the owner is shown at least half of the claimed values by the route of a fact.
    fn shows_the_same(&self, fact: &Fact) -> bool {
        let survey = self.model.survey;
        let Some(surveyed) = survey.operation(&fact.operation) else { return false };
        let own = surveyed.valid_of(&self.claim.owner).filter(|own| own.object.as_ref() == Some(&self.key));
        let Some(response) = own.and_then(|own| own.first.response()) else { return false };
        let shown: HashSet<String> = leaves_of(response).into_iter().map(|leaf| leaf.text).collect();
        let alike = self.claim.values.iter().filter(|value| shown.contains(&value.text)).count();

        alike * 2 >= self.claim.values.len()
    }

    /// What is known of the object's owner.
    fn signs(&self, private: bool) -> Vec<Ground> {
        let Some((owner, signs)) = self.model.survey.owner(&self.key) else { return Vec::new() };
        let grounds = signs.iter().filter_map(|sign| {
            let (rank, witness, route) = match sign {
                Sign::Configured => (Rank::Stated, Witness::User, None),
                Sign::ScopedList { operation, other, apart, .. } => {
                    let route = OperationId::from(operation.as_str());
                    // What is kept from a peer is kept from strangers too.
                    let is_kept = *other == self.claim.caller || self.claim.caller == ANONYMOUS;
                    let counts = is_kept && self.is_heard(&route) && (*apart || private);
                    let own = *apart && is_collection_of(&route, &self.claim.operation);
                    let witness = if own { Witness::Collection } else { Witness::Route };
                    counts.then_some((Rank::Scope, witness, Some(route)))?
                }

                // What hangs below something that the caller may see is no secret by its parent alone.
                Sign::Parent { .. } if self.model.has_open_parent(self.claim, self.left_out) => return None,
                Sign::Parent { .. } => match self.model.parent_refusal(self.claim, self.left_out) {
                    Some(fact) => return Some(self.parent_ground(fact)),
                    None => (Rank::Scope, Witness::Parent, None),
                },
                Sign::IsCaller if private || keeps_private(&self.claim.operation) => {
                    (Rank::Scope, Witness::Account, None)
                }
                // What hangs below a person, and is not what people show of themselves.
                Sign::IsCaller if self.claim.verb == AccessVerb::Read && self.is_part() => {
                    (Rank::Scope, Witness::Fields, None)
                }
                Sign::OwnerField { strong: true, .. } => (Rank::Ownership, Witness::Fields, None),
                Sign::OwnerField { strong: false, .. } => (Rank::Hint, Witness::Fields, None),
                _ => return None,
            };

            Some(Ground { rank, witness, route, because: sign.because(owner), exchange: None })
        });

        grounds.chain(self.named_owner()).chain(self.kept_parent()).collect()
    }

    /// What the object belongs to is its owner's too, and a list keeps it from the caller.
    fn kept_parent(&self) -> Option<Ground> {
        let survey = self.model.survey;
        let object = survey.objects.known.get(&self.key)?;

        if self.model.has_open_parent(self.claim, self.left_out) {
            return None;
        }
        object.context.iter().find_map(|(resource, value)| {
            let key = (resource.clone(), scalar_text(value)?);
            let (owner, signs) = survey.owner(&key).filter(|(owner, _)| *owner == self.claim.owner)?;
            let sign = signs.iter().find(|sign| match sign {
                Sign::ScopedList { operation, other, apart: true, .. } => {
                    *other == self.claim.caller && self.is_heard(&OperationId::from(operation.as_str()))
                }
                _ => false,
            })?;

            let because = format!("it belongs to a {}, of which {}", clean_name(resource, 40), sign.because(owner));
            Some(Ground { rank: Rank::Scope, witness: Witness::Parent, route: None, because, exchange: None })
        })
    }

    fn is_part(&self) -> bool {
        self.model.survey.operation(&self.claim.operation).is_some_and(|surveyed| !is_whole(surveyed))
    }

    /// A field that names the owner, under whatever name, and none that names the caller.
    fn named_owner(&self) -> Option<Ground> {
        let survey = self.model.survey;
        let object = survey.objects.known.get(&self.key)?;
        let named = |name: &str| {
            object.fields.iter().find(|(field, value)| {
                let text = scalar_text(value).unwrap_or_default();
                survey.people.named_in(field, &text).is_some_and(|person| person.name == name)
            })
        };

        // An object that names both, as a message does, is meant for both.
        let (field, _) = named(&self.claim.owner).filter(|_| named(&self.claim.caller).is_none())?;
        let because = format!("its field `{}` names {}", clean_name(field, 40), self.claim.owner);
        Some(Ground { rank: Rank::Hint, witness: Witness::Fields, route: None, because, exchange: None })
    }

    /// What the caller is refused itself, it is not meant to reach through its parts.
    fn parent_ground(&self, fact: &Fact) -> Ground {
        let (parent, id) = (&fact.object.0, clean_name(&fact.object.1, 60));
        Ground {
            rank: Rank::Rule,
            witness: Witness::Parent,
            route: Some(fact.operation.clone()),
            because: format!("{} refuses {} the {parent} {id} that it belongs to", fact.operation, fact.caller),
            exchange: fact.exchange.clone(),
        }
    }

    /// A list that shows the owner its own and nothing of the caller's knows owners, though it may leak the other way; one that
    /// leaves the object out for a third caller may show this one what is shared with it.
    fn asymmetry(&self) -> Vec<Ground> {
        let (owner, caller) = (&self.claim.owner, &self.claim.caller);
        let of_caller = |key: &&ObjectKey| self.model.survey.owner(key).is_some_and(|(name, _)| name == caller);
        let lists = self.model.survey.objects.lists.iter().filter_map(|((operation, _), callers)| {
            let (own, theirs) = (callers.get(owner)?, callers.get(caller)?);
            let knows = theirs.iter().any(|key| of_caller(&key))
                && !own.iter().any(|key| of_caller(&key))
                && callers.values().all(|listed| listed.contains(&self.key));
            knows.then(|| Ground {
                rank: Rank::Scope,
                witness: Witness::OwnList,
                route: None,
                because: format!("{owner}'s own {operation} leaves {caller}'s objects out"),
                exchange: None,
            })
        });

        lists.take(1).collect()
    }

    /// Routes that show the caller the object, or all of the claimed values, by right.
    fn open_routes(&self) -> Vec<(OperationId, String)> {
        let mut open: Vec<(OperationId, String)> = Vec::new();
        let caller = &self.claim.caller;

        for fact in self.model.facts.iter().filter(|fact| self.is_of_object(fact) && self.is_heard(&fact.operation)) {
            // What no document names, a forgotten dump for instance, does not say what is meant for whom.
            if self.model.survey.operation(&fact.operation).is_some_and(|known| !known.operation.is_documented()) {
                continue;
            }
            let by_caller = fact.caller == *caller || fact.relation == Relation::Anonymous;

            if by_caller && fact.verb.is_read() && fact.outcome == AccessOutcome::Served && self.says_as_much(fact) {
                let who = if fact.relation == Relation::Anonymous { "anonymous callers" } else { caller };
                open.push((fact.operation.clone(), format!("{} shows the same object to {who}", fact.operation)));
            }
        }

        if self.claim.verb.is_read() && !self.claim.values.is_empty() && self.hidden_values().is_empty() {
            for route in self.giving_routes() {
                let because = format!("{} gives {caller} every value of it", route.operation.id);
                open.push((route.operation.id.clone(), because));
            }
        }

        open.extend(self.named_caller());
        open.sort();
        open.dedup_by(|a, b| a.0 == b.0);
        open
    }

    /// Returns whether a heard route serves the object to callers without a credential.
    fn is_open_to_strangers(&self) -> bool {
        let serves = |fact: &&Fact| {
            self.is_of_object(fact)
                && self.is_heard(&fact.operation)
                && fact.relation == Relation::Anonymous
                && fact.outcome == AccessOutcome::Served
        };

        self.model.facts.iter().any(|fact| serves(&fact))
    }

    /// An object that names the caller too, as messages and shares do, is meant for it.
    fn named_caller(&self) -> Option<(OperationId, String)> {
        let people = &self.model.survey.people;
        let names = |value: &&SeenValue| {
            people.named_in(&value.key, &value.text).is_some_and(|person| person.name == self.claim.caller)
        };
        let value = self.claim.values.iter().find(names).filter(|_| self.claim.verb.is_read())?;
        let field = clean_name(&value.key, 40);
        Some((OperationId::from(""), format!("its field `{field}` names {} too", self.claim.caller)))
    }

    /// Whether a route that serves the object shows what the claim is about: a list of names does not show an address.
    fn says_as_much(&self, fact: &Fact) -> bool {
        if !self.claim.verb.is_read() {
            return true;
        }
        let hidden = self.hidden_from(fact);
        // An entry of a list is a summary: it says as much, unless what it leaves out is private.
        fact.verb == AccessVerb::List && private_fields(&hidden).is_empty()
            || hidden.len() * 2 < self.claim.values.len().max(1)
    }

    /// The claimed values that one route does not show the fact's caller.
    fn hidden_from(&self, fact: &Fact) -> Vec<&'a SeenValue> {
        let by_survey = || self.model.survey.operation(&fact.operation).map(|surveyed| self.given_by(surveyed));
        let given = fact.values.clone().or_else(by_survey).unwrap_or_default();
        self.claim.values.iter().filter(|value| !given.contains(&value.text)).collect()
    }

    /// The claimed values that no heard route gives the caller.
    fn hidden_values(&self) -> Vec<&'a SeenValue> {
        let routes: Vec<_> = self.giving_routes().map(|surveyed| self.given_by(surveyed)).collect();
        let is_given = |value: &&SeenValue| routes.iter().any(|given| given.contains(&value.text));
        self.claim.values.iter().filter(|value| !is_given(value)).collect()
    }

    /// Heard routes that give the caller some of the claimed values.
    fn giving_routes(&self) -> impl Iterator<Item = &'a Surveyed> {
        let heard = self.model.survey.operations.iter().filter(|surveyed| self.is_heard(&surveyed.operation.id));
        heard.filter(|surveyed| surveyed.operation.is_documented()).filter(|surveyed| {
            let given = self.given_by(surveyed);
            self.claim.values.iter().any(|value| given.contains(&value.text))
        })
    }

    fn given_by(&self, surveyed: &Surveyed) -> Arc<HashSet<String>> {
        self.model.given_by(surveyed, &self.claim.caller)
    }

    /// A third caller of the owner's rank at the same route.
    fn bystander(&self) -> Option<(String, bool)> {
        let third = |fact: &&Fact| {
            fact.operation == self.claim.operation
                && self.is_of_object(fact)
                && matches!(fact.relation, Relation::Peer | Relation::Member)
                && fact.caller != self.claim.caller
        };

        self.model.facts.iter().filter(third).find_map(|fact| match fact.outcome {
            AccessOutcome::Served => Some((fact.caller.clone(), true)),
            AccessOutcome::Refused(_) => Some((fact.caller.clone(), false)),
            AccessOutcome::Absent | AccessOutcome::Unclear(_) => None,
        })
    }

    /// A group (tenant, team, company) that the object names and both callers belong to.
    fn shared_group(&self) -> Option<String> {
        let survey = self.model.survey;
        let object = survey.objects.known.get(&self.key)?;
        let (owner, caller) = (survey.people.get(&self.claim.owner)?, survey.people.get(&self.claim.caller)?);
        let both = |value: &str| owner.groups.contains(value) && caller.groups.contains(value);

        // A number of a list of members counts only where the field numbers that kind of group.
        let listed = |field: &str, value: &str| {
            let mut shared = owner.memberships.intersection(&caller.memberships);
            shared.any(|(kind, id)| id == value && resource_of_name(field).as_ref() == Some(kind))
        };
        let names_group = |field: &str, value: &str| {
            is_strong_owner_name(field) && both(&value.to_lowercase()) || listed(field, value)
        };
        object
            .fields
            .iter()
            .filter_map(|(field, value)| Some((field, scalar_text(value)?)))
            .find(|(field, value)| names_group(field.split('/').next().unwrap_or(field), value))
            .map(|(field, _)| clean_name(field, 40))
    }
}

/// Words in the names of fields that hold what people keep to themselves.
const PRIVATE_WORDS: &[&str] = &[
    "email",
    "mail",
    "phone",
    "mobile",
    "address",
    "street",
    "iban",
    "bic",
    "card",
    "ssn",
    "salary",
    "balance",
    "birth",
    "birthday",
    "dob",
    "passport",
    "diagnosis",
    "medical",
    "prescription",
    "bank",
    "secret",
    "private",
    "amount",
    "total",
    "tax",
    "credit",
    "income",
    "license",
    "token",
    "password",
    "confidential",
    "zip",
    "postcode",
    "vat",
];

/// Returns the names of the fields among shown values that hold what people keep to themselves.
pub fn private_fields(values: &[&SeenValue]) -> Vec<String> {
    let is_list = values.iter().any(|value| value.path.contains('*'));
    let has_private_word = |key: &str| split_words(key).iter().any(|word| PRIVATE_WORDS.contains(&word.as_str()));

    // `total` beside a list is the number of its entries.
    let is_count = |value: &SeenValue| {
        is_list && !value.path.contains('*') && split_words(&value.key).iter().any(|word| word == "total")
    };
    let named: BTreeSet<String> = values
        .iter()
        .filter(|value| !is_count(value) && has_private_word(&value.key))
        .map(|value| clean_name(&value.key, 40))
        .collect();
    named.into_iter().collect()
}

/// Returns true for the collection that a path to one object lies in, whatever the methods.
fn is_collection_of(list: &OperationId, item: &OperationId) -> bool {
    let path = |id: &OperationId| id.0.split_once(' ').map(|(_, path)| path.trim_end_matches('/').to_owned());
    let (Some(list), Some(item)) = (path(list), path(item)) else { return false };
    item.strip_prefix(&list).is_some_and(|rest| rest.starts_with("/{"))
}

/// Returns true for routes that are named after what people keep to themselves: `/users/{id}/addresses`.
fn keeps_private(operation: &OperationId) -> bool {
    let last = operation.0.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    split_words(last)
        .iter()
        .map(|word| crate::survey::singular_of(word))
        .any(|word| PRIVATE_WORDS.contains(&word.as_str()) || PRIVATE_PARTS.contains(&word.as_str()))
}

/// Words of routes to what hangs below a person and nobody else is shown.
const PRIVATE_PARTS: &[&str] = &[
    "key",
    "token",
    "secret",
    "session",
    "credential",
    "setting",
    "preference",
    "payment",
    "invoice",
    "notification",
    "message",
    "draft",
    "cart",
];
