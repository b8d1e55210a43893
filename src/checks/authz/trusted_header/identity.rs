//! Headers that say who the caller is.

use std::sync::Arc;

use serde_json::Value;

use super::{is_about_caller, is_documented};
use crate::checks::authz::principals::{looks_like_id, spelled};
use crate::checks::authz::swapped::{Attempt, Shown, Swapped, is_scoped_for, pairs};
use crate::checks::context::{CheckCx, present};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, status};
use crate::model::{ANONYMOUS, Role, Silence};
use crate::probe::{Answer, Ask, Caller, SendError};
use crate::survey::{Baseline, Leaf, Person, Reading, Surveyed, missing_like};

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

/// How the API names a user.
struct Names {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

impl Names {
    fn of(cx: &CheckCx<'_>, person: &Person) -> Self {
        let known = spelled(cx, person);
        let first =
            |wanted: &dyn Fn(&str) -> bool| known.iter().map(|(_, text)| text.clone()).find(|text| wanted(text));
        Self {
            id: first(&|text| looks_like_id(text)),
            name: first(&|text| !text.contains('@') && !text.contains(' ') && !looks_like_id(text)),
            email: first(&|text| text.contains('@')),
        }
    }

    /// Its number, its name, its address: one kind at a time, so that an answer which shows another kind repeats nothing.
    fn each(&self) -> impl Iterator<Item = (&String, bool)> {
        let plain = self.id.iter().chain(&self.name).map(|value| (value, false));
        plain.chain(self.email.iter().map(|value| (value, true)))
    }
}

/// Tries to be another user on one read.
pub(super) async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let all = pairs(cx);
    let pair = all.iter().find_map(|(intruder, owner)| {
        Some((*intruder, *owner, surveyed.valid_of(&owner.name)?, surveyed.by.get(&intruder.name)?))
    });
    let (intruder, owner, baseline, own) = pair.ok_or_else(|| cx.no_pair(surveyed))?;
    let concerns_caller =
        is_about_caller(surveyed) || is_scoped_for(cx, surveyed, owner) || is_each_callers(surveyed, baseline, own);
    ensure(concerns_caller, || Silence::open("shared: it is neither about the caller nor a list of the caller's own"))?;
    Case { cx, surveyed, intruder, owner, baseline, own }.carry_out().await
}

/// One object without an id, which is another one for each caller (`/wallet`), and none for strangers.
fn is_each_callers(surveyed: &Surveyed, theirs: &Baseline, own: &Baseline) -> bool {
    let object = |baseline: &Baseline| {
        baseline
            .first
            .response()
            .is_some_and(|response| response.json.as_ref().is_some_and(serde_json::Value::is_object))
    };
    let differ = theirs
        .first
        .response()
        .zip(own.first.response())
        .is_some_and(|(theirs, own)| !crate::survey::same(theirs, own, &surveyed.volatile, &[]));
    surveyed.slots.is_empty()
        && object(theirs)
        && object(own)
        && differ
        && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
}

struct Case<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    intruder: &'a Person,
    owner: &'a Person,
    /// The owner's own request, and the intruder's.
    baseline: &'a Baseline,
    own: &'a Baseline,
}

