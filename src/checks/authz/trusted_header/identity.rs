//! Headers that say who the caller is.

use serde_json::Value;

use super::believed::{HeaderClaim, find_trusted};
use crate::checks::context::CheckCx;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{ANONYMOUS, Role, Silence};
use crate::probe::{Answer, Ask, AskCaller, Response};
use crate::survey::{
    AnswerKind, Baseline, Person, Surveyed, is_about_caller, is_same_answer, looks_like_id, missing_like,
    present_leaves, scalar_text,
};
use crate::trial::{ReadTrial, Shown};

/// Headers by which gateways name a user.
const HEADERS: &[&str] = &[
    "X-User-Id",
    "X-User",
    "X-Username",
    "X-User-Name",
    "X-Client-Id",
    "X-Member-Id",
    "X-Customer-Id",
    "X-Remote-User",
    "X-Forwarded-User",
    "X-Auth-User",
    "X-Authenticated-User",
    "X-Authenticated-Userid",
    "X-Account-Id",
    "X-User-Email",
    "X-Forwarded-Email",
];

/// Returns how the API names a user: its number, its name, its address. One kind at a time, so that an answer which shows
/// another kind repeats nothing.
fn names_of(cx: &CheckCx<'_>, person: &Person) -> Vec<String> {
    let known: Vec<String> = cx.principals().spelled(person).into_iter().map(|(_, text)| text).collect();
    let is_name = |text: &str| !text.contains('@') && !text.contains(' ') && !looks_like_id(text);
    let first = |is_wanted: &dyn Fn(&str) -> bool| known.iter().find(|text| is_wanted(text)).cloned();
    [first(&looks_like_id), first(&is_name), first(&|text| text.contains('@'))].into_iter().flatten().collect()
}

/// Tries to be another user on one read.
pub(super) async fn check_impersonation(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let case = cx.survey.people.peer_pairs().into_iter().find_map(|(intruder, owner)| {
        let (baseline, own) = (surveyed.valid_of(&owner.name)?, surveyed.by.get(&intruder.name)?);
        Some(IdentityCase { cx, surveyed, intruder, owner, baseline, own })
    });
    let case = case.ok_or_else(|| cx.no_pair(surveyed))?;
    let concerns_caller = is_about_caller(&surveyed.operation)
        || cx.survey.lists_only_own(&surveyed.operation.id, &case.owner.name)
        || is_each_callers(surveyed, case.baseline, case.own);
    ensure(concerns_caller, || Silence::open("shared: it is neither about the caller nor a list of the caller's own"))?;
    case.carry_out().await
}

/// Returns true for one object without an id, which is another one for each caller (`/wallet`), and none for strangers.
fn is_each_callers(surveyed: &Surveyed, theirs: &Baseline, own: &Baseline) -> bool {
    let object = |baseline: &'_ Baseline| {
        baseline.first.response().is_some_and(|response| response.json.as_ref().is_some_and(Value::is_object))
    };
    let both = theirs.first.response().zip(own.first.response());
    surveyed.slots.is_empty()
        && object(theirs)
        && object(own)
        && both.is_some_and(|(theirs, own)| !is_same_answer(theirs, own, &surveyed.volatile, &[]))
        && matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_)))
}

struct IdentityCase<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    intruder: &'a Person,
    owner: &'a Person,
    /// The owner's own request, and the intruder's.
    baseline: &'a Baseline,
    own: &'a Baseline,
}

