//! `routewarden fix`: what to change, as a diff where there is one, else as text. Writes the user's files with `--apply` alone.

use std::path::PathBuf;

use crate::app::{Fix, FixOutcome, FixRequest, FixStep};
use crate::model::{FindingId, ScanId};

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::{indent_text, wrap_text};
use super::outputs::{AnswerFormat, AnswerOptions};

/// Options of `fix`.
#[derive(Debug, clap::Args)]
pub struct FixArgs {
    /// Ids of findings, or unique beginnings of them; several get one consistent patch
    #[arg(required_unless_present = "check")]
    pub finding: Vec<String>,
    /// The scan they are taken from [default: the latest that has them]
    #[arg(long, value_name = "ID")]
    pub scan: Option<String>,
    /// Write the change to your files, where there is a patch for them; not over changes that are not committed
    #[arg(long)]
    pub apply: bool,
    /// Write over changes that are not committed too
    #[arg(long, requires = "apply")]
    pub force: bool,
    /// Also print a regression test for each finding
    #[arg(long)]
    pub test: bool,
    /// A check, where there is no finding
    #[arg(long, value_name = "CHECK", conflicts_with = "finding")]
    pub check: Option<String>,
    /// The route that the wording is for
    #[arg(long)]
    pub route: Option<String>,
    /// The API's source tree [default: the one of the scan]
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The framework, where it is not recognised: flask, fastapi, django-rest, express, nestjs, spring-boot, gin,
    /// echo, net-http, rails, laravel, aspnet, axum, actix
    #[arg(long, value_name = "NAME")]
    pub framework: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Prints the change, the diff alone on standard output. With `--apply` it is written too.
pub(super) async fn run(cx: &CommandCx, args: FixArgs) -> anyhow::Result<Exit> {
    let request = FixRequest {
        // One finding is a list of one, so that all ids go the same way.
        finding_id: None,
        finding_ids: args.finding.into_iter().map(FindingId::from).collect(),
        with_test: args.test,
        scan_id: args.scan.map(ScanId::from),
        route: args.route,
        check: args.check,
        source: args.source,
        framework: args.framework,
    };

    let (fix, written) = match args.apply {
        true => {
            let applied = cx.app.apply_fix(request, args.force).await?;
            (applied.fix, applied.files)
        }
        false => (cx.app.suggest_fix(request).await?, Vec::new()),
    };

    match (&fix.diff, args.answer.format) {
        (Some(diff), AnswerFormat::Text) => {
            // Remarks go to stderr, so that `routewarden fix ID | git apply` gets the diff alone.
            cx.remark(render_steps(&fix, cx.width()));
            cx.print(diff.clone())?;
            cx.remark(render_next_steps(&fix, cx.width()));
        }
        _ => args.answer.print(cx, &fix, |fix| render_advice(fix, cx.width()))?,
    }

    for file in written {
        cx.remark(format!("written: {}", file.display()));
    }
    Ok(Exit::Clean)
}

/// Returns what the diff does, route by route.
fn render_steps(fix: &Fix, width: usize) -> String {
    let line = |step: &FixStep| {
        let place = step.code.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
        let outcome = match step.outcome {
            FixOutcome::Patched => "patched",
            FixOutcome::Advice => "no patch",
        };
        wrap_text(&format!("{outcome}: {} on {}{place}: {}", step.check, step.route, step.because), width, 2)
    };

    fix.steps.iter().map(line).collect()
}

/// Returns what there is to do beside the diff.
fn render_next_steps(fix: &Fix, width: usize) -> String {
    let mut out = String::new();
    push_list(&mut out, "To add to the project", &fix.dependencies, width);
    push_list(&mut out, "Look at before you apply it", &fix.needs_review, width);

    for test in &fix.tests {
        out.push_str(&format!("\n{} (run with: {})\n", test.path, test.run));
        out.push_str(&indent_text(&test.text, 0));
    }
    out.push_str("\nSee that it worked\n");
    out.push_str(&wrap_text(&fix.verify, width, 2));
    out
}

fn render_advice(fix: &Fix, width: usize) -> String {
    let mut out = render_guidance(fix, width);
    if !fix.steps.is_empty() {
        out.push('\n');
        out.push_str(&render_steps(fix, width));
    }
    out.push('\n');
    out.push_str(&indent_text(&fix.code, 4));
    push_list(&mut out, "Adapt before use", &fix.needs_review, width);
    out.push_str("\nSee that it worked\n");
    out.push_str(&wrap_text(&fix.verify, width, 2));

    out
}

fn render_guidance(fix: &Fix, width: usize) -> String {
    let mut out = wrap_text(&fix.title, width, 0);
    out.push_str(&wrap_text(&format!("{} · {} ({})", fix.check, fix.framework, fix.framework_because), width, 0));

    if let Some(route) = &fix.route {
        let claim = fix.claim.as_deref().map(|claim| format!(": {claim}")).unwrap_or_default();
        out.push_str(&wrap_text(&format!("On {route}{claim}"), width, 0));
    }
    out.push('\n');
    out.push_str(&wrap_text(&fix.guidance, width, 0));
    out
}

fn push_list(out: &mut String, heading: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("\n{heading}\n"));

    for line in lines {
        out.push_str(&wrap_text(&format!("- {line}"), width, 2));
    }
}
