//! One finding on the terminal: in full where there are few, in fewer lines where there are many.

use super::page::{TextPage, Tone};
use crate::model::{Confidence, Role};
use crate::report::wire::{ClauseInfo, ExchangeInfo, Finding, FindingStatus};
use crate::report::words::{self, finding_references, format_operation, role_name, source_places};

/// How much of each finding is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Every clause and exchange on a line of its own.
    Full,
    /// Clauses that hold, and exchanges, share a line.
    Short,
}

pub(super) fn render(page: &mut TextPage, finding: &Finding, detail: Detail) {
    render_head(page, finding);
    let also = match finding.also.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    page.line(
        2,
        &[
            (Tone::Strong, &format_operation(&finding.operation)),
            (Tone::Plain, &also),
            (Tone::Dim, &format!("  {}", finding_references(finding).join(" · "))),
        ],
    );

    if page.options.verbose {
        for operation_ref in &finding.also {
            page.line(4, &[(Tone::Dim, "also "), (Tone::Plain, &format_operation(operation_ref))]);
        }
    }
    page.wrapped(2, (Tone::Plain, ""), (Tone::Plain, &finding.claim));
    render_clauses(page, &finding.clauses, detail);
    render_exchanges(page, &finding.exchanges, detail);

    if !finding.replay.is_empty() {
        page.whole_line(4, "replay    ", &finding.replay);
    }
    let places = source_places(finding).join(" · ");

    if !places.is_empty() {
        page.line(4, &[(Tone::Dim, "see       "), (Tone::Plain, &places)]);
    }
}

fn render_head(page: &mut TextPage, finding: &Finding) {
    let badge = format!(" {} ", finding.severity.as_str().to_uppercase());
    let sure = if finding.confidence == Confidence::Suspected { "  suspected" } else { "" };
    let seen = match finding.status {
        FindingStatus::New => "  new",
        FindingStatus::Known | FindingStatus::Fixed => "",
    };
    page.line(
        0,
        &[
            (Tone::Severity(finding.severity), &badge),
            (Tone::Plain, " "),
            (Tone::Strong, &finding.title),
            (Tone::Doubt, sure),
            (Tone::Dim, &format!("  {}", finding.id)),
            (Tone::Good, seen),
        ],
    );
}

fn render_clauses(page: &mut TextPage, clauses: &[ClauseInfo], detail: Detail) {
    let short = detail == Detail::Short;
    // In short form what holds shares one line below: the lines are for what is missing.
    for clause in clauses.iter().filter(|clause| !short || clause.holds != Some(true)) {
        let (tone, mark) = match clause.holds {
            Some(true) => (Tone::Good, "✓ "),
            Some(false) => (Tone::Bad, "✗ "),
            None => (Tone::Doubt, "? "),
        };
        page.wrapped(4, (tone, mark), (Tone::Plain, &format!("{}: {}", clause.name, clause.because)));
    }

    let held: Vec<String> = clauses
        .iter()
        .filter(|clause| short && clause.holds == Some(true))
        .map(|clause| format!("✓ {}", clause.name))
        .collect();
    if !held.is_empty() {
        page.line(4, &[(Tone::Good, &held.join("  "))]);
    }
}

fn render_exchanges(page: &mut TextPage, exchanges: &[ExchangeInfo], detail: Detail) {
    if detail == Detail::Short {
        short_exchanges(page, exchanges);
        return;
    }
    let most = page.cap(6);
    // A long name must not push request and answer off the line.
    let who = exchanges.iter().take(most).map(|exchange| exchange.identity.chars().count()).max().unwrap_or(0).min(16);

    for exchange in exchanges.iter().take(most) {
        let role = format!("{:<10}", role_name(exchange.role));
        let (tone, answer) = answer_with_tone(exchange);
        page.line(
            4,
            &[
                (Tone::Dim, &role),
                (Tone::Strong, &format!("{:<who$}  ", exchange.identity)),
                (Tone::Plain, &request_line(exchange)),
                (Tone::Plain, " → "),
                (tone, &answer),
            ],
        );
    }

    page.more(4, exchanges.len().saturating_sub(most), "exchanges");
}

/// `bob GET /invoices/17 → 200, alice → 200, anonymous → 401`: a request like the one before it is not said again.
fn short_exchanges(page: &mut TextPage, exchanges: &[ExchangeInfo]) {
    const MOST: usize = 4;
    let mut parts = Vec::new();
    let mut before = String::new();

    for exchange in exchanges.iter().take(MOST) {
        let request = request_line(exchange);
        let shown = if request == before { String::new() } else { format!(" {request}") };
        parts.push(format!("{}{shown} → {}", exchange.identity, answer_with_tone(exchange).1));
        before = request;
    }

    if exchanges.len() > MOST {
        parts.push(format!("{} more", exchanges.len() - MOST));
    }
    if !parts.is_empty() {
        page.wrapped(4, (Tone::Dim, "proof     "), (Tone::Plain, &parts.join(", ")));
    }
}

fn request_line(exchange: &ExchangeInfo) -> String {
    // The origin is in the headline; without it the path is legible.
    let url = &exchange.request.url;
    let path = url
        .split_once("://")
        .map_or(url.as_str(), |(_, rest)| rest.find('/').map_or("/", |at| rest.get(at..).unwrap_or("/")));
    format!("{} {path}", exchange.request.method)
}

fn answer_with_tone(exchange: &ExchangeInfo) -> (Tone, String) {
    let served = exchange.response.as_ref().is_some_and(|response| response.status < 400);
    // An attack that is served is the weakness; other requests are meant to be served.
    let tone = match (exchange.role, served) {
        (Role::Attack, true) => Tone::Bad,
        (_, true) => Tone::Good,
        (_, false) => Tone::Doubt,
    };
    (tone, words::answer_status(exchange))
}
