//! `config/debug-endpoint`.

mod pages;

use std::sync::Arc;

use pages::{DebugPage, PAGES};

use crate::checks::context::CheckCx;
use crate::checks::meta::{Need, check};
use crate::checks::once::is_asked_beside;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, status_text};
use crate::model::{Draft, Role, Silence};
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Asks once, without a credential, for the pages that frameworks have for their developers: Spring's actuator, Go's
    /// pprof, consoles, profilers, `.env`, `.git`. Only pages that read are asked for; none is opened further.
    ///
    /// ## Why it matters
    /// Such pages show configuration with its passwords, memory, source or requests of users, and some run code.
    ///
    /// ## How it is confirmed
    /// The answer has the content that only this page has, twice, and a random path beside it does not.
    ///
    /// ## When it stays silent
    /// For pages that merely have the name: a status proves nothing, and some servers answer every path alike. Documented
    /// paths are left to the other checks, and what `exclude` names is not asked. Open metrics are an observation.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-489
    DebugEndpoint {
        id: "config/debug-endpoint",
        title: "A page for developers is open to everybody",
        severity: High,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [489],
        remedy: "require-authentication",
        since: "0.2.0",
        plan: |cx, operation| match is_asked_beside(cx, operation) {
            true => Need::Requests(18),
            false => Need::NotApplicable,
        },
        refused: true,
        read: check_debug_pages,
    }
}

async fn check_debug_pages(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let served = cx.served_somewhere()?;
    let random = format!("/rw-{:016x}", rand::random::<u64>());
    let control = cx.send(&Ask::get(AskCaller::Anonymous, cx.at_root(&random))).await?;
    let (mut drafts, mut last) = (Vec::new(), None);
    for page in PAGES {
        let Some(ask) = cx.ask_undocumented(surveyed, page.path) else { continue };
        let answer = cx.send(&ask).await?;
        if page.is_in(&answer) && !page.is_in(&control) {
            let again = cx.send(&ask.again(1)).await?;
            drafts.push(prove_page(surveyed, page, &answer, (&again, &control)));
        }
        last = Some(answer);
    }
    match (drafts.is_empty(), last) {
        (false, _) => Ok(drafts),
        (true, Some(last)) => Err(defence_held(&last, &served, "no page for developers is open")),
        (true, None) => Err(Silence::not_tried("all these paths are documented or excluded")),
    }
}

fn prove_page(
    surveyed: &Surveyed,
    page: &DebugPage,
    answer: &Arc<Answer>,
    (again, control): (&Arc<Answer>, &Arc<Answer>),
) -> Draft {
    let mut rule = Rule::default();
    let shows = format!("`{}` shows {} without a credential", page.path, page.shows);
    rule.weigh("content-is-there", page.is_in(answer), shows.clone());
    let absent = format!("a random path beside it does not (status {})", status_text(control));
    rule.weigh("random-path-lacks-it", !page.is_in(control), absent);
    rule.weigh("repeated", page.is_in(again), "the same request again shows it too");
    // What it shows are secrets: that it does is proof enough.
    rule.withhold(Role::Attack, answer).show(Role::Control, control);
    let finding = Violation::of(surveyed, format!("path:{}", page.path), format!("debug {}", page.path), shows);
    if page.is_often_meant { rule.observation(finding) } else { rule.draft(finding) }
}
