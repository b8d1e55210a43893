//! The report as Markdown for merge requests and tickets. Text of the target is escaped so that it can be no link, no
//! mention, no markup and no end of a table cell or code block.

use std::fmt::Write as _;
use std::io;

use super::cleaned::cleaned;
use super::format::in_memory;
use super::summary::{Outcomes, Sorted, by_check, grade, outcomes, percent, points, reasons, warning};
use super::wire::{CoverageOutcome, ExchangeInfo, Finding, Report, Status};
use super::words::{answer, duration, harm, identities, mark, next_step, operation, places, references, role};
use super::written::Write;
use crate::model::{Confidence, Face};

/// Writes the report as GitHub-flavoured Markdown, finding by finding.
///
/// # Errors
/// When the writer takes no more.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let report = &cleaned(report);
    let sorted = Sorted::new(&report.findings);
    let mut head = String::new();
    headline(&mut head, report, &sorted);
    plan(&mut head, report);
    overview(&mut head, &sorted);
    out.write_all(head.as_bytes())?;

    for finding in &sorted.open {
        let mut text = String::new();
        detail(&mut text, finding);
        out.write_all(text.as_bytes())?;
    }
    out.write_all(tail(report, &sorted).as_bytes())
}

/// The report as one text; empty, and so no report to any reader, where it cannot be written.
pub fn render(report: &Report) -> String {
    in_memory(|out| write(report, out))
}

/// What stands behind the findings.
fn tail(report: &Report, sorted: &Sorted<'_>) -> String {
    let mut out = String::new();
    facts(&mut out, sorted);
    policy(&mut out, report);
    questions(&mut out, report);
    reach(&mut out, report);
    coverage(&mut out, report);
    list(&mut out, "Left on the target", report.writes.iter().filter(|write| write.is_left()).map(row_left));
    list(&mut out, "Kept by the application", report.writes.iter().filter(|write| write.is_kept()).map(row_left));
    list(
        &mut out,
        "Parts of the document that could not be used",
        report.document_issues.iter().map(|issue| {
            let line = issue.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            format!("{}{line}: {}", code(&issue.at), escape(&issue.message))
        }),
    );
    list(&mut out, "Notes", report.notes.iter().map(|note| escape(note)));
    list(&mut out, "What to do next", report.next_steps.iter().map(|step| escape(&next_step(step, Face::CommandLine))));
    out
}

fn row_left(write: &Write) -> String {
    let because = write.because.as_ref().map(|because| format!(" ({})", escape(because))).unwrap_or_default();
    let outcome = write.outcome.as_str();
    let place = write.address.as_ref().map(|address| format!(" at {}", code(address))).unwrap_or_default();
    let (operation, identity) = (code(&write.operation), escape(&write.identity));
    format!("{operation} by {identity}: {}{place}: {outcome}{because}", code(&write.object))
}

fn headline(out: &mut String, report: &Report, sorted: &Sorted<'_>) {
    let grade = escape(&grade(report));
    if report.scan.status == Status::Planned {
        say(out, "# Routewarden: plan");
    } else {
        let tested = percent(report.score.coverage);
        say(out, &format!("# Routewarden: {grade}, {}, {tested} of operations tested", points(report)));
    }
    if let Some((headline, text)) = warning(report) {
        say(out, &format!("> **{headline}:** {}", escape(&text)));
    }
    list(out, "What is not as it was", report.harm.iter().map(|row| escape(&harm(row))));
    if let Some(because) = &report.score.withheld_because {
        say(out, &format!("No grade: {}.", escape(because)));
    }
    let scan = &report.scan;
    say(
        out,
        &format!(
            "{} → {}, {} mode, {} requests in {}, {}",
            code(&scan.document),
            code(&scan.base_url),
            scan.mode.as_str(),
            scan.requests,
            duration(scan.duration_ms),
            escape(&identities(report)),
        ),
    );
    let counts: Vec<String> = sorted.counts().into_iter().map(|(_, text)| text).collect();
    match (counts.is_empty(), scan.status) {
        (false, _) => say(out, &format!("**{}**", counts.join(", "))),
        (true, Status::Complete) => say(out, "**No weakness was found in what was tested.**"),
        (true, _) => {}
    }
}

fn plan(out: &mut String, report: &Report) {
    if report.plan.is_empty() {
        return;
    }
    let rows = report.plan.iter().map(|row| {
        let checks = match &row.skipped_because {
            Some(reason) => format!("not asked: {}", escape(reason)),
            None => row.checks.iter().map(|check| code(check)).collect::<Vec<_>>().join(", "),
        };
        format!("| {} | {} | {checks} |", code(&operation(&row.operation)), row.max_requests)
    });
    table(out, "| operation | requests at most | checks |\n|---|---:|---|", rows);
}

fn overview(out: &mut String, sorted: &Sorted<'_>) {
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
        let title = escape(&finding.title);
        format!("| {severity} | {title} | {}{more} | {} |", code(&operation(&finding.operation)), code(&finding.id))
    });
    table(out, "| severity | weakness | operation | id |\n|---|---|---|---|", rows);
}

