//! Measures how right the scanner is: starts small APIs on loopback whose weaknesses are known, weak and repaired, scans
//! each as a user would, and holds the report against the labels.
//!
//! ```text
//! cargo run --release --example accuracy [-- OPTIONS]     # --help lists them
//! ```
//!
//! A case is one statement, "this check is right (or wrong) to speak of this operation of this API". Beside the scanner's
//! verdict stands what the common rules would say of the same request: a status of 2xx, the same answer as the owner's,
//! an answer like the owner's. The exit code is 1 when something sound is called weak at `confirmed` (or more than 1 % of it
//! at `suspected`), when less than
//! `--least` (98 %) of the weak cases are confirmed, or when a scan changed data that it did not make.

#![expect(
    clippy::indexing_slicing,
    reason = "only JSON values are indexed, by name: a missing name reads as null, and what is written to is an object"
)]

mod bench;
mod case;
#[expect(dead_code, reason = "some of it serves the bench of harm alone")]
#[path = "../kit/mod.rs"]
mod kit;
mod twins;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use bench::{Scanned, Signing, Version, as_json, is_passed, print, scan};
use case::Label;

/// Scans APIs with known weaknesses and counts what is found, missed and wrongly reported.
#[derive(Parser)]
struct Arguments {
    /// Scan this API alone; may be repeated.
    #[arg(long)]
    api: Vec<String>,
    /// Write the result as JSON too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the report of each scan into this folder too.
    #[arg(long)]
    reports: Option<PathBuf>,
    /// Scan so many APIs at a time; the times in the table mean something with one alone.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Configure seed users where the scan is to sign up its own: judges the checks apart from the signing up.
    #[arg(long)]
    seeded: bool,
    /// Serve the chosen APIs, weak and repaired, and scan nothing.
    #[arg(long)]
    serve: bool,
    /// Fail when less of the weak cases are confirmed, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 98)]
    least: usize,
    /// Print the labelled cases and scan nothing.
    #[arg(long)]
    list: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let wanted = |name: &str| arguments.api.is_empty() || arguments.api.iter().any(|api| api == name);
    let chosen: Vec<_> = twins::ALL.into_iter().filter(|twin| wanted(twin.name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = twins::ALL.iter().map(|twin| twin.name).collect();
        anyhow::bail!("no such API; there are {}", names.join(", "));
    }
    let mut out = io::stdout();
    if arguments.list {
        list(&chosen, &mut out)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.serve {
        return serve(&chosen, &mut out).await;
    }
    let signing = if arguments.seeded { Signing::Seeded } else { Signing::Own };
    // Without a switch there is nothing to repair, and one scan says it all.
    let versions = |twin: &case::Twin| match twin.switches().is_empty() {
        true => vec![Version::Repaired],
        false => vec![Version::Weak, Version::Repaired],
    };
    let all = chosen.into_iter().flat_map(|twin| versions(twin).into_iter().map(move |version| (twin, version)));
    let scans = stream::iter(all.map(|(twin, version)| scan(twin, version, signing)));
    let scans: Vec<Scanned> = scans.buffered(arguments.jobs.max(1)).try_collect().await?;
    print(&scans, &mut out)?;
    write(&arguments, &scans)?;
    Ok(if is_passed(&scans, arguments.least) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(arguments: &Arguments, scans: &[Scanned]) -> anyhow::Result<()> {
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&as_json(scans))?;
        std::fs::write(file, text).with_context(|| format!("failed to write {}", file.display()))?;
    }
    let Some(folder) = &arguments.reports else { return Ok(()) };
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    for scan in scans {
        let file = folder.join(scan.name.replace(' ', "-")).with_extension("json");
        std::fs::write(&file, routewarden::report::json::render(&scan.report))
            .with_context(|| format!("failed to write {}", file.display()))?;
    }
    Ok(())
}

async fn serve(twins: &[&case::Twin], out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut servers = Vec::new();
    for twin in twins {
        for (kind, on) in [("weak", twin.switches()), ("repaired", Vec::new())] {
            if kind == "weak" && on.is_empty() {
                continue;
            }
            let routes = (twin.routes)(&on);
            let document = kit::document((twin.base)(), &routes, twin.id);
            let server = kit::Server::start((twin.build)(&on), routes, document).await?;
            writeln!(out, "{} {kind} {}/openapi.json", twin.name, server.base_url)?;
            servers.push(server);
        }
    }
    tokio::signal::ctrl_c().await?;
    Ok(ExitCode::SUCCESS)
}

fn list(twins: &[&case::Twin], out: &mut impl Write) -> io::Result<()> {
    for twin in twins {
        for case in (twin.cases)() {
            let label = if matches!(case.label, Label::Weak(_)) { "weak " } else { "sound" };
            writeln!(out, "{label} {:<9} {:<28} {} ({})", twin.name, case.check, case.operations, case.why)?;
        }
    }
    Ok(())
}
