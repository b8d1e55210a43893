//! Headers that say what the caller may do, or where it comes from.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::believed::{HeaderClaim, find_trusted};
use crate::checks::context::{CheckCx, present_leaves};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{ANONYMOUS, Role, Silence};
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::{Baseline, Leaf, Person, Surveyed, is_clear_success, leaves_of};

/// Header, value, and a value of the same kind that nobody trusts.
const HEADERS: &[(&str, &str, &str)] = &[
    ("X-Role", "admin", "rw-none"),
    ("X-Roles", "admin", "rw-none"),
    ("X-User-Role", "admin", "rw-none"),
    ("X-Forwarded-Groups", "admin", "rw-none"),
    ("X-Admin", "true", "rw-none"),
    ("X-Is-Admin", "1", "rw-none"),
    // 203.0.113.0/24 is for documentation (RFC 5737): nobody's.
    ("X-Forwarded-For", "127.0.0.1", "203.0.113.77"),
    ("X-Real-IP", "127.0.0.1", "203.0.113.77"),
    ("X-Client-IP", "127.0.0.1", "203.0.113.77"),
    ("True-Client-IP", "127.0.0.1", "203.0.113.77"),
];
/// Headers that put another path in the place of the one that was asked for.
const REWRITES: [&str; 2] = ["X-Original-URL", "X-Rewrite-URL"];

/// Tries to reach one read of a higher role.
pub(super) async fn check_higher_role(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let people = &cx.survey.people.all;
    let lowest = people.iter().filter(|person| person.signed_in).min_by_key(|person| person.rank);
    let higher = lowest.and_then(|lowest| {
        let above = people.iter().filter(|person| person.rank > lowest.rank);
        above.into_iter().find_map(|person| Some((person, surveyed.valid_of(&person.name)?)))
    });
    let caller = lowest.map_or(ANONYMOUS, |person| person.name.as_str());
    let own = surveyed.by.get(caller).or(higher.map(|(_, baseline)| baseline));
    let own = own.ok_or_else(|| Silence::not_tried("no caller has asked for it"))?;
    let case = RankCase { cx, surveyed, caller, higher, plain: own.ask_as(AskCaller::named(caller)) };
    let refused = cx.send(&case.plain).await?;
    let is_refused = match refused.status() {
        Some(401 | 403) => true,
        status => status == Some(404) && higher.is_some(),
    };
    ensure(is_refused, || {
        Silence::not_applicable(format!("{caller} is not refused here (status {})", status_text(&refused)))
    })?;
    case.carry_out(&refused).await
}

struct RankCase<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    caller: &'a str,
    higher: Option<(&'a Person, &'a Baseline)>,
    /// The caller's request, which is refused.
    plain: Ask,
}