impl Case<'_> {
    async fn carry_out(&self) -> Judged {
        let names = Names::of(self.cx, self.owner);
        let mut refused = None;
        for caller in [Caller::named(&self.intruder.name), Caller::Anonymous] {
            for (value, is_email) in names.each() {
                let wanted = self.attempt(caller.clone(), "", value, "").wanted();
                let set = self.headers(value, is_email);
                if wanted.is_empty() || set.is_empty() {
                    continue;
                }
                let (answer, carries) = self.carries(&caller, &set, &wanted).await?;
                if !carries {
                    refused = Some(answer);
                    continue;
                }
                for (header, value) in &set {
                    let single = [(header.clone(), value.clone())];
                    if self.carries(&caller, &single, &wanted).await?.1 {
                        return self.prove(caller, header, value).await;
                    }
                }
            }
        }
        let because = format!("no header makes another caller {}", self.owner.name);
        Err(match refused {
            Some(answer) => held(&answer, &self.baseline.first, because),
            None => Silence::undecided("the other user is shown nothing there that others are not shown"),
        })
    }

    fn headers(&self, value: &str, is_email: bool) -> Vec<(String, String)> {
        if !value.is_ascii() || value.contains(char::is_control) {
            return Vec::new();
        }
        HEADERS
            .iter()
            .filter(|header| is_email || !header.ends_with("Email"))
            .filter(|header| !is_documented(&self.cx.survey.api, &self.surveyed.operation, header))
            .map(|header| ((*header).to_owned(), value.to_owned()))
            .collect()
    }

    fn ask(&self, caller: Caller, headers: &[(String, String)]) -> Ask {
        let mut ask = self.own.ask_as(caller);
        ask.headers.extend(headers.iter().cloned());
        ask
    }

    async fn carries(
        &self,
        caller: &Caller,
        headers: &[(String, String)],
        wanted: &[Leaf],
    ) -> Result<(Arc<Answer>, bool), SendError> {
        let answer = self.cx.send(&self.ask(caller.clone(), headers)).await?;
        let data = CheckCx::reading(self.surveyed, &answer, &[], &[]) == Reading::Data;
        let carries = data && answer.response().is_some_and(|response| !present(wanted, response).is_empty());
        Ok((answer, carries))
    }

    fn attempt(&self, caller: Caller, header: &str, theirs: &str, nobodys: &str) -> Attempt<'_> {
        let with = |value: &str| vec![(header.to_owned(), value.to_owned())];
        let innocent: Vec<&Answer> =
            [Some(&*self.own.first), self.surveyed.anonymous.as_deref(), self.surveyed.garbage.as_deref()]
                .into_iter()
                .flatten()
                .collect();
        Attempt {
            surveyed: self.surveyed,
            rightful: &self.baseline.first,
            innocent,
            attack: self.ask(caller.clone(), &with(theirs)),
            nothing: self.ask(caller, &with(nobodys)),
            // Whoever only repeats the header shows nothing of the user's.
            sent: vec![theirs.to_owned()],
        }
    }

    async fn prove(&self, caller: Caller, header: &str, value: &str) -> Judged {
        let nobodys = match missing_like(&Value::String(value.to_owned()), 4_711) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let shown = match self.attempt(caller.clone(), header, value, &nobodys).carry_out(self.cx).await? {
            Swapped::Shown(shown) => shown,
            // It was served a moment ago: the header does not do it every time.
            Swapped::Nothing(because) | Swapped::Unclear(because) => return Err(Silence::undecided(because)),
        };
        self.proven(&caller, header, &shown)
    }

    fn proven(&self, caller: &Caller, header: &str, shown: &Shown) -> Judged {
        let owner = &self.owner.name;
        let who = caller.label();
        let without: Option<&Arc<Answer>> =
            if who == ANONYMOUS { self.surveyed.anonymous.as_ref() } else { Some(&self.own.first) };
        let mut rule = Rule::default();
        let served = self.baseline.first.response().is_some_and(crate::probe::Response::is_success);
        rule.weigh("owner-served", served, format!("{owner} gets it (status {})", status(&self.baseline.first)));
        let (count, places) = (shown.leaves.len(), shown.places());
        let because = format!("with `{header}`, {who} gets {count} values of {owner}'s, at {places}");
        rule.weigh("carries-owner-values", count > 0, because);
        match without {
            Some(answer) => {
                let none = answer.response().is_none_or(|response| present(&shown.leaves, response).is_empty());
                let because = format!("without it {who} gets none of them (status {})", status(answer));
                rule.weigh("without-it-none", none, because).show(Role::Control, answer);
            }
            None => {
                rule.weigh("without-it-none", None, "it was not asked without the header; scan again to settle it");
            }
        }
        let none = shown.nothing.response().is_none_or(|response| present(&shown.leaves, response).is_empty());
        let because = format!("a name that nobody has in it gets {who} none (status {})", status(&shown.nothing));
        rule.weigh("nobodys-name-none", none, because);
        rule.weigh("repeated", shown.repeated(), "the same request again gave the same values");
        rule.show(Role::Attack, &shown.attack).show(Role::Baseline, &self.baseline.first);
        rule.show(Role::Control, &shown.nothing);
        rule.found(Finding {
            site: format!("header:{header}"),
            // One place believes the header for all routes.
            cause: format!("identity {}", header.to_ascii_lowercase()),
            claim: format!("{who} was taken for {owner} by the header `{header}`"),
            severity: None,
            surveyed: self.surveyed,
        })
    }
}
