//! Measures the detector of secrets on a labelled corpus that is made anew in each run: secrets planted in documents, and
//! look-alikes in which every hit is a false alarm. Then measures how fast it reads.
//!
//! ```text
//! cargo run --release --example detection [-- OPTIONS]     # --help lists them
//! ```
//!
//! Nothing of the corpus is in the repository; README.md beside this file says how it is made and what labels mean.

mod adapter;
mod alike;
mod bulk;
mod folder;
mod kit;
mod measure;
mod planted;
mod table;

use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;

use kit::draw::Draw;
use kit::kind::{Case, Kind};
use measure::{Total, measure};
use table::Shown;

/// Plants secrets and look-alikes, scans them, and prints what was found, missed and wrongly reported.
#[derive(Parser)]
struct Arguments {
    /// Seed of the corpus.
    #[arg(long, default_value_t = 20_260)]
    seed: u64,
    /// Documents of each kind of secret.
    #[arg(long, default_value_t = 15)]
    planted: usize,
    /// Documents of each kind of look-alike.
    #[arg(long, default_value_t = 30)]
    look_alikes: usize,
    /// Print cases that the detector got wrong (of kinds that are not held out).
    #[arg(long)]
    show_missed: bool,
    /// Show the held-out kinds one by one too. Whoever tunes rules does not.
    #[arg(long)]
    all: bool,
    /// Write the corpus into this folder instead of measuring.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Write the large text into this file instead of measuring.
    #[arg(long)]
    write_bulk: Option<PathBuf>,
    /// Megabytes (2^20) of the large text; 0 leaves it out.
    #[arg(long, default_value_t = 128)]
    megabytes: usize,
    /// Scan every file of this folder instead, and print file, offset and rule of each hit.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Fail when fewer of the planted secrets are found, in percent.
    #[arg(long)]
    least_found: Option<f64>,
    /// Fail when more look-alikes have a hit.
    #[arg(long)]
    most_false: Option<usize>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = io::stdout().lock();
    if let Some(folder) = &arguments.dir {
        folder::scan(&mut out, folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Before anything else is in memory.
    let start = Start::of_detector();
    let mut draw = Draw::new(arguments.seed);
    let secrets = planted::kinds();
    let planted = cases(&secrets, arguments.planted, &mut draw, Kind::planted);
    let look_alikes = cases(&alike::kinds(), arguments.look_alikes, &mut draw, Kind::look_alikes);
    if arguments.write.is_some() || arguments.write_bulk.is_some() {
        write(&arguments, &[&planted, &look_alikes], &secrets)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown = Shown { all: arguments.all, wrong: arguments.show_missed };
    let (found, wrong) = (measure(&planted), measure(&look_alikes));
    table::planted(&mut out, &found, shown)?;
    table::look_alikes(&mut out, &wrong, shown)?;
    start.print(&mut out)?;
    if arguments.megabytes > 0 {
        print_speed(&mut out, &bulk_of(&arguments, &secrets))?;
    }
    let (found, wrong) = (Total::of(found.iter()), Total::of(wrong.iter()));
    let is_passed = arguments.least_found.is_none_or(|least| found.percent() >= least)
        && arguments.most_false.is_none_or(|most| wrong.n_hit <= most);
    Ok(if is_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cases(kinds: &[Kind], n: usize, draw: &mut Draw, make: fn(&Kind, usize, &mut Draw) -> Vec<Case>) -> Vec<Case> {
    kinds.iter().flat_map(|kind| make(kind, n, draw)).collect()
}

fn write(arguments: &Arguments, cases: &[&[Case]], secrets: &[Kind]) -> anyhow::Result<()> {
    if let Some(path) = &arguments.write {
        folder::write(path, cases)?;
    }
    if let Some(path) = &arguments.write_bulk {
        let answers = bulk_of(arguments, secrets);
        bulk::write(path, &answers).with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}

/// The large text; of a draw of its own, so that its size changes nothing in the corpus.
fn bulk_of(arguments: &Arguments, secrets: &[Kind]) -> Vec<String> {
    bulk::answers(arguments.megabytes << 20, secrets, &mut Draw::new(arguments.seed ^ 1))
}

fn print_speed(out: &mut impl Write, answers: &[String]) -> io::Result<()> {
    let speed = bulk::scan(answers);
    let (rate, seconds) = (speed.megabytes_per_second(), speed.time.as_secs_f64());
    let (bytes, hits, n) = (speed.n_bytes, speed.n_hits, answers.len());
    writeln!(out, "speed      {rate:.1} MB/s on one thread: {n} answers, {bytes} bytes, {seconds:.2} s, {hits} hits")
}

/// What the first scan of a short text costs.
struct Start {
    first: Duration,
    second: Duration,
    /// Highest resident memory before and after the first scan, as the system writes it; `None` where it does not.
    memory: Option<(String, String)>,
}

impl Start {
    fn of_detector() -> Self {
        let text = r#"{"id": 7, "name": "a short answer", "status": "ok"}"#;
        let before = peak_memory();
        let clock = Instant::now();
        black_box(adapter::scan(black_box(text)));
        let first = clock.elapsed();
        let after = peak_memory();
        let clock = Instant::now();
        black_box(adapter::scan(black_box(text)));
        Self { first, second: clock.elapsed(), memory: before.zip(after) }
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (first, second) = (self.first.as_secs_f64() * 1000.0, self.second.as_secs_f64() * 1000.0);
        writeln!(out, "\nstart-up   first scan of a short text {first:.3} ms, second {second:.3} ms")?;
        match &self.memory {
            Some((before, after)) => writeln!(out, "memory     VmHWM {before} before the first scan, {after} after it"),
            None => writeln!(out, "memory     not known on this system"),
        }
    }
}

fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
