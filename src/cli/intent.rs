//! `routewarden intent`: what is stated of who is meant to reach what, and an Overlay that says it.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::app::{IntentRow, Overrides, ScanRequest};
use crate::spec::{Overlay, OverlayNotation};

use super::cx::CommandCx;
use super::exit::Exit;
use super::files;
use super::layout::{LayoutColumn, indent_text, render_table, wrap_text};
use super::outputs::AnswerOptions;

/// The origin of rows that nothing states.
const LEARNT: &str = "scan";

/// Options of `intent`.
#[derive(Debug, clap::Args)]
pub struct IntentArgs {
    /// OpenAPI document (path or URL) or base URL, as for `scan`
    pub target: Option<String>,
    /// Configuration file [default: routewarden.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Let the document be fetched from this origin; loopback needs no permission (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    pub allow: Vec<String>,
    /// Write what [intent] states to this file, as an OpenAPI Overlay: JSON for .json, else YAML
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,
    /// Replace a file that is there, whatever it holds
    #[arg(long, requires = "overlay")]
    pub force: bool,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Lists, or writes.
pub(super) async fn run(cx: &CommandCx, args: IntentArgs) -> anyhow::Result<Exit> {
    // The file is looked at first: a document may take long to load, and its answer could not be written.
    if let Some(file) = &args.overlay {
        check_replaceable(file, args.force)?;
    }
    let notation = args.overlay.as_deref().map_or(OverlayNotation::Yaml, OverlayNotation::of_file);
    let request = ScanRequest {
        target: args.target,
        config: args.config,
        overrides: Overrides { allow: args.allow, ..Overrides::default() },
        ..ScanRequest::default()
    };

    let stated = cx.app.stated_intents(request, notation).await?;
    for issue in &stated.issues {
        cx.remark(issue.as_str());
    }
    let Some(file) = args.overlay else {
        if stated.rows.iter().all(|row| row.origin == LEARNT) {
            cx.remark("nothing is stated yet: [intent] in routewarden.toml says who is meant to reach what");
        }
        args.answer.print(cx, &stated.rows, |rows| render_intents(rows, cx.width()))?;
        return Ok(Exit::Clean);
    };

    let Some(overlay) = stated.overlay else {
        bail!("[intent] of the configuration states nothing about this document, so no Overlay was written");
    };
    for row in stated.rows.iter().filter(|row| row.origin == "configuration") {
        if let Some(because) = &row.not_used {
            cx.remark(format!("`{}` ({}) is left out: {because}", row.about, row.source));
        }
    }
    cx.write(&file, overlay)?;
    cx.remark(format!("wrote {}; scan with --overlay, or name it under `overlay` in [target]", file.display()));
    Ok(Exit::Clean)
}

/// What other people put into an Overlay is not replaced unasked.
fn check_replaceable(file: &Path, force: bool) -> anyhow::Result<()> {
    files::check_writable(file)?;
    let is_ours = || Overlay::read(file).is_ok_and(|overlay| overlay.states_intent_alone());

    if !file.exists() || force || is_ours() {
        return Ok(());
    }
    bail!("`{}` is there already and holds more than intent; --force replaces it", file.display())
}

fn render_intents(rows: &[IntentRow], width: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let fixed = |heading| LayoutColumn { heading, shrinks: false };
    let columns = [fixed("policy"), fixed("until"), fixed("source"), LayoutColumn { heading: "about", shrinks: true }];

    // What people stated stands before what a scan guessed, so that the two are never taken for each other.
    let (learnt, stated): (Vec<&IntentRow>, Vec<&IntentRow>) = rows.iter().partition(|row| row.origin == LEARNT);
    let (used, unused): (Vec<&IntentRow>, Vec<&IntentRow>) = stated.into_iter().partition(|row| row.not_used.is_none());
    let cells = |row: &&IntentRow| {
        let until = row.expires.clone().unwrap_or_else(|| "-".to_owned());
        vec![row.policy.clone(), until, row.source.clone(), row.about.clone()]
    };
    let mut out = match used.is_empty() {
        true => String::new(),
        false => render_table(&columns, &used.iter().map(cells).collect::<Vec<_>>(), width),
    };
    if !unused.is_empty() {
        out.push_str("\nNot used\n");
    }
    for row in unused {
        let because = row.not_used.as_deref().unwrap_or_default();
        out.push_str(&wrap_text(&format!("{} = {} ({}): {because}", row.about, row.policy, row.source), width, 2));
    }
    if let Some(first) = learnt.first() {
        let space = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{space}Learnt by {}, and not stated\n", first.source));
    }
    for row in learnt {
        out.push_str(&learnt_lines(row, width));
    }
    out
}

/// What a scan learnt of one kind of object or could not decide of one route, with the question and its answer.
fn learnt_lines(row: &IntentRow, width: usize) -> String {
    let fields = if row.fields.is_empty() { String::new() } else { format!(" ({})", row.fields.join(", ")) };
    let reason = row.reason.as_ref().map(|reason| format!(", by {reason}")).unwrap_or_default();
    let broken =
        if row.broken_by.is_empty() { String::new() } else { format!("; broken by {}", row.broken_by.join(", ")) };
    let mut out = wrap_text(&format!("{}{fields}: {}{reason}{broken}", row.about, row.policy), width, 2);

    if let Some(question) = &row.question {
        out.push_str(&wrap_text(&format!("? {question}"), width, 4));
    }
    for line in row.answer_with.iter().flat_map(|answer| answer.lines()) {
        out.push_str(&indent_text(line, 6));
    }
    out
}
