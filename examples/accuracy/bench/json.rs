//! The result of the bench for programs.

use serde_json::{Value, json};

use super::grade::{Graded, Outcome};
use super::scan::Scanned;
use super::table::{Figures, figures, is_passed, verdict};

pub fn as_json(scans: &[Scanned]) -> Value {
    let (by_check, total) = figures(scans);
    let checks: serde_json::Map<String, Value> = by_check.iter().map(|(check, f)| (check.clone(), row(f))).collect();
    json!({
        "passed": is_passed(scans, 95),
        "total": row(&total),
        "checks": checks,
        "apis": scans.iter().map(api).collect::<Vec<_>>(),
        "cases": scans.iter().flat_map(|scan| &scan.grades.cases).map(case).collect::<Vec<_>>(),
    })
}

fn row(f: &Figures) -> Value {
    let [weak, sound] = f.judged;
    json!({
        "weak": f.weak, "confirmed": f.confirmed, "suspected": f.suspected, "missed": f.missed(),
        "sound": f.sound, "false_confirmed": f.false_confirmed, "false_suspected": f.false_suspected,
        "rules": {"order": ["status", "same", "likeness"], "weak": weak, "found": f.rule_found, "sound": sound, "false": f.rule_false},
    })
}

fn api(scan: &Scanned) -> Value {
    let strays = scan.grades.strays.iter().map(|stray| {
        json!({"check": stray.check, "operation": stray.operation, "outcome": word(stray.outcome), "claim": stray.claim})
    });
    json!({
        "name": scan.name, "style": scan.style, "mode": scan.mode, "operations": scan.operations,
        "requests": scan.requests, "duration_ms": scan.duration_ms, "untrusted": scan.untrusted, "document_issues": scan.issues,
        "seed_rows_changed": scan.residue.changed, "left_untold": scan.residue.unlisted, "left_told": scan.residue.listed,
        "unlabelled": strays.collect::<Vec<_>>(), "not_judged": scan.grades.outside,
    })
}

fn case(case: &Graded) -> Value {
    json!({
        "api": case.api, "check": case.check, "operations": case.operations, "label": if case.is_weak { "weak" } else { "sound" },
        "why": case.why, "outcome": word(case.outcome), "verdict": verdict(case), "reason": case.reason, "rules": case.rules,
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Confirmed => "confirmed",
        Outcome::Suspected => "suspected",
        Outcome::Silent => "silent",
    }
}
