//! Looks for known values in other text, where none of them stands, and in the same text with every disguise written
//! into it. Then measures how fast that goes.
//!
//! ```text
//! cargo run --release --example disguises -- FOLDER...     # --help lists the options
//! ```
//!
//! Without a folder the other text is generated. Values, places and generated text come from a seed.

mod disguise;
mod draw;
mod other;
mod speed;
mod values;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use routewarden::detect::Redactor;
use routewarden::detect::known::{KnownFinder, KnownHit, Needle};

use draw::Draw;
use values::{Kind, Value};

/// Counts what is found where nothing is, and what is missed where every disguise is.
#[derive(Parser)]
struct Arguments {
    /// Folders whose text is read; without any, text is generated.
    folders: Vec<PathBuf>,
    /// Megabytes (2^20) of other text.
    #[arg(long, default_value_t = 128)]
    megabytes: usize,
    /// How often each disguise is written into it.
    #[arg(long, default_value_t = 20)]
    times: usize,
    /// Values of each kind.
    #[arg(long, default_value_t = 3)]
    values: usize,
    /// Megabytes of JSON and of prose that are read for speed; 0 leaves it out.
    #[arg(long, default_value_t = 0)]
    speed: usize,
    /// Where values and places come from.
    #[arg(long, default_value_t = 20_260)]
    seed: u64,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = io::stdout().lock();
    let values = values::draw(&mut Draw::new(arguments.seed), arguments.values);
    let mut n_wrong = 0;
    if arguments.megabytes > 0 {
        let text = other::Text::new(&arguments.folders, arguments.megabytes, arguments.seed);
        n_wrong += none_found(&mut out, &values, text)?;
    }
    if arguments.times > 0 {
        let text = other::Text::new(&arguments.folders, 4, arguments.seed);
        let pieces: Vec<String> = text.map(|piece| piece.text).collect();
        n_wrong += all_found(&mut out, &values, &pieces, &arguments)?;
    }
    if arguments.speed > 0 {
        speed::measure(&mut out, arguments.speed, arguments.seed)?;
    }
    Ok(if n_wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn finder(values: &[Value]) -> KnownFinder {
    KnownFinder::new(&values.iter().map(Value::needle).collect::<Vec<Needle>>())
}

fn redactor(values: &[Value]) -> Redactor {
    let redactor = Redactor::new();
    for value in values {
        redactor.learn(&value.needle().name, &value.needle().value);
    }
    redactor
}

/// Reads text in which no value stands; returns how many were found all the same.
fn none_found(out: &mut impl Write, values: &[Value], text: other::Text) -> anyhow::Result<usize> {
    let (finder, redactor) = (finder(values), redactor(values));
    let others = values::others(&mut Draw::new(7), values, 4 * 1024 * 1024);
    let (mut n_bytes, mut n_false) = (0, 0);
    for (piece, is_token) in text.map(|piece| (piece, false)).chain(others.into_iter().map(|piece| (piece, true))) {
        n_bytes += piece.text.len();
        for hit in finder.find(&piece.text) {
            n_false += 1;
            let kind = values.get(hit.needle).map_or("", |value| value.kind.name());
            writeln!(out, "false: {kind}, {}, {} characters, {}", hit.transformation.name(), hit.run, piece.from)?;
        }
        let (_, n_swept) = redactor.tripwire(&piece.text);
        // The last look keeps back what tokens of one service have in common: rather once too often.
        if n_swept > 0 && !is_token {
            n_false += n_swept;
            writeln!(out, "false: {n_swept} swept by the tripwire, {}", piece.from)?;
        }
    }
    let megabytes = n_bytes / (1024 * 1024);
    writeln!(out, "{} values, {megabytes} MB of other text: {n_false} found, 0 are there\n", values.len())?;
    Ok(n_false)
}

/// Writes every disguise of every value somewhere into other text; returns how many were not found.
fn all_found(
    out: &mut impl Write,
    values: &[Value],
    pieces: &[String],
    arguments: &Arguments,
) -> anyhow::Result<usize> {
    let mut draw = Draw::new(arguments.seed + 1);
    let mut rows: BTreeMap<(usize, &str), BTreeMap<&str, [usize; 3]>> = BTreeMap::new();
    let planted: Vec<&Value> =
        values.iter().filter(|value| matches!(value.kind, Kind::Jwt | Kind::Opaque | Kind::Canary)).collect();
    for value in planted {
        let (finder, redactor) = (finder(std::slice::from_ref(value)), redactor(std::slice::from_ref(value)));
        for (number, (name, written)) in disguise::all(value).into_iter().enumerate() {
            let counts = rows.entry((number, name)).or_default().entry(value.kind.name()).or_default();
            for _ in 0..arguments.times.div_ceil(arguments.values) {
                let (text, place) = planted_in(&mut draw, pieces, &written);
                let found = finder.find(&text);
                // The next character of the other text may by chance go on as the value does.
                let right = |hit: &&KnownHit| hit.range.start < place.end && place.start < hit.range.end;
                let inside = found.iter().filter(right).count();
                let swept = !redactor.tripwire(&text).0.contains(&written);
                let counted = [1, usize::from(inside > 0 && inside == found.len()), usize::from(swept)];
                counts.iter_mut().zip(counted).for_each(|(count, more)| *count += more);
            }
        }
    }
    table(out, &rows)
}

/// A piece of other text with something written into it, and where.
fn planted_in(draw: &mut Draw, pieces: &[String], written: &str) -> (String, std::ops::Range<usize>) {
    let piece = draw.of(pieces).map_or("", String::as_str);
    let from = floor(piece, draw.below(piece.len() + 1));
    let to = floor(piece, (from + 65_536).min(piece.len()));
    let part = piece.get(from..to).unwrap_or_default();
    let at = floor(part, draw.below(part.len() + 1));
    let (before, after) = part.split_at(at);
    (format!("{before} {written} {after}"), at + 1..at + 1 + written.len())
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Found by the finder, and kept back by the redactor's last look, of how many.
fn table(out: &mut impl Write, rows: &BTreeMap<(usize, &str), BTreeMap<&str, [usize; 3]>>) -> anyhow::Result<usize> {
    let mut n_missed = 0;
    writeln!(out, "found, kept back, of")?;
    for ((number, name), counts) in rows {
        write!(out, "{:>2} {name:<28}", number + 1)?;
        for (kind, [all, found, swept]) in counts {
            write!(out, "  {kind} {found:>3} {swept:>3} of {all:<3}")?;
            n_missed += 2 * all - found - swept;
        }
        writeln!(out)?;
    }
    writeln!(out, "missed: {n_missed}\n")?;
    Ok(n_missed)
}
