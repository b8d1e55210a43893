//! The test in JavaScript, for vitest, jest, mocha and Node's own runner: with supertest where the project has it, else by
//! `fetch` to the application on a free port, else to a running server.

use super::facts::{AttackKind, CallerFacts, CallerValue, MadeObject, SignInCredential};
use super::literals::{
    MadeIds, fill_template, harmless_text, path_with_made, pointer_indices, quote_text, script_value,
};
use super::node_app::{NodeExport, NodeProgram, NodeProject, NodeRunner};
use super::node_helpers::{FETCH_HEADERS, HELPERS, MADE_UP, PROGRAM, SUPERTEST_HEADERS};
use super::node_tests::tests;
use super::place::{folder_of, relative_import};
use super::placeholders::SCRIPT;
use super::plan::TestPlan;

const FILE: &str = r#"// @TITLE@
// Finding @FINDING@ (@CHECK@). It fails while the weakness is there, and passes once it is gone.@NEEDS@
@IMPORTS@
@MADE_UP@@CLIENT@
@SETTING@@SIGN_IN@@MAKE@@HELPERS@@TESTS@"#;

const SUPERTEST_ASK: &str = r#"
/** Sends a request to the application. */
async function ask(client, method, path, headers, body, isForm = false) {
  let sent = client[method.toLowerCase()](path).redirects(0).set(headers).ok(() => true)
  if (isForm) sent = sent.type('form')
  const answer = await (body === undefined ? sent : sent.send(body))
  return { status: answer.status, text: answer.text ?? JSON.stringify(answer.body) }
}

/** A client that keeps its own cookies. */
const newClient = () => request.agent(application)
"#;

const FETCH_ASK: &str = r#"
/** Sends a request to the application. */
async function ask(client, method, path, headers, body, isForm = false) {
  const sent = { ...headers }
  if (client.cookies.size) sent.cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  if (body !== undefined) sent['content-type'] = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
  const content = body === undefined ? undefined : isForm ? new URLSearchParams(body).toString() : JSON.stringify(body)
  const { address, close } = await place()
  try {
    const answer = await fetch(address + path, { method, headers: sent, body: content, redirect: 'manual' })
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';')
      client.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return { status: answer.status, text: await answer.text() }
  } finally {
    await close()
  }
}

/** A client that keeps its own cookies. */
const newClient = () => ({ cookies: new Map() })
"#;

const LISTEN: &str = r#"
/** The application on a free port, for one request. */
async function place() {
  const server = application.listen(0, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections?.() })
  return { address: `http://127.0.0.1:${server.address().port}`, close }
}
"#;

const SERVER: &str = r#"
/** The running application. */
async function place() {
  return { address: setting('BASE_URL').replace(/\/+$/, ''), close: async () => {} }
}
"#;

const SETTING: &str = r#"
/** The value of a variable of the environment: no secret stands in a test. */
function setting(name) {
  const value = process.env[name]
  assert.ok(value, `set ${name} in the environment`)
  return value
}
"#;

const SIGN_IN: &str = r#"
/** Signs a caller in as a client does; returns the headers of its requests. */
async function signedIn(client, fields) {
  const { status, text } = await ask(client, 'POST', @PATH@, {}, fields, @IS_FORM@)
  assert.ok(status < 300, `the sign-in of this test fails, and proves nothing: status ${status}`)
  return @HEADERS@
}
"#;

const MAKE: &str = r#"
/** Makes what @WHOSE@; returns the ids. */
async function makeObjects(client, headers@SECOND_PARAMETERS@) {
  const made = []
  const make = async (maker, sent, path, body, idOf) => {
    const { status, text } = await ask(maker, 'POST', path, sent, body)
    assert.ok(status < 300, `an object cannot be made, and nothing is proved: status ${status}`)
    made.push(String(idOf(JSON.parse(text))))
  }
@EACH@  return made
}
"#;

const DAMAGED: &str = r#"
/** The same token with another signature. */
function damaged(headers) {
  const replaced = ([name, value]) => [name, value.slice(0, value.lastIndexOf('.') + 1) + 'A'.repeat(43)]
  return Object.fromEntries(Object.entries(headers).map(replaced))
}
"#;

