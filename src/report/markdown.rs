//! The report as Markdown for merge requests and tickets. Text of the target is escaped so that it can be no link, no
//! mention, no markup and no end of a table cell or code block.

use std::fmt::Write as _;
use std::io;

use super::cleaned::clean_report;
use super::format::in_memory;
use super::summary::{
    Outcomes, Sorted, by_check, count_reasons, format_grade, format_percent, format_points, scan_warning,
    tally_outcomes,
};
use super::wire::{CoverageOutcome, ExchangeInfo, Finding, Report, Status};
use super::words::{
    answer_status, clause_mark, describe_harm, finding_references, format_duration, format_identities,
    format_operation, next_step, role_name, source_places,
};
use super::written::Write;
use crate::model::{Confidence, Face};

/// Writes the report as GitHub-flavoured Markdown, finding by finding.
///
/// # Errors
/// When the writer takes no more.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let report = &clean_report(report);
    let sorted = Sorted::new(&report.findings);
    let mut head = String::new();
    write_headline(&mut head, report, &sorted);
    write_plan(&mut head, report);
    write_overview(&mut head, &sorted);
    out.write_all(head.as_bytes())?;

    // Finding by finding, so that thousands of them never stand in memory as one text.
    for finding in &sorted.open {
        let mut text = String::new();
        write_finding(&mut text, finding);
        out.write_all(text.as_bytes())?;
    }
    out.write_all(render_tail(report, &sorted).as_bytes())
}

/// The report as one text; empty, and so no report to any reader, where it cannot be written.
pub fn render(report: &Report) -> String {
    in_memory(|out| write(report, out))
}

/// What stands behind the findings.
fn render_tail(report: &Report, sorted: &Sorted<'_>) -> String {
    let mut out = String::new();
    write_facts(&mut out, sorted);
    write_policy(&mut out, report);
    write_questions(&mut out, report);
    write_reach(&mut out, report);
    write_coverage(&mut out, report);
    write_list(&mut out, "Left on the target", report.writes.iter().filter(|write| write.is_left()).map(row_left));
    write_list(&mut out, "Kept by the application", report.writes.iter().filter(|write| write.is_kept()).map(row_left));
    write_list(
        &mut out,
        "Parts of the document that could not be used",
        report.document_issues.iter().map(|issue| {
            let line = issue.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            format!("{}{line}: {}", code_span(&issue.at), escape_text(&issue.message))
        }),
    );
    write_list(&mut out, "Notes", report.notes.iter().map(|note| escape_text(note)));
    write_list(
        &mut out,
        "What to do next",
        report.next_steps.iter().map(|step| escape_text(&next_step(step, Face::CommandLine))),
    );

    out
}

fn row_left(write: &Write) -> String {
    let because = write.because.as_ref().map(|because| format!(" ({})", escape_text(because))).unwrap_or_default();
    let outcome = write.outcome.as_str();
    let place = write.address.as_ref().map(|address| format!(" at {}", code_span(address))).unwrap_or_default();
    let (operation, identity) = (code_span(&write.operation), escape_text(&write.identity));

    format!("{operation} by {identity}: {}{place}: {outcome}{because}", code_span(&write.object))
}

fn write_headline(out: &mut String, report: &Report, sorted: &Sorted<'_>) {
    let grade = escape_text(&format_grade(report));
    if report.scan.status == Status::Planned {
        write_paragraph(out, "# Routewarden: plan");
    } else {
        let tested = format_percent(report.score.coverage);
        write_paragraph(
            out,
            &format!("# Routewarden: {grade}, {}, {tested} of operations tested", format_points(report)),
        );
    }

    if let Some((headline, text)) = scan_warning(report) {
        write_paragraph(out, &format!("> **{headline}:** {}", escape_text(&text)));
    }
    write_list(out, "What is not as it was", report.harm.iter().map(|row| escape_text(&describe_harm(row))));

    if let Some(because) = &report.score.withheld_because {
        write_paragraph(out, &format!("No grade: {}.", escape_text(because)));
    }
    let scan = &report.scan;
    write_paragraph(
        out,
        &format!(
            "{} → {}, {} mode, {} requests in {}, {}",
            code_span(&scan.document),
            code_span(&scan.base_url),
            scan.mode.as_str(),
            scan.requests,
            format_duration(scan.duration_ms),
            escape_text(&format_identities(report)),
        ),
    );
    let counts: Vec<String> = sorted.counts().into_iter().map(|(_, text)| text).collect();

    match (counts.is_empty(), scan.status) {
        (false, _) => write_paragraph(out, &format!("**{}**", counts.join(", "))),
        // Only a complete scan earns this sentence: the empty list of a broken one means nothing.
        (true, Status::Complete) => write_paragraph(out, "**No weakness was found in what was tested.**"),
        (true, _) => {}
    }
}

