//! The test in Python: what is the same for every client. How requests are sent is the client's part.

use super::facts::{CallerFacts, CallerValue, Credential};
use super::literals::{fill, indices, plain, python_value, quoted, with_made};
use super::plan::TestPlan;
use super::{AttackKind, DenialSign, MadeObject};

const FILE: &str = r#""""@TITLE@

Finding @FINDING@ (@CHECK@). It fails while the weakness is there, and passes once it is gone.@NEEDS@
"""

@IMPORTS@

@CLIENT@@SETTING@@SIGN_IN@@MAKE@@TESTS@"#;

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

def make_objects(client, headers):
    """Makes what is the owner's, and returns the ids."""
    made = []
@EACH@    return made
"#;

const MAKE_ONE: &str = r#"    status, text = ask(client, "POST", @PATH@, headers, @BODY@)
    assert status < 300, "the owner's object cannot be made, and nothing is proved: status " + str(status)
    made.append(str(json.loads(text)@POINTER@))
"#;

const DAMAGED: &str = r#"

def damaged(headers):
    """The same token with another signature."""
    name, value = next(iter(headers.items()))
    return {name: value[: value.rfind(".") + 1] + "A" * 43}
"#;

/// What a client of a framework adds.
pub(super) struct PythonClient {
    /// Imports of it, sorted; `json` and `os` are there already.
    pub imports: String,
    /// `new_client` and `ask(client, method, path, headers, body=None, is_form=False)`.
    pub text: String,
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
pub(super) fn write(plan: &TestPlan, client: &PythonClient) -> String {
    let own = client.own_sign_in.as_ref();
    let needs = match plan.environment.as_slice() {
        _ if own.is_some() => String::new(),
        [] => String::new(),
        names => format!("\nIt needs these variables of the environment: {}.", names.join(", ")),
    };
    let setting = if own.is_none() && !plan.environment.is_empty() { SETTING } else { "" };
    let sign_in = own.map_or_else(|| sign_in(plan), |own| own.text.clone() + &callers(plan, own_call));
    let tests = tests(plan, client);
    let tests = match &client.class {
        Some(class) => format!("\n\n{class}{}", indented(&tests)),
        None => tests,
    };
    let parts = [client.text.as_str(), setting, &sign_in, &tests].concat() + &make(plan);
    let uses = |module: &str| parts.contains(&format!("{module}."));
    let standard: String =
        ["json", "os"].iter().filter(|name| uses(name)).map(|name| format!("import {name}\n")).collect();
    let values = [
        ("TITLE", plan.title()),
        ("FINDING", plain(&plan.facts.finding_id)),
        ("CHECK", plain(&plan.facts.check)),
        ("NEEDS", needs),
        ("IMPORTS", format!("{standard}{}", client.imports).trim_end().to_owned()),
        ("CLIENT", client.text.clone()),
        ("SETTING", setting.to_owned()),
        ("SIGN_IN", sign_in),
        ("MAKE", make(plan)),
        ("TESTS", tests),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fill(FILE, &values).trim_end().to_owned() + "\n"
}

fn sign_in(plan: &TestPlan) -> String {
    let Some(facts) = &plan.facts.sign_in else { return callers(plan, token_call) + damaged(plan) };
    let path = quoted(&facts.path);
    let is_form = if facts.is_form { "True" } else { "False" };
    let function = match &facts.gives {
        Credential::Cookie => fill(COOKIE, &[("PATH", &path), ("IS_FORM", is_form)]),
        Credential::Token { pointer, header, scheme } => {
            let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme} ") };
            let values = [
                ("PATH", path.as_str()),
                ("IS_FORM", is_form),
                ("HEADER", &quoted(header)),
                ("SCHEME", &quoted(&scheme)),
                ("POINTER", &indices(pointer)),
            ];
            fill(TOKEN, &values)
        }
    };
    function + &callers(plan, api_call) + damaged(plan)
}

fn damaged(plan: &TestPlan) -> &'static str {
    if plan.facts.attack == AttackKind::DamagedToken { DAMAGED } else { "" }
}

/// The functions `owner` and `stranger`.
fn callers(plan: &TestPlan, call: fn(&TestPlan, &CallerFacts) -> String) -> String {
    let facts = plan.facts;
    let one = |function: &str, name: &str, caller: &CallerFacts| {
        let body = call(plan, caller);
        format!("\n\ndef {function}(client):\n    \"\"\"Headers of {name}.\"\"\"\n{body}")
    };
    let second = if plan.has_second() { one("stranger", &plan.stranger, &facts.attacker) } else { String::new() };
    one("owner", &plan.owner, &facts.owner) + &second
}

fn token_call(_: &TestPlan, caller: &CallerFacts) -> String {
    let name = quoted(&TestPlan::token_variable(caller));
    format!("    return {{\"Authorization\": \"Bearer \" + setting({name})}}\n")
}

fn own_call(_: &TestPlan, caller: &CallerFacts) -> String {
    format!("    return signed_in_as(client, {})\n", quoted(&caller.name))
}

