//! The answer of `suggest_fix`.

use serde_json::Value;

use super::fit::{cut_block, cut_line, fit_answer};
use crate::app::{Fix, FixOutcome, FixStep, FixTest};
use crate::mcp::wire::FixAnswer;

/// How much may be said. Half a diff is worth nothing, so it stays whole or goes, and it goes last.
struct FixRoom {
    guidance: usize,
    code: usize,
    text: usize,
    steps: usize,
    tests: bool,
    diff: bool,
}

const ROOMS: [FixRoom; 8] = [
    FixRoom { guidance: 5000, code: 5000, text: 400, steps: 50, tests: true, diff: true },
    FixRoom { guidance: 5000, code: 5000, text: 400, steps: 50, tests: false, diff: true },
    FixRoom { guidance: 2000, code: 3000, text: 400, steps: 40, tests: false, diff: true },
    FixRoom { guidance: 800, code: 1200, text: 300, steps: 30, tests: false, diff: true },
    FixRoom { guidance: 300, code: 0, text: 200, steps: 20, tests: false, diff: true },
    FixRoom { guidance: 1500, code: 2000, text: 200, steps: 15, tests: false, diff: false },
    FixRoom { guidance: 300, code: 600, text: 100, steps: 8, tests: false, diff: false },
    FixRoom { guidance: 200, code: 200, text: 80, steps: 2, tests: false, diff: false },
];

/// What a fix is told as, within the cap.
pub fn fix_answer(fix: &Fix) -> Value {
    fit_answer(&ROOMS, |room| build_answer(fix, room))
}

fn build_answer(from: &Fix, room: &FixRoom) -> FixAnswer {
    // The diff is what was asked for; the article on the weakness is for where there is none.
    let article = if from.diff.is_some() { "" } else { from.guidance.as_str() };
    let (guidance, guidance_cut) = cut_block(article, room.guidance);
    // Without room the sample goes whole: an ellipsis alone would look like code.
    let (code, code_cut) =
        if room.code == 0 { (String::new(), !from.code.is_empty()) } else { cut_block(&from.code, room.code) };
    let (verify, verify_cut) = cut_block(&verification_line(from), room.text * 2);
    let finding = from.finding_id.as_deref().map(|id| cut_line(id, 40));
    let command = finding.clone().unwrap_or_else(|| "FINDING".to_owned());
    let left_out = [
        (guidance_cut || verify_cut).then(|| "the rest of the guidance".to_owned()),
        code_cut.then(|| "the rest of the code sample".to_owned()),
        (!room.diff && from.diff.is_some())
            .then(|| format!("the diff, which is too long for this answer: `routewarden fix {command}` prints it")),
        (!room.tests && !from.tests.is_empty()).then(|| {
            format!(
                "{} regression tests: ask for fewer findings, or `routewarden fix {command} --test`",
                from.tests.len()
            )
        }),
        (from.steps.len() > room.steps).then(|| format!("{} more routes", from.steps.len() - room.steps)),
        (from.needs_review.len() > 6).then(|| format!("{} more points to review", from.needs_review.len() - 6)),
    ];
    FixAnswer {
        finding_id: finding,
        check: cut_line(&from.check, 60),
        remedy: cut_line(&from.remedy, 60),
        title: cut_line(&from.title, room.text),
        framework: cut_line(&from.framework, 40),
        framework_because: cut_line(&from.framework_because, room.text),
        diff: from.diff.clone().filter(|_| room.diff),
        steps: from.steps.iter().take(room.steps).map(|it| format_step(it, from, room.text)).collect(),
        tests: if room.tests { from.tests.iter().map(format_test).collect() } else { Vec::new() },
        code,
        route: from.route.as_deref().map(|route| cut_line(route, 200)),
        claim: from.claim.as_deref().map(|claim| cut_line(claim, room.text)),
        guidance,
        needs_review: review_points(from, room),
        verify,
        left_out: left_out.into_iter().flatten().collect(),
    }
}

/// `patched: authz/bola-read on GET /invoices/{id} (app.py:88), rw-1: why`; without the check and route that the answer is
/// about as a whole.
fn format_step(step: &FixStep, from: &Fix, max: usize) -> String {
    let outcome = match step.outcome {
        FixOutcome::Patched => "patched",
        FixOutcome::Advice => "advice",
    };
    let place = step.code.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
    let is_said = step.check == from.check && from.route.as_ref() == Some(&step.route);
    let what = if is_said { format!("this route{place}") } else { format!("{} on {}{place}", step.check, step.route) };
    cut_line(&format!("{outcome}: {what}, {}: {}", step.finding_id, step.because), max)
}

/// Returns how to see that it worked, in arguments of the tools.
fn verification_line(from: &Fix) -> String {
    let mut ids: Vec<&str> = from.finding_id.as_deref().into_iter().collect();
    for step in &from.steps {
        if !ids.contains(&step.finding_id.as_str()) {
            ids.push(&step.finding_id);
        }
    }
    if ids.is_empty() {
        return from.verify.clone();
    }
    let listed: Vec<String> = ids.iter().map(|id| format!("\"{}\"", cut_line(id, 40))).collect();
    format!(
        "apply the change, restart the API, then scan_api with recheck [{}]: it must say `fixed` (the attack is refused, \
         the owner served, nothing new shows)",
        listed.join(", ")
    )
}

fn format_test(test: &FixTest) -> String {
    format!(
        "# {} for {}; run: {}\n{}",
        cut_line(&test.path, 200),
        cut_line(&test.finding_id, 40),
        cut_line(&test.run, 200),
        test.text
    )
}

/// Returns what must be added and looked at.
fn review_points(from: &Fix, room: &FixRoom) -> Vec<String> {
    let added = from.dependencies.iter().take(room.steps.min(10)).map(|name| format!("add to the project: {name}"));
    let points = from.needs_review.iter().take(6).cloned();
    added.chain(points).map(|point| cut_line(&point, room.text)).collect()
}
