//! What checks work with: the survey, the way to the target, and what one check found that others need.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::token::forge::SigningKey;
use crate::access::AccessTable;
use crate::conversation::Memory;
use crate::detect::material::SearchBudget;
use crate::detect::secrets::SecretRules;
use crate::llm::LlmSettings;
use crate::model::{ANONYMOUS, Api, Identity, Method, Mode, Operation, Parameter, Place, Secret};
use crate::probe::{Answer, Ask, AskCaller, Probe, SendError};
pub(super) use crate::survey::present_leaves;
use crate::survey::{
    AnswerKind, Baseline, Leaf, ObjectKey, Person, Principals, Sign, Survey, Surveyed, credential_parameter, id_slots,
    leaves_of, scalar_text,
};

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
    pub llm: &'a LlmSettings,
}

impl PlanCx<'_> {
    /// A GET that nothing speaks against.
    pub fn is_read(operation: &crate::model::Operation) -> bool {
        operation.method == Method::Get && operation.effect == crate::model::Effect::Reads
    }

    /// Returns whether an operation names objects of callers. Where its path takes a credential, as with
    /// `/authorizations/token/{token}`, whoever holds it may ask: that is what it is for.
    pub(super) fn names_objects(api: &Api, operation: &Operation) -> bool {
        let is_opened_by = |parameter: &Parameter| parameter.place == Place::Path;
        !id_slots(api, operation).is_empty() && !credential_parameter(api, operation).is_some_and(is_opened_by)
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
    /// How much more of the answers is searched for secrets.
    pub(super) search: SearchBudget,
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
    pub llm: &'a LlmSettings,
    /// What was seen of who reaches what.
    pub access: &'a AccessTable<'a>,
    /// What the user keeps from being asked.
    pub excluded: Excluded<'a>,
}

/// The operations that the user keeps from being asked, whether a document names them or not.
#[derive(Clone, Copy)]
pub struct Excluded<'a>(pub &'a (dyn Fn(&Operation) -> bool + Sync));

impl std::fmt::Debug for Excluded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Excluded")
    }
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
    pub(super) fn as_caller(baseline: &Baseline, caller: AskCaller) -> Ask {
        baseline.ask_as(caller)
    }

    /// Reads an answer against what refusals look like on this operation.
    pub(super) fn reading(
        surveyed: &Surveyed,
        answer: &Answer,
        masks: &[String],
        more: &[(&str, &Answer)],
    ) -> AnswerKind {
        surveyed.read(answer, masks, more)
    }

    /// Returns what is known of how the API names its callers.
    pub(super) fn principals(&self) -> Principals<'_> {
        Principals { survey: self.survey, sessions: self.probe.sessions() }
    }

    /// Returns the pairs of peers in which the owner has a valid request for an object of its own.
    pub(super) fn pairs(&self, surveyed: &'a Surveyed) -> Vec<Pair<'a>> {
        let with_object = |(intruder, owner): (&'a Person, &'a Person)| {
            let baseline = surveyed.valid_of(&owner.name)?;
            let key = baseline.object.as_ref()?;
            let (name, signs) = self.survey.owner(key)?;
            let is_pair = name == owner.name && !self.is_scoped_to(intruder, key, signs);
            is_pair.then_some(Pair { intruder, owner, baseline })
        };
        self.survey.people.peer_pairs().into_iter().filter_map(with_object).take(MAX_PAIRS).collect()
    }

    /// Returns true where the list by which an object is its owner's shows it to this caller too, and not to a third: one of
    /// the owner's tenant is no intruder.
    fn is_scoped_to(&self, person: &Person, key: &ObjectKey, signs: &[Sign]) -> bool {
        let is_scope =
            |id: &str| signs.iter().any(|sign| matches!(sign, Sign::ScopedList { operation, .. } if operation == id));
        let mut lists = self.survey.objects.lists.iter().filter(|((id, _), _)| is_scope(id.as_str()));
        lists.any(|(_, callers)| callers.get(&person.name).is_some_and(|listed| listed.contains(key)))
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
            known.extend(leaves_of(response).into_iter().map(|leaf| leaf.text));
        }
        known.extend(pair.baseline.values.values().filter_map(scalar_text));
        let elsewhere = self.values_elsewhere(pair.baseline.object.as_ref(), false);
        leaves_of(own)
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
    pub(super) fn is_distinctive(&self, pair: &Pair<'_>, markers: &[Leaf], shown: &[Leaf]) -> bool {
        let elsewhere = self.values_elsewhere(pair.baseline.object.as_ref(), true);
        let alone = |leaf: &Leaf| !elsewhere.contains(&leaf.text);
        shown.iter().any(alone) || !markers.iter().any(alone)
    }

    /// Whether any collection shows an object to a caller, under whatever name the slot knows it by.
    pub(super) fn is_listed_to(&self, key: &ObjectKey, surveyed: &Surveyed, caller: &str) -> bool {
        self.survey.objects.is_listed_under(key, surveyed.slots.last(), caller)
    }

    /// Every value that a caller was rightly shown by other operations than this one.
    pub(super) fn values_given(&self, surveyed: &Surveyed, caller: &str) -> HashSet<String> {
        let others = self.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
        // A route that no document names says nothing of what is meant to be seen.
        others
            .filter(|other| other.operation.is_documented())
            .filter_map(|other| {
                if caller == ANONYMOUS {
                    let open = matches!(other.anonymous_reading(), Some(AnswerKind::Data));
                    // A route that should ask for sign-in shows what is wrong with it, not what is public.
                    return other.anonymous.as_ref().filter(|_| open && !other.operation.requires_sign_in());
                }
                other.valid_of(caller).map(|baseline| &baseline.first)
            })
            .filter_map(|answer| answer.response())
            .flat_map(|response| leaves_of(response).into_iter().map(|leaf| leaf.text))
            .collect()
    }

    /// Whether some other operation under the same first segment refuses strangers: authentication is in use there.
    pub(super) fn sibling_that_refuses(&self, operation: &Operation) -> Option<&'a Surveyed> {
        self.survey.operations.iter().find(|other| {
            other.operation.id != operation.id
                && other.valid().next().is_some()
                && matches!(other.anonymous_reading(), Some(AnswerKind::Refused(_)))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::PlanCx;
    use crate::spec::{Base, load_text};

    #[test]
    fn a_path_that_takes_a_credential_names_no_object() {
        for (path, parameter, expected) in [
            ("/authorizations/token/{token}", "token", false),
            ("/auth/sessions/{access_token}", "access_token", false),
            ("/users/{name}/tokens/{token_id}", "token_id", true),
            ("/invoices/{invoice_id}", "invoice_id", true),
            ("/coins/{token}", "token", true),
        ] {
            let parameter = json!({"name": parameter, "in": "path", "required": true, "schema": {"type": "string"}});
            let name = json!({"name": "name", "in": "path", "required": true, "schema": {"type": "string"}});
            let parameters = if path.contains("{name}") { json!([name, parameter]) } else { json!([parameter]) };
            let document = json!({
                "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
                "paths": {path: {"get": {"parameters": parameters, "responses": {"200": {"description": "OK"}}}}},
            });
            let api = load_text("test", &document.to_string(), Base::None).ok();
            let names = api.and_then(|api| Some(PlanCx::names_objects(&api, api.operations.first()?)));
            assert_eq!(names, Some(expected), "{path}");
        }
    }
}