/// Returns the text of the test that will be at a path.
pub(super) fn write_test(plan: &TestPlan, node: &NodeProject, path: &str) -> String {
    // supertest needs the application itself, and cannot ask a server by its address.
    let supertest = node.has_supertest && node.app.is_some();
    let tests = tests(plan);
    let client = write_client(node, path, supertest, tests.contains("headersOf("));
    let mut environment = plan.environment.clone();
    environment.extend(node.needs_server().then(|| "BASE_URL".to_owned()));
    let needs = match environment.as_slice() {
        [] => String::new(),
        names => format!("\n// It needs these variables of the environment: {}.", names.join(", ")),
    };
    let (sign_in, make) = (sign_in(plan), write_made_objects(plan));
    let parts = [client.as_str(), &sign_in, &make, &tests].concat();
    let helpers: String = HELPERS.iter().filter(|(call, _)| parts.contains(call)).map(|(_, text)| *text).collect();
    let has_made_up = ["fresh()", "WORD", "PASSWORD", "ids["].iter().any(|word| parts.contains(word));
    let made_up = if has_made_up { MADE_UP } else { "" };
    let values = [
        ("TITLE", plan.title()),
        ("FINDING", harmless_text(&plan.facts.finding_id)),
        ("CHECK", harmless_text(&plan.facts.check)),
        ("NEEDS", needs),
        ("IMPORTS", write_imports(node, path, supertest, has_made_up)),
        ("MADE_UP", made_up.to_owned()),
        ("CLIENT", client.trim_end().to_owned() + "\n"),
        ("SETTING", if environment.is_empty() { String::new() } else { SETTING.trim_start_matches('\n').to_owned() }),
        ("SIGN_IN", sign_in),
        ("MAKE", make),
        ("HELPERS", helpers),
        ("TESTS", tests),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();

    fill_template(FILE, &values).trim_end().to_owned() + "\n"
}

/// Returns the code that sends requests.
fn write_client(node: &NodeProject, path: &str, supertest: bool, with_headers: bool) -> String {
    let headers = |text: &str| if with_headers { text.to_owned() } else { String::new() };
    match (&node.app, &node.program) {
        _ if supertest => format!("{SUPERTEST_ASK}{}", headers(SUPERTEST_HEADERS)),
        (Some(_), _) => format!("{LISTEN}{FETCH_ASK}{}", headers(FETCH_HEADERS)),
        (None, Some(program)) => {
            format!("{}{FETCH_ASK}{}", write_program_start(node, program, path), headers(FETCH_HEADERS))
        }
        (None, None) => format!("{SERVER}{FETCH_ASK}{}", headers(FETCH_HEADERS)),
    }
}

/// The application as a program of its own, where its import would open a port.
fn write_program_start(node: &NodeProject, program: &NodeProgram, path: &str) -> String {
    let root = relative_import(folder_of(path), &node.root);
    let root = root.trim_start_matches("./").to_owned();
    let folder = match node.is_module || path.ends_with(".mjs") {
        true => format!("fileURLToPath(new URL({}, import.meta.url))", quote_text(&format!("./{root}"))),
        false => format!("join(__dirname, {})", quote_text(&root)),
    };
    let after = match node.runner {
        NodeRunner::Node | NodeRunner::Mocha => "after",
        NodeRunner::Vitest | NodeRunner::Jest => "afterAll",
    };
    let (file, variable) = (quote_text(&program.path), &program.variable);
    fill_template(PROGRAM, &[("FILE", &file), ("FOLDER", &folder), ("VARIABLE", variable), ("AFTER", after)])
}

fn write_imports(node: &NodeProject, path: &str, supertest: bool, has_made_up: bool) -> String {
    let is_module = node.is_module || path.ends_with(".mjs");
    let take = |what: &str, from: &str| match is_module {
        true => format!("import {what} from '{from}'\n"),
        false => format!("const {} = require('{from}')\n", what.replace(" as ", ": ")),
    };
    let mut made = take("assert", "node:assert/strict");
    let starts = node.app.is_none() && node.program.is_some();

    if starts {
        made.push_str(&take("{ spawn }", "node:child_process"));
    }
    if has_made_up {
        made.push_str(&take("{ randomBytes }", "node:crypto"));
    }
    if starts {
        made.push_str(&take("{ createServer }", "node:net"));
        made.push_str(&if is_module { take("{ fileURLToPath }", "node:url") } else { take("{ join }", "node:path") });
    }
    match node.runner {
        NodeRunner::Vitest => made.push_str(&take(if starts { "{ afterAll, test }" } else { "{ test }" }, "vitest")),
        NodeRunner::Node => made.push_str(&take(if starts { "{ after, test }" } else { "{ test }" }, "node:test")),
        // jest and mocha set theirs beside the globals.
        NodeRunner::Jest => {}
        NodeRunner::Mocha => made.push_str("const test = globalThis.it\n"),
    }

    if supertest {
        made.push_str(&take("request", "supertest"));
    }
    if let Some(app) = &node.app {
        made.push_str(&take_app(app, path, &take));
    }
    made
}

fn take_app(app: &NodeExport, path: &str, take: &dyn Fn(&str, &str) -> String) -> String {
    let file = relative_import(folder_of(path), &app.path);
    // A compiler's file is named without its end.
    let stem = |end: &str| file.strip_suffix(end).map(str::to_owned);
    let file = stem(".ts").or_else(|| stem(".mts")).unwrap_or_else(|| file.clone());
    // A folder may be called `it's`.
    let file = file.replace('\\', "\\\\").replace('\'', "\\'");
    let is_required = take("x", "y").starts_with("const");
    let taken = match app.name.as_str() {
        "module.exports" => take("exported", &file),
        "default" if is_required => take("{ default as exported }", &file),
        "default" => take("exported", &file),
        name => take(&format!("{{ {name} as exported }}"), &file),
    };

    let application = if app.is_factory { "exported()" } else { "exported" };
    format!("{taken}\nconst application = {application}\n")
}

fn sign_in(plan: &TestPlan) -> String {
    let Some(facts) = &plan.facts.sign_in else { return write_callers(plan) };
    let headers = match &facts.gives {
        SignInCredential::Cookie => "{}".to_owned(),
        SignInCredential::Token { pointer, header, scheme } => {
            let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme} ") };
            format!(
                "{{ {}: {} + JSON.parse(text){} }}",
                quote_text(header),
                quote_text(&scheme),
                pointer_indices(pointer)
            )
        }
    };

    let path = quote_text(&facts.path);
    let is_form = if facts.is_form { "true" } else { "false" };
    let text = match facts.gives {
        SignInCredential::Cookie => SIGN_IN.replace("{ status, text }", "{ status }"),
        SignInCredential::Token { .. } => SIGN_IN.to_owned(),
    };
    fill_template(&text, &[("PATH", &path), ("IS_FORM", is_form), ("HEADERS", &headers)]) + &write_callers(plan)
}

