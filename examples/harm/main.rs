//! Measures what a scan does to its target: starts small APIs on loopback, scans each in every mode, with throw-away and
//! with configured accounts, and holds all their rows before and after against each other and against the report.
//!
//! ```text
//! cargo run --release --example harm [-- OPTIONS]     # --help lists them
//! ```
//!
//! Every row that the scan did not make must be as it was, byte for byte; every row that it made must be gone, or listed in
//! the report's `writes` with a reason; nothing may be called undone that is there; the process must live, people must be
//! able to sign in, and what answered before must answer. The exit code is 1 otherwise.

#![expect(
    clippy::indexing_slicing,
    reason = "only JSON values are indexed, by name: a missing name reads as null, and what is written to is an object"
)]

mod dump;
#[expect(dead_code, unused_imports, reason = "some of it serves the bench of accuracy alone")]
#[path = "../kit/mod.rs"]
mod kit;
mod run;
mod table;
mod twin;
mod twins;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use run::{Accounts, Harm, Trial};

/// Scans small APIs and looks at what is changed, left or broken.
#[derive(Parser)]
struct Arguments {
    /// Scan this API alone; may be repeated.
    #[arg(long)]
    api: Vec<String>,
    /// Scan in this mode alone.
    #[arg(long, value_parser = ["passive", "active", "intrusive"])]
    mode: Option<String>,
    /// Scan with these accounts alone.
    #[arg(long, value_parser = ["throw-away", "configured", "both"])]
    accounts: Option<String>,
    /// What the configuration lets a scan write as the configured people [default: nothing is said of it].
    #[arg(long, value_parser = ["own", "none"])]
    consent: Option<String>,
    /// Write the result as JSON too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the report of each scan into this folder too.
    #[arg(long)]
    reports: Option<PathBuf>,
    /// Scans at one time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Print the APIs and scan nothing.
    #[arg(long)]
    list: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = io::stdout();
    if arguments.list {
        for twin in twins::ALL {
            writeln!(out, "{:<17} {}", twin.name, twin.about)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = chosen(&arguments)?;
    table::print_head(&mut out)?;
    let mut scans = stream::iter(chosen.into_iter().map(run::run)).buffered(arguments.jobs.max(1));
    let mut harms = Vec::new();
    while let Some(harm) = scans.try_next().await? {
        table::print_row(&harm, &mut out)?;
        harms.push(harm);
    }
    drop(scans);
    table::print_rest(&harms, &mut out)?;
    write(&arguments, &harms)?;
    Ok(if harms.iter().all(Harm::is_clean) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(arguments: &Arguments) -> anyhow::Result<Vec<Trial>> {
    if let Some(unknown) = arguments.api.iter().find(|name| !twins::ALL.iter().any(|twin| twin.name == name.as_str())) {
        anyhow::bail!("no API is called {unknown}; --list prints them");
    }
    let named = |trial: &Trial| arguments.api.is_empty() || arguments.api.iter().any(|name| name == trial.twin.name);
    let mode = |trial: &Trial| arguments.mode.as_deref().is_none_or(|mode| mode == trial.mode);
    let accounts = |accounts: Accounts| arguments.accounts.as_deref().is_none_or(|name| name == accounts.name());
    let consent = match arguments.consent.as_deref() {
        Some("own") => "writes = \"own\"\n",
        Some(_) => "writes = \"none\"\n",
        None => "",
    };
    let all = twins::ALL.into_iter().flat_map(run::trials).map(|trial| Trial { consent, ..trial });
    Ok(all.filter(|trial| named(trial) && mode(trial) && accounts(trial.accounts)).collect())
}

fn write(arguments: &Arguments, harms: &[Harm]) -> anyhow::Result<()> {
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&table::as_json(harms))?;
        std::fs::write(file, text).with_context(|| format!("failed to write {}", file.display()))?;
    }
    let Some(folder) = &arguments.reports else { return Ok(()) };
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    for harm in harms {
        let file = folder.join(table::named(harm).replace(' ', "-")).with_extension("json");
        let text = serde_json::to_string_pretty(&harm.report)?;
        std::fs::write(&file, text).with_context(|| format!("failed to write {}", file.display()))?;
    }
    Ok(())
}