impl IdentityCase<'_> {
    async fn carry_out(&self) -> CheckResult {
        let mut last = Silence::undecided("the other user is shown nothing there that others are not shown");
        for caller in [AskCaller::named(&self.intruder.name), AskCaller::Anonymous] {
            let plain = self.own.ask_as(caller);
            for value in names_of(self.cx, self.owner) {
                let claims = self.claims(&value);
                let wanted = self.trial(&plain, &plain, &value).wanted();
                if wanted.is_empty() || claims.is_empty() {
                    continue;
                }
                let is_served = |answer: &Answer| {
                    let data = self.surveyed.read(answer, &[], &[]) == AnswerKind::Data;
                    data && answer.response().is_some_and(|response| !present_leaves(&wanted, response).is_empty())
                };
                match find_trusted(self.cx, &plain, &claims, &is_served).await? {
                    Ok(claim) => return self.prove(&plain, claim).await,
                    Err(refused) => {
                        let because = format!("no header makes another caller {}", self.owner.name);
                        last = defence_held(&refused, &self.baseline.first, because);
                    }
                }
            }
        }
        Err(last)
    }

    fn claims(&self, value: &str) -> Vec<HeaderClaim> {
        let is_sendable = value.is_ascii() && !value.contains(char::is_control);
        let headers =
            HEADERS.iter().filter(|header| is_sendable && (value.contains('@') || !header.ends_with("Email")));
        let nonsense = scalar_text(&missing_like(&Value::String(value.to_owned()), 4_711)).unwrap_or_default();
        let claim = |header: &&'static str| HeaderClaim { header, value: value.to_owned(), nonsense: nonsense.clone() };
        headers.map(claim).filter(|claim| claim.is_undocumented(self.cx, self.surveyed)).collect()
    }

    fn trial(&self, attack: &Ask, nothing: &Ask, sent: &str) -> ReadTrial<'_> {
        let strangers = [&self.surveyed.anonymous, &self.surveyed.garbage].into_iter().filter_map(Option::as_deref);
        ReadTrial {
            surveyed: self.surveyed,
            rightful: &self.baseline.first,
            innocent: [&*self.own.first].into_iter().chain(strangers).collect(),
            attack: attack.clone(),
            nothing: nothing.clone(),
            // An answer that only repeats the header shows nothing of the user's.
            sent: vec![sent.to_owned()],
        }
    }

    async fn prove(&self, plain: &Ask, claim: &HeaderClaim) -> CheckResult {
        let trial = self.trial(&claim.put(plain), &claim.put_nonsense(plain), &claim.value);
        let (owner, header, who) = (&self.owner.name, claim.header, plain.caller.label());
        let mut rule = Rule::default();
        // It was served a moment ago: the header does not do it every time.
        let shown = trial.run(self.cx.probe).await.map_err(|silence| Silence::undecided(silence.because()));
        let shown = rule.need("carries-owner-values", shown, |shown| {
            format!("with `{header}`, {who} gets {} values of {owner}'s, at {}", shown.leaves.len(), shown.places())
        })?;
        let served = self.baseline.first.response().is_some_and(Response::is_success);
        rule.weigh("owner-served", served, format!("{owner} gets it (status {})", status_text(&self.baseline.first)));
        self.weigh_without(&mut rule, &who, &shown);
        rule.weigh_nothing("nobodys-name-none", &shown, "a name in it that no user has");
        rule.weigh_shown_again(&shown).show(Role::Baseline, &self.baseline.first);
        // One place believes the header for all routes.
        let cause = format!("identity {}", header.to_ascii_lowercase());
        let claim = format!("{who} was taken for {owner} by the header `{header}`");
        rule.found(Violation::of(self.surveyed, format!("header:{header}"), cause, claim))
    }

    /// Adds whether the caller gets none of it without the header.
    fn weigh_without(&self, rule: &mut Rule, who: &str, shown: &Shown) {
        let own = Some(&self.own.first);
        let without = if who == ANONYMOUS { self.surveyed.anonymous.as_ref() } else { own };
        let because = match without {
            Some(answer) => format!("without it {who} gets none of them (status {})", status_text(answer)),
            None => "it was not asked without the header; scan again to settle it".to_owned(),
        };
        rule.weigh("without-it-none", without.map(|answer| shown.is_absent_from(answer)), because);
        rule.show_all(Role::Control, without);
    }
}
