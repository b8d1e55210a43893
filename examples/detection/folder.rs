//! Scans the files of a folder one by one, and writes a corpus into a folder for other tools.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;

use crate::adapter;
use crate::kit::forms::Form;
use crate::kit::kind::Case;

/// A larger file is left out and counted.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// Prints each hit as file, offset and rule, parted by tabs; never the value. Links are not followed.
///
/// # Errors
/// When the folder cannot be read or the output cannot be written.
pub fn scan(out: &mut impl Write, folder: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    let (mut n_files, mut n_bytes, mut n_hits, mut n_left_out) = (0_usize, 0_usize, 0_usize, 0_usize);
    for path in files(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let small = fs::metadata(&path).is_ok_and(|data| data.len() <= MOST_BYTES);
        let Some(bytes) = small.then(|| fs::read(&path).ok()).flatten() else {
            n_left_out += 1;
            continue;
        };
        // Offsets are those of the text, in which a byte that is not UTF-8 has become three.
        let text = String::from_utf8_lossy(&bytes);
        (n_files, n_bytes) = (n_files + 1, n_bytes + bytes.len());
        let shown = path.strip_prefix(folder).unwrap_or(&path).display();
        for hit in adapter::scan(&text) {
            n_hits += 1;
            writeln!(out, "{shown}\t{}\t{}", hit.range.start, hit.rule)?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    writeln!(io::stderr(), "{n_files} files, {n_bytes} bytes, {n_hits} hits, {n_left_out} left out, {seconds:.2} s")?;
    Ok(())
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut open, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Writes each case as a file below `cases`, and `labels.json` beside it: file, kind, held out, and where the secret is.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, cases: &[&[Case]]) -> anyhow::Result<()> {
    let below = folder.join("cases");
    fs::create_dir_all(&below).with_context(|| format!("failed to make {}", below.display()))?;
    let mut labels = Vec::new();
    for (number, case) in cases.iter().copied().flatten().enumerate() {
        let name = format!("{number:05}.{}", ending(case));
        fs::write(below.join(&name), &case.text).with_context(|| format!("failed to write {name}"))?;
        let secret = case.secret.as_ref().map(|range| json!({"start": range.start, "end": range.end}));
        labels.push(json!({"file": name, "kind": case.kind, "form": case.form.to_string(),
            "held_out": case.held_out, "planted": secret.is_some(), "secret": secret}));
    }
    let text = serde_json::to_string_pretty(&labels)?;
    fs::write(folder.join("labels.json"), text).context("failed to write labels.json")
}

/// The ending that a file of this form would have; tools choose their parser by it.
fn ending(case: &Case) -> &'static str {
    match case.form {
        Form::Object | Form::Nested | Form::List | Form::JsonInString | Form::PhpJson | Form::Chat | Form::Told => {
            "json"
        }
        Form::Html => "html",
        Form::Bundle => "js",
        Form::Env => "env",
        Form::Yaml => "yaml",
        Form::Log => "log",
        Form::Prose | Form::Curl => "md",
        Form::Whole if case.text.starts_with('{') => "json",
        Form::Stream | Form::Trace | Form::Whole => "txt",
    }
}
