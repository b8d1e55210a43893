//! `inventory/old-version`.

use std::sync::Arc;

use url::Url;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{Operation, Role, Silence};
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::{AnswerKind, Baseline, Leaf, Surveyed, leaves_of, present_leaves};

check! {
    /// ## What it does
    /// Asks the version before the documented one (`/v1/...` for `/v2/...`) for what the new one serves: as the rightful
    /// caller, and where that is served as a caller whom the new version refuses.
    ///
    /// ## Why it matters
    /// An old version that still runs does not get the rules that were added since, on the same data.
    ///
    /// ## How it is confirmed
    /// The new version refuses the caller; the old one gives it values of the rightful caller's answer, twice; and a version
    /// that cannot exist does not.
    ///
    /// ## When it stays silent
    /// When there is no old version, when it is documented (then it is checked like every other), and when it refuses alike.
    /// That it answers the rightful caller is an observation.
    ///
    /// ## References
    /// OWASP API9:2023, CWE-1059
    OldVersion {
        id: "inventory/old-version",
        title: "An older version answers with weaker protection",
        severity: Medium,
        level: Passive,
        owasp: ["API9:2023"],
        cwe: [1059],
        remedy: "require-authentication",
        since: "0.2.0",
        plan: |_, operation| match PlanCx::is_read(operation) && version_in(&operation.path).is_some() {
            true => Need::Requests(7),
            false => Need::NotApplicable,
        },
        read: check_old_version,
    }
}

/// Returns the number of the version that a path names, where there is one before it: 2 of `/api/v2/orders`.
fn version_in(path: &str) -> Option<u32> {
    let number = |part: &str| part.strip_prefix(['v', 'V'])?.parse::<u32>().ok();
    path.split('/').find_map(number).filter(|version| (2..100).contains(version))
}

/// Returns the address with another version in its path.
fn with_version(url: &Url, from: u32, to: u32) -> Url {
    let swap = |part: &str| match part {
        part if part == format!("v{from}") => format!("v{to}"),
        part if part == format!("V{from}") => format!("V{to}"),
        part => part.to_owned(),
    };
    let mut other = url.clone();
    other.set_path(&url.path().split('/').map(swap).collect::<Vec<_>>().join("/"));
    other
}

async fn check_old_version(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let path = &surveyed.operation.path;
    let version = version_in(path).ok_or_else(|| Silence::not_applicable("its path names no version"))?;
    let older = path.replace(&format!("v{version}"), &format!("v{}", version - 1));
    let is_known = |operation: &Operation| operation.path == older;
    ensure(!cx.survey.api.operations.iter().any(is_known), || {
        Silence::not_applicable("the version before it is documented, and checked by itself")
    })?;
    ensure(!cx.is_excluded(surveyed, &older), || Silence::not_tried("the version before it is excluded"))?;
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let telling = telling_leaves(surveyed, baseline);
    ensure(!telling.is_empty(), || Silence::undecided("the answer has no value by which it is known"))?;

    let old = Ask { url: with_version(&baseline.url, version, version - 1), ..baseline.ask() };
    let answer = cx.send(&old).await?;
    let name = format!("v{}", version - 1);
    ensure(shows(&telling, &answer), || defence_held(&answer, &baseline.first, format!("there is no {name} here")))?;
    let case = OldVersionCase { surveyed, baseline, telling: &telling, version };
    for caller in refused_callers(cx, surveyed, baseline).await? {
        let ask = Ask { caller, ..old.clone() };
        let attack = cx.send(&ask).await?;
        if shows(&telling, &attack) {
            return case.prove_weaker(cx, &ask, &attack).await;
        }
    }
    let mut rule = Rule::default();
    rule.weigh("old-version-answers", shows(&telling, &answer), format!("{name} serves the rightful caller too"));
    rule.show(Role::Attack, &answer).show(Role::Baseline, &baseline.first);
    rule.observed(Violation::of(surveyed, "path", format!("old version {name}"), format!("{name} still answers")))
}

/// Returns the callers that the new version refuses: strangers, and another user where the object is the caller's own.
async fn refused_callers(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
) -> Result<Vec<AskCaller>, Silence> {
    let mut found = Vec::new();
    if matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_))) {
        found.push(AskCaller::Anonymous);
    }
    if let Some(pair) = cx.pairs(surveyed).into_iter().find(|pair| pair.owner.name == baseline.caller) {
        let intruder = AskCaller::named(&pair.intruder.name);
        let answer = cx.send(&baseline.ask_as(intruder.clone())).await?;
        if matches!(surveyed.read(&answer, &baseline.masks, &[]), AnswerKind::Refused(_)) {
            found.push(intruder);
        }
    }
    Ok(found)
}

/// An old version that serves what the new one serves.
struct OldVersionCase<'a> {
    surveyed: &'a Surveyed,
    baseline: &'a Baseline,
    telling: &'a [Leaf],
    version: u32,
}

impl OldVersionCase<'_> {
    async fn prove_weaker(&self, cx: &CheckCx<'_>, ask: &Ask, attack: &Arc<Answer>) -> CheckResult {
        let (who, old, telling) = (ask.caller.label(), ask.url.path(), self.telling);
        let refused = cx.send(&self.baseline.ask_as(ask.caller.clone())).await?;
        let again = cx.send(&ask.again(1)).await?;
        let nowhere = with_version(&self.baseline.url, self.version, self.version + 90);
        let control = cx.send(&Ask { url: nowhere, ..ask.clone() }).await?;
        let mut rule = Rule::default();
        rule.weigh("old-version-serves", shows(telling, attack), format!("{old} gives {who} the caller's values"));
        let because = format!("the documented version refuses {who} (status {})", status_text(&refused));
        rule.weigh("new-version-refuses", !shows(telling, &refused), because);
        let because = format!("a version that cannot exist gives none (status {})", status_text(&control));
        rule.weigh("no-version-does-not", !shows(telling, &control), because);
        rule.weigh("repeated", shows(telling, &again), "the same request again gives the same");
        rule.show(Role::Attack, attack).show(Role::Baseline, &self.baseline.first);
        rule.show(Role::Control, &refused).show(Role::Control, &control);
        let claim = format!("{who} is served by {old}, and refused by the documented version");
        rule.found(Violation::of(self.surveyed, "path", format!("weaker old version for {who}"), claim))
    }
}

fn telling_leaves(surveyed: &Surveyed, baseline: &Baseline) -> Vec<Leaf> {
    let asked: Vec<&str> = baseline.masks.iter().map(String::as_str).collect();
    let leaves = baseline.first.response().map(leaves_of).unwrap_or_default();
    let is_kept = |leaf: &Leaf| {
        leaf.is_telling() && !surveyed.volatile.contains(&leaf.path) && !asked.contains(&leaf.text.as_str())
    };
    leaves.into_iter().filter(is_kept).collect()
}

/// Returns true where a success carries at least half of the values.
fn shows(telling: &[Leaf], answer: &Answer) -> bool {
    let response = answer.response().filter(|response| response.is_success());
    response.is_some_and(|response| present_leaves(telling, response).len() * 2 >= telling.len())
}