fn write_callers(plan: &TestPlan) -> String {
    let one = |function: &str, name: &str, caller: &CallerFacts| {
        let body = caller_body(plan, caller);
        format!("\n/** Headers of {name}. */\nasync function {function}(client) {{\n{body}}}\n")
    };
    let second = if plan.has_second() { one("stranger", &plan.stranger, &plan.facts.attacker) } else { String::new() };
    let damaged = if plan.facts.attack == AttackKind::DamagedToken { DAMAGED } else { "" };
    let first = if plan.has_owner() { one("owner", &plan.owner, &plan.facts.owner) } else { String::new() };

    first + &second + damaged
}

fn caller_body(plan: &TestPlan, caller: &CallerFacts) -> String {
    if plan.facts.sign_in.is_none() {
        let name = quote_text(&TestPlan::token_variable(caller));
        return format!("  return {{ authorization: 'Bearer ' + setting({name}) }}\n");
    }
    // Compared by address, since the facts of both callers may be equal.
    let who = if std::ptr::eq(caller, &plan.facts.owner) { "owner" } else { "stranger" };
    let sign_up = plan.facts.sign_up.as_ref().filter(|_| !caller.sign_up.is_empty()).map(|sign_up| {
        let path = quote_text(&sign_up.path);
        let fields = write_fields(&caller.sign_up);
        let said = "  // That the account is there already is as good.\n";

        if !plan.names_account(who) {
            return format!("{said}  await ask(client, 'POST', {path}, {{}}, {fields})\n");
        }
        let id = pointer_indices(&caller.id_pointer);
        format!(
            "{said}  const signedUp = await ask(client, 'POST', {path}, {{}}, {fields})\n  if (signedUp.status < 300) ids[\"{who}\"] = JSON.parse(signedUp.text){id}\n"
        )
    });

    format!("{}  return signedIn(client, {})\n", sign_up.unwrap_or_default(), write_fields(&caller.fields))
}

fn write_fields(fields: &[(String, CallerValue)]) -> String {
    let field = |(name, value): &(String, CallerValue)| match value {
        CallerValue::Text(text) => format!("{}: {}", quote_text(name), quote_text(text)),
        CallerValue::Environment(variable) => format!("{}: setting({})", quote_text(name), quote_text(variable)),
        CallerValue::MadeUp(value) => format!("{}: {}", quote_text(name), script_value(value, MadeIds::default())),
    };
    format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn write_made_objects(plan: &TestPlan) -> String {
    let one = |(place, object): (usize, &MadeObject)| {
        let made = plan.made().before(place);
        let (path, body) = (path_with_made(&object.path, made, &SCRIPT), script_value(&object.body, made));
        let maker = if object.by_second { "other, otherHeaders" } else { "client, headers" };
        format!("  await make({maker}, {path}, {body}, (answer) => answer{})\n", pointer_indices(&object.pointer))
    };

    let each: String = plan.facts.made.iter().enumerate().map(one).collect();
    let (second, whose) = match plan.facts.made.iter().any(|object| object.by_second) {
        true => (", other, otherHeaders", "both callers have"),
        false => ("", "is the owner's"),
    };
    let values = [("EACH", each.as_str()), ("SECOND_PARAMETERS", second), ("WHOSE", whose)];
    if each.is_empty() { each } else { fill_template(MAKE, &values) }
}