fn api_call(plan: &TestPlan, caller: &CallerFacts) -> String {
    let sign_up = plan.facts.sign_up.as_ref().filter(|_| !caller.sign_up.is_empty());
    let sign_up = sign_up.map(|sign_up| {
        let path = quoted(&sign_up.path);
        let fields = fields(&caller.sign_up);
        format!(
            "    # That the account is there already is as good.\n    ask(client, \"POST\", {path}, {{}}, {fields})\n"
        )
    });
    format!("{}    return signed_in(client, {})\n", sign_up.unwrap_or_default(), fields(&caller.fields))
}

fn fields(fields: &[(String, CallerValue)]) -> String {
    let field = |(name, value): &(String, CallerValue)| match value {
        CallerValue::Text(text) => format!("{}: {}", quoted(name), quoted(text)),
        CallerValue::Environment(variable) => format!("{}: setting({})", quoted(name), quoted(variable)),
    };
    format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn make(plan: &TestPlan) -> String {
    let one = |(place, object): (usize, &MadeObject)| {
        let made = plan.made().before(place);
        let (path, body) = (with_made(&object.path, made), python_value(&object.body, made));
        fill(MAKE_ONE, &[("PATH", &path), ("BODY", &body), ("POINTER", &indices(&object.pointer))])
    };
    let each: String = plan.facts.made.iter().enumerate().map(one).collect();
    if each.is_empty() { each } else { fill(MAKE, &[("EACH", &each)]) }
}

fn tests(plan: &TestPlan, client: &PythonClient) -> String {
    let start = |name: &str| format!("\n\ndef {name}({}):\n{}", client.parameter, client.begin);
    start(attack_name(plan)) + &attack(plan) + &start("test_the_owner_is_served") + &control(plan)
}

fn attack_name(plan: &TestPlan) -> &'static str {
    match plan.facts.attack {
        AttackKind::SecondCaller => "test_the_second_caller_is_refused",
        AttackKind::Anonymous => "test_a_caller_without_a_credential_is_refused",
        AttackKind::DamagedToken => "test_a_damaged_token_is_refused",
    }
}

fn attack(plan: &TestPlan) -> String {
    let made = plan
        .makes()
        .then_some("    owner_client = new_client()\n    made = make_objects(owner_client, owner(owner_client))\n");
    let headers = match plan.facts.attack {
        AttackKind::SecondCaller => "stranger(client)",
        AttackKind::Anonymous => "{}",
        AttackKind::DamagedToken => "damaged(owner(client))",
    };
    let ask = request(plan, &plan.facts.url_path, headers);
    let denial = if plan.refused.is_empty() {
        asserted("status < 500", &plan.broken())
    } else {
        let statuses: Vec<String> = plan.refused.iter().map(u16::to_string).collect();
        let comma = if statuses.len() == 1 { "," } else { "" };
        asserted(&format!("status in ({}{comma})", statuses.join(", ")), &plan.served())
    };
    let shown = values(plan, "not in", &plan.shown());
    format!("{}    client = new_client()\n{ask}{denial}{shown}", made.unwrap_or_default())
}

fn control(plan: &TestPlan) -> String {
    let made = if plan.makes() { "    made = make_objects(client, headers)\n" } else { "" };
    let ask = request(plan, &plan.facts.owner_url_path, "headers");
    let status = plan.facts.served_status;
    let served = asserted(&format!("status == {status}"), &plan.shut_out());
    let shown = match plan.facts.denial {
        // Without the values in the data, their absence would prove nothing.
        DenialSign::Content => values(plan, "in", "the data of this test lack a value that it looks for"),
        DenialSign::Status(_) => String::new(),
    };
    format!("    client = new_client()\n    headers = owner(client)\n{made}{ask}{served}{shown}")
}

/// An assertion on the status that says what it means, and the status.
fn asserted(test: &str, message: &str) -> String {
    format!("    assert {test}, (\n        {}\n        + str(status)\n    )\n", quoted(message))
}

fn request(plan: &TestPlan, path: &str, headers: &str) -> String {
    let made = plan.made();
    let body = plan.facts.body.as_ref().map(|body| format!(", {}", python_value(body, made))).unwrap_or_default();
    let method = quoted(&plan.facts.method);
    format!("    status, text = ask(client, {method}, {}, {headers}{body})\n", with_made(path, made))
}

fn values(plan: &TestPlan, relation: &str, message: &str) -> String {
    if plan.forbidden.is_empty() {
        return String::new();
    }
    let values: Vec<String> = plan.forbidden.iter().map(|value| quoted(value)).collect();
    let values = values.join(", ");
    format!("    for value in [{values}]:\n        assert value {relation} text, {}\n", quoted(message))
}

/// Moves the tests into a class: one blank line between methods.
fn indented(tests: &str) -> String {
    let tests = tests.trim_start_matches('\n').replace("\n\n\n", "\n\n");
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    format!("\n{}", tests.lines().map(line).collect::<String>())
}
