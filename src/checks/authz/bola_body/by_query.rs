//! Reading by a parameter that says whose: `GET /orders?user_id=...`, `GET /account` with `X-Customer-Id: ...`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::checks::access::{ReachedObject, private_fields};
use crate::checks::context::CheckCx;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, status_text};
use crate::model::{AccessVerb, OperationId, Parameter, Place, Role, Silence, clean_name};
use crate::probe::{Answer, Ask, AskCaller, Response, SendError, Values, operation_url, parameter_text};
use crate::survey::{
    AnswerKind, Baseline, Person, Surveyed, is_about_caller, leaves_of, missing_like, naming_parameters,
    present_leaves, scalar_text,
};
use crate::trial::{ReadTrial, Shown};

/// Most requests for one parameter.
pub(super) const REQUESTS: u32 = 9;

struct QueryCase<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    parameter: &'a Parameter,
    intruder: &'a Person,
    owner: &'a Person,
    baseline: &'a Baseline,
}

/// Tries the parameters of one read.
pub(super) async fn check_parameters(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let pairs = cx.survey.people.peer_pairs();
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut last = Silence::not_tried("no value is known by which a parameter would name another user");
    for parameter in naming_parameters(&cx.survey.api, &surveyed.operation) {
        let case = pairs.iter().take(2).find_map(|(intruder, owner)| {
            let baseline = surveyed.valid_of(&owner.name).or_else(|| surveyed.valid().next())?;
            let theirs = cx.principals().parameter_value(surveyed, parameter, owner, intruder)?;
            Some((QueryCase { cx, surveyed, parameter, intruder, owner, baseline }, theirs))
        });
        let Some((case, theirs)) = case else { continue };
        match case.carry_out(&theirs).await {
            Ok(drafts) => return Ok(drafts),
            Err(silence) => last = silence,
        }
    }
    Err(last)
}

