//! Reading by a parameter that says whose: `GET /orders?user_id=...`, `GET /account` with `X-Customer-Id: ...`.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::checks::access::{Reached, private_fields};
use crate::checks::authz::principals::{group_for, names_principal, value_for};
use crate::checks::authz::swapped::{Attempt, Shown, Swapped, as_nobody, keys_of, pairs};
use crate::checks::context::{CheckCx, present};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, status};
use crate::model::{AccessVerb, Api, JsonType, Operation, OperationId, Parameter, Place, Role, Silence, clean_name};
use crate::probe::{Answer, Ask, Caller, SendError, Values, operation_url, parameter_text};
use crate::survey::{
    Baseline, Leaf, Person, Reading, Slot, Surveyed, ends_in_id, is_me_word, leaves, missing_like, resource_of_name,
    resource_of_path, scalar_text, slots, words,
};

/// Most parameters that are tried on one operation.
const MAX_PARAMETERS: usize = 2;
/// Most requests for one parameter.
pub(super) const REQUESTS: u32 = 9;

/// Parameters that may say whose objects, or which object; the ids that the address must have anyway are not among them.
pub(super) fn parameters<'a>(api: &Api, operation: &'a Operation) -> Vec<&'a Parameter> {
    let taken = slots(api, operation);
    operation
        .parameters
        .iter()
        .filter(|parameter| matches!(parameter.place, Place::Query | Place::Header))
        .filter(|parameter| !taken.iter().any(|slot| slot.place == parameter.place && slot.name == parameter.name))
        .filter(|parameter| !is_choice(api, parameter) && says_whose(parameter))
        .take(MAX_PARAMETERS)
        .collect()
}

fn is_choice(api: &Api, parameter: &Parameter) -> bool {
    parameter.schema.and_then(|id| api.schemas.get(id)).is_some_and(|schema| {
        !schema.enumeration.is_empty()
            || schema.types.contains(&JsonType::Boolean)
            || matches!(schema.format.as_deref(), Some("date" | "date-time"))
    })
}

fn says_whose(parameter: &Parameter) -> bool {
    let name = bare(&parameter.name);
    if parameter.place == Place::Header {
        return names_principal(&name);
    }
    let last = words(&name).pop().unwrap_or_default();
    let other = matches!(last.as_str(), "key" | "code" | "token" | "ref" | "number" | "no" | "slug");
    names_principal(&name) || ends_in_id(&name) && !other
}

/// `X-User-Id` without its `X-`; `filter[userId]` and `filter.userId` without their frame.
fn bare(name: &str) -> String {
    let inner = name.split(['[', ']', '.']).rfind(|part| !part.is_empty()).unwrap_or(name);
    let lower = inner.to_ascii_lowercase();
    if lower.starts_with("x-") { inner.get(2..).unwrap_or(inner).to_owned() } else { inner.to_owned() }
}

/// Tries the parameters of one read.
pub(super) async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let pairs = pairs(cx);
    if pairs.is_empty() {
        return Err(cx.no_pair(surveyed));
    }
    let mut last = None;
    for parameter in parameters(&cx.survey.api, &surveyed.operation) {
        for (intruder, owner) in pairs.iter().take(2) {
            let Some(baseline) = surveyed.valid_of(&owner.name).or_else(|| surveyed.valid().next()) else { continue };
            let Some(theirs) = value_of(cx, surveyed, parameter, owner, intruder) else { continue };
            let case = Case { cx, surveyed, parameter, intruder, owner, baseline };
            match case.carry_out(&theirs).await {
                Ok(drafts) => return Ok(drafts),
                Err(silence) => last = Some(silence),
            }
            break;
        }
    }
    Err(last.unwrap_or_else(|| Silence::not_tried("no value is known by which a parameter would name another user")))
}

/// What names the owner, or an object of the owner's that the intruder is not shown.
fn value_of(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    parameter: &Parameter,
    owner: &Person,
    intruder: &Person,
) -> Option<Value> {
    let name = bare(&parameter.name);
    if names_principal(&name) {
        return value_for(cx, owner, &name, None)
            .or_else(|| group_of(surveyed, &name, owner, intruder))
            .or_else(|| group_for(cx, owner, intruder, &name));
    }
    let resources =
        resource_of_name(&name).or_else(|| resource_of_path(&surveyed.operation.path)).into_iter().collect();
    let slot = Slot { place: parameter.place, name, resources };
    let mut found: Vec<(bool, &Value)> = cx
        .survey
        .objects
        .for_slot(&slot)
        .filter(|(key, _, _)| cx.survey.owner(key).is_some_and(|(who, _)| who == owner.name))
        .filter(|(key, _, _)| !cx.survey.objects.is_listed_to(key, &intruder.name))
        .map(|(_, object, value)| (object.created_by.is_none(), value))
        .collect();
    found.sort_by_key(|(foreign, _)| *foreign);
    found.first().map(|(_, value)| (*value).clone())
}

