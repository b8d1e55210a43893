//! From the command line to an exit code.

use std::path::PathBuf;

use clap::Parser;

use crate::app::{App, Redactor};

use super::args::{Cli, Command};
use super::cx::CommandCx;
use super::exit::Exit;
use super::{
    checks, coverage, demo, diff, explain, fix, history, init, intent, mcp, ownership, recheck, replay, report, scan,
    undo,
};

/// Reads the command line; help, the version and faults are printed here.
///
/// # Errors
/// The exit code that ends the program: [`Exit::Clean`] for help, [`Exit::Usage`] for faults.
pub fn parse_command_line() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        // A closed pipe takes nothing from the exit code.
        let _ = error.print();
        // Help and version arrive as errors of the parser, too; they go to stdout and are no fault.
        if error.use_stderr() { Exit::Usage } else { Exit::Clean }
    })
}

/// Carries out one command. Never panics and never leaves the process: the exit code is the answer.
pub async fn run_command(cli: Cli, redactor: Redactor) -> Exit {
    let Cli { command, common } = cli;
    let data = common.data.clone().or_else(data_from_environment);
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        // Relative paths would have no meaning; the folder of the process may have been removed.
        Err(error) => {
            tracing::error!("the current folder cannot be read: {error}");
            return Exit::Usage;
        }
    };

    let cx = CommandCx::new(App::new(folder.clone(), data).with_redactor(redactor), folder, &common);
    let ended = dispatch_command(&cx, command).await;
    ended.unwrap_or_else(|error| {
        cx.fault(&error);
        Exit::of_error(&error)
    })
}

async fn dispatch_command(cx: &CommandCx, command: Command) -> anyhow::Result<Exit> {
    // What scans undoes it itself, and says so in the report; a command that only reads writes nothing to any target.
    let looks = matches!(command, Command::Scan(_) | Command::Recheck(_) | Command::Ownership(_) | Command::Mcp(_));

    if !looks && !matches!(command, Command::Undo(_) | Command::Demo(_)) {
        undo::warn_of_leftovers(cx);
    }
    match command {
        Command::Scan(args) => scan::run(cx, *args).await,
        Command::Explain(args) => explain::run(cx, args).await,
        Command::Ownership(args) => ownership::run(cx, *args).await,
        Command::Fix(args) => fix::run(cx, args).await,
        Command::Recheck(args) => recheck::run(cx, args).await,
        Command::Replay(args) => replay::run(cx, args).await,
        Command::Demo(args) => demo::run(cx, *args).await,
        Command::Init(args) => init::run(cx, &args),
        Command::Intent(args) => intent::run(cx, args).await,
        Command::Checks(args) => checks::run(cx, &args),
        Command::History(args) => history::run(cx, &args).await,
        Command::Report(args) => report::run(cx, args).await,
        Command::Coverage(args) => coverage::run(cx, args).await,
        Command::Diff(args) => diff::run(cx, args).await,
        Command::Undo(args) => undo::run(cx, args).await,
        Command::Mcp(args) => mcp::run(cx, args).await,
    }
}

fn data_from_environment() -> Option<PathBuf> {
    std::env::var_os("ROUTEWARDEN_DATA").filter(|value| !value.is_empty()).map(PathBuf::from)
}
