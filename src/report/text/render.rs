//! The order of the page: what was scanned, the grade, findings worst first, and the rest below.

use super::finding::{self, Detail};
use super::page::{TextOptions, TextPage, Tone};
use super::{plan, tail};
use crate::report::summary::{self, Sorted, percent, points, warning};
use crate::report::wire::{Finding, Report, Status};
use crate::report::words::{duration, harm, identities, operation, short_id};

/// Up to this many findings are shown in full.
const MAX_IN_FULL: usize = 4;
/// Beyond this many, findings are a line each.
const MAX_IN_SHORT: usize = 20;
const MAX_LINES: usize = 8;

/// The report for a terminal.
pub fn render(report: &Report, options: TextOptions) -> String {
    let mut page = TextPage::new(options);
    let sorted = Sorted::new(&report.findings);
    what_was_scanned(&mut page, report);
    notice(&mut page, report);
    if report.scan.status == Status::Planned {
        plan::render(&mut page, report);
    } else {
        headline(&mut page, report, &sorted);
        findings(&mut page, &sorted);
        tail::policy(&mut page, report);
        tail::questions(&mut page, report);
        tail::reach(&mut page, report);
        tail::coverage(&mut page, report);
        tail::writes(&mut page, report);
    }
    tail::document(&mut page, report);
    tail::notes(&mut page, report);
    tail::next(&mut page, report, sorted.open.first().copied());
    page.finish()
}

fn what_was_scanned(page: &mut TextPage, report: &Report) {
    let scan = &report.scan;
    page.line(
        0,
        &[
            (Tone::Strong, &format!("{} {}", report.tool.name, report.tool.version)),
            (Tone::Plain, &format!("  {} → {}", scan.document, scan.base_url)),
        ],
    );
    let who = identities(report);
    let id = short_id(scan);
    let facts = format!(
        "{} · {} requests in {} · {who} · scan {id}",
        scan.mode.as_str(),
        scan.requests,
        duration(scan.duration_ms)
    );
    page.line(0, &[(Tone::Dim, &facts)]);
}

fn notice(page: &mut TextPage, report: &Report) {
    let Some((headline, text)) = warning(report) else { return };
    page.blank();
    let untrusted = report.scan.status.is_alarm();
    let tone = if untrusted { Tone::Alarm } else { Tone::Doubt };
    page.line(0, &[(tone, &format!(" {headline} "))]);
    page.wrapped(2, (Tone::Plain, ""), (Tone::Strong, &text));
    if untrusted {
        page.wrapped(
            2,
            (Tone::Plain, ""),
            (Tone::Plain, "This is no clean result: an empty list of findings below means nothing."),
        );
    }
    for row in &report.harm {
        page.wrapped(2, (Tone::Alarm, "! "), (Tone::Plain, &harm(row)));
    }
}

fn headline(page: &mut TextPage, report: &Report, sorted: &Sorted<'_>) {
    page.blank();
    let grade = report.score.grade.as_deref();
    let tone = match grade {
        Some("A" | "B") => Tone::Good,
        Some("C" | "D") => Tone::Doubt,
        Some(_) => Tone::Bad,
        None => Tone::Dim,
    };
    let shown = capitalized(&summary::grade(report));
    page.line(
        0,
        &[
            (tone, &shown),
            (Tone::Strong, &format!("  {}", points(report))),
            (Tone::Plain, &format!("  {} of operations tested", percent(report.score.coverage))),
        ],
    );
    // What takes the trust away is said above, and the rest of it is no news.
    if let Some(because) = report.score.withheld_because.as_ref().filter(|_| report.scan.status == Status::Complete) {
        page.wrapped(2, (Tone::Plain, ""), (Tone::Dim, because));
    }
    let counts = sorted.counts();
    let mut pieces: Vec<(Tone, &str)> = Vec::new();
    for (severity, text) in &counts {
        if !pieces.is_empty() {
            pieces.push((Tone::Dim, " · "));
        }
        pieces.push((severity.map_or(Tone::Dim, Tone::Severity), text));
    }
    if sorted.open.is_empty() && report.scan.status == Status::Complete {
        page.line(0, &[(Tone::Good, "No weakness was found in what was tested.")]);
    }
    if !pieces.is_empty() {
        page.line(0, &pieces);
    }
}

fn findings(page: &mut TextPage, sorted: &Sorted<'_>) {
    let few = page.options.verbose || sorted.open.len() <= MAX_IN_FULL;
    let detail = if few { Detail::Full } else { Detail::Short };
    let in_detail = page.cap(MAX_IN_SHORT);
    for finding in sorted.open.iter().take(in_detail) {
        page.blank();
        finding::render(page, finding, detail);
    }
    let rest: Vec<&Finding> = sorted.open.iter().skip(in_detail).copied().collect();
    lines(page, "Further findings", &rest, |finding| finding.claim.clone());
    lines(page, "Also noted", &sorted.facts, |finding| finding.claim.clone());
    lines(page, "Suppressed", &sorted.suppressed, |finding| finding.suppressed.clone().unwrap_or_default());
    lines(page, "No longer there", &sorted.fixed, |finding| finding.title.clone());
}

fn lines(page: &mut TextPage, heading: &str, findings: &[&Finding], text: impl Fn(&Finding) -> String) {
    if findings.is_empty() {
        return;
    }
    page.heading(heading);
    let most = page.cap(MAX_LINES);
    for finding in findings.iter().take(most) {
        page.line(
            2,
            &[
                (Tone::Severity(finding.severity), finding.severity.as_str()),
                // The id comes before the texts, so that a narrow terminal does not cut it off.
                (Tone::Dim, &format!("  {}  ", finding.id)),
                (Tone::Plain, &format!("{}  ", operation(&finding.operation))),
                (Tone::Plain, &text(finding)),
                (Tone::Dim, &format!("  {}", finding.check)),
            ],
        );
    }
    page.more(2, findings.len().saturating_sub(most), "findings");
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
