//! The two tests themselves in Python: the attack is refused, and the owner is served.

use super::cast::PYTHON_CAST;
use super::literals::{path_with_made, pointer_indices, python_value, quote_text};
use super::placeholders::PYTHON;
use super::plan::TestPlan;
use super::python::PythonClient;
use super::{AttackKind, DenialSign, KeptFacts};

/// The origin of a page that no allow-list has.
pub(super) const FOREIGN: &str = "https://foreign.example";

/// Returns the tests as functions.
pub(super) fn tests(plan: &TestPlan, client: &PythonClient) -> String {
    let start = |name: &str| format!("\n\ndef test_{name}({}):\n{}", client.parameter, client.begin);
    let first = start(plan.attack_name()) + &attack(plan);

    match (&plan.facts.kept, plan.has_owner()) {
        (Some(kept), _) => match kept_control(plan, kept) {
            Some(control) => first + &start("the_rest_is_taken") + &control,
            None => first,
        },
        (None, true) => first + &start("the_owner_is_served") + &control(plan),
        (None, false) => first,
    }
}

fn attack(plan: &TestPlan) -> String {
    if plan.facts.attack == AttackKind::ForeignOrigin {
        return foreign(plan);
    }
    let setup = PYTHON_CAST.attack(plan);

    if let Some(kept) = &plan.facts.kept {
        return setup + &kept_attack(plan, kept);
    }
    let ask = request(plan, &plan.facts.url_path);

    if plan.facts.attack == AttackKind::Owner {
        return format!("{setup}{ask}{}{}", served(plan), hidden(plan));
    }
    let shown = values(plan, "not in", &plan.shown()) + &listed(plan, "not in", &plan.shown());
    format!("{setup}{ask}{}{shown}", refused(plan))
}

fn refused(plan: &TestPlan) -> String {
    // Without a status for the refusal, only a failure is ruled out.
    if plan.refused.is_empty() {
        return asserted("status < 500", &plan.broken());
    }
    let statuses: Vec<String> = plan.refused.iter().map(u16::to_string).collect();
    let comma = if statuses.len() == 1 { "," } else { "" };
    asserted(&format!("status in ({}{comma})", statuses.join(", ")), &plan.served())
}

fn served(plan: &TestPlan) -> String {
    asserted(&format!("status == {}", plan.facts.served_status), &plan.shut_out())
}

fn hidden(plan: &TestPlan) -> String {
    let names: Vec<String> = plan.facts.hidden_fields.iter().map(|name| quote_text(name)).collect();
    format!(
        "    for name in [{}]:\n        assert not values_of(json.loads(text), name), \"the answer has \" + name\n",
        names.join(", ")
    )
}

/// Sends the fields, and looks for them where what was kept is shown.
fn kept_attack(plan: &TestPlan, kept: &KeptFacts) -> String {
    let ask = request(plan, &plan.facts.url_path);
    let broken = asserted("status < 500", &plan.broken());
    let mut made = format!("{ask}{broken}    if status >= 400:\n        return  # Refused as a whole.\n");

    if !kept.pointer.is_empty() {
        let list = if plan.makes() { "" } else { "made = []\n    " };
        made.push_str(&format!("    {list}made.append(str(json.loads(text){}))\n", pointer_indices(&kept.pointer)));
    }
    let view = path_with_made(&kept.view, plan.made(), &PYTHON);
    made.push_str(&format!("    status, text = ask(client, \"GET\", {view}, headers)\n"));
    made.push_str(&asserted("status == 200", "what was kept is not shown to its caller: status "));

    for (name, value) in &kept.fields {
        let value = python_value(value, plan.made());
        let (name, message) =
            (quote_text(name), quote_text(&format!("{} keeps `{name}` as a caller sends it", plan.operation)));
        made.push_str(&format!("    assert {value} not in values_of(json.loads(text), {name}), {message}\n"));
    }

    made
}

/// The same request without these fields is served; nothing where nothing else is in it.
fn kept_control(plan: &TestPlan, kept: &KeptFacts) -> Option<String> {
    let body = plan.body_without(kept)?;
    let path = path_with_made(&plan.facts.url_path, plan.made(), &PYTHON);
    let body = python_value(&body, plan.made());
    let method = quote_text(&plan.facts.method);
    Some(format!(
        "{}    status, _ = ask(client, {method}, {path}, headers, {body})\n{}",
        PYTHON_CAST.sender(plan),
        asserted("status < 300", &plan.shut_out())
    ))
}

/// A page of another origin asks, and must not be allowed to read.
fn foreign(plan: &TestPlan) -> String {
    let path = path_with_made(&plan.facts.url_path, plan.made(), &PYTHON);
    let origin = quote_text(FOREIGN);
    format!(
        "{}    sent = headers_of(client, {}, {path}, {{**headers, \"Origin\": {origin}}})\n    allowed = sent.get(\"access-control-allow-origin\"), sent.get(\"access-control-allow-credentials\")\n    assert allowed != ({origin}, \"true\"), \"a page of another origin may read the answer with credentials\"\n",
        PYTHON_CAST.attack(plan),
        quote_text(&plan.facts.method)
    )
}

fn control(plan: &TestPlan) -> String {
    let setup = PYTHON_CAST.owner(plan);
    let ask = request(plan, &plan.facts.owner_url_path);
    let lacking = "the data of this test lack a value that it looks for";
    let shown = match plan.facts.denial {
        // Without the values in the data, their absence would prove nothing.
        DenialSign::Content => values(plan, "in", lacking) + &listed(plan, "in", lacking),
        DenialSign::Status(_) => String::new(),
    };
    format!("{setup}{ask}{}{shown}", served(plan))
}

/// An assertion on the status that says what it means, and the status.
fn asserted(test: &str, message: &str) -> String {
    format!("    assert {test}, (\n        {}\n        + str(status)\n    )\n", quote_text(message))
}

fn request(plan: &TestPlan, path: &str) -> String {
    let made = plan.made();
    let body = plan.facts.body.as_ref().map(|body| format!(", {}", python_value(body, made))).unwrap_or_default();
    let method = quote_text(&plan.facts.method);
    let path = path_with_made(path, made, &PYTHON);

    format!("    status, text = ask(client, {method}, {path}, headers{body})\n")
}

fn values(plan: &TestPlan, relation: &str, message: &str) -> String {
    if plan.forbidden.is_empty() {
        return String::new();
    }
    let values: Vec<String> = plan.forbidden.iter().map(|value| quote_text(value)).collect();
    let values = values.join(", ");
    format!("    for value in [{values}]:\n        assert value {relation} text, {}\n", quote_text(message))
}

/// Returns whether the owner's object is in a list.
fn listed(plan: &TestPlan, relation: &str, message: &str) -> String {
    let Some(listed) = &plan.facts.listed else { return String::new() };
    let id = path_with_made(&listed.id, plan.made(), &PYTHON);
    let (field, message) = (quote_text(&listed.field), quote_text(message));
    format!(
        "    shown = [str(value) for value in values_of(json.loads(text), {field})]\n    assert {id} {relation} shown, {message}\n"
    )
}
