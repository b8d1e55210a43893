//! Prints what was measured, as text for people.

use std::io::{self, Write};

use crate::measure::{Tally, Total, percent};

/// Which kinds are shown one by one.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Held-out kinds too, not in their total alone.
    pub all: bool,
    /// The cases that the detector got wrong.
    pub wrong: bool,
}

impl Shown {
    fn includes(self, tally: &Tally) -> bool {
        self.all || !tally.held_out
    }
}

pub fn planted(out: &mut impl Write, tallies: &[Tally], shown: Shown) -> io::Result<()> {
    writeln!(
        out,
        "\nPLANTED {:<24} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "", "planted", "found", "missed", "whole", "stray"
    )?;
    for tally in tallies.iter().filter(|tally| shown.includes(tally)) {
        let Tally { kind, n_cases, n_hit, n_whole, n_stray, .. } = tally;
        let mark = if tally.held_out { "(held out)" } else { "" };
        writeln!(out, "{kind:<32} {n_cases:>8} {n_hit:>8} {:>8} {n_whole:>8} {n_stray:>8} {mark}", n_cases - n_hit)?;
    }
    for (name, total) in totals(tallies) {
        let Total { n_kinds, n_cases, n_hit, n_whole, n_stray } = total;
        writeln!(
            out,
            "{name:<10} {n_kinds} kinds, {n_cases} planted: {n_hit} found ({:.1} %), {} missed; {n_whole} covered whole \
             ({:.1} %); {n_stray} stray hits",
            total.percent(),
            n_cases - n_hit,
            percent(n_whole, n_cases)
        )?;
    }
    wrong(out, tallies, shown)
}

pub fn look_alikes(out: &mut impl Write, tallies: &[Tally], shown: Shown) -> io::Result<()> {
    writeln!(out, "\nLOOK-ALIKES {:<20} {:>8} {:>8}", "", "cases", "false")?;
    for tally in tallies.iter().filter(|tally| shown.includes(tally)) {
        let mark = if tally.held_out { "(held out)" } else { "" };
        writeln!(out, "{:<32} {:>8} {:>8} {mark}", tally.kind, tally.n_cases, tally.n_hit)?;
    }
    for (name, total) in totals(tallies) {
        let Total { n_kinds, n_cases, n_hit, .. } = total;
        writeln!(out, "{name:<10} {n_kinds} kinds, {n_cases} documents: {n_hit} false ({:.2} %)", total.percent())?;
    }
    wrong(out, tallies, shown)
}

fn totals(tallies: &[Tally]) -> [(&'static str, Total); 3] {
    [
        ("all", Total::of(tallies.iter())),
        ("to look at", Total::of(tallies.iter().filter(|tally| !tally.held_out))),
        ("held out", Total::of(tallies.iter().filter(|tally| tally.held_out))),
    ]
}

fn wrong(out: &mut impl Write, tallies: &[Tally], shown: Shown) -> io::Result<()> {
    if !shown.wrong {
        return Ok(());
    }
    for tally in tallies.iter().filter(|tally| shown.includes(tally)) {
        for wrong in &tally.wrong {
            let rule = wrong.rule.as_deref().unwrap_or("missed");
            writeln!(out, "  {} [{}] {rule}: {}", tally.kind, wrong.form, wrong.excerpt)?;
        }
    }
    Ok(())
}
