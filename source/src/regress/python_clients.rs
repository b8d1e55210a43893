//! How requests are sent in Python: Flask's and FastAPI's test clients, Django's, and plain HTTP to a running server.

use super::plan::TestPlan;
use super::python::{OwnSignIn, PythonClient};
use super::python_app::{AppFixture, AppObject, PythonApp};

const FLASK_ASK: &str = r#"

def ask(client, method, path, headers, body=None, is_form=False):
    """Sends a request to the application; returns status and text."""
    content = {} if body is None else {"data" if is_form else "json": body}
    answer = client.open(path, method=method, headers=headers, **content)
    return answer.status_code, answer.get_data(as_text=True)
"#;

const FASTAPI_ASK: &str = r#"

def ask(client, method, path, headers, body=None, is_form=False):
    """Sends a request to the application; returns status and text."""
    content = {} if body is None else {"data" if is_form else "json": body}
    answer = client.request(method, path, headers=headers, follow_redirects=False, **content)
    return answer.status_code, answer.text
"#;

const DJANGO_ASK: &str = r#"
def ask(client, method, path, headers, body=None, is_form=False):
    """Sends a request to the application; returns status and text."""
    names = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    if is_form:
        data, kind = urlencode(body), "application/x-www-form-urlencoded"
    else:
        data, kind = ("" if body is None else json.dumps(body)), "application/json"
    answer = client.generic(method, path, data, content_type=kind, **names)
    return answer.status_code, b"".join(answer).decode("utf-8", "replace")
"#;

const DJANGO_USERS: &str = r#"

def signed_in_as(client, name):
    """Makes a user and signs it in; the database of a test is empty."""
    users = get_user_model()
    user = users.objects.filter(**{users.USERNAME_FIELD: name}).first()
    client.@FORCE@(user or users.objects.create_user(**{users.USERNAME_FIELD: name}))
    return {}
"#;

