//! The two tests themselves in JavaScript: the attack is refused, and the owner is served.

use super::cast::SCRIPT_CAST;
use super::facts::{AttackKind, DenialSign, KeptFacts};
use super::literals::{path_with_made, pointer_indices, quote_text, script_value};
use super::placeholders::SCRIPT;
use super::plan::TestPlan;
use super::python_tests::FOREIGN;

/// Returns the tests.
pub(super) fn tests(plan: &TestPlan) -> String {
    let one = |name: &str, body: &str| format!("\ntest({}, async () => {{\n{body}}})\n", quote_text(name));
    let name = match plan.facts.attack {
        AttackKind::SecondCaller | AttackKind::Anonymous if plan.facts.kept.is_none() => {
            format!("{} is refused by {}", plan.stranger, plan.operation)
        }
        _ => format!("{}: {}", plan.operation, plan.attack_name().replace('_', " ")),
    };

    let first = one(&name, &attack(plan));
    // Where fields must not be kept, the control is the same request without them.
    let second = match (&plan.facts.kept, plan.has_owner()) {
        (Some(kept), _) => {
            kept_control(plan, kept).map(|control| one(&format!("{}: the rest is taken", plan.operation), &control))
        }
        (None, true) => Some(one(&format!("{} is served by {}", plan.owner, plan.operation), &control(plan))),
        (None, false) => None,
    };

    first + &second.unwrap_or_default()
}

fn attack(plan: &TestPlan) -> String {
    if plan.facts.attack == AttackKind::ForeignOrigin {
        return foreign(plan);
    }
    let setup = SCRIPT_CAST.attack(plan);

    if let Some(kept) = &plan.facts.kept {
        return setup + &kept_attack(plan, kept);
    }
    if plan.facts.attack == AttackKind::Owner {
        let ask = request(plan, &plan.facts.url_path, true);
        return format!("{setup}{ask}{}{}", served(plan), hidden(plan));
    }
    let shown = values(plan, "!text.includes(value)", &plan.shown()) + &listed(plan, "!", &plan.shown());
    let ask = request(plan, &plan.facts.url_path, !shown.is_empty());
    format!("{setup}{ask}{}{shown}", refused(plan))
}

fn refused(plan: &TestPlan) -> String {
    if plan.refused.is_empty() {
        return format!("  assert.ok(status < 500, {} + status)\n", quote_text(&plan.broken()));
    }
    let statuses: Vec<String> = plan.refused.iter().map(u16::to_string).collect();
    format!("  assert.ok([{}].includes(status), {} + status)\n", statuses.join(", "), quote_text(&plan.served()))
}

fn served(plan: &TestPlan) -> String {
    format!("  assert.ok(status === {}, {} + status)\n", plan.facts.served_status, quote_text(&plan.shut_out()))
}

fn hidden(plan: &TestPlan) -> String {
    let names: Vec<String> = plan.facts.hidden_fields.iter().map(|name| quote_text(name)).collect();
    format!(
        "  for (const name of [{}]) assert.ok(!valuesOf(JSON.parse(text), name).length, 'the answer has ' + name)\n",
        names.join(", ")
    )
}

/// Sends the fields, and looks for them where what was kept is shown.
fn kept_attack(plan: &TestPlan, kept: &KeptFacts) -> String {
    let (path, method) = (path_with_made(&plan.facts.url_path, plan.made(), &SCRIPT), quote_text(&plan.facts.method));
    let body = plan.facts.body.as_ref().map(|body| script_value(body, plan.made())).unwrap_or_default();
    let mut made = format!(
        "  const sent = await ask(client, {method}, {path}, headers, {body})\n  assert.ok(sent.status < 500, {} + sent.status)\n  if (sent.status >= 400) return // Refused as a whole.\n",
        quote_text(&plan.broken())
    );

    if !kept.pointer.is_empty() {
        let list = if plan.makes() { "" } else { "  const made = []\n" };
        made.push_str(&format!("{list}  made.push(String(JSON.parse(sent.text){}))\n", pointer_indices(&kept.pointer)));
    }
    let view = path_with_made(&kept.view, plan.made(), &SCRIPT);
    made.push_str(&format!(
        "  const {{ status, text }} = await ask(client, 'GET', {view}, headers)\n  assert.ok(status === 200, 'what was kept is not shown to its caller: status ' + status)\n"
    ));

    for (name, value) in &kept.fields {
        let value = script_value(value, plan.made());
        let (name, message) =
            (quote_text(name), quote_text(&format!("{} keeps `{name}` as a caller sends it", plan.operation)));
        made.push_str(&format!("  assert.ok(!valuesOf(JSON.parse(text), {name}).includes({value}), {message})\n"));
    }

    made
}

