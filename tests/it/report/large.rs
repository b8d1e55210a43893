//! Reports of any size leave whole, valid and without a known value. `LARGE_REPORT_MIB` sets the size of all formats.

use std::io::Write;

use quick_junit::Report as Junit;
use routewarden::detect::{Redactor, Syntax};
use routewarden::model::{Secret, Severity};
use routewarden::report::{self, Format, Report, TextOptions};
use serde_json::Value;

use super::support::{finding, rules, sample_report};

const KEY: &str = "gx7Qm2vT9pLw4ZrK8sYd1HfNc6JbUa3E";
/// Of so many bytes one piece is searched, and the next begins.
const PIECE_BYTES: usize = 2 * 1024 * 1024;
/// The key stands so far before and behind each border.
const AROUND_BYTES: usize = 1600;
const CLAIM_WORDS: usize = 1900;
/// A word of a claim: which finding, and which place of it.
const WORD_BYTES: usize = 16;

/// A report whose claims alone hold so many bytes: words that say where they stand or, in every eighth, what formats
/// must escape.
fn report_of(bytes: usize) -> Report {
    let mut report = sample_report();
    let words = |n: usize| (0..CLAIM_WORDS).map(|at| format!("f{n:05}p{at:06}xy ")).collect::<String>();
    let odd = "a \"quoted\" | <tag> & `code` \\ text ä 😀\n".repeat(CLAIM_WORDS * WORD_BYTES / 42);
    report.findings = (0..bytes / (CLAIM_WORDS * WORD_BYTES) + 1)
        .map(|n| {
            let mut finding = finding(&format!("rw-{n:016x}"), "authz/bola-read", Severity::High);
            finding.claim = if n % 8 == 7 { odd.clone() } else { words(n) };
            finding.operation.path = format!("/invoices/{n}");
            finding
        })
        .collect();
    report
}

/// Puts the key in the claims, wherever one of their words stands near a border of the written report.
fn plant(report: &mut Report, written: &str) {
    for border in (PIECE_BYTES..written.len()).step_by(PIECE_BYTES) {
        let near = written.as_bytes();
        let near = &near[border - AROUND_BYTES..near.len().min(border + AROUND_BYTES)];
        let near = String::from_utf8_lossy(near);
        for word in near.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.ends_with("xy")) {
            let Some((n, at)) = word.trim_end_matches("xy").strip_prefix('f').and_then(|word| word.split_once('p'))
            else {
                continue;
            };
            let (n, at): (usize, usize) = (n.parse().unwrap(), at.parse().unwrap());
            if at % 3 == 0 && at + 2 < CLAIM_WORDS {
                let start = at * WORD_BYTES;
                report.findings[n].claim.replace_range(start..start + KEY.len(), KEY);
            }
        }
    }
}

/// The report as it leaves, with the key planted.
fn left(report: &mut Report, format: Format, syntax: Syntax) -> String {
    let written = report::render_report(format, report, &rules(), TextOptions::default());
    plant(report, &written);
    let n_planted = report.findings.iter().map(|finding| finding.claim.matches(KEY).count()).sum::<usize>();
    assert!(n_planted > written.len() / PIECE_BYTES * 20, "{format:?}: {n_planted}");
    let redactor = Redactor::new();
    redactor.learn("ALICE_TOKEN", &Secret::new(KEY));
    let began = std::time::Instant::now();
    let mut tripwire = redactor.sweep(syntax, Vec::new());
    report::write_report(format, report, &rules(), TextOptions::default(), &mut tripwire as &mut dyn Write).unwrap();
    let (bytes, n_hidden) = tripwire.finish().unwrap();
    eprintln!("{format:?}: {} bytes in {:.1?}, {n_hidden} replaced", bytes.len(), began.elapsed());
    assert!(n_hidden >= n_planted, "{format:?}: {n_hidden}");
    let text = String::from_utf8(bytes).unwrap();
    for part in [&KEY[..12], &KEY[10..22], &KEY[20..]] {
        assert!(!text.contains(part), "{format:?}: {part}");
    }
    text
}

fn mib(usual: usize) -> usize {
    std::env::var("LARGE_REPORT_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(usual) << 20
}

#[test]
fn json_is_whole() {
    let mut report = report_of(mib(50));
    let text = left(&mut report, Format::Json, Syntax::Json);
    assert!(text.len() >= mib(50));
    let read = report::read_report(&text).unwrap();
    assert_eq!(read.findings.len(), report.findings.len());
    for (after, before) in read.findings.iter().zip(&report.findings) {
        assert!(after.claim == before.claim.replace(KEY, "[redacted:ALICE_TOKEN]"), "{}", before.id);
    }
}

#[test]
fn sarif_is_whole() {
    let mut report = report_of(mib(5));
    let text = left(&mut report, Format::Sarif, Syntax::Json);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), report.findings.len());
}

#[test]
fn html_is_whole() {
    let mut report = report_of(mib(5));
    let text = left(&mut report, Format::Html, Syntax::Markup);
    assert!(text.trim_end().ends_with("</html>"));
    for tag in ["article", "details", "p", "ul", "main", "body"] {
        let count = |open: &str| text.matches(open).count();
        let n_opened = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(n_opened, count(&format!("</{tag}>")), "{tag}");
    }
    assert!(text.matches("<article").count() >= report.findings.len());
}

#[test]
fn junit_is_whole() {
    let mut report = report_of(mib(5));
    // Each finding is the case of an operation of its own.
    report.coverage.clear();
    let text = left(&mut report, Format::Junit, Syntax::Markup);
    let junit = Junit::deserialize_from_str(&text).unwrap();
    let n_cases: usize = junit.test_suites.iter().map(|suite| suite.test_cases.len()).sum();
    assert_eq!(n_cases, report.findings.len());
}

#[test]
fn markdown_is_whole() {
    let mut report = report_of(mib(5));
    let text = left(&mut report, Format::Markdown, Syntax::Markdown);
    assert_eq!(text.lines().filter(|line| line.starts_with("## high: ")).count(), report.findings.len());
    assert_eq!(
        text.lines().filter(|line| line.starts_with("```")).count(),
        2 * (report.findings.len() + report.questions.len())
    );
    assert!(text.trim_end().ends_with("GET /admin/keys and 2 more)"));
}

/// Keeps how long the longest piece is that it was handed.
#[derive(Default)]
struct Pieces {
    longest: usize,
}

impl Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.longest = self.longest.max(piece.len());
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn reports_are_handed_on_piece_by_piece() {
    let report = report_of(2 << 20);
    for format in [Format::Json, Format::Sarif, Format::Html, Format::Junit, Format::Markdown] {
        let mut pieces = Pieces::default();
        report::write_report(format, &report, &rules(), TextOptions::default(), &mut pieces).unwrap();
        // One claim is 30 KB; escaped, in two places of one finding at most.
        assert!(pieces.longest < 512 << 10, "{format:?}: {}", pieces.longest);
    }
}