/// The tenant, team or the like of the owner: what everything that the operation shows it has in the field of this name,
/// and nothing that it shows the intruder.
fn group_of(surveyed: &Surveyed, name: &str, owner: &Person, intruder: &Person) -> Option<Value> {
    let of = |person: &Person| -> BTreeSet<String> {
        let response = surveyed.valid_of(&person.name).and_then(|baseline| baseline.first.response());
        let fields = response.map(leaves).unwrap_or_default();
        fields.into_iter().filter(|leaf| words(&leaf.key) == words(name)).map(|leaf| leaf.text).collect()
    };
    let (theirs, ours) = (of(owner), of(intruder));
    let value = theirs.first().filter(|value| theirs.len() == 1 && ours.len() == 1 && !ours.contains(*value))?;
    Some(value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number)))
}

struct Case<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    parameter: &'a Parameter,
    intruder: &'a Person,
    owner: &'a Person,
    baseline: &'a Baseline,
}

impl Case<'_> {
    /// The request with this value in the parameter.
    fn ask(&self, caller: Caller, value: &Value) -> Result<Ask, SendError> {
        let mut values: Values = self.baseline.values.clone();
        values.insert((self.parameter.place, self.parameter.name.clone()), value.clone());
        let url = operation_url(self.cx.probe.base_url(), &self.surveyed.operation, &values)
            .map_err(SendError::Unbuildable)?;
        let mut headers = self.baseline.headers.clone();
        if self.parameter.place == Place::Header {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&self.parameter.name));
            headers.push((self.parameter.name.clone(), parameter_text(value).replace(['\r', '\n'], " ")));
        }
        Ok(Ask { headers, ..Ask::get(caller, url) })
    }

    async fn carry_out(&self, theirs: &Value) -> Judged {
        let nothing = || Silence::undecided("the owner itself gets nothing by the parameter");
        let (value, rightful) = self.rightful(theirs).await?.ok_or_else(nothing)?;
        let intruder = CheckCx::caller(&self.intruder.name);
        // The intruder's own view: without the parameter where that is a request, else with its own name.
        let own = self.own_view(intruder.clone()).await?;
        let attack = self.ask(intruder.clone(), &value)?;
        let anonymous = self.cx.send(&as_nobody(&attack)).await?;
        let masks: Vec<String> = [scalar_text(&value), scalar_text(theirs)].into_iter().flatten().collect();
        let strangers = self.surveyed.anonymous.as_deref();
        let innocent: Vec<&Answer> = own.as_deref().into_iter().chain([&*anonymous]).chain(strangers).collect();
        let attempt = Attempt {
            surveyed: self.surveyed,
            rightful: &rightful,
            innocent,
            nothing: self.ask(intruder, &missing_like(&value, 77))?,
            attack,
            sent: masks,
        };
        ensure(!attempt.wanted().is_empty(), || Silence::open(self.why_nothing(&anonymous, &rightful)))?;
        match attempt.carry_out(self.cx).await? {
            Swapped::Nothing(because) => {
                // It was sent before: the ledger has its answer.
                let answer = self.cx.send(&attempt.attack).await?;
                Err(held(&answer, &rightful, format!("{} is refused: {because}", self.intruder.name)))
            }
            Swapped::Unclear(because) => Err(Silence::undecided(because)),
            Swapped::Shown(shown) => self.judge(&shown, &rightful, own.as_deref(), &anonymous),
        }
    }

    /// What the owner gets with its own name: as it is, or wrapped in base64 or hex where it is refused.
    async fn rightful(&self, theirs: &Value) -> Result<Option<(Value, Arc<Answer>)>, SendError> {
        let owner = CheckCx::caller(&self.owner.name);
        let text = scalar_text(theirs).unwrap_or_default();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        for value in [theirs.clone(), Value::String(STANDARD.encode(&text)), Value::String(hex)] {
            let answer = self.cx.send(&self.ask(owner.clone(), &value)?).await?;
            let masks: Vec<String> = scalar_text(&value).into_iter().collect();
            if CheckCx::reading(self.surveyed, &answer, &masks, &[]) == Reading::Data {
                return Ok(Some((value, answer)));
            }
        }
        Ok(None)
    }

    async fn own_view(&self, intruder: Caller) -> Result<Option<Arc<Answer>>, SendError> {
        let bare = self.surveyed.by.get(&self.intruder.name).filter(|_| !self.parameter.required);
        if let Some(bare) = bare {
            // What was made since the survey shows too.
            return self.cx.probe.look_again(&bare.ask()).await.map(Some);
        }
        match value_of(self.cx, self.surveyed, self.parameter, self.intruder, self.owner) {
            Some(ours) => self.cx.send(&self.ask(intruder, &ours)?).await.map(Some),
            None => Ok(None),
        }
    }

    fn why_nothing(&self, anonymous: &Answer, rightful: &Answer) -> String {
        let open = anonymous
            .response()
            .zip(rightful.response())
            .is_some_and(|(given, own)| given.is_success() && !present(&crate::survey::leaves(own), given).is_empty());
        if open {
            "public: an anonymous caller is shown the same".to_owned()
        } else {
            format!("shared: {} is shown the same without the parameter", self.intruder.name)
        }
    }

    /// Claims the object that was shown; where none is known, only an answer about the caller itself is its owner's alone.
    fn claim_or_weigh(&self, rule: &mut Rule, shown: &Shown) -> Result<(), Silence> {
        let leaves: Vec<&Leaf> = shown.leaves.iter().collect();
        if let Some(key) = keys_of(self.cx, shown, self.owner).first() {
            // The parameter is what is judged: without it the route's own answers are evidence like any other.
            let operation = OperationId(format!("{}?{}", self.surveyed.operation.id, self.parameter.name));
            let (owner, caller) = (self.owner.name.as_str(), self.intruder.name.as_str());
            let reached = Reached { operation: &operation, verb: AccessVerb::Read, key, owner, caller };
            rule.claim_access(reached.claim(&leaves));
            return Ok(());
        }
        let private = private_fields(&leaves);
        let last = self.surveyed.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let owner = &self.owner.name;
        let about_caller = ensure(is_me_word(last) && !private.is_empty(), || {
            Silence::undecided(format!(
                "no object of {owner} is known in the answer, and a filter over what is public looks the same"
            ))
        });
        rule.need("meant-for-owner", about_caller, |()| {
            format!("the answer is about the caller, with {}", private.join(", "))
        })
    }

    fn judge(&self, shown: &Shown, rightful: &Answer, own: Option<&Answer>, anonymous: &Answer) -> Judged {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let name = clean_name(&self.parameter.name, 60);
        let lacks = |answer: &Answer| answer.response().is_none_or(|given| present(&shown.leaves, given).is_empty());
        let mut rule = Rule::default();
        let served = rightful.response().is_some_and(crate::probe::Response::is_success);
        rule.weigh("owner-served", served, format!("{owner} gets it by `{name}` (status {})", status(rightful)));
        let count = format!("{} values of {owner}'s, at {}", shown.leaves.len(), shown.places());
        rule.weigh("carries-owner-values", !shown.leaves.is_empty(), count);
        let because = match own {
            Some(_) => format!("{intruder}'s own answer has none of them"),
            None => format!("{intruder} has no request of its own here"),
        };
        rule.weigh("own-answer-lacks-them", own.map(lacks), because);
        let none = format!("the anonymous answer (status {}) has none", status(anonymous));
        rule.weigh("anonymous-lacks-them", lacks(anonymous), none);
        let nobody = format!("a name that nobody has gets {intruder} none (status {})", status(&shown.nothing));
        rule.weigh("nobodys-name-lacks-them", lacks(&shown.nothing), nobody);
        self.claim_or_weigh(&mut rule, shown)?;
        rule.weigh("repeated", shown.repeated(), "the same request again gave the same values");
        rule.show(Role::Attack, &shown.attack).show(Role::Baseline, rightful).show(Role::Control, &shown.nothing);
        for control in own.into_iter().chain([anonymous]) {
            rule.show(Role::Control, control);
        }
        let place = if self.parameter.place == Place::Header { "header" } else { "query" };
        rule.found(Finding {
            site: format!("{place}:{name}"),
            cause: self.surveyed.operation.path.clone(),
            claim: format!("{intruder} read what is {owner}'s, naming {owner} in the {place} parameter `{name}`"),
            severity: None,
            surveyed: self.surveyed,
        })
    }
}
