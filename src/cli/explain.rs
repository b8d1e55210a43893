//! `routewarden explain`: a finding with everything that explains it.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use crate::app::Explanation;
use crate::model::{FindingId, ScanId};
use crate::report::{ClauseInfo, ExchangeInfo};

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::{cut_text, indent_text, wrap_text};
use super::outputs::AnswerOptions;

/// Characters of a body that are shown unless the user wants more.
const BODY_CHARACTERS: usize = 600;

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A finding's id, or a unique beginning of it
    pub finding: String,
    /// The scan it is taken from [default: the latest that has it]
    #[arg(long, value_name = "ID")]
    pub scan: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Explains and prints.
pub(super) async fn run(cx: &CommandCx, args: ExplainArgs) -> anyhow::Result<Exit> {
    let scan = args.scan.map(ScanId::from);
    let explanation = cx.app.explain_finding(&FindingId::from(args.finding), scan.as_ref()).await?;
    args.answer.print(cx, &explanation, |explanation| render_explanation(explanation, cx.width(), cx.verbose))?;
    Ok(Exit::Clean)
}

fn render_explanation(finding: &Explanation, width: usize, verbose: bool) -> String {
    let mut out = String::new();
    out.push_str(&wrap_text(&finding.title, width, 0));
    let _ = writeln!(
        out,
        "{} · {} · {} · {}\n",
        finding.severity,
        finding.confidence.as_str(),
        cut_text(&finding.check, width),
        cut_text(&finding.finding_id, width)
    );
    out.push_str(&wrap_text(&finding.claim, width, 0));
    push_places(&mut out, finding, width);
    push_section(&mut out, "Why this is a finding", &render_clauses(&finding.clauses, width));
    // A proof stays readable on one screen; the whole bodies are one option away.
    let most = if verbose { usize::MAX } else { BODY_CHARACTERS };
    let proof: String = finding.exchanges.iter().map(|exchange| shown_exchange(exchange, width, most)).collect();
    push_section(&mut out, "Proof", &proof);
    push_section(&mut out, "See it again", &indent_text(&finding.replay, 2));
    push_section(&mut out, "Manual", &indent_text(&finding.manual, 2));
    let steps: String = finding.next_steps.iter().map(|step| wrap_text(step, width, 2)).collect();
    push_section(&mut out, "Next", &steps);

    out
}

fn push_places(out: &mut String, finding: &Explanation, width: usize) {
    let mut rows = vec![("route", format!("{} {}", finding.operation.method, finding.operation.path))];
    rows.extend(finding.also.iter().map(|also| ("also", format!("{} {}", also.method, also.path))));

    if let Some(spec) = &finding.spec {
        let line = spec.line.map(|line| format!(":{line}")).unwrap_or_default();
        rows.push(("document", format!("{}{line}", spec.file)));
    }
    if let Some(code) = &finding.code {
        rows.push(("handler", format!("{}:{} {}", code.file, code.line, code.function)));
    }
    rows.push(("classes", weakness_classes(finding)));
    rows.push(("scan", finding.scan_id.clone()));
    out.push('\n');

    for (name, value) in rows {
        let _ = writeln!(out, "  {name:<9} {}", cut_text(&value, width.saturating_sub(12)));
    }
}

fn weakness_classes(finding: &Explanation) -> String {
    let cwe = finding.cwe.iter().map(|number| format!("CWE-{number}"));
    finding.owasp.iter().cloned().chain(cwe).collect::<Vec<_>>().join(", ")
}

fn render_clauses(clauses: &[ClauseInfo], width: usize) -> String {
    let mut out = String::new();
    for clause in clauses {
        let holds = match clause.holds {
            Some(true) => "holds",
            Some(false) => "fails",
            None => "open",
        };
        let _ = writeln!(out, "  {holds}  {}", cut_text(&clause.name, width.saturating_sub(9)));
        out.push_str(&wrap_text(&clause.because, width, 9));
    }

    out
}

fn shown_exchange(exchange: &ExchangeInfo, width: usize, most: usize) -> String {
    let role = exchange.role.as_str();
    let mut out = String::new();
    let request = &exchange.request;
    let _ = writeln!(out, "  {role} as {}", cut_text(&exchange.identity, width));
    out.push_str(&indent_text(&format!("{} {}", request.method, request.url), 4));

    for (name, value) in &request.headers {
        out.push_str(&indent_text(&format!("{name}: {value}"), 4));
    }
    if let Some(body) = &request.body {
        out.push_str(&indent_text(&shorten_text(body, most), 4));
    }
    match &exchange.response {
        Some(response) => {
            let _ = writeln!(out, "    -> {}", response.status);
            out.push_str(&indent_text(&shorten_text(&response.body, most), 7));
        }
        None => {
            out.push_str(&wrap_text(&format!("-> nothing: {}", exchange.fault.as_deref().unwrap_or("?")), width, 4))
        }
    }

    out.push('\n');
    out
}

fn shorten_text(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((place, _)) => {
            let (kept, left) = text.split_at(place);
            format!("{kept}\n… {} more characters; --verbose shows them", left.chars().count())
        }
        None => text.to_owned(),
    }
}

fn push_section(out: &mut String, heading: &str, body: &str) {
    if !body.trim().is_empty() {
        let _ = write!(out, "\n{heading}\n{}\n", body.trim_end_matches('\n'));
    }
}
