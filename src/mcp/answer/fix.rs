//! The answer of `suggest_fix`.

use serde_json::Value;

use super::fit::{block, fit, line};
use crate::app::Fix;
use crate::mcp::wire::FixAnswer;

/// How much may be said. Half a diff is worth nothing, so it stays whole or goes, and it goes last.
struct Room {
    guidance: usize,
    code: usize,
    text: usize,
    diff: bool,
}

const ROOMS: [Room; 6] = [
    Room { guidance: 5000, code: 5000, text: 500, diff: true },
    Room { guidance: 2000, code: 3000, text: 400, diff: true },
    Room { guidance: 800, code: 1200, text: 300, diff: true },
    Room { guidance: 300, code: 0, text: 200, diff: true },
    Room { guidance: 1500, code: 2000, text: 200, diff: false },
    Room { guidance: 300, code: 600, text: 100, diff: false },
];

/// What a fix is told as, within the cap.
pub fn fix_answer(fix: &Fix) -> Value {
    fit(&ROOMS, |room| build(fix, room))
}

fn build(from: &Fix, room: &Room) -> FixAnswer {
    let (guidance, guidance_cut) = block(&from.guidance, room.guidance);
    let (code, code_cut) =
        if room.code == 0 { (String::new(), !from.code.is_empty()) } else { block(&from.code, room.code) };
    let (verify, verify_cut) = block(&from.verify, room.text * 2);
    let finding = from.finding_id.as_deref().map(|id| line(id, 40));
    let command = finding.clone().unwrap_or_else(|| "FINDING".to_owned());
    let left_out = [
        (guidance_cut || verify_cut).then(|| "the rest of the guidance".to_owned()),
        code_cut.then(|| "the rest of the code sample".to_owned()),
        (!room.diff && from.diff.is_some())
            .then(|| format!("the diff, which is too long for this answer: `routewarden fix {command}` prints it")),
        (from.needs_review.len() > 6).then(|| format!("{} more points to review", from.needs_review.len() - 6)),
    ];
    FixAnswer {
        finding_id: finding,
        check: line(&from.check, 60),
        remedy: line(&from.remedy, 60),
        title: line(&from.title, room.text),
        framework: line(&from.framework, 40),
        framework_because: line(&from.framework_because, room.text),
        diff: from.diff.clone().filter(|_| room.diff),
        code,
        route: from.route.as_deref().map(|route| line(route, 200)),
        claim: from.claim.as_deref().map(|claim| line(claim, room.text)),
        guidance,
        needs_review: from.needs_review.iter().take(6).map(|point| line(point, room.text)).collect(),
        verify,
        left_out: left_out.into_iter().flatten().collect(),
    }
}
