//! The test in JavaScript, for vitest, jest, mocha and Node's own runner: with supertest where the project has it, else by
//! `fetch` to the application on a free port, else to a running server.

use super::facts::{AttackKind, CallerFacts, CallerValue, Credential, DenialSign, MadeObject};
use super::literals::{fill, indices, plain, quoted, script_value, with_made};
use super::node_app::{NodeExport, NodeProject, NodeRunner};
use super::place::{folder_of, relative};
use super::plan::TestPlan;

const FILE: &str = r#"// @TITLE@
// Finding @FINDING@ (@CHECK@). It fails while the weakness is there, and passes once it is gone.@NEEDS@
@IMPORTS@
@CLIENT@
@SETTING@@SIGN_IN@@MAKE@@TESTS@"#;

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
/** Makes what is the owner's; returns the ids. */
async function makeObjects(client, headers) {
  const made = []
  const make = async (path, body, idOf) => {
    const { status, text } = await ask(client, 'POST', path, headers, body)
    assert.ok(status < 300, `the owner's object cannot be made, and nothing is proved: status ${status}`)
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
pub(super) fn write(plan: &TestPlan, node: &NodeProject, path: &str) -> String {
    let supertest = node.has_supertest && node.app.is_some();
    let client = match (&node.app, supertest) {
        (_, true) => SUPERTEST_ASK.to_owned(),
        (Some(_), false) => format!("{LISTEN}{FETCH_ASK}"),
        (None, _) => format!("{SERVER}{FETCH_ASK}"),
    };
    let mut environment = plan.environment.clone();
    environment.extend(node.app.is_none().then(|| "BASE_URL".to_owned()));
    let needs = match environment.as_slice() {
        [] => String::new(),
        names => format!("\n// It needs these variables of the environment: {}.", names.join(", ")),
    };
    let make = make(plan);
    let tests = tests(plan);
    let values = [
        ("TITLE", plan.title()),
        ("FINDING", plain(&plan.facts.finding_id)),
        ("CHECK", plain(&plan.facts.check)),
        ("NEEDS", needs),
        ("IMPORTS", imports(node, path, supertest)),
        ("CLIENT", client.trim_end().to_owned() + "\n"),
        ("SETTING", if environment.is_empty() { String::new() } else { SETTING.trim_start_matches('\n').to_owned() }),
        ("SIGN_IN", sign_in(plan)),
        ("MAKE", make),
        ("TESTS", tests),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fill(FILE, &values).trim_end().to_owned() + "\n"
}

fn imports(node: &NodeProject, path: &str, supertest: bool) -> String {
    let is_module = node.is_module || path.ends_with(".mjs");
    let take = |what: &str, from: &str| match is_module {
        true => format!("import {what} from '{from}'\n"),
        false => format!("const {} = require('{from}')\n", what.replace(" as ", ": ")),
    };
    let mut made = take("assert", "node:assert/strict");
    match node.runner {
        NodeRunner::Vitest => made.push_str(&take("{ test }", "vitest")),
        NodeRunner::Node => made.push_str(&take("{ test }", "node:test")),
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
    let file = relative(folder_of(path), &app.path);
    // A compiler's file is named without its end.
    let stem = |end: &str| file.strip_suffix(end).map(str::to_owned);
    let file = stem(".ts").or_else(|| stem(".mts")).unwrap_or_else(|| file.clone());
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
    let Some(facts) = &plan.facts.sign_in else { return callers(plan) };
    let headers = match &facts.gives {
        Credential::Cookie => "{}".to_owned(),
        Credential::Token { pointer, header, scheme } => {
            let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme} ") };
            format!("{{ {}: {} + JSON.parse(text){} }}", quoted(header), quoted(&scheme), indices(pointer))
        }
    };
    let path = quoted(&facts.path);
    let is_form = if facts.is_form { "true" } else { "false" };
    let text = match facts.gives {
        Credential::Cookie => SIGN_IN.replace("{ status, text }", "{ status }"),
        Credential::Token { .. } => SIGN_IN.to_owned(),
    };
    fill(&text, &[("PATH", &path), ("IS_FORM", is_form), ("HEADERS", &headers)]) + &callers(plan)
}

fn callers(plan: &TestPlan) -> String {
    let one = |function: &str, name: &str, caller: &CallerFacts| {
        let body = caller_body(plan, caller);
        format!("\n/** Headers of {name}. */\nasync function {function}(client) {{\n{body}}}\n")
    };
    let second = if plan.has_second() { one("stranger", &plan.stranger, &plan.facts.attacker) } else { String::new() };
    let damaged = if plan.facts.attack == AttackKind::DamagedToken { DAMAGED } else { "" };
    one("owner", &plan.owner, &plan.facts.owner) + &second + damaged
}

fn caller_body(plan: &TestPlan, caller: &CallerFacts) -> String {
    if plan.facts.sign_in.is_none() {
        let name = quoted(&TestPlan::token_variable(caller));
        return format!("  return {{ authorization: 'Bearer ' + setting({name}) }}\n");
    }
    let sign_up = plan.facts.sign_up.as_ref().filter(|_| !caller.sign_up.is_empty()).map(|sign_up| {
        let path = quoted(&sign_up.path);
        let fields = fields(&caller.sign_up);
        format!(
            "  // That the account is there already is as good.\n  await ask(client, 'POST', {path}, {{}}, {fields})\n"
        )
    });
    format!("{}  return signedIn(client, {})\n", sign_up.unwrap_or_default(), fields(&caller.fields))
}

fn fields(fields: &[(String, CallerValue)]) -> String {
    let field = |(name, value): &(String, CallerValue)| match value {
        CallerValue::Text(text) => format!("{}: {}", quoted(name), quoted(text)),
        CallerValue::Environment(variable) => format!("{}: setting({})", quoted(name), quoted(variable)),
    };
    format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn make(plan: &TestPlan) -> String {
    let one = |(place, object): (usize, &MadeObject)| {
        let made = plan.made().before(place);
        let (path, body) = (with_made(&object.path, made), script_value(&object.body, made));
        format!("  await make({path}, {body}, (answer) => answer{})\n", indices(&object.pointer))
    };
    let each: String = plan.facts.made.iter().enumerate().map(one).collect();
    if each.is_empty() { each } else { fill(MAKE, &[("EACH", &each)]) }
}

fn tests(plan: &TestPlan) -> String {
    let attack_name = quoted(&format!("{} is refused by {}", plan.stranger, plan.operation));
    let owner_name = quoted(&format!("{} is served by {}", plan.owner, plan.operation));
    let (attack, control) = (attack(plan), control(plan));
    format!("\ntest({attack_name}, async () => {{\n{attack}}})\n\ntest({owner_name}, async () => {{\n{control}}})\n")
}

fn attack(plan: &TestPlan) -> String {
    let made = plan.makes().then_some(
        "  const ownerClient = newClient()\n  const made = await makeObjects(ownerClient, await owner(ownerClient))\n",
    );
    let headers = match plan.facts.attack {
        AttackKind::SecondCaller => "await stranger(client)",
        AttackKind::Anonymous => "{}",
        AttackKind::DamagedToken => "damaged(await owner(client))",
    };
    let shown = values(plan, "!text.includes(value)", &plan.shown());
    let ask = request(plan, &plan.facts.url_path, headers, !shown.is_empty());
    let denial = if plan.refused.is_empty() {
        format!("  assert.ok(status < 500, {} + status)\n", quoted(&plan.broken()))
    } else {
        let statuses: Vec<String> = plan.refused.iter().map(u16::to_string).collect();
        format!("  assert.ok([{}].includes(status), {} + status)\n", statuses.join(", "), quoted(&plan.served()))
    };
    format!("{}  const client = newClient()\n{ask}{denial}{shown}", made.unwrap_or_default())
}

fn control(plan: &TestPlan) -> String {
    let made = if plan.makes() { "  const made = await makeObjects(client, headers)\n" } else { "" };
    let shown = match plan.facts.denial {
        DenialSign::Content => {
            values(plan, "text.includes(value)", "the data of this test lack a value that it looks for")
        }
        DenialSign::Status(_) => String::new(),
    };
    let ask = request(plan, &plan.facts.owner_url_path, "headers", !shown.is_empty());
    let (status, message) = (plan.facts.served_status, quoted(&plan.shut_out()));
    format!(
        "  const client = newClient()\n  const headers = await owner(client)\n{made}{ask}  assert.ok(status === {status}, {message} + status)\n{shown}"
    )
}

fn request(plan: &TestPlan, path: &str, headers: &str, with_text: bool) -> String {
    let made = plan.made();
    let body = plan.facts.body.as_ref().map(|body| format!(", {}", script_value(body, made))).unwrap_or_default();
    let taken = if with_text { "{ status, text }" } else { "{ status }" };
    let method = quoted(&plan.facts.method);
    format!("  const {taken} = await ask(client, {method}, {}, {headers}{body})\n", with_made(path, made))
}

fn values(plan: &TestPlan, test: &str, message: &str) -> String {
    if plan.forbidden.is_empty() {
        return String::new();
    }
    let values: Vec<String> = plan.forbidden.iter().map(|value| quoted(value)).collect();
    format!("  for (const value of [{}]) assert.ok({test}, {})\n", values.join(", "), quoted(message))
}
