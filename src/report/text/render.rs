//! The order of the page: what was scanned, the grade, findings worst first, and the rest below.

use super::finding::{self, Detail};
use super::page::{TextOptions, TextPage, Tone};
use super::{plan, tail};
use crate::report::summary::{self, Sorted, format_percent, format_points, scan_warning};
use crate::report::wire::{Finding, Report, Status};
use crate::report::words::{describe_harm, format_duration, format_identities, format_operation, short_id};

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
    render_notice(&mut page, report);

    // A dry run has no findings or coverage: empty sections would look like a clean result.
    if report.scan.status == Status::Planned {
        plan::render(&mut page, report);
    } else {
        render_headline(&mut page, report, &sorted);
        render_findings(&mut page, &sorted);
        tail::render_policy(&mut page, report);
        tail::render_questions(&mut page, report);
        tail::render_reach(&mut page, report);
        tail::render_coverage(&mut page, report);
        tail::render_writes(&mut page, report);
    }

    tail::render_document_issues(&mut page, report);
    tail::render_notes(&mut page, report);
    tail::render_next_steps(&mut page, report, sorted.open.first().copied());
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
    let who = format_identities(report);
    let id = short_id(scan);
    let facts = format!(
        "{} · {} requests in {} · {who} · scan {id}",
        scan.mode.as_str(),
        scan.requests,
        format_duration(scan.duration_ms)
    );

    page.line(0, &[(Tone::Dim, &facts)]);
}

fn render_notice(page: &mut TextPage, report: &Report) {
    let Some((headline, text)) = scan_warning(report) else { return };
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
        page.wrapped(2, (Tone::Alarm, "! "), (Tone::Plain, &describe_harm(row)));
    }
}

fn render_headline(page: &mut TextPage, report: &Report, sorted: &Sorted<'_>) {
    page.blank();
    let grade = report.score.grade.as_deref();
    let tone = match grade {
        Some("A" | "B") => Tone::Good,
        Some("C" | "D") => Tone::Doubt,
        Some(_) => Tone::Bad,
        None => Tone::Dim,
    };

    let shown = capitalize_first(&summary::format_grade(report));
    page.line(
        0,
        &[
            (tone, &shown),
            (Tone::Strong, &format!("  {}", format_points(report))),
            (Tone::Plain, &format!("  {} of operations tested", format_percent(report.score.coverage))),
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

fn render_findings(page: &mut TextPage, sorted: &Sorted<'_>) {
    let few = page.options.verbose || sorted.open.len() <= MAX_IN_FULL;
    let detail = if few { Detail::Full } else { Detail::Short };
    let in_detail = page.cap(MAX_IN_SHORT);

    for finding in sorted.open.iter().take(in_detail) {
        page.blank();
        finding::render(page, finding, detail);
    }
    let rest: Vec<&Finding> = sorted.open.iter().skip(in_detail).copied().collect();
    render_finding_lines(page, "Further findings", &rest, |finding| finding.claim.clone());
    render_finding_lines(page, "Also noted", &sorted.facts, |finding| finding.claim.clone());
    render_finding_lines(page, "Suppressed", &sorted.suppressed, |finding| {
        finding.suppressed.clone().unwrap_or_default()
    });
    render_finding_lines(page, "No longer there", &sorted.fixed, |finding| finding.title.clone());
}

fn render_finding_lines(page: &mut TextPage, heading: &str, findings: &[&Finding], text: impl Fn(&Finding) -> String) {
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
                (Tone::Plain, &format!("{}  ", format_operation(&finding.operation))),
                (Tone::Plain, &text(finding)),
                (Tone::Dim, &format!("  {}", finding.check)),
            ],
        );
    }

    page.more(2, findings.len().saturating_sub(most), "findings");
}

fn capitalize_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
