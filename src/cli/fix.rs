//! `routewarden fix`: what to change, as a diff where there is one, else as text. Writes no file of the user's.

use std::path::PathBuf;

use crate::app::{Fix, FixRequest};
use crate::model::{FindingId, ScanId};

use super::cx::Cx;
use super::exit::Exit;
use super::layout::{verbatim, wrap};
use super::outputs::{AnswerFormat, AnswerOptions};

/// Options of `fix`.
#[derive(Debug, clap::Args)]
pub struct FixArgs {
    /// A finding's id, or a unique beginning of it
    #[arg(required_unless_present = "check")]
    pub finding: Option<String>,
    /// The scan it is taken from [default: the latest that has it]
    #[arg(long, value_name = "ID")]
    pub scan: Option<String>,
    /// Write the change to your files, where there is a patch for them
    #[arg(long)]
    pub apply: bool,
    /// A check, where there is no finding
    #[arg(long, value_name = "CHECK", conflicts_with = "finding")]
    pub check: Option<String>,
    /// The route that the wording is for
    #[arg(long)]
    pub route: Option<String>,
    /// The API's source tree, to recognise the framework
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The framework, where it is not recognised: flask, fastapi, django-rest, express, spring-boot, gin
    #[arg(long, value_name = "NAME")]
    pub framework: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Prints the change. `--apply` without a patch prints it too, and fails: nothing was written.
pub(super) async fn run(cx: &Cx, args: FixArgs) -> anyhow::Result<Exit> {
    let request = FixRequest {
        finding_id: args.finding.map(FindingId::from),
        scan_id: args.scan.map(ScanId::from),
        route: args.route,
        check: args.check,
        source: args.source,
        framework: args.framework,
    };
    let fix = cx.app.suggest_fix(request).await?;
    match (&fix.diff, args.answer.format) {
        (Some(diff), AnswerFormat::Text) => {
            cx.remark(guidance(&fix, cx.width()));
            cx.print(diff.clone())?;
        }
        _ => args.answer.print(cx, &fix, |fix| text(fix, cx.width()))?,
    }
    if !args.apply {
        return Ok(Exit::Clean);
    }
    cx.remark(match fix.diff {
        Some(_) => "nothing was written: save the diff above and apply it with `git apply`",
        None => "nothing was written: there is no patch for your file yet; the change is shown as text",
    });
    Ok(Exit::Usage)
}

fn text(fix: &Fix, width: usize) -> String {
    let mut out = guidance(fix, width);
    out.push('\n');
    out.push_str(&verbatim(&fix.code, 4));
    push_list(&mut out, "Adapt before use", &fix.needs_review, width);
    out.push_str("\nSee that it worked\n");
    out.push_str(&wrap(&fix.verify, width, 2));
    out
}

fn guidance(fix: &Fix, width: usize) -> String {
    let mut out = wrap(&fix.title, width, 0);
    out.push_str(&wrap(&format!("{} · {} ({})", fix.check, fix.framework, fix.framework_because), width, 0));
    if let Some(route) = &fix.route {
        let claim = fix.claim.as_deref().map(|claim| format!(": {claim}")).unwrap_or_default();
        out.push_str(&wrap(&format!("On {route}{claim}"), width, 0));
    }
    out.push('\n');
    out.push_str(&wrap(&fix.guidance, width, 0));
    out
}

fn push_list(out: &mut String, heading: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("\n{heading}\n"));
    for line in lines {
        out.push_str(&wrap(&format!("- {line}"), width, 2));
    }
}
