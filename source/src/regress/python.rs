//! The test in Python: what is the same for every client. How requests are sent is the client's part.

use super::facts::{CallerFacts, CallerValue, SignInCredential};
use super::literals::{
    MadeIds, fill_template, harmless_text, path_with_made, pointer_indices, python_value, quote_text,
};
use super::placeholders::PYTHON;
use super::plan::TestPlan;
use super::python_helpers::{DAMAGED, HELPERS, MADE_UP};
use super::python_tests::tests;
use super::{AttackKind, MadeObject};

const FILE: &str = r#""""@TITLE@

Finding @FINDING@ (@CHECK@). It fails while the weakness is there, and passes once it is gone.@NEEDS@
"""

@IMPORTS@

@MADE_UP@@CLIENT@@SETTING@@SIGN_IN@@MAKE@@HELPERS@@TESTS@"#;

const SETTING: &str = r#"

def setting(name):
    """The value of a variable of the environment: no secret stands in a test."""
    value = os.environ.get(name)
    assert value, "set " + name + " in the environment"
    return value
"#;

const TOKEN: &str = r#"

def signed_in(client, fields):
    """Signs a caller in as a client does, and returns the headers of its requests."""
    status, text = ask(client, "POST", @PATH@, {}, fields, @IS_FORM@)
    assert status < 300, "the sign-in of this test fails, and proves nothing: status " + str(status)
    return {@HEADER@: @SCHEME@ + json.loads(text)@POINTER@}
"#;

const COOKIE: &str = r#"

def signed_in(client, fields):
    """Signs a caller in as a browser does; the client keeps the cookie."""
    status, text = ask(client, "POST", @PATH@, {}, fields, @IS_FORM@)
    assert status < 300, "the sign-in of this test fails, and proves nothing: status " + str(status)
    return {}
"#;

const MAKE: &str = r#"

def make_objects(client, headers@SECOND_PARAMETERS@):
    """Makes what @WHOSE@, and returns the ids."""
    made = []
@EACH@    return made
"#;

const MAKE_ONE: &str = r#"    status, text = ask(@CLIENT@, "POST", @PATH@, @HEADERS@, @BODY@)
    assert status < 300, "@WHOSE@ object cannot be made, and nothing is proved: status " + str(status)
    made.append(str(json.loads(text)@POINTER@))
"#;

/// What a client of a framework adds.
pub(super) struct PythonClient {
    /// Imports of it, sorted; `json` and `os` are there already.
    pub imports: String,
    /// `new_client` and `ask(client, method, path, headers, body=None, is_form=False)`.
    pub text: String,
    /// `headers_of(client, method, path, headers)`
    pub headers_of: &'static str,
    /// The line above the test class and the class itself: `class Name(Base):`; tests are functions without it.
    pub class: Option<String>,
    /// The parameter of the tests: `new_client` or `self`.
    pub parameter: &'static str,
    /// A statement at the begin of each test.
    pub begin: &'static str,
    /// Headers that an attack with the second caller's own credential has: by the client's own sign-in.
    pub own_sign_in: Option<OwnSignIn>,
}

/// How the framework signs a caller in without the API: for databases that are empty at the begin of each test.
pub(super) struct OwnSignIn {
    /// A function `signed_in_as(client, name)` that returns headers.
    pub text: String,
}

/// Returns the text of the test.
pub(super) fn write_test(plan: &TestPlan, client: &PythonClient) -> String {
    let own = client.own_sign_in.as_ref();
    let needs = match plan.environment.as_slice() {
        _ if own.is_some() => String::new(),
        [] => String::new(),
        names => format!("\nIt needs these variables of the environment: {}.", names.join(", ")),
    };
    let setting = if own.is_none() && !plan.environment.is_empty() { SETTING } else { "" };
    let sign_in = own.map_or_else(|| sign_in(plan), |own| own.text.clone() + &write_callers(plan, own_call));
    let tests = tests(plan, client);
    let tests = match &client.class {
        Some(class) => format!("\n\n{class}{}", indent_tests(&tests)),
        None => tests,
    };
    let own_text = client.text.clone() + if tests.contains("headers_of(") { client.headers_of } else { "" };
    let mut parts = [own_text.as_str(), setting, &sign_in, &tests].concat() + &write_made_objects(plan);
    let helpers: String = HELPERS.iter().filter(|(call, _)| parts.contains(call)).map(|(_, text)| *text).collect();
    let made_up =
        if ["fresh()", "WORD", "PASSWORD", "ids["].iter().any(|word| parts.contains(word)) { MADE_UP } else { "" };
    parts = parts + &helpers + made_up;
    // A module is imported only where the text calls it; a word in a message is no call.
    let uses = |module: &str| {
        let call = format!("{module}.");
        parts.match_indices(&call).any(|(at, _)| {
            let (before, after) = parts.split_at(at);
            let is_call = after.get(call.len()..).is_some_and(|after| after.starts_with(char::is_alphabetic));
            is_call && !before.ends_with(is_part)
        })
    };

    let standard: String = ["base64", "contextlib", "datetime", "json", "os", "secrets", "sys", "time"]
        .iter()
        .filter(|name| uses(name))
        .map(|name| format!("import {name}\n"))
        .collect();
    let mock = if uses("mock") { "from unittest import mock\n" } else { "" };
    let values = [
        ("TITLE", plan.title()),
        ("FINDING", harmless_text(&plan.facts.finding_id)),
        ("CHECK", harmless_text(&plan.facts.check)),
        ("NEEDS", needs),
        ("IMPORTS", write_imports(&standard, mock, &client.imports)),
        ("MADE_UP", made_up.to_owned()),
        ("CLIENT", own_text.clone()),
        ("SETTING", setting.to_owned()),
        ("SIGN_IN", sign_in),
        ("MAKE", write_made_objects(plan)),
        ("HELPERS", helpers),
        ("TESTS", tests),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();

    fill_template(FILE, &values).trim_end().to_owned() + "\n"
}

/// The imports of the standard library before those of a client.
fn write_imports(standard: &str, mock: &str, client: &str) -> String {
    let blank = if mock.is_empty() || client.starts_with(['\n']) { "" } else { "\n" };
    format!("{standard}{mock}{blank}{client}").trim_end().to_owned()
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '.'
}

fn sign_in(plan: &TestPlan) -> String {
    let Some(facts) = &plan.facts.sign_in else { return write_callers(plan, token_call) + damaged_token_helper(plan) };
    let path = quote_text(&facts.path);
    let is_form = if facts.is_form { "True" } else { "False" };
    let function = match &facts.gives {
        SignInCredential::Cookie => fill_template(COOKIE, &[("PATH", &path), ("IS_FORM", is_form)]),
        SignInCredential::Token { pointer, header, scheme } => {
            let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme} ") };
            let values = [
                ("PATH", path.as_str()),
                ("IS_FORM", is_form),
                ("HEADER", &quote_text(header)),
                ("SCHEME", &quote_text(&scheme)),
                ("POINTER", &pointer_indices(pointer)),
            ];
            fill_template(TOKEN, &values)
        }
    };

    function + &write_callers(plan, api_call) + damaged_token_helper(plan)
}

fn damaged_token_helper(plan: &TestPlan) -> &'static str {
    if plan.facts.attack == AttackKind::DamagedToken { DAMAGED } else { "" }
}

/// The functions `owner` and `stranger`.
fn write_callers(plan: &TestPlan, call: fn(&TestPlan, &CallerFacts) -> String) -> String {
    let facts = plan.facts;
    let one = |function: &str, name: &str, caller: &CallerFacts| {
        let body = call(plan, caller);
        format!("\n\ndef {function}(client):\n    \"\"\"Headers of {name}.\"\"\"\n{body}")
    };
    let second = if plan.has_second() { one("stranger", &plan.stranger, &facts.attacker) } else { String::new() };
    let first = if plan.has_owner() { one("owner", &plan.owner, &facts.owner) } else { String::new() };
    first + &second
}

fn token_call(_: &TestPlan, caller: &CallerFacts) -> String {
    let name = quote_text(&TestPlan::token_variable(caller));
    format!("    return {{\"Authorization\": \"Bearer \" + setting({name})}}\n")
}

fn own_call(_: &TestPlan, caller: &CallerFacts) -> String {
    format!("    return signed_in_as(client, {})\n", quote_text(&caller.name))
}

fn api_call(plan: &TestPlan, caller: &CallerFacts) -> String {
    let sign_up = plan.facts.sign_up.as_ref().filter(|_| !caller.sign_up.is_empty());
    // Compared by address, since the facts of both callers may be equal.
    let who = if std::ptr::eq(caller, &plan.facts.owner) { "owner" } else { "stranger" };
    let sign_up = sign_up.map(|sign_up| {
        let path = quote_text(&sign_up.path);
        let fields = write_fields(&caller.sign_up);
        let said = "    # That the account is there already is as good.\n";

        if !plan.names_account(who) {
            return format!("{said}    ask(client, \"POST\", {path}, {{}}, {fields})\n");
        }
        let id = pointer_indices(&caller.id_pointer);
        format!(
            "{said}    status, text = ask(client, \"POST\", {path}, {{}}, {fields})\n    if status < 300:\n        ids[\"{who}\"] = json.loads(text){id}\n"
        )
    });

    format!("{}    return signed_in(client, {})\n", sign_up.unwrap_or_default(), write_fields(&caller.fields))
}

fn write_fields(fields: &[(String, CallerValue)]) -> String {
    let field = |(name, value): &(String, CallerValue)| match value {
        CallerValue::Text(text) => format!("{}: {}", quote_text(name), quote_text(text)),
        CallerValue::Environment(variable) => format!("{}: setting({})", quote_text(name), quote_text(variable)),
        CallerValue::MadeUp(value) => format!("{}: {}", quote_text(name), python_value(value, MadeIds::default())),
    };
    format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn write_made_objects(plan: &TestPlan) -> String {
    let one = |(place, object): (usize, &MadeObject)| {
        let made = plan.made().before(place);
        let (path, body) = (path_with_made(&object.path, made, &PYTHON), python_value(&object.body, made));
        let (client, headers, whose) = match object.by_second {
            true => ("other", "other_headers", "the second caller's"),
            false => ("client", "headers", "the owner's"),
        };
        let values = [
            ("CLIENT", client),
            ("HEADERS", headers),
            ("WHOSE", whose),
            ("PATH", &path),
            ("BODY", &body),
            ("POINTER", &pointer_indices(&object.pointer)),
        ];
        fill_template(MAKE_ONE, &values)
    };

    let each: String = plan.facts.made.iter().enumerate().map(one).collect();
    let mixed = plan.facts.made.iter().any(|object| object.by_second);
    let (second, whose) = match mixed {
        true => (", other, other_headers", "both callers have"),
        false => ("", "is the owner's"),
    };
    let values = [("EACH", each.as_str()), ("SECOND_PARAMETERS", second), ("WHOSE", whose)];
    if each.is_empty() { each } else { fill_template(MAKE, &values) }
}

/// Moves the tests into a class: one blank line between methods.
fn indent_tests(tests: &str) -> String {
    let tests = tests.trim_start_matches('\n').replace("\n\n\n", "\n\n");
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    format!("\n{}", tests.lines().map(line).collect::<String>())
}
