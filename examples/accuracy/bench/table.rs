//! The tables that the bench prints, and the figures under them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::grade::{Graded, Outcome};
use super::scan::Scanned;

/// The figures of one check, or of all.
#[derive(Default, Clone, Copy)]
pub struct Figures {
    pub weak: usize,
    pub confirmed: usize,
    pub suspected: usize,
    pub sound: usize,
    pub false_confirmed: usize,
    pub false_suspected: usize,
    /// Weak and sound cases with a request for the common rules.
    pub judged: [usize; 2],
    /// Found by each rule, among the weak.
    pub rule_found: [usize; 3],
    /// Called weak by each rule, among the sound.
    pub rule_false: [usize; 3],
}

impl Figures {
    fn take(&mut self, case: &Graded) {
        let (all, confirmed, suspected) = if case.is_weak {
            (&mut self.weak, &mut self.confirmed, &mut self.suspected)
        } else {
            (&mut self.sound, &mut self.false_confirmed, &mut self.false_suspected)
        };
        *all += 1;
        *confirmed += usize::from(case.outcome == Outcome::Confirmed);
        *suspected += usize::from(case.outcome == Outcome::Suspected);
        let Some(rules) = case.rules else { return };
        let [weak, sound] = &mut self.judged;
        *(if case.is_weak { weak } else { sound }) += 1;
        let figures = if case.is_weak { &mut self.rule_found } else { &mut self.rule_false };
        for (figure, said) in figures.iter_mut().zip(rules) {
            *figure += usize::from(said);
        }
    }

    pub fn missed(&self) -> usize {
        self.weak - self.confirmed - self.suspected
    }
}

/// Figures by check, and of all.
pub fn figures(scans: &[Scanned]) -> (BTreeMap<String, Figures>, Figures) {
    let (mut by_check, mut total) = (BTreeMap::<String, Figures>::new(), Figures::default());
    for case in scans.iter().flat_map(|scan| &scan.grades.cases) {
        by_check.entry(case.check.to_owned()).or_default().take(case);
        total.take(case);
    }
    for stray in scans.iter().flat_map(|scan| &scan.grades.strays) {
        for figures in [by_check.entry(stray.check.clone()).or_default(), &mut total] {
            figures.false_confirmed += usize::from(stray.outcome == Outcome::Confirmed);
            figures.false_suspected += usize::from(stray.outcome == Outcome::Suspected);
        }
    }
    (by_check, total)
}

/// Whether the bench is content: no false alarm at confirmed, at most 1 % of the sound cases suspected, so many percent of
/// the weak cases confirmed, no seed row touched.
pub fn is_passed(scans: &[Scanned], least: usize) -> bool {
    let (_, total) = figures(scans);
    let untouched = scans.iter().all(|scan| scan.residue.changed.is_empty());
    let quiet = total.false_confirmed == 0 && total.false_suspected * 100 <= total.sound;
    quiet && total.confirmed * 100 >= total.weak * least && untouched
}

pub fn print(scans: &[Scanned], out: &mut impl Write) -> io::Result<()> {
    let (by_check, total) = figures(scans);
    checks(&by_check, &total, out)?;
    percents(&total, out)?;
    apis(scans, out)?;
    wrong(scans, out)
}

fn checks(by_check: &BTreeMap<String, Figures>, total: &Figures, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<30} weak  conf  susp  miss | sound  f.conf  f.susp | rules: found of  false of", "check")?;
    for (check, f) in by_check.iter().map(|(check, f)| (check.as_str(), f)).chain([("all", total)]) {
        let of = |said: [usize; 3], judged: usize| match judged {
            0 => "-".to_owned(),
            _ => format!("{}/{judged}", said.map(|n| n.to_string()).join(" ")),
        };
        let [weak, sound] = f.judged;
        writeln!(
            out,
            "{check:<30} {:>4}  {:>4}  {:>4}  {:>4} | {:>5}  {:>6}  {:>6} | {:>15} {:>9}",
            f.weak,
            f.confirmed,
            f.suspected,
            f.missed(),
            f.sound,
            f.false_confirmed,
            f.false_suspected,
            of(f.rule_found, weak),
            of(f.rule_false, sound)
        )?;
    }
    writeln!(out, "rules: status 2xx, same status and body as the owner's, likeness of 0.7 or more\n")
}

