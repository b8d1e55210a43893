//! Prints how long reading takes: files, parsing, routes, ownership, and what is read again after an edit of one file.
//! `speed [--times N] [--semgrep PATH [--rules FILE]] FOLDER...`; with `--semgrep` that program reads the same folders
//! in the same run, with rules that look for objects that are loaded by what a client names.
#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use routewarden_source::frameworks::find_routes;
use routewarden_source::lang::Language;
use routewarden_source::project::Project;
use routewarden_source::reading::OwnershipReader;
use routewarden_source::routes::{RouteEntry, RouteTable};
use routewarden_source::tree::{SourceTree, TreeLimits};

/// What Linux counts processor time in.
const TICK: Duration = Duration::from_millis(10);

struct Options {
    folders: Vec<PathBuf>,
    times: usize,
    semgrep: Option<PathBuf>,
    rules: PathBuf,
}

/// Time by the clock, and of all cores together.
#[derive(Clone, Copy, Default)]
struct Spent {
    wall: Duration,
    cpu: Duration,
}

struct Clock {
    wall: Instant,
    cpu: Duration,
}

/// One reading of a folder.
struct Run {
    project: Project,
    table: RouteTable,
    /// Files, parsing, routes, ownership.
    parts: [Spent; 4],
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    for folder in &options.folders {
        measure(folder, &options)?;
    }
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/speed/ownership.yaml");
    let mut options = Options { folders: Vec::new(), times: 3, semgrep: None, rules };
    let mut given = env::args().skip(1);
    while let Some(word) = given.next() {
        let mut value = || given.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--times" => options.times = value()?.parse()?,
            "--semgrep" => options.semgrep = Some(value()?.into()),
            "--rules" => options.rules = value()?.into(),
            _ => options.folders.push(word.into()),
        }
    }
    if options.folders.is_empty() || options.times == 0 {
        return Err("speed [--times N] [--semgrep PATH [--rules FILE]] FOLDER...".into());
    }
    Ok(options)
}

fn measure(folder: &Path, options: &Options) -> Result<(), Box<dyn Error>> {
    let mut best: Option<Run> = None;
    for _ in 0..options.times {
        let run = read(folder)?;
        if best.as_ref().is_none_or(|best| run.all().wall < best.all().wall) {
            best = Some(run);
        }
    }
    let Some(best) = best else { return Ok(()) };
    println!("{}: {}", folder.display(), said_of_size(&best));
    for (name, spent) in ["files", "parsing", "routes", "ownership"].iter().zip(best.parts) {
        println!("  {name:<10} {}", shown(spent));
    }
    println!("  {:<10} {}, best of {}", "all", shown(best.all()), options.times);
    measure_edit(&best, options.times);
    if let Some(program) = &options.semgrep {
        let other = run_semgrep(program, &options.rules, folder)?;
        let ratio = other.as_secs_f64() / best.all().wall.as_secs_f64();
        println!("  {:<10} {:>8.3} s wall: {ratio:.0} times as long", "semgrep", other.as_secs_f64());
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Run, Box<dyn Error>> {
    let mut clock = Clock::start();
    let tree = SourceTree::read(folder, &TreeLimits::default())?;
    let files = clock.lap();
    let project = Project::parse(tree);
    let parsing = clock.lap();
    let table = find_routes(&project);
    let routes = clock.lap();
    let entries: Vec<&RouteEntry> = table.routes.iter().collect();
    let readings = OwnershipReader::new(&project).read_all(&entries);
    let ownership = clock.lap();
    drop(readings);
    Ok(Run { project, table, parts: [files, parsing, routes, ownership] })
}

/// Changes the file with the most handlers, and reads again what that makes necessary.
fn measure_edit(run: &Run, times: usize) {
    let mut handlers: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in run.table.routes.iter().filter(|entry| run.project.module_at(&entry.handler.file).is_some()) {
        *handlers.entry(&entry.handler.file).or_default() += 1;
    }
    let Some((path, _)) = handlers.into_iter().max_by_key(|(_, count)| *count) else { return };
    let Some(module) = run.project.module_at(path) else { return };
    let mut best: Option<Spent> = None;
    let mut count = 0;
    for turn in 0..times {
        let comment = if module.language == Language::Python { "#" } else { "//" };
        let edit = BTreeMap::from([(path.to_owned(), format!("{}\n{comment} {turn}\n", module.text))]);
        let mut clock = Clock::start();
        let project = run.project.with(&edit);
        let table = find_routes(&project);
        let own: Vec<&RouteEntry> = table.routes.iter().filter(|entry| entry.handler.file == path).collect();
        let readings = OwnershipReader::new(&project).read_all(&own);
        let spent = clock.lap();
        count = readings.len();
        if best.is_none_or(|best| spent.wall < best.wall) {
            best = Some(spent);
        }
    }
    println!("  {:<10} {} ({path}, {count} handlers)", "one edit", shown(best.unwrap_or_default()));
}

fn run_semgrep(program: &Path, rules: &Path, folder: &Path) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let mut command = Command::new(program);
    command.args([
        "scan",
        "--metrics=off",
        "--disable-version-check",
        "--quiet",
        "--json",
        "--no-git-ignore",
        "--config",
    ]);
    command.arg(rules).arg(folder).stdout(Stdio::piped()).stderr(Stdio::inherit());
    // It starts a program of its own, which it looks for beside itself.
    if let Some(own) = program.parent() {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(own.to_owned()).chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(folders)?);
    }
    let output = command.output()?;
    let spent = start.elapsed();
    if !output.status.success() {
        return Err(format!("semgrep ended with {}", output.status).into());
    }
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let scanned = said.pointer("/paths/scanned").and_then(|files| files.as_array()).map_or(0, Vec::len);
    let found = said.get("results").and_then(|found| found.as_array()).map_or(0, Vec::len);
    println!("  semgrep read {scanned} files and found {found} places");
    Ok(spent)
}

fn said_of_size(run: &Run) -> String {
    let size = |language: Option<Language>| -> (usize, f64) {
        let of = run.project.modules.iter().filter(|module| language.is_none_or(|own| module.language == own));
        of.fold((0, 0.0), |(count, size), module| (count + 1, size + module.text.len() as f64 / 1e6))
    };
    let ((files, all), (_, python)) = (size(None), size(Some(Language::Python)));
    let routes = run.table.routes.len();
    format!("{files} files of code, {all:.2} MB ({python:.2} MB Python), {routes} routes")
}

fn shown(spent: Spent) -> String {
    format!("{:>8.3} s wall, {:>6.2} s CPU", spent.wall.as_secs_f64(), spent.cpu.as_secs_f64())
}

impl Run {
    fn all(&self) -> Spent {
        let add = |all: Spent, part: &Spent| Spent { wall: all.wall + part.wall, cpu: all.cpu + part.cpu };
        self.parts.iter().fold(Spent::default(), add)
    }
}

impl Clock {
    fn start() -> Clock {
        Clock { wall: Instant::now(), cpu: processor_time() }
    }

    /// Returns what was spent since the last time.
    fn lap(&mut self) -> Spent {
        let now = Clock::start();
        let spent = Spent { wall: now.wall - self.wall, cpu: now.cpu.saturating_sub(self.cpu) };
        *self = now;
        spent
    }
}

/// Returns the processor time of all threads of this program; nothing where the system does not say.
fn processor_time() -> Duration {
    let said = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = said.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum::<u32>();
    TICK * ticks
}
