//! The table that the bench prints, what is wrong below it, and both as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::run::Harm;

pub fn print_head(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<17} {:<9} {:<10} changed  left  false-undone  broken  listed   reads  requests      ms  status",
        "twin", "mode", "accounts"
    )
}

pub fn print_row(harm: &Harm, out: &mut impl Write) -> io::Result<()> {
    let (asked, reads) = harm.reads;
    writeln!(
        out,
        "{:<17} {:<9} {:<10} {:>7}  {:>4}  {:>12}  {:>6}  {:>6}  {:>2}/{:<3}  {:>8}  {:>6}  {}",
        harm.trial.twin.name,
        harm.trial.mode,
        harm.trial.accounts.name(),
        harm.rows.changed.len(),
        harm.rows.left.len(),
        harm.rows.false_undone.len(),
        harm.broken.len(),
        harm.rows.listed,
        asked,
        reads,
        harm.requests,
        harm.duration_ms,
        harm.status
    )
}

/// What is wrong, scan by scan, and the figures of all.
pub fn print_rest(all: &[Harm], out: &mut impl Write) -> io::Result<()> {
    writeln!(out)?;
    for harm in all.iter().filter(|harm| !harm.is_clean()) {
        writeln!(out, "{}: {}", named(harm), harm.trial.twin.about)?;
        for (what, rows) in wrong(harm) {
            for row in rows {
                writeln!(out, "    {what:<13} {row}")?;
            }
        }
    }
    summary(all, out)
}

/// The twin with mode and accounts.
pub fn named(harm: &Harm) -> String {
    format!("{} {} {}", harm.trial.twin.name, harm.trial.mode, harm.trial.accounts.name())
}

fn wrong(harm: &Harm) -> [(&'static str, &Vec<String>); 4] {
    [
        ("changed", &harm.rows.changed),
        ("left, untold", &harm.rows.left),
        ("false undone", &harm.rows.false_undone),
        ("broken", &harm.broken),
    ]
}

fn summary(all: &[Harm], out: &mut impl Write) -> io::Result<()> {
    let harmed = all.iter().filter(|harm| !harm.is_clean()).count();
    let sum = |count: fn(&Harm) -> usize| all.iter().map(count).sum::<usize>();
    writeln!(
        out,
        "\n{} scans, {harmed} with harm: {} changed, {} left and untold, {} falsely undone, {} broken; {} left and listed",
        all.len(),
        sum(|harm| harm.rows.changed.len()),
        sum(|harm| harm.rows.left.len()),
        sum(|harm| harm.rows.false_undone.len()),
        sum(|harm| harm.broken.len()),
        sum(|harm| harm.rows.listed),
    )?;
    let passive = all.iter().filter(|harm| harm.trial.mode == "passive");
    let (asked, reads) = passive.fold((0, 0), |(asked, reads), harm| (asked + harm.reads.0, reads + harm.reads.1));
    writeln!(out, "passive scans asked {asked} of {reads} declared reads")
}

pub fn as_json(all: &[Harm]) -> Value {
    let one = |harm: &Harm| {
        json!({
            "twin": harm.trial.twin.name, "mode": harm.trial.mode, "accounts": harm.trial.accounts.name(),
            "changed": harm.rows.changed, "left": harm.rows.left, "false_undone": harm.rows.false_undone,
            "broken": harm.broken, "listed": harm.rows.listed, "status": harm.status,
            "reads_asked": harm.reads.0, "reads": harm.reads.1, "requests": harm.requests, "duration_ms": harm.duration_ms,
        })
    };
    all.iter().map(one).collect()
}