fn write_plan(out: &mut String, report: &Report) {
    if report.plan.is_empty() {
        return;
    }
    let rows = report.plan.iter().map(|row| {
        let checks = match &row.skipped_because {
            Some(reason) => format!("not asked: {}", escape_text(reason)),
            None => row.checks.iter().map(|check| code_span(check)).collect::<Vec<_>>().join(", "),
        };
        format!("| {} | {} | {checks} |", code_span(&format_operation(&row.operation)), row.max_requests)
    });

    write_table(out, "| operation | requests at most | checks |\n|---|---:|---|", rows);
}

fn write_overview(out: &mut String, sorted: &Sorted<'_>) {
    if sorted.open.is_empty() {
        return;
    }
    let rows = sorted.open.iter().map(|finding| {
        let more = if finding.also.is_empty() { String::new() } else { format!(" and {} more", finding.also.len()) };
        let severity = if finding.confidence == Confidence::Confirmed {
            format!("**{}**", finding.severity)
        } else {
            format!("{} (suspected)", finding.severity)
        };
        let title = escape_text(&finding.title);
        format!(
            "| {severity} | {title} | {}{more} | {} |",
            code_span(&format_operation(&finding.operation)),
            code_span(&finding.id)
        )
    });

    write_table(out, "| severity | weakness | operation | id |\n|---|---|---|---|", rows);
}

fn write_finding(out: &mut String, finding: &Finding) {
    let sure = finding.confidence.as_str();
    write_paragraph(out, &format!("## {}: {}", finding.severity, escape_text(&finding.title)));
    let also: Vec<String> = finding.also.iter().map(|place| code_span(&format_operation(place))).collect();
    let also = if also.is_empty() { String::new() } else { format!(", also {}", also.join(", ")) };
    let references: Vec<String> = finding_references(finding).iter().map(|text| escape_text(text)).collect();
    write_paragraph(
        out,
        &format!("{}{also} ({sure}; {})", code_span(&format_operation(&finding.operation)), references.join(", ")),
    );
    write_paragraph(out, &escape_text(&finding.claim));

    for clause in &finding.clauses {
        let _ = writeln!(
            out,
            "- {} {}: {}",
            clause_mark(clause.holds),
            code_span(&clause.name),
            escape_text(&clause.because)
        );
    }

    out.push('\n');
    write_table(
        out,
        "| part | who | request | answer |\n|---|---|---|---|",
        finding.exchanges.iter().map(exchange_row),
    );
    write_paragraph(out, &code_block("sh", &finding.replay));
    let places: Vec<String> = source_places(finding).iter().map(|place| code_span(place)).collect();

    if !places.is_empty() {
        write_paragraph(out, &format!("See {}.", places.join(", ")));
    }
}

fn exchange_row(exchange: &ExchangeInfo) -> String {
    let request = code_span(&format!("{} {}", exchange.request.method, exchange.request.url));
    format!(
        "| {} | {} | {request} | {} |",
        role_name(exchange.role),
        escape_text(&exchange.identity),
        escape_text(&answer_status(exchange))
    )
}