fn detail(out: &mut String, finding: &Finding) {
    let sure = finding.confidence.as_str();
    say(out, &format!("## {}: {}", finding.severity, escape(&finding.title)));
    let also: Vec<String> = finding.also.iter().map(|place| code(&operation(place))).collect();
    let also = if also.is_empty() { String::new() } else { format!(", also {}", also.join(", ")) };
    let references: Vec<String> = references(finding).iter().map(|text| escape(text)).collect();
    say(out, &format!("{}{also} ({sure}; {})", code(&operation(&finding.operation)), references.join(", ")));
    say(out, &escape(&finding.claim));
    for clause in &finding.clauses {
        let _ = writeln!(out, "- {} {}: {}", mark(clause.holds), code(&clause.name), escape(&clause.because));
    }
    out.push('\n');
    table(out, "| part | who | request | answer |\n|---|---|---|---|", finding.exchanges.iter().map(exchange_row));
    say(out, &fenced("sh", &finding.replay));
    let places: Vec<String> = places(finding).iter().map(|place| code(place)).collect();
    if !places.is_empty() {
        say(out, &format!("See {}.", places.join(", ")));
    }
}

fn exchange_row(exchange: &ExchangeInfo) -> String {
    let request = code(&format!("{} {}", exchange.request.method, exchange.request.url));
    format!("| {} | {} | {request} | {} |", role(exchange.role), escape(&exchange.identity), escape(&answer(exchange)))
}

fn facts(out: &mut String, sorted: &Sorted<'_>) {
    let line = |finding: &&Finding, text: &str| {
        format!(
            "{} {}: {} ({})",
            finding.severity,
            code(&operation(&finding.operation)),
            escape(text),
            code(&finding.id)
        )
    };
    list(out, "Also noted", sorted.facts.iter().map(|finding| line(finding, &finding.claim)));
    list(
        out,
        "Suppressed",
        sorted.suppressed.iter().map(|finding| line(finding, finding.suppressed.as_deref().unwrap_or(""))),
    );
    list(out, "No longer there", sorted.fixed.iter().map(|finding| line(finding, &finding.title)));
}

fn policy(out: &mut String, report: &Report) {
    if report.policy.is_empty() {
        return;
    }
    say(out, "## Who may reach what");
    let rows = report.policy.iter().map(|row| {
        let grounds: Vec<String> = row.rests_on.iter().map(|ground| escape(ground)).collect();
        let broken: Vec<String> = row.broken_by.iter().map(|route| code(route)).collect();
        let (resource, policy) = (escape(&row.about()), escape(&row.policy));
        format!("| {resource} | {policy} | {} | {} |", grounds.join("; "), broken.join(", "))
    });
    table(out, "| object | policy | rests on | broken by |\n|---|---|---|---|", rows);
}

fn questions(out: &mut String, report: &Report) {
    if report.questions.is_empty() {
        return;
    }
    say(out, "## Questions that only a person can answer");
    for question in &report.questions {
        say(out, &escape(&question.question));
        say(out, &fenced("toml", &question.answer_with));
    }
}

fn reach(out: &mut String, report: &Report) {
    let Some(reach) = &report.reach else { return };
    say(out, "## How far the scan came");
    say(out, &format!("{}.", reach.sentence()));
    for group in &reach.held_back {
        let step = group.step.as_ref().map(|step| format!(" → {step}")).unwrap_or_default();
        let _ = writeln!(out, "- {}", escape(&format!("{}{step}", group.sentence())));
    }
    out.push('\n');
}

fn coverage(out: &mut String, report: &Report) {
    if report.coverage.is_empty() {
        return;
    }
    say(out, "## What was tested");
    say(out, &format!("Pairs of check and operation: {}.", outcomes(&report.coverage).sentence()));
    let row = |(check, outcomes): &(&str, Outcomes)| {
        let Outcomes { broken, held, undecided, not_tried, not_applicable } = outcomes;
        format!("| {} | {broken} | {held} | {undecided} | {not_tried} | {not_applicable} |", code(check))
    };
    let head = "| check | broken | held | undecided | not tried | not applicable |\n|---|---:|---:|---:|---:|---:|";
    table(out, head, by_check(&report.coverage).iter().map(row));
    for (outcome, word) in [(CoverageOutcome::Undecided, "undecided"), (CoverageOutcome::NotTried, "not tried")] {
        for (reason, count) in reasons(&report.coverage, outcome) {
            let _ = writeln!(out, "- {count} {word}: {}", escape(reason));
        }
    }
    out.push('\n');
}

fn say(out: &mut String, paragraph: &str) {
    out.push_str(paragraph);
    out.push_str("\n\n");
}

fn table(out: &mut String, head: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    if !rows.is_empty() {
        say(out, &format!("{head}\n{}", rows.join("\n")));
    }
}

fn list(out: &mut String, heading: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if !items.is_empty() {
        say(out, &format!("## {heading}"));
        say(out, &items.join("\n"));
    }
}

/// Running text: every character that means something to Markdown, HTML or GitHub (mentions, issue numbers, bare links)
/// loses its meaning.
fn escape(text: &str) -> String {
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
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A code span; its fence is longer than any run of backticks in it, and a pipe does not end a table cell.
fn code(text: &str) -> String {
    let text = text.replace('\n', " ").replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}
