//! `limits/no-rate-limit`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::checks::context::CheckCx;
use crate::checks::meta::{Need, check};
use crate::checks::once::is_asked_beside;
use crate::checks::rule::{CheckResult, Rule, Violation, attack_withstood};
use crate::model::{Role, Silence};
use crate::probe::{Answer, Ask};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Repeats one plain read 20 times, at most ten a second, as the last thing that a scan does, and stops at the first sign
    /// of a limit.
    ///
    /// ## Why it matters
    /// Without any limit one caller takes what all others need, and lists are copied as fast as the server answers.
    ///
    /// ## How it is confirmed
    /// It is an observation: 20 of 20 were answered alike, and no answer speaks of a limit. A limit may lie beyond.
    ///
    /// ## When it stays silent
    /// At a 429 or 503, at headers that announce a limit, and when answers take five times as long.
    ///
    /// ## References
    /// OWASP API4:2023, CWE-770, RFC 6585 section 4
    NoRateLimit {
        id: "limits/no-rate-limit",
        title: "A burst of requests meets no limit",
        severity: Low,
        level: Intrusive,
        owasp: ["API4:2023"],
        cwe: [770],
        remedy: "request-bounds",
        since: "0.2.0",
        plan: |cx, operation| match is_asked_beside(cx, operation) {
            true => Need::Requests(20),
            false => Need::NotApplicable,
        },
        phase: Bursts,
        read: check_burst,
    }
}

const BURST: u8 = 20;
/// Rounds that no other check uses.
const FIRST_ROUND: u8 = 100;
const PAUSE: Duration = Duration::from_millis(100);

async fn check_burst(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let usual = baseline.first.exchange.elapsed_ms.max(100);
    let began = Instant::now();
    let mut last: Option<Arc<Answer>> = None;
    for round in 0..BURST {
        let ask = Ask { once: true, ..baseline.ask().again(FIRST_ROUND + round) };
        let answer = cx.send(&ask).await?;
        if let Some(sign) = sign_of_limit(&answer) {
            return Err(attack_withstood(
                &answer,
                &baseline.first,
                format!("request {} of a burst: {sign}", round + 1),
            ));
        }
        if answer.exchange.elapsed_ms > usual.saturating_mul(5) {
            return Err(Silence::undecided("answers became five times as slow: the burst was stopped"));
        }
        last = Some(answer);
        sleep(PAUSE).await;
    }
    let last = last.ok_or_else(|| Silence::undecided("nothing was sent"))?;
    let seconds = began.elapsed().as_secs_f64();
    let same = last.status() == baseline.first.status();
    let mut rule = Rule::default();
    rule.weigh("answered-alike", same, format!("{BURST} of {BURST} requests were answered alike in {seconds:.1} s"));
    rule.show(Role::Attack, &last).show(Role::Baseline, &baseline.first);
    let claim = format!("{BURST} of {BURST} requests in {seconds:.0} s met no limit, and none is announced");
    rule.observed(Violation::of(surveyed, "operation", "no rate limit", claim))
}

/// Returns what in an answer speaks of a limit.
fn sign_of_limit(answer: &Answer) -> Option<String> {
    let response = answer.response()?;
    if matches!(response.status, 429 | 503) {
        return Some(format!("status {}", response.status));
    }
    let announces = |name: &str| name.contains("ratelimit") || name.contains("rate-limit") || name == "retry-after";
    response
        .headers
        .iter()
        .find(|(name, _)| announces(name))
        .map(|(name, _)| format!("the header `{name}` announces a limit"))
}