const SERVER_ASK: &str = r#"
def new_client():
    """A client that keeps its own cookies and follows no redirect."""
    return urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), NoRedirect, urllib.request.ProxyHandler({})
    )


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer of its own."""

    def redirect_request(self, *_):
        return None


def ask(client, method, path, headers, body=None, is_form=False):
    """Sends a request to the server; returns status and text."""
    base = os.environ.get("BASE_URL")
    assert base, "set BASE_URL in the environment: the address of the running application"
    sent = dict(headers)
    data = None
    if body is not None:
        data = (urllib.parse.urlencode(body) if is_form else json.dumps(body)).encode()
        sent["Content-Type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
    request = urllib.request.Request(base.rstrip("/") + path, data, sent, method=method)
    try:
        with client.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode("utf-8", "replace")
"#;

const FLASK_HEADERS: &str = r#"

def headers_of(client, method, path, headers):
    """The headers of an answer, by their names in small letters."""
    answer = client.open(path, method=method, headers=headers)
    return {name.lower(): value for name, value in answer.headers.items()}
"#;

const FASTAPI_HEADERS: &str = r#"

def headers_of(client, method, path, headers):
    """The headers of an answer, by their names in small letters."""
    answer = client.request(method, path, headers=headers, follow_redirects=False)
    return {name.lower(): value for name, value in answer.headers.items()}
"#;

const DJANGO_HEADERS: &str = r#"

def headers_of(client, method, path, headers):
    """The headers of an answer, by their names in small letters."""
    names = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    answer = client.generic(method, path, "", content_type="application/json", **names)
    return {name.lower(): value for name, value in answer.headers.items()}
"#;

const SERVER_HEADERS: &str = r#"

def headers_of(client, method, path, headers):
    """The headers of an answer, by their names in small letters."""
    request = urllib.request.Request(os.environ["BASE_URL"].rstrip("/") + path, None, dict(headers), method=method)
    try:
        with client.open(request, timeout=30) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refusal:
        return {name.lower(): value for name, value in refusal.headers.items()}
"#;

/// Returns the client of Flask.
pub(super) fn for_flask(app: &PythonApp) -> PythonClient {
    let (fixture, imports) = match &app.object {
        AppObject::Fixture(AppFixture::App) => (fixture_returning("app", "app.test_client"), String::new()),
        AppObject::Fixture(AppFixture::Client) => {
            (fixture_returning("client", "client.application.test_client"), String::new())
        }
        AppObject::Object(name) => (fixture_returning("", &format!("{name}.test_client")), import_line(app, name)),
        AppObject::Factory(name) => (fixture_returning("", &format!("{name}().test_client")), import_line(app, name)),
    };

    pytest_client(imports, app, fixture, (FLASK_ASK, FLASK_HEADERS))
}

/// Returns the client of FastAPI.
pub(super) fn for_fastapi(app: &PythonApp) -> PythonClient {
    // An exception that the application does not catch is its status 500, as it is for clients.
    let made = |app: &str| format!("lambda: TestClient({app}, raise_server_exceptions=False)");
    let (fixture, imports) = match &app.object {
        AppObject::Fixture(AppFixture::App) => (fixture_returning("app", &made("app")), String::new()),
        AppObject::Fixture(AppFixture::Client) => (fixture_returning("client", &made("client.app")), String::new()),
        AppObject::Object(name) => (fixture_returning("", &made(name)), import_line(app, name)),
        AppObject::Factory(name) => {
            let text = format!("application = {name}()\n    return {}", made("application"));
            (fixture_with("", &text), import_line(app, name))
        }
    };

    pytest_client(
        format!("from fastapi.testclient import TestClient\n{imports}"),
        app,
        fixture,
        (FASTAPI_ASK, FASTAPI_HEADERS),
    )
}

fn pytest_client(
    imports: String,
    app: &PythonApp,
    fixture: String,
    (ask, headers_of): (&str, &'static str),
) -> PythonClient {
    // What stands in `if __name__ == "__main__"` is not done by an import.
    let mut modules: Vec<&str> = app.setup.iter().map(|(module, _)| module.as_str()).collect();
    modules.dedup();
    let more: String = modules.iter().map(|module| format!("import {module}\n")).collect();
    let calls = setup_calls(app);
    // Formatters keep packages apart from the project's own modules.
    let (third, own): (Vec<&str>, Vec<&str>) = imports.lines().partition(|line| line.starts_with("from fastapi"));
    let third: String = third.iter().map(|line| format!("{line}\n")).collect();
    let own: String = own.iter().map(|line| format!("{line}\n")).collect();
    let own = format!("{more}{own}");
    let own = if own.is_empty() { own } else { format!("\n{own}") };
    PythonClient {
        imports: format!("\nimport pytest\n{third}{own}"),
        text: format!("\n{calls}{fixture}{ask}"),
        headers_of,
        class: None,
        parameter: "new_client",
        begin: "",
        own_sign_in: None,
    }
}

/// Several tests of one run import the same application: what it does at its start is done once.
fn setup_calls(app: &PythonApp) -> String {
    // A fixture of the project has done its own setup.
    let (AppObject::Object(name) | AppObject::Factory(name)) = &app.object else { return String::new() };
    if app.setup.is_empty() {
        return String::new();
    }
    let call = |(module, function): &(String, String)| format!("    {module}.{function}()\n");
    let calls: String = app.setup.iter().map(call).collect();
    format!(
        "# As the application does when it starts; once, however many tests import it.\nif not getattr({name}, \"started_for_tests\", False):\n{calls}    {name}.started_for_tests = True\n\n\n"
    )
}

fn import_line(app: &PythonApp, name: &str) -> String {
    format!("from {} import {name}\n", app.module)
}

fn fixture_returning(parameter: &str, value: &str) -> String {
    fixture_with(parameter, &format!("return {value}"))
}

fn fixture_with(parameter: &str, text: &str) -> String {
    format!(
        "@pytest.fixture\ndef new_client({parameter}):\n    \"\"\"Makes a client for each caller.\"\"\"\n    {text}\n"
    )
}

/// Returns the client of Django, or of its REST framework.
pub(super) fn for_django(plan: &TestPlan, has_rest: bool) -> PythonClient {
    let own = plan.facts.sign_in.is_none();
    // `force_login` sets a session, which a view of the REST framework with tokens alone would ignore.
    let force = if has_rest { "force_authenticate" } else { "force_login" };
    let (base, import) = if has_rest {
        ("APITestCase", "from rest_framework.test import APITestCase")
    } else {
        ("TestCase", "from django.test import TestCase")
    };
    let users = if own { "from django.contrib.auth import get_user_model\n" } else { "" };
    PythonClient {
        imports: format!("from urllib.parse import urlencode\n\n{users}{import}\n"),
        text: DJANGO_ASK.to_owned(),
        headers_of: DJANGO_HEADERS,
        class: Some(format!(
            "class {}Test({base}):\n    \"\"\"Refuses the stranger and serves the owner.\"\"\"\n",
            plan.class_name()
        )),
        parameter: "self",
        begin: "    new_client = self.client_class\n",
        own_sign_in: own.then(|| OwnSignIn { text: DJANGO_USERS.replace("@FORCE@", force) }),
    }
}

/// Returns a client for a running server, of the standard library alone.
pub(super) fn for_server(plan: &TestPlan) -> PythonClient {
    PythonClient {
        imports:
            "import http.cookiejar\nimport unittest\nimport urllib.error\nimport urllib.parse\nimport urllib.request\n"
                .to_owned(),
        text: SERVER_ASK.to_owned(),
        headers_of: SERVER_HEADERS,
        class: Some(format!(
            "class {}Test(unittest.TestCase):\n    \"\"\"Refuses the stranger and serves the owner.\"\"\"\n",
            plan.class_name()
        )),
        parameter: "self",
        begin: "",
        own_sign_in: None,
    }
}
