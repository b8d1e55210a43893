//! `inject/open-redirect`.

use url::Url;

use super::input::{inputs_of, is_named, plan_inputs};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, status_text};
use crate::model::{Parameter, Role, Silence};
use crate::probe::Answer;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Puts a foreign address into parameters that say where to go on (`next`, `redirect_uri`, `return_to`), plain, without
    /// its scheme, and behind the API's own host, and looks where the answer sends the caller.
    ///
    /// ## Why it matters
    /// A link that begins with the host that people trust leads them to another, with what the address carries.
    ///
    /// ## How it is confirmed
    /// The answer is a redirect whose `Location` has the foreign host, twice, and with an own path in its place it has not.
    /// The redirect is not followed.
    ///
    /// ## When it stays silent
    /// When the address is refused, or becomes part of a path of the API's own.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-601
    OpenRedirect {
        id: "inject/open-redirect",
        title: "A parameter redirects to any host",
        severity: Medium,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [601],
        remedy: "allowed-targets",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 5, says_where_to),
        refused: true,
        read: check_open_redirect,
    }
}

/// Words of parameters that say where to go on.
const WHERE_WORDS: &str =
    "url uri redirect return next continue dest destination goto target link back forward location to";
/// A reserved name (RFC 2606): nobody is there.
const FOREIGN: &str = "routewarden.example";

fn says_where_to(parameter: &Parameter) -> bool {
    is_named(parameter, WHERE_WORDS)
}

async fn check_open_redirect(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    // A redirect is no data: the operation need not have a valid answer.
    let baseline = surveyed.valid().next().or_else(|| surveyed.by.values().next());
    let baseline = baseline.ok_or_else(|| Silence::undecided("no answer"))?;
    let own = cx.probe.base_url().host_str().unwrap_or("localhost").to_owned();
    let foreign = [format!("https://{FOREIGN}/rw"), format!("//{FOREIGN}/rw"), format!("http://{own}.{FOREIGN}/rw")];
    let mut last = Silence::not_applicable("no parameter says where to go on");
    for input in inputs_of(cx, surveyed, baseline, says_where_to) {
        for address in &foreign {
            let asks = (input.ask(cx, surveyed, baseline, address), input.ask(cx, surveyed, baseline, "/rw"));
            let (Some(ask), Some(plain)) = asks else { continue };
            let answer = cx.send(&ask).await?;
            if !leads_away(cx, &answer) {
                last = defence_held(&answer, &baseline.first, "no foreign address is redirected to");
                continue;
            }
            let (again, control) = (cx.send(&ask.again(1)).await?, cx.send(&plain).await?);
            let mut rule = Rule::default();
            rule.weigh("leads-away", leads_away(cx, &answer), format!("`{address}` is where the answer redirects to"));
            let because = format!("a path of the API's own in its place does not (status {})", status_text(&control));
            rule.weigh("own-path-does-not", !leads_away(cx, &control), because);
            rule.weigh("repeated", leads_away(cx, &again), "the same request again does too");
            rule.show(Role::Attack, &answer).show(Role::Control, &control);
            let cause = format!("{} {}", surveyed.operation.path, input.name);
            let claim = format!("`{}` redirects to any host", input.name);
            return rule.found(Violation::of(surveyed, input.site(), cause, claim));
        }
    }
    Err(last)
}

/// Returns true for a redirect to the foreign host.
fn leads_away(cx: &CheckCx<'_>, answer: &Answer) -> bool {
    let response = answer.response().filter(|response| (300..400).contains(&response.status));
    let to = response.and_then(|response| response.header("location"));
    let to: Option<Url> = to.and_then(|to| cx.probe.base_url().join(to.trim()).ok());
    to.is_some_and(|url| url.host_str().is_some_and(|host| host == FOREIGN || host.ends_with(&format!(".{FOREIGN}"))))
}
