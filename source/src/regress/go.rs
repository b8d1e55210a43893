//! The test in Go: `httptest` on the handler that a function of the package returns, else a running server.

use super::facts::{AttackKind, CallerFacts, CallerValue, DenialSign, MadeObject, SignInCredential};
use super::fault::TestFault;
use super::literals::{body_with_made, fill_template, harmless_text, pointer_steps, quote_text, with_made};
use super::place::folder_of;
use super::plan::TestPlan;
use crate::lang::Language;
use crate::project::Project;
use crate::routes::RouteEntry;

const FILE: &str = r#"package @PACKAGE@

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
@HTTPTEST@	"net/url"
	"os"
	"strings"
	"testing"
)

// @TITLE@
// Finding @FINDING@ (@CHECK@). It fails while the weakness is there, and passes once it is gone.@NEEDS@
func TestRoutewarden@CLASS@(t *testing.T) {
	type credentials map[string]string
	setting := func(name string) string {
		value := os.Getenv(name)
		if value == "" {
			t.Fatalf("set %s in the environment", name)
		}
		return value
	}
@BASE@
	newClient := func() *http.Client {
		jar, _ := cookiejar.New(nil)
		refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return &http.Client{Jar: jar, CheckRedirect: refuse}
	}
	ask := func(client *http.Client, method, path string, headers credentials, body, kind string) (int, string) {
		request, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			request.Header.Set("Content-Type", kind)
		}
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text)
	}
	at := func(text string, steps ...string) string {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			fields, _ := value.(map[string]any)
			value = fields[step]
		}
		if text, is := value.(string); is {
			return text
		}
		made, _ := json.Marshal(value)
		return string(made)
	}
	form := func(fields credentials) string {
		values := url.Values{}
		for name, value := range fields {
			values.Set(name, value)
		}
		return values.Encode()
	}
	encoded := func(fields credentials) string {
		text, _ := json.Marshal(fields)
		return string(text)
	}
	_, _, _, _ = at, form, encoded, setting
@SIGN_IN@@MAKE@
	t.Run(@ATTACK_NAME@, func(t *testing.T) {
@ATTACK@	})

	t.Run(@OWNER_NAME@, func(t *testing.T) {
@CONTROL@	})
}
"#;

const SERVER: &str = "\tserver := httptest.NewServer(@HANDLER@())\n\tdefer server.Close()\n\tbase := server.URL";
const RUNNING: &str = "\tbase := strings.TrimRight(setting(\"BASE_URL\"), \"/\")";

const SIGN_IN: &str = r#"	signedIn := func(client *http.Client, fields credentials) credentials {
		status, text := ask(client, "POST", @PATH@, nil, @BODY@, @KIND@)
		if status >= 300 {
			t.Fatalf("the sign-in of this test fails, and proves nothing: status %d", status)
		}
		@RETURN@
	}
"#;

const MAKE: &str = r#"	makeObjects := func(client *http.Client, headers credentials) []string {
		made := []string{}
		create := func(path, body string, steps ...string) {
			status, text := ask(client, "POST", path, headers, body, "application/json")
			if status >= 300 {
				t.Fatalf("the owner's object cannot be made, and nothing is proved: status %d", status)
			}
			made = append(made, at(text, steps...))
		}
@EACH@		return made
	}
"#;

const DAMAGED: &str = r#"	damaged := func(headers credentials) credentials {
		made := credentials{}
		for name, value := range headers {
			made[name] = value[:strings.LastIndex(value, ".")+1] + strings.Repeat("A", 43)
		}
		return made
	}
"#;

/// A test in Go before it has a path.
pub(super) struct GoTest {
    /// The folder of its package.
    pub folder: String,
    /// Its text.
    pub text: String,
    /// Whether it asks a running server.
    pub needs_server: bool,
}

