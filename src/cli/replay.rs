//! `routewarden replay`: sends the reads of a finding's proof again, with fresh sessions.

use std::fmt::Write;

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::{cut_text, indent_text, wrap_text};
use super::options::{LimitOptions, ScopeOptions, TargetOptions, build_overrides};
use super::outputs::AnswerOptions;
use crate::app::{Replay, ReplayedExchange, ScanRequest};
use crate::model::{FindingId, ScanId};

/// Options of `replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// A finding's id, or a unique beginning of it
    pub finding: String,
    /// The scan it is taken from [default: the latest that has it]
    #[arg(long, value_name = "ID")]
    pub scan: Option<String>,
    #[command(flatten)]
    pub(super) options: TargetOptions,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Replays and prints. Ends with 3 where nothing could be sent.
pub(super) async fn run(cx: &CommandCx, args: ReplayArgs) -> anyhow::Result<Exit> {
    let request = ScanRequest {
        overrides: build_overrides(&args.options, ScopeOptions::default(), &args.limits),
        config: args.options.config,
        ..ScanRequest::default()
    };
    let scan = args.scan.map(ScanId::from);
    let replay = cx.app.replay(&FindingId::from(args.finding), scan.as_ref(), request).await?;
    args.answer.print(cx, &replay, |replay| render_replay(replay, cx.width()))?;
    // What came back is for a person to judge; no answer at all is a failed replay.
    let answered = replay.exchanges.iter().any(|exchange| exchange.status_now.is_some());

    Ok(if answered { Exit::Clean } else { Exit::Untrusted })
}

fn render_replay(replay: &Replay, width: usize) -> String {
    let mut out = wrap_text(&format!("{}: {}", replay.finding_id, replay.claim), width, 0);
    replay.exchanges.iter().for_each(|exchange| push_exchange(&mut out, exchange, width));
    out
}

fn push_exchange(out: &mut String, exchange: &ReplayedExchange, width: usize) {
    let then = exchange.status_then.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let role = exchange.role.as_str();
    let _ = writeln!(out, "\n  {role} as {}", cut_text(&exchange.identity, width));
    out.push_str(&indent_text(&exchange.request, 4));

    match (exchange.status_now, &exchange.not_sent) {
        (Some(now), _) => {
            let _ = writeln!(out, "    then {then}, now {now}");
            out.push_str(&indent_text(&exchange.body_now, 7));
        }
        (None, why) => {
            let why = why.as_deref().unwrap_or("it was not answered");
            out.push_str(&wrap_text(&format!("then {then}; not asked now: {why}"), width, 4));
        }
    }
}