/// The same request without these fields is served; nothing where nothing else is in it.
fn kept_control(plan: &TestPlan, kept: &KeptFacts) -> Option<String> {
    let body = plan.body_without(kept)?;
    let path = path_with_made(&plan.facts.url_path, plan.made(), &SCRIPT);
    let body = script_value(&body, plan.made());
    Some(format!(
        "{}  const {{ status }} = await ask(client, {}, {path}, headers, {body})\n  assert.ok(status < 300, {} + status)\n",
        SCRIPT_CAST.sender(plan),
        quote_text(&plan.facts.method),
        quote_text(&plan.shut_out())
    ))
}

/// A page of another origin asks, and must not be allowed to read.
fn foreign(plan: &TestPlan) -> String {
    let path = path_with_made(&plan.facts.url_path, plan.made(), &SCRIPT);
    let origin = quote_text(FOREIGN);
    format!(
        "{}  const sent = await headersOf(client, {}, {path}, {{ ...headers, origin: {origin} }})\n  const allowed = sent['access-control-allow-origin'] === {origin} && sent['access-control-allow-credentials'] === 'true'\n  assert.ok(!allowed, 'a page of another origin may read the answer with credentials')\n",
        SCRIPT_CAST.attack(plan),
        quote_text(&plan.facts.method)
    )
}

fn control(plan: &TestPlan) -> String {
    let setup = SCRIPT_CAST.owner(plan);
    let lacking = "the data of this test lack a value that it looks for";
    let shown = match plan.facts.denial {
        DenialSign::Content => values(plan, "text.includes(value)", lacking) + &listed(plan, "", lacking),
        DenialSign::Status(_) => String::new(),
    };
    let ask = request(plan, &plan.facts.owner_url_path, !shown.is_empty());
    format!("{setup}{ask}{}{shown}", served(plan))
}

fn request(plan: &TestPlan, path: &str, with_text: bool) -> String {
    let made = plan.made();
    let body = plan.facts.body.as_ref().map(|body| format!(", {}", script_value(body, made))).unwrap_or_default();
    let taken = if with_text { "{ status, text }" } else { "{ status }" };
    let method = quote_text(&plan.facts.method);
    let path = path_with_made(path, made, &SCRIPT);

    format!("  const {taken} = await ask(client, {method}, {path}, headers{body})\n")
}

fn values(plan: &TestPlan, test: &str, message: &str) -> String {
    if plan.forbidden.is_empty() {
        return String::new();
    }
    let values: Vec<String> = plan.forbidden.iter().map(|value| quote_text(value)).collect();
    format!("  for (const value of [{}]) assert.ok({test}, {})\n", values.join(", "), quote_text(message))
}

/// Returns whether the owner's object is in a list; `not` is `!` or nothing.
fn listed(plan: &TestPlan, not: &str, message: &str) -> String {
    let Some(listed) = &plan.facts.listed else { return String::new() };
    let id = path_with_made(&listed.id, plan.made(), &SCRIPT);
    format!(
        "  const shown = valuesOf(JSON.parse(text), {}).map(String)\n  assert.ok({not}shown.includes({id}), {})\n",
        quote_text(&listed.field),
        quote_text(message)
    )
}