impl RankCase<'_> {
    async fn carry_out(&self, refused: &Arc<Answer>) -> CheckResult {
        let claim = |(header, value, nonsense): &(&'static str, &str, &str)| HeaderClaim {
            header,
            value: (*value).to_owned(),
            nonsense: (*nonsense).to_owned(),
        };
        let claims: Vec<HeaderClaim> =
            HEADERS.iter().map(claim).filter(|claim| claim.is_undocumented(self.cx, self.surveyed)).collect();
        let disguised = match self.find(&self.plain, &claims, &[refused]).await? {
            Ok(claim) => return self.prove(&self.plain, claim, &[refused]).await,
            Err(disguised) => disguised,
        };
        let open = self.open_route().ok_or_else(|| self.held(&disguised))?;
        let (elsewhere, known) = (open.ask_as(AskCaller::named(self.caller)), [refused, &open.first]);
        let (path, nonsense) = (self.plain.url.path(), "/rw-none/rw-none");
        let rewrites =
            REWRITES.map(|header| HeaderClaim { header, value: path.to_owned(), nonsense: nonsense.to_owned() });
        match self.find(&elsewhere, &rewrites, &known).await? {
            Ok(claim) => self.prove(&elsewhere, claim, &known).await,
            Err(_) => Err(self.held(&disguised)),
        }
    }

    /// Returns the claim that is believed, or else the answer to all at once.
    async fn find<'c>(
        &self,
        plain: &Ask,
        claims: &'c [HeaderClaim],
        known: &[&Arc<Answer>],
    ) -> Result<Result<&'c HeaderClaim, Arc<Answer>>, Silence> {
        find_trusted(self.cx, plain, claims, &|answer: &Answer| self.is_served(answer, known)).await
    }

    /// Returns that the disguised request was refused; the control is what a higher role, or else the caller itself on
    /// another route, is served.
    fn held(&self, disguised: &Answer) -> Silence {
        let because =
            format!("{} is refused (status {}), whatever it says of itself", self.caller, status_text(disguised));
        let control = self.higher.map(|(_, baseline)| baseline).or_else(|| self.open_route());
        match control {
            Some(control) => defence_held(disguised, &control.first, because),
            None => Silence::undecided(format!("{because}, and no caller is served here to compare with")),
        }
    }

    /// A read without an id that serves the caller.
    fn open_route(&self) -> Option<&Baseline> {
        let others = self.cx.survey.operations.iter().filter(|other| other.slots.is_empty());
        others.into_iter().find_map(|other| other.valid_of(self.caller))
    }

    /// Whether an answer is what a higher role is shown; without one, data that the known answers do not have.
    fn is_served(&self, answer: &Answer, known: &[&Arc<Answer>]) -> bool {
        let Some(response) = answer.response().filter(|response| is_clear_success(response)) else {
            return false;
        };
        let elsewhere: BTreeSet<String> = known
            .iter()
            .filter_map(|answer| answer.response())
            .flat_map(|response| leaves_of(response).into_iter().map(|leaf| leaf.text))
            .collect();
        let news = |leaf: &Leaf| {
            leaf.is_telling() && !elsewhere.contains(&leaf.text) && !self.surveyed.volatile.contains(&leaf.path)
        };
        match self.higher.and_then(|(_, baseline)| baseline.first.response()) {
            Some(rightful) => {
                let wanted: Vec<Leaf> = leaves_of(rightful).into_iter().filter(|leaf| news(leaf)).collect();
                let shown = present_leaves(&wanted, response).len();
                shown > 0 && shown * 2 > wanted.len()
            }
            None => leaves_of(response).iter().any(news),
        }
    }

    async fn prove(&self, plain: &Ask, claim: &HeaderClaim, known: &[&Arc<Answer>]) -> CheckResult {
        let ask = claim.put(plain);
        let attack = self.cx.send(&ask).await?;
        let again = self.cx.send(&ask.again(1)).await?;
        let nonsense = self.cx.send(&claim.put_nonsense(plain)).await?;
        // Without the header once more: it was not opened to all in the meantime.
        let without = self.cx.send(&self.plain.again(1)).await?;
        let judged = nonsense.status().is_some_and(|status| status != 429 && status < 500);
        ensure(judged, || Silence::undecided("a nonsense value in the header could not be judged"))?;
        let (who, header, value) = (self.caller, claim.header, &claim.value);
        let mut rule = Rule::default();
        let differs = ensure(!self.is_served(&nonsense, known), || {
            Silence::not_applicable("any value in the header is answered alike: the header is no rule of access")
        });
        rule.need("nonsense-refused", differs, |()| {
            format!("a nonsense value in it does not help (status {})", status_text(&nonsense))
        })?;
        let refused = matches!(without.status(), Some(401 | 403 | 404));
        rule.weigh("refused-without-it", refused, format!("without it {who} gets status {}", status_text(&without)));
        let served = match self.higher {
            Some((person, _)) => format!("with `{header}: {value}` {who} gets what {} is shown", person.name),
            None => format!("with `{header}: {value}` {who} gets data (status {})", status_text(&attack)),
        };
        rule.weigh("served-with-it", self.is_served(&attack, known), served);
        rule.weigh("repeated", self.is_served(&again, known), "the same request again was served too");
        rule.show(Role::Attack, &attack).show(Role::Control, &nonsense).show(Role::Control, &without);
        rule.show_all(Role::Baseline, self.higher.map(|(_, baseline)| &baseline.first));
        let cause = format!("access {}", header.to_ascii_lowercase());
        let claim = format!("{who} reached a function of a higher role by the header `{header}: {value}`");
        rule.found(Violation::of(self.surveyed, format!("header:{header}"), cause, claim))
    }
}
