//! The commands and the options that all of them take.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{
    checks, coverage, demo, diff, explain, fix, history, init, intent, mcp, ownership, recheck, replay, report, scan,
    undo,
};

const EXIT_CODES: &str = "\
Exit codes:
  0    nothing at or above --fail-on (default: high, confirmed)
  1    something is
  2    bad usage, bad configuration or bad document
  3    the set-up could not be trusted (target unreachable, sign-in failed), the target died, something is not as
       it was, time or requests were spent before the end, or a fault of the program
  130  interrupted; what was found so far is stored and printed

Start with `routewarden demo`, or with `routewarden init` in the folder of your API.";

/// Finds authorization and other weaknesses in an HTTP API, and proves them.
#[derive(Debug, Parser)]
#[command(name = "routewarden", version, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Display")]
pub struct Common {
    /// Print nothing but the answer: no progress, no remarks
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show no progress bar (there is none unless stderr is a terminal)
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Show more: the evidence of every finding, and what was not tested
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Folder of the stored scans [default: $ROUTEWARDEN_DATA, or else the user's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// One command with its options.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan an API and print the report
    Scan(Box<scan::ScanArgs>),
    /// Explain a finding: its proof, why it matters, and where it stands
    Explain(explain::ExplainArgs),
    /// Show who gets what, route by route
    Ownership(Box<ownership::OwnershipArgs>),
    /// Show how to repair a finding
    Fix(fix::FixArgs),
    /// Run the recorded proof of findings again
    Recheck(recheck::RecheckArgs),
    /// Send the reads of a finding's proof again, with fresh sessions, and show what comes back
    Replay(replay::ReplayArgs),
    /// Start the built-in demo API and scan it; needs nothing else on the machine
    Demo(Box<demo::DemoArgs>),
    /// Find the API in this folder and write routewarden.toml
    Init(init::InitArgs),
    /// List what is stated of who is meant to reach what, or write it as an OpenAPI Overlay
    Intent(intent::IntentArgs),
    /// List the checks, or show one check's manual page
    Checks(checks::ChecksArgs),
    /// List stored scans
    History(history::HistoryArgs),
    /// Print the report of a stored scan
    Report(report::ReportArgs),
    /// Show how far a stored scan came with each operation, and what would take it further
    Coverage(coverage::CoverageArgs),
    /// Compare two stored scans
    Diff(diff::DiffArgs),
    /// Remove what scans left behind that ended before they could clean up
    Undo(undo::UndoArgs),
    /// Serve AI coding assistants over the Model Context Protocol
    Mcp(mcp::McpArgs),
}