impl QueryCase<'_> {
    /// Returns the request with this value in the parameter, or without the parameter.
    fn ask(&self, caller: AskCaller, value: Option<&Value>) -> Result<Ask, SendError> {
        let mut values: Values = self.baseline.values.clone();
        let place = (self.parameter.place, self.parameter.name.clone());
        match value {
            Some(value) => values.insert(place, value.clone()),
            None => values.remove(&place),
        };
        let url =
            operation_url(self.cx.probe.base_url(), &self.surveyed.operation, &values).map_err(SendError::from)?;
        let mut headers = self.baseline.headers.clone();
        if self.parameter.place == Place::Header {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&self.parameter.name));
            let line = |value| parameter_text(value).replace(['\r', '\n'], " ");
            headers.extend(value.map(|value| (self.parameter.name.clone(), line(value))));
        }
        Ok(Ask { headers, ..Ask::get(caller, url) })
    }

    async fn carry_out(&self, theirs: &Value) -> CheckResult {
        let nothing = || Silence::undecided("the owner itself gets nothing by the parameter");
        let (value, rightful) = self.rightful(theirs).await?.ok_or_else(nothing)?;
        let intruder = AskCaller::named(&self.intruder.name);
        let own = self.own_view().await?;
        let attack = self.ask(intruder.clone(), Some(&value))?;
        let anonymous = self.cx.send(&Ask { caller: AskCaller::Anonymous, ..attack.clone() }).await?;
        let strangers = self.surveyed.anonymous.as_deref();
        let trial = ReadTrial {
            surveyed: self.surveyed,
            rightful: &rightful,
            innocent: own.as_deref().into_iter().chain([&*anonymous]).chain(strangers).collect(),
            nothing: self.ask(intruder, Some(&missing_like(&value, 77)))?,
            attack,
            sent: [&value, theirs].into_iter().filter_map(scalar_text).collect(),
        };
        ensure(!trial.wanted().is_empty(), || Silence::open(self.why_nothing(&anonymous, &rightful)))?;
        self.prove(&trial, own.as_deref(), &anonymous).await
    }

    /// Returns what the owner gets with its own name: as it is, or wrapped in base64 or hex where it is refused.
    async fn rightful(&self, theirs: &Value) -> Result<Option<(Value, Arc<Answer>)>, SendError> {
        let text = scalar_text(theirs).unwrap_or_default();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        for value in [theirs.clone(), Value::String(STANDARD.encode(&text)), Value::String(hex)] {
            let answer = self.cx.send(&self.ask(AskCaller::named(&self.owner.name), Some(&value))?).await?;
            let masks: Vec<String> = scalar_text(&value).into_iter().collect();
            if self.surveyed.read(&answer, &masks, &[]) == AnswerKind::Data {
                return Ok(Some((value, answer)));
            }
        }
        Ok(None)
    }

    /// Returns the intruder's own view, by the attack's request but for the parameter: without it where that is a request,
    /// else with the intruder's own name.
    async fn own_view(&self) -> Result<Option<Arc<Answer>>, SendError> {
        let caller = AskCaller::named(&self.intruder.name);
        if !self.parameter.required {
            // What was made since the survey shows too.
            return self.cx.probe.look_again(&self.ask(caller, None)?).await.map(Some);
        }
        let principals = self.cx.principals();
        match principals.parameter_value(self.surveyed, self.parameter, self.intruder, self.owner) {
            Some(ours) => self.cx.send(&self.ask(caller, Some(&ours))?).await.map(Some),
            None => Ok(None),
        }
    }

    fn why_nothing(&self, anonymous: &Answer, rightful: &Answer) -> String {
        let given = anonymous.response().filter(|given| given.is_success()).zip(rightful.response());
        match given.is_some_and(|(given, own)| !present_leaves(&leaves_of(own), given).is_empty()) {
            true => "public: an anonymous caller is shown the same".to_owned(),
            false => format!("shared: {} is shown the same without the parameter", self.intruder.name),
        }
    }

    /// Claims the object that was shown; where none is known, only an answer about the caller itself is its owner's alone.
    fn claim_or_need(&self, rule: &mut Rule, shown: &Shown) -> Result<(), Silence> {
        let (owner, caller) = (self.owner.name.as_str(), self.intruder.name.as_str());
        if let Some(key) = shown.known_objects(self.cx.survey, owner).first() {
            // The parameter is what is judged: without it the route's own answers are evidence like any other.
            let operation = OperationId(format!("{}?{}", self.surveyed.operation.id, self.parameter.name));
            let reached = ReachedObject { operation: &operation, verb: AccessVerb::Read, key, owner, caller };
            rule.claim_access(reached.claim(&shown.leaves));
            return Ok(());
        }
        let private = private_fields(&shown.leaves);
        let about_caller = ensure(is_about_caller(&self.surveyed.operation) && !private.is_empty(), || {
            Silence::undecided(format!(
                "no object of {owner} is known in the answer, and a filter over what is public looks the same"
            ))
        });
        rule.need("meant-for-owner", about_caller, |()| {
            format!("the answer is about the caller, with {}", private.join(", "))
        })
    }

    async fn prove(&self, trial: &ReadTrial<'_>, own: Option<&Answer>, anonymous: &Answer) -> CheckResult {
        let (intruder, owner, rightful) = (&self.intruder.name, &self.owner.name, trial.rightful);
        let name = clean_name(&self.parameter.name, 60);
        let mut rule = Rule::default();
        let shown = &rule.need("carries-owner-values", trial.run(self.cx.probe).await, |shown| {
            format!("{} values of {owner}'s, at {}", shown.leaves.len(), shown.places())
        })?;
        let served = rightful.response().is_some_and(Response::is_success);
        rule.weigh("owner-served", served, format!("{owner} gets it by `{name}` (status {})", status_text(rightful)));
        let because = match own {
            Some(_) => format!("{intruder}'s own answer has none of them"),
            None => format!("{intruder} has no request of its own here"),
        };
        rule.weigh("own-answer-lacks-them", own.map(|own| shown.is_absent_from(own)), because);
        let none = format!("the anonymous answer (status {}) has none", status_text(anonymous));
        rule.weigh("anonymous-lacks-them", shown.is_absent_from(anonymous), none);
        rule.weigh_nothing("nobodys-name-lacks-them", shown, "a name that no user has");
        self.claim_or_need(&mut rule, shown)?;
        rule.weigh_shown_again(shown).show(Role::Baseline, rightful);
        for control in own.into_iter().chain([anonymous]) {
            rule.show(Role::Control, control);
        }
        let place = if self.parameter.place == Place::Header { "header" } else { "query" };
        let claim = format!("{intruder} read what is {owner}'s, naming {owner} in the {place} parameter `{name}`");
        let path = self.surveyed.operation.path.as_str();
        rule.found(Violation::of(self.surveyed, format!("{place}:{name}"), path, claim))
    }
}