fn write_facts(out: &mut String, sorted: &Sorted<'_>) {
    let line = |finding: &&Finding, text: &str| {
        format!(
            "{} {}: {} ({})",
            finding.severity,
            code_span(&format_operation(&finding.operation)),
            escape_text(text),
            code_span(&finding.id)
        )
    };

    write_list(out, "Also noted", sorted.facts.iter().map(|finding| line(finding, &finding.claim)));
    write_list(
        out,
        "Suppressed",
        sorted.suppressed.iter().map(|finding| line(finding, finding.suppressed.as_deref().unwrap_or(""))),
    );
    write_list(out, "No longer there", sorted.fixed.iter().map(|finding| line(finding, &finding.title)));
}

fn write_policy(out: &mut String, report: &Report) {
    if report.policy.is_empty() {
        return;
    }
    write_paragraph(out, "## Who may reach what");
    let rows = report.policy.iter().map(|row| {
        let grounds: Vec<String> = row.rests_on.iter().map(|ground| escape_text(ground)).collect();
        let broken: Vec<String> = row.broken_by.iter().map(|route| code_span(route)).collect();
        let (resource, policy) = (escape_text(&row.about()), escape_text(&row.policy));
        format!("| {resource} | {policy} | {} | {} |", grounds.join("; "), broken.join(", "))
    });

    write_table(out, "| object | policy | rests on | broken by |\n|---|---|---|---|", rows);
}

fn write_questions(out: &mut String, report: &Report) {
    if report.questions.is_empty() {
        return;
    }
    write_paragraph(out, "## Questions that only a person can answer");

    for question in &report.questions {
        write_paragraph(out, &escape_text(&question.question));
        write_paragraph(out, &code_block("toml", &question.answer_with));
    }
}

fn write_reach(out: &mut String, report: &Report) {
    let Some(reach) = &report.reach else { return };
    write_paragraph(out, "## How far the scan came");
    write_paragraph(out, &format!("{}.", reach.sentence()));

    for group in &reach.held_back {
        let step = group.step.as_ref().map(|step| format!(" → {step}")).unwrap_or_default();
        let _ = writeln!(out, "- {}", escape_text(&format!("{}{step}", group.sentence())));
    }
    out.push('\n');
}

fn write_coverage(out: &mut String, report: &Report) {
    if report.coverage.is_empty() {
        return;
    }
    write_paragraph(out, "## What was tested");
    write_paragraph(out, &format!("Pairs of check and operation: {}.", tally_outcomes(&report.coverage).sentence()));
    let row = |(check, outcomes): &(&str, Outcomes)| {
        let Outcomes { broken, held, undecided, not_tried, not_applicable } = outcomes;
        format!("| {} | {broken} | {held} | {undecided} | {not_tried} | {not_applicable} |", code_span(check))
    };
    let head = "| check | broken | held | undecided | not tried | not applicable |\n|---|---:|---:|---:|---:|---:|";
    write_table(out, head, by_check(&report.coverage).iter().map(row));

    for (outcome, word) in [(CoverageOutcome::Undecided, "undecided"), (CoverageOutcome::NotTried, "not tried")] {
        for (reason, count) in count_reasons(&report.coverage, outcome) {
            let _ = writeln!(out, "- {count} {word}: {}", escape_text(reason));
        }
    }
    out.push('\n');
}

fn write_paragraph(out: &mut String, paragraph: &str) {
    out.push_str(paragraph);
    out.push_str("\n\n");
}

fn write_table(out: &mut String, head: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    if !rows.is_empty() {
        write_paragraph(out, &format!("{head}\n{}", rows.join("\n")));
    }
}

fn write_list(out: &mut String, heading: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if !items.is_empty() {
        write_paragraph(out, &format!("## {heading}"));
        write_paragraph(out, &items.join("\n"));
    }
}

/// Running text: every character that means something to Markdown, HTML or GitHub (mentions, issue numbers, bare links)
/// loses its meaning.
fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\n' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }

    // GitHub makes links of bare addresses, without any markup.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A code span; its fence is longer than any run of backticks in it, and a pipe does not end a table cell.
fn code_span(text: &str) -> String {
    let text = text.replace('\n', " ").replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn code_block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}