/// Returns the test.
///
/// # Errors
/// The package of the route is not known.
pub(super) fn write_test(project: &Project, entry: &RouteEntry, plan: &TestPlan) -> Result<GoTest, TestFault> {
    let found = find_handler(project, folder_of(&entry.declared.file));
    let own = (folder_of(&entry.declared.file).to_owned(), None);
    let (folder, handler) = found.map_or(own, |(folder, name)| (folder, Some(name)));
    let package = package_of(project, &folder).ok_or(TestFault::NoPackage)?;
    let base = handler.as_ref().map_or_else(|| RUNNING.to_owned(), |name| fill_template(SERVER, &[("HANDLER", name)]));
    let mut environment = plan.environment.clone();
    environment.extend(handler.is_none().then(|| "BASE_URL".to_owned()));
    let needs = match environment.as_slice() {
        [] => String::new(),
        names => format!("\n// It needs these variables of the environment: {}.", names.join(", ")),
    };
    let values = [
        ("PACKAGE", package),
        ("HTTPTEST", if handler.is_some() { "\t\"net/http/httptest\"\n".to_owned() } else { String::new() }),
        ("TITLE", plan.title()),
        ("FINDING", harmless_text(&plan.facts.finding_id)),
        ("CHECK", harmless_text(&plan.facts.check)),
        ("NEEDS", needs),
        ("CLASS", plan.class_name()),
        ("BASE", base),
        ("SIGN_IN", sign_in(plan)),
        ("MAKE", write_made_objects(plan)),
        ("ATTACK_NAME", quote_text(&format!("{} is refused", plan.stranger))),
        ("OWNER_NAME", quote_text(&format!("{} is served", plan.owner))),
        ("ATTACK", write_attack(plan)),
        ("CONTROL", write_control(plan)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();

    Ok(GoTest { folder, text: fill_template(FILE, &values), needs_server: handler.is_none() })
}

/// Returns a function without parameters that returns a handler, and its folder; the one nearest to the route.
fn find_handler(project: &Project, near: &str) -> Option<(String, String)> {
    let kinds = r"(?:http\.Handler|\*http\.ServeMux|\*gin\.Engine|\*echo\.Echo|\*chi\.Mux|chi\.Router|\*mux\.Router)";
    let pattern = regex::Regex::new(&format!(r"(?m)^func\s+([A-Za-z]\w*)\(\)\s*{kinds}\s*\{{")).ok()?;
    let is_own = |path: &str| !path.ends_with("_test.go") && Language::of_path(path) == Some(Language::Go);
    let files = project.tree.files.iter().filter(|file| is_own(&file.path));
    let found = files.filter_map(|file| {
        let name = pattern.captures(&file.text)?.get(1)?.as_str().to_owned();
        Some((folder_of(&file.path).to_owned(), name))
    });
    found.min_by_key(|(folder, _)| (folder != near, folder.clone()))
}

fn package_of(project: &Project, folder: &str) -> Option<String> {
    let pattern = regex::Regex::new(r"(?m)^package\s+(\w+)").ok()?;
    let mut files = project.tree.files.iter().filter(|file| {
        folder_of(&file.path) == folder && file.path.ends_with(".go") && !file.path.ends_with("_test.go")
    });
    files.find_map(|file| Some(pattern.captures(&file.text)?.get(1)?.as_str().to_owned()))
}

fn sign_in(plan: &TestPlan) -> String {
    let mut made = String::new();
    if let Some(facts) = &plan.facts.sign_in {
        let (body, kind) = if facts.is_form {
            ("form(fields)", "application/x-www-form-urlencoded")
        } else {
            ("encoded(fields)", "application/json")
        };
        let value = match &facts.gives {
            SignInCredential::Cookie => "return credentials{}".to_owned(),
            SignInCredential::Token { pointer, header, scheme } => {
                let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme} ") };
                format!(
                    "return credentials{{{}: {} + at(text, {})}}",
                    quote_text(header),
                    quote_text(&scheme),
                    write_pointer_steps(pointer)
                )
            }
        };

        // Go refuses a variable that is not used.
        let text = if facts.gives == SignInCredential::Cookie {
            SIGN_IN.replace("status, text :=", "status, _ :=")
        } else {
            SIGN_IN.to_owned()
        };
        let (path, kind) = (quote_text(&facts.path), quote_text(kind));
        made = fill_template(&text, &[("PATH", &path), ("BODY", body), ("KIND", &kind), ("RETURN", &value)]);
    }

    made.push_str(&write_caller(plan, "owner", &plan.facts.owner));
    if plan.has_second() {
        made.push_str(&write_caller(plan, "stranger", &plan.facts.attacker));
    }
    if plan.facts.attack == AttackKind::DamagedToken {
        made.push_str(DAMAGED);
    }
    made
}

fn write_caller(plan: &TestPlan, function: &str, facts: &CallerFacts) -> String {
    let head = format!("\t{function} := func(client *http.Client) credentials {{\n");
    if plan.facts.sign_in.is_none() {
        let name = quote_text(&TestPlan::token_variable(facts));
        return format!("{head}\t\treturn credentials{{\"Authorization\": \"Bearer \" + setting({name})}}\n\t}}\n");
    }
    let sign_up = plan.facts.sign_up.as_ref().filter(|_| !facts.sign_up.is_empty()).map(|sign_up| {
        let (path, fields) = (quote_text(&sign_up.path), write_fields(&facts.sign_up));
        format!("\t\task(client, \"POST\", {path}, nil, encoded({fields}), \"application/json\")\n")
    });
    format!("{head}{}\t\treturn signedIn(client, {})\n\t}}\n", sign_up.unwrap_or_default(), write_fields(&facts.fields))
}

fn write_fields(fields: &[(String, CallerValue)]) -> String {
    let field = |(name, value): &(String, CallerValue)| match value {
        CallerValue::Text(text) => format!("{}: {}", quote_text(name), quote_text(text)),
        CallerValue::Environment(variable) => format!("{}: setting({})", quote_text(name), quote_text(variable)),
        CallerValue::MadeUp(value) => format!("{}: {}", quote_text(name), quote_text(&value.to_string())),
    };
    format!("credentials{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn write_pointer_steps(pointer: &str) -> String {
    pointer_steps(pointer).iter().map(|step| quote_text(step)).collect::<Vec<_>>().join(", ")
}

fn write_made_objects(plan: &TestPlan) -> String {
    let one = |(place, object): (usize, &MadeObject)| {
        let made = plan.made().before(place);
        let (path, body) = (with_made(&object.path, made), body_with_made(&object.body, made));
        format!("\t\tcreate({path}, {body}, {})\n", write_pointer_steps(&object.pointer))
    };
    let each: String = plan.facts.made.iter().enumerate().map(one).collect();
    if each.is_empty() { each } else { fill_template(MAKE, &[("EACH", &each)]) }
}

fn write_attack(plan: &TestPlan) -> String {
    let made = plan
        .makes()
        .then_some("\t\townerClient := newClient()\n\t\tmade := makeObjects(ownerClient, owner(ownerClient))\n");
    let headers = match plan.facts.attack {
        AttackKind::SecondCaller => "stranger(client)",
        AttackKind::Anonymous => "nil",
        _ => "damaged(owner(client))",
    };
    let shown = write_value_checks(plan, "strings.Contains(text, value)", &plan.shown());
    let ask = write_request(plan, &plan.facts.url_path, headers, !shown.is_empty());
    let (test, message) = if plan.refused.is_empty() {
        // A failure is no refusal: it would let the test pass while the route is broken.
        ("status >= 500".to_owned(), plan.broken())
    } else {
        let tests: Vec<String> = plan.refused.iter().map(|status| format!("status != {status}")).collect();
        (tests.join(" && "), plan.served())
    };
    let unused = if plan.facts.attack == AttackKind::Anonymous && !plan.makes() { "\t\t_ = owner\n" } else { "" };
    let message = quote_text(&message);
    format!(
        "{}\t\tclient := newClient()\n{unused}{ask}\t\tif {test} {{\n\t\t\tt.Error({message}, status)\n\t\t}}\n{shown}",
        made.unwrap_or_default()
    )
}

fn write_control(plan: &TestPlan) -> String {
    let made = if plan.makes() { "\t\tmade := makeObjects(client, headers)\n" } else { "" };
    let lacking = "the data of this test lack a value that it looks for";
    let shown = match plan.facts.denial {
        DenialSign::Content => write_value_checks(plan, "!strings.Contains(text, value)", lacking),
        DenialSign::Status(_) => String::new(),
    };
    let ask = write_request(plan, &plan.facts.owner_url_path, "headers", !shown.is_empty());
    let (status, message) = (plan.facts.served_status, quote_text(&plan.shut_out()));
    format!(
        "\t\tclient := newClient()\n\t\theaders := owner(client)\n{made}{ask}\t\tif status != {status} {{\n\t\t\tt.Error({message}, status)\n\t\t}}\n{shown}"
    )
}

fn write_request(plan: &TestPlan, path: &str, headers: &str, with_text: bool) -> String {
    let made = plan.made();
    let body = plan.facts.body.as_ref().map_or_else(|| "\"\"".to_owned(), |body| body_with_made(body, made));
    let (text, method) = (if with_text { "text" } else { "_" }, quote_text(&plan.facts.method));
    format!(
        "\t\tstatus, {text} := ask(client, {method}, {}, {headers}, {body}, \"application/json\")\n",
        with_made(path, made)
    )
}

fn write_value_checks(plan: &TestPlan, test: &str, message: &str) -> String {
    if plan.forbidden.is_empty() {
        return String::new();
    }
    let values: Vec<String> = plan.forbidden.iter().map(|value| quote_text(value)).collect();
    let (values, message) = (values.join(", "), quote_text(message));
    format!(
        "\t\tfor _, value := range []string{{{values}}} {{\n\t\t\tif {test} {{\n\t\t\t\tt.Error({message})\n\t\t\t}}\n\t\t}}\n"
    )
}
