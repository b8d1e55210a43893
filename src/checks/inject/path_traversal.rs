//! `inject/path-traversal`.

use std::sync::Arc;

use super::input::{Input, inputs_of, is_named, plan_inputs};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{Parameter, Role, Silence};
use crate::probe::{Answer, Ask};
use crate::survey::{Baseline, Surveyed};

check! {
    /// ## What it does
    /// Asks for a file that every Unix system has (`/etc/passwd`) in the place of the name of a file: by steps up, by its
    /// whole path, and by steps that a filter leaves over.
    ///
    /// ## Why it matters
    /// Keys, settings and source stand in files beside those that are meant to be read.
    ///
    /// ## How it is confirmed
    /// The answer has the line of that file which stands first on every system, twice, and a name beside it that no system has
    /// does not bring it about.
    ///
    /// ## When it stays silent
    /// When the name is refused or not found. Only parameters that name files are tried; no other file is asked for, and the
    /// report does not show it.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-22
    PathTraversal {
        id: "inject/path-traversal",
        title: "Input reads files outside of its folder",
        severity: High,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [22],
        remedy: "input-as-data",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 5, names_file),
        read: check_path_traversal,
    }
}

/// Words of parameters that name files.
const FILE_WORDS: &str = "file filename path document doc template attachment image img photo picture report folder dir \
                          directory asset download log key name slug";

fn names_file(parameter: &Parameter) -> bool {
    is_named(parameter, FILE_WORDS)
}

/// Returns the ways to a file of this name in `/etc`.
fn ways_to(name: &str) -> [String; 3] {
    [format!("{}etc/{name}", "../".repeat(12)), format!("/etc/{name}"), format!("{}etc/{name}", "....//".repeat(12))]
}

async fn check_path_traversal(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let mut last = Silence::not_applicable("it takes no name of a file");
    for input in inputs_of(cx, surveyed, baseline, names_file) {
        for (index, way) in ways_to("passwd").iter().enumerate() {
            let Some(ask) = input.ask(cx, surveyed, baseline, way) else { continue };
            let answer = cx.send(&ask).await?;
            if has_accounts(&answer) && !has_accounts(&baseline.first) {
                return prove_reading(cx, surveyed, (&input, baseline, index), (&ask, &answer)).await;
            }
            last = defence_held(&answer, &baseline.first, "no step out of the folder is served");
        }
    }
    Err(last)
}

async fn prove_reading(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    (input, baseline, index): (&Input, &Baseline, usize),
    (ask, answer): (&Ask, &Arc<Answer>),
) -> CheckResult {
    let again = cx.send(&ask.again(1)).await?;
    let nameless = format!("rw-{:08x}", rand::random::<u32>());
    let way = ways_to(&nameless).get(index).cloned().unwrap_or_default();
    let control =
        input.ask(cx, surveyed, baseline, &way).ok_or_else(|| Silence::undecided("the control is no address"))?;
    let control = cx.send(&control).await?;
    ensure(!has_accounts(&control), || Silence::open("it shows such lines whatever is asked for"))?;
    let mut rule = Rule::default();
    rule.weigh("file-is-there", has_accounts(answer), "the answer has the first line of /etc/passwd");
    let because = format!("a file beside it that no system has is not (status {})", status_text(&control));
    rule.weigh("missing-file-is-not", !has_accounts(&control), because);
    rule.weigh("repeated", has_accounts(&again), "the same request again has it too");
    rule.withhold(Role::Attack, answer).show(Role::Control, &control).show(Role::Baseline, &baseline.first);
    let cause = format!("{} {}", surveyed.operation.path, input.name);
    let claim = format!("`{}` reads files outside of its folder", input.name);
    rule.found(Violation::of(surveyed, input.site(), cause, claim))
}

/// Returns true for the entry of the system's first account (passwd(5)).
fn has_accounts(answer: &Answer) -> bool {
    let text = answer.response().map(|response| response.text.as_str()).unwrap_or_default();
    text.match_indices("root:").any(|(at, _)| {
        let line = text.get(at..).unwrap_or_default();
        let mut fields = line.splitn(5, ':');
        let fields = (fields.nth(2), fields.next());
        fields == (Some("0"), Some("0"))
    })
}
