//! `source/token-not-verified`.

use super::cx::{SourceCx, SourceDraft, read_only};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Rule, Violation};
use crate::code::{TokenFact, TokenFaultKind};
use crate::model::{Severity, Silence};

check! {
    /// ## What it does
    /// Looks for code that reads the claims of a token without its signature, or writes a whole token into a log.
    ///
    /// ## Why it matters
    /// Where a token is not verified, its author is the user that it names; a reader of a log with tokens is every user
    /// who signed in.
    ///
    /// ## How it is confirmed
    /// Not at all: the code shows the call, and not whether a request gets there. A scan of the running API with a forged
    /// token decides.
    ///
    /// ## When it stays silent
    /// When the API runs (`token/*` prove it then), when the same function verifies the token too, as the one that first
    /// looks for the right key does, in tests, and for parts, lengths and hashes of tokens in logs.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-347, CWE-532
    TokenNotVerified {
        id: "source/token-not-verified",
        title: "The code reads a token without verifying it, or logs it whole",
        severity: High,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [347],
        remedy: "verify-signature",
        since: "0.2.0",
        plan: |_, _| Need::NotApplicable,
        source: find_unverified_tokens,
    }
}

fn find_unverified_tokens(cx: SourceCx<'_>) -> Vec<SourceDraft> {
    cx.facts.tokens.iter().filter_map(|fact| judge_token(cx, fact).ok()).collect()
}

fn judge_token(cx: SourceCx<'_>, fact: &TokenFact) -> Result<SourceDraft, Silence> {
    let mut rule = Rule::default();
    let operation = cx.operation(&fact.operation).ok_or_else(|| Silence::not_applicable("no route leads there"))?;
    let (severity, does) = match fact.kind {
        TokenFaultKind::Unverified => (Severity::High, "reads a token without its signature"),
        TokenFaultKind::Logged => (Severity::Medium, "writes a whole token into a log"),
    };
    rule.need("call", Ok(fact), |fact| format!("{} `{}`", fact.place, fact.text))?;
    let claim = format!("the code {does} ({})", fact.place);
    let cause = format!("{} {} {does}", fact.place.file, fact.place.function);
    let site = format!("source:{}", fact.place);
    let finding = Violation { severity: Some(severity), ..Violation::of(operation, site, cause, claim) };
    Ok(read_only(rule, finding, &fact.place))
}
