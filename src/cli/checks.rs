//! `routewarden checks`: the catalogue, or one check's manual page.

use std::fmt::Write;

use anyhow::anyhow;

use crate::app::CheckPage;

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::{LayoutColumn, cut_text, indent_text, render_table};
use super::outputs::AnswerOptions;

/// Least likeness of a name that is offered instead of an unknown one.
const LEAST_LIKENESS: f64 = 0.6;

/// Options of `checks`.
#[derive(Debug, clap::Args)]
pub struct ChecksArgs {
    /// A check's id: its manual page; or a family: its checks [default: all checks]
    pub id: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Lists or shows.
pub(super) fn run(cx: &CommandCx, args: &ChecksArgs) -> anyhow::Result<Exit> {
    let pages = cx.app.checks();
    let Some(id) = args.id.as_deref() else {
        args.answer.print(cx, &pages, |pages| render_checks(pages.iter(), cx.width()))?;
        return Ok(Exit::Clean);
    };
    if let Some(page) = pages.iter().find(|page| page.id == id) {
        args.answer.print(cx, page, |page| render_manual(page, cx.width()))?;
        return Ok(Exit::Clean);
    }
    // `--checks` takes a family where it takes an id, so the catalogue does as well.
    let family: Vec<&CheckPage> = pages.iter().filter(|page| check_family(page) == id).collect();

    if family.is_empty() {
        return Err(unknown_check(id, &pages));
    }
    args.answer.print(cx, &family, |family| render_checks(family.iter().copied(), cx.width()))?;
    Ok(Exit::Clean)
}

fn render_checks<'a>(pages: impl Iterator<Item = &'a CheckPage>, width: usize) -> String {
    let columns = [
        LayoutColumn { heading: "id", shrinks: false },
        LayoutColumn { heading: "severity", shrinks: false },
        LayoutColumn { heading: "mode", shrinks: false },
        LayoutColumn { heading: "weakness", shrinks: true },
    ];
    let rows: Vec<Vec<String>> = pages
        .map(|page| {
            vec![page.id.clone(), page.severity.to_string(), page.level.as_str().to_owned(), page.title.clone()]
        })
        .collect();
    render_table(&columns, &rows, width)
}

fn render_manual(page: &CheckPage, width: usize) -> String {
    let mut out = String::new();
    let cwe = page.cwe.iter().map(|number| format!("CWE-{number}"));
    let classes: Vec<String> = page.owasp.iter().cloned().chain(cwe).collect();
    let _ = writeln!(out, "{}\n{}\n", cut_text(&page.id, width), cut_text(&page.title, width));
    let _ = writeln!(out, "severity  {}\nmode      {} and above", page.severity, page.level.as_str());
    let _ = writeln!(out, "classes   {}\nremedy    {}\nsince     {}\n", classes.join(", "), page.remedy, page.since);
    out.push_str(&indent_text(&page.manual, 0));

    out
}

fn check_family(page: &CheckPage) -> &str {
    page.id.split('/').next().unwrap_or_default()
}

fn unknown_check(id: &str, pages: &[CheckPage]) -> anyhow::Error {
    let names = pages.iter().flat_map(|page| [page.id.as_str(), check_family(page)]);
    let nearest = names.max_by(|left, right| name_likeness(id, left).total_cmp(&name_likeness(id, right)));

    match nearest.filter(|name| name_likeness(id, name) >= LEAST_LIKENESS) {
        Some(name) => anyhow!("there is no check `{id}`; did you mean `{name}`?"),
        None => anyhow!("there is no check `{id}`; `routewarden checks` lists them"),
    }
}

fn name_likeness(asked: &str, name: &str) -> f64 {
    // Many write the name without its family.
    let bare = name.split('/').next_back().unwrap_or(name);
    strsim::jaro_winkler(asked, name).max(strsim::jaro_winkler(asked, bare))
}
