//! `limits/unbounded-page`.

use serde_json::{Value, json};

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure};
use crate::model::{Api, Operation, Parameter, Place, Role, Silence};
use crate::probe::{Answer, Ask, operation_url};
use crate::survey::{Baseline, Surveyed, is_clear_success, split_words};

check! {
    /// ## What it does
    /// Asks a list for one item and for more items than the document allows at a time.
    ///
    /// ## Why it matters
    /// One request for everything costs the database as much as thousands of others, and anyone may repeat it.
    ///
    /// ## How it is confirmed
    /// The parameter sets the size of a page: with 1 one item comes. With a large number more items come than the document's
    /// `maximum`, or more than 500 where it names none, twice.
    ///
    /// ## When it stays silent
    /// When the number is refused or cut to the maximum, and where the list is too short to show it. Never more than twice
    /// the maximum, or 1,000 items, are asked for.
    ///
    /// ## References
    /// OWASP API4:2023, CWE-770
    UnboundedPage {
        id: "limits/unbounded-page",
        title: "The size of a page has no bound",
        severity: Medium,
        level: Passive,
        owasp: ["API4:2023"],
        cwe: [770],
        remedy: "request-bounds",
        since: "0.2.0",
        plan: |cx, operation| match PlanCx::is_read(operation) && size_parameter(operation).is_some() {
            true if !cx.api.operations.is_empty() => Need::Requests(3),
            _ => Need::NotApplicable,
        },
        read: check_page_size,
    }
}

/// More than this is no page, where the document does not say what one is.
const GREAT: u64 = 500;

/// Returns the parameter by which the size of a page is chosen.
fn size_parameter(operation: &Operation) -> Option<&Parameter> {
    let is_size = |parameter: &&Parameter| {
        let words = split_words(&parameter.name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        parameter.place == Place::Query
            && matches!(words.as_slice(), ["limit" | "size" | "count"] | ["per", "page"] | ["page", "size" | "limit"])
    };
    operation.parameters.iter().find(is_size)
}

/// Returns the document's largest page.
fn documented_maximum(api: &Api, parameter: &Parameter) -> Option<u64> {
    let schema = parameter.schema.and_then(|id| api.schemas.get(id))?;
    let (most, _) = schema.maximum?;
    // Larger ones are no bound that a scan could try.
    format!("{most:.0}").parse().ok().filter(|most| (1..=5_000).contains(most))
}

async fn check_page_size(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let parameter = size_parameter(&surveyed.operation);
    let parameter = parameter.ok_or_else(|| Silence::not_applicable("no parameter sets the size of a page"))?;
    let most = documented_maximum(&cx.survey.api, parameter);
    let (bound, asked) = (most.unwrap_or(GREAT), most.map_or(2 * GREAT, |most| most * 2));
    let ask = |size: u64| page_ask(cx, surveyed, baseline, (&parameter.name, size));
    let (small, large) = (ask(1)?, ask(asked)?);

    let one = cx.send(&small).await?;
    ensure(item_count(&one) == Some(1), || {
        Silence::undecided(format!("`{}` does not set how many items come", parameter.name))
    })?;
    let answer = cx.send(&large).await?;
    let count = item_count(&answer).filter(|count| *count > bound);
    let count = count.ok_or_else(|| match item_count(&answer) {
        Some(count) if count < bound => Silence::undecided("the list is too short to show a bound"),
        _ => defence_held(&answer, &one, "a larger page than the largest is not given"),
    });
    let mut rule = Rule::default();
    let count = rule.need("more-than-a-page", count, |count| format!("{count} items came for {asked}"))?;
    rule.weigh("parameter-sets-the-size", item_count(&one) == Some(1), "with 1 one item comes");
    let again = cx.send(&large.again(1)).await?;
    rule.weigh(
        "repeated",
        item_count(&again).is_some_and(|count| count > bound),
        "the same request again gives as many",
    );
    rule.show(Role::Attack, &answer).show(Role::Control, &one).show(Role::Baseline, &baseline.first);
    let than = most.map_or_else(String::new, |most| format!(", and the document allows {most}"));
    let claim = format!("`{}={asked}` gives {count} items at once{than}", parameter.name);
    let cause = format!("{} {}", surveyed.operation.path, parameter.name);
    rule.found(Violation::of(surveyed, format!("query:{}", parameter.name), cause, claim))
}

fn page_ask(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    (name, size): (&str, u64),
) -> Result<Ask, Silence> {
    let mut values = baseline.values.clone();
    values.insert((Place::Query, name.to_owned()), json!(size));
    let url = operation_url(cx.probe.base_url(), &surveyed.operation, &values);
    let url = url.map_err(|refused| Silence::undecided(refused.to_string()))?;
    Ok(Ask { url, ..baseline.ask() })
}

/// Returns how many items the list of an answer has: the answer itself, or the one list in it.
fn item_count(answer: &Answer) -> Option<u64> {
    let json = answer.response().filter(|response| is_clear_success(response))?.json.as_ref()?;
    let list = match json {
        Value::Array(items) => items,
        Value::Object(fields) => {
            let mut lists = fields.values().filter_map(Value::as_array);
            lists.next().filter(|_| lists.next().is_none())?
        }
        _ => return None,
    };
    u64::try_from(list.len()).ok()
}