fn percents(total: &Figures, out: &mut impl Write) -> io::Result<()> {
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    writeln!(
        out,
        "weak: {:.1} % confirmed, {:.1} % suspected, {:.1} % missed; false alarms: {} at confirmed ({:.1} % of the sound cases), {} at suspected ({:.1} %)",
        percent(total.confirmed, total.weak),
        percent(total.suspected, total.weak),
        percent(total.missed(), total.weak),
        total.false_confirmed,
        percent(total.false_confirmed, total.sound),
        total.false_suspected,
        percent(total.false_suspected, total.sound)
    )?;
    let [weak, sound] = total.judged;
    for (index, name) in ["status 2xx", "same answer", "likeness"].into_iter().enumerate() {
        let of = |said: &[usize; 3], all: usize| percent(said.get(index).copied().unwrap_or_default(), all);
        let (found, wrong) = (of(&total.rule_found, weak), of(&total.rule_false, sound));
        writeln!(
            out,
            "rule {name}: {found:.1} % of {weak} weak requests found, {wrong:.1} % of {sound} sound ones called weak"
        )?;
    }
    writeln!(out)
}

fn apis(scans: &[Scanned], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<18} {:<38} {:<9} requests/operations  ms      rows left: told, untold", "api", "style", "mode")?;
    for scan in scans {
        let each = scan.requests as f64 / scan.operations.max(1) as f64;
        writeln!(
            out,
            "{:<18} {:<38} {:<9} {:>6} / {:<3} = {each:>5.1}  {:>6}  {:>6} {:>6}",
            scan.name,
            scan.style,
            scan.mode,
            scan.requests,
            scan.operations,
            scan.duration_ms,
            scan.residue.listed,
            scan.residue.unlisted.len()
        )?;
    }
    writeln!(out)
}

fn wrong(scans: &[Scanned], out: &mut impl Write) -> io::Result<()> {
    for scan in scans {
        let name = &scan.name;
        if let Some(because) = &scan.untrusted {
            writeln!(out, "untrusted   {name}: {because}")?;
        }
        for issue in &scan.issues {
            writeln!(out, "document issue   {name}: {issue}")?;
        }
        if !scan.residue.changed.is_empty() {
            writeln!(out, "seed rows changed   {name}: {}", scan.residue.changed.join(", "))?;
        }
        if !scan.residue.unlisted.is_empty() {
            writeln!(out, "left behind, not told   {name}: {}", scan.residue.unlisted.join(", "))?;
        }
        for case in scan.grades.cases.iter().filter(|case| case.is_wrong()) {
            let what = verdict(case);
            writeln!(
                out,
                "{what:<16} {name}: {} on {} ({})\n    {}",
                case.check, case.operations, case.why, case.reason
            )?;
        }
        for stray in &scan.grades.strays {
            writeln!(
                out,
                "no such label    {name}: {} on {} ({:?})\n    {}",
                stray.check, stray.operation, stray.outcome, stray.claim
            )?;
        }
    }
    let outside: BTreeSet<&String> = scans.iter().flat_map(|scan| &scan.grades.outside).collect();
    if outside.is_empty() {
        return Ok(());
    }
    let kinds: BTreeSet<&str> = outside.iter().filter_map(|text| text.split(' ').next()).collect();
    writeln!(
        out,
        "\nnot judged, as the bench has no labels for it: {}",
        kinds.into_iter().collect::<Vec<_>>().join(", ")
    )
}

/// What is wrong with a case, in two words.
pub fn verdict(case: &Graded) -> &'static str {
    match (case.is_weak, case.outcome) {
        (true, Outcome::Confirmed) | (false, Outcome::Silent) => "right",
        (true, Outcome::Suspected) => "only suspected",
        (true, Outcome::Silent) => "missed",
        (false, Outcome::Confirmed) => "false, confirmed",
        (false, Outcome::Suspected) => "false, suspected",
    }
}
