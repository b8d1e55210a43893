//! `routewarden undo`: removes what scans left behind that ended before they could clean up.

use crate::app::Recovered;

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::wrap_text;
use super::outputs::AnswerOptions;

/// Options of `undo`.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// Let requests go to this origin too; loopback needs no permission, everything else does (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    pub allow: Vec<String>,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Undoes and prints.
pub(super) async fn run(cx: &CommandCx, args: UndoArgs) -> anyhow::Result<Exit> {
    let recovered = cx.app.undo(&args.allow).await?;
    args.answer.print(cx, &recovered, |recovered| render_recovered(recovered, cx.width()))?;
    // A script must see that something of the scan is still at the target.
    let failed = recovered.iter().any(|one| one.fault.is_some());
    Ok(if failed { Exit::Untrusted } else { Exit::Clean })
}

fn render_recovered(recovered: &[Recovered], width: usize) -> String {
    if recovered.is_empty() {
        return "no scan left anything behind\n".to_owned();
    }
    recovered.iter().map(|one| wrap_text(&format!("{}: {}", one.base_url, one.sentence()), width, 0)).collect()
}

/// At the start of a command that reads: says that something is left, and touches nothing.
pub(super) fn warn_of_leftovers(cx: &CommandCx) {
    if cx.app.has_left_behind() {
        cx.remark("an earlier scan ended before it could clean up; `routewarden undo` removes what it left");
    }
}
