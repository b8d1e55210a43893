//! The test for Spring Boot: MockMvc on the whole application.

use super::facts::{AttackKind, CallerFacts, CallerValue, DenialSign, MadeObject, SignInCredential};
use super::fault::TestFault;
use super::literals::{MadeIds, body_with_made, fill_template, harmless_text, pointer_steps, quote_text, with_made};
use super::place::{folder_of, path_below, run_in};
use super::plan::TestPlan;
use crate::project::Project;

const FILE: &str = r#"package @PACKAGE@;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.request;

import com.jayway.jsonpath.JsonPath;
import jakarta.servlet.http.Cookie;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import @AUTO_CONFIGURE@;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.test.web.servlet.MockMvc;

/**
 * @TITLE@
 * Finding @FINDING@ (@CHECK@). It fails while the weakness is there, and passes once it is gone.@NEEDS@
 */
@SpringBootTest
@AutoConfigureMockMvc
class @CLASS@ {

    @Autowired
    private MockMvc mvc;

    /** What a client keeps from one request to the next. */
    private static final class Client {
        private final MockHttpSession session = new MockHttpSession();
        private final Map<String, Cookie> cookies = new LinkedHashMap<>();
    }

    private static String setting(String name) {
        String value = System.getenv(name);
        assertTrue(value != null && !value.isEmpty(), "set " + name + " in the environment");
        return value;
    }

    private MockHttpServletResponse ask(
            Client client, String method, String path, Map<String, String> headers, String body, MediaType kind)
            throws Exception {
        var sent = request(HttpMethod.valueOf(method), URI.create(path)).session(client.session);
        headers.forEach(sent::header);
        if (!client.cookies.isEmpty()) {
            sent.cookie(client.cookies.values().toArray(new Cookie[0]));
        }
        if (body != null) {
            sent.contentType(kind).content(body);
        }
        MockHttpServletResponse answer = mvc.perform(sent).andReturn().getResponse();
        for (Cookie cookie : answer.getCookies()) {
            client.cookies.put(cookie.getName(), cookie);
        }
        return answer;
    }

@HELPERS@
    @Test
    void @ATTACK_NAME@() throws Exception {
@ATTACK@    }

    @Test
    void theOwnerIsServed() throws Exception {
@CONTROL@    }
}
"#;

const MAKE: &str = r#"    private List<String> makeObjects(Client client, Map<String, String> headers) throws Exception {
        List<String> made = new ArrayList<>();
@EACH@        return made;
    }

    private String make(Client client, Map<String, String> headers, String path, String body, String id)
            throws Exception {
        var answer = ask(client, "POST", path, headers, body, MediaType.APPLICATION_JSON);
        assertTrue(
                answer.getStatus() < 300,
                "the owner's object cannot be made, and nothing is proved: status " + answer.getStatus());
        Object made = JsonPath.read(answer.getContentAsString(), id);
        return String.valueOf(made);
    }

"#;

/// A test for Spring Boot before it has a path.
pub(super) struct SpringTest {
    /// The folder of the class.
    pub folder: String,
    /// The folder of the build.
    pub root: String,
    /// Its text.
    pub text: String,
    /// Its class.
    pub class: String,
    /// The command, from the folder of the build.
    pub run: String,
}

/// Returns the test.
///
/// # Errors
/// No class of the project starts the application.
pub(super) fn write_test(project: &Project, plan: &TestPlan, class: &str) -> Result<SpringTest, TestFault> {
    let (path, package) = find_application(project).ok_or(TestFault::NoApplication)?;
    // In a project of several modules the build of each stands above its own sources.
    let root = path.split_once("src/main/java/").map_or("", |(root, _)| root.trim_end_matches('/')).to_owned();
    let build = |name: &str| project.tree.file(&path_below(&root, name));
    let manifest = build("pom.xml").or_else(|| build("build.gradle")).or_else(|| build("build.gradle.kts"));
    let is_maven = build("pom.xml").is_some();
    let is_fourth = manifest.is_some_and(|file| is_fourth(&file.text));
    let needs = match plan.environment.as_slice() {
        [] => String::new(),
        names => format!("\n * It needs these variables of the environment: {}.", names.join(", ")),
    };
    let auto = if is_fourth {
        "org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc"
    } else {
        "org.springframework.boot.test.autoconfigure.web.servlet.AutoConfigureMockMvc"
    };
    let attack_name = match plan.facts.attack {
        AttackKind::SecondCaller => "theSecondCallerIsRefused",
        AttackKind::Anonymous => "aCallerWithoutACredentialIsRefused",
        _ => "aDamagedTokenIsRefused",
    };
    let (helpers, attack, control) = (write_helpers(plan), write_attack(plan), write_control(plan));
    let text = [
        ("PACKAGE", package.as_str()),
        ("AUTO_CONFIGURE", auto),
        ("TITLE", &plan.title()),
        ("FINDING", &harmless_text(&plan.facts.finding_id)),
        ("CHECK", &harmless_text(&plan.facts.check)),
        ("NEEDS", &needs),
        ("CLASS", class),
        ("HELPERS", &helpers),
        ("ATTACK_NAME", attack_name),
        ("ATTACK", &attack),
        ("CONTROL", &control),
    ];
    // The template imports what some tests need, and unused imports fail strict builds.
    let text = without_unused(&fill_template(FILE, &text));
    let run = if is_maven {
        format!("mvn -q test -Dtest={class}")
    } else {
        format!("./gradlew test --tests {package}.{class}")
    };
    let folder = path_below(&root, &format!("src/test/java/{}", package.replace('.', "/")));
    Ok(SpringTest { folder, run: run_in(&root, &run), root, text, class: class.to_owned() })
}

/// The class that starts the application: its path and its package.
fn find_application(project: &Project) -> Option<(String, String)> {
    let pattern = regex::Regex::new(r"(?m)^\s*package\s+([\w.]+)\s*;").ok()?;
    let files =
        project.tree.files.iter().filter(|file| file.path.ends_with(".java") && file.path.contains("src/main/java/"));
    let found = files.filter(|file| file.text.contains("@SpringBootApplication")).filter_map(|file| {
        let package = pattern.captures(&file.text)?.get(1)?.as_str().to_owned();
        Some((file.path.clone(), package))
    });
    found.min_by_key(|(path, _)| (folder_of(path).len(), path.clone()))
}

/// Returns whether a manifest names the fourth version of Spring Boot, where the annotation has moved.
fn is_fourth(text: &str) -> bool {
    let maven = r"<artifactId>spring-boot-starter-parent</artifactId>\s*<version>4\.";
    let gradle = r#"org\.springframework\.boot['"]\)?\s*version\s*\(?['"]4\."#;
    regex::Regex::new(&format!("{maven}|{gradle}")).is_ok_and(|pattern| pattern.is_match(text))
}

/// Removes imports that nothing uses.
fn without_unused(text: &str) -> String {
    let is_used = |line: &str| {
        let Some(name) = line.strip_prefix("import ").and_then(|rest| rest.trim_end_matches(';').rsplit('.').next())
        else {
            return true;
        };
        let word = regex::Regex::new(&format!(r"\b{}\b", regex::escape(name)));
        word.is_ok_and(|word| word.find_iter(text).count() > 1)
    };

    text.lines().filter(|line| is_used(line)).map(|line| format!("{line}\n")).collect()
}

fn write_helpers(plan: &TestPlan) -> String {
    let mut made = String::new();
    if let Some(facts) = &plan.facts.sign_in {
        let (body, kind) = if facts.is_form {
            ("form(fields)", "APPLICATION_FORM_URLENCODED")
        } else {
            ("JsonPath.parse(fields).jsonString()", "APPLICATION_JSON")
        };
        let value = match &facts.gives {
            SignInCredential::Cookie => "Map.of()".to_owned(),
            SignInCredential::Token { pointer, header, scheme } => {
                let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme} ") };
                let read = json_path(pointer);
                format!(
                    "Map.of({}, {} + JsonPath.read(answer.getContentAsString(), {read}))",
                    quote_text(header),
                    quote_text(&scheme)
                )
            }
        };

        let path = quote_text(&facts.path);
        made.push_str(&format!(
            "    private Map<String, String> signedIn(Client client, Map<String, String> fields) throws Exception {{\n        var answer = ask(client, \"POST\", {path}, Map.of(), {body}, MediaType.{kind});\n        assertTrue(answer.getStatus() < 300, \"the sign-in of this test fails, and proves nothing: status \" + answer.getStatus());\n        return {value};\n    }}\n\n"
        ));

        if facts.is_form {
            made.push_str("    private static String form(Map<String, String> fields) {\n        return fields.entrySet().stream()\n                .map(field -> field.getKey() + \"=\" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))\n                .collect(Collectors.joining(\"&\"));\n    }\n\n");
        }
    }

    made.push_str(&write_caller(plan, "owner", &plan.facts.owner));
    if plan.has_second() {
        made.push_str(&write_caller(plan, "stranger", &plan.facts.attacker));
    }
    if plan.facts.attack == AttackKind::DamagedToken {
        made.push_str("    private static Map<String, String> damaged(Map<String, String> headers) {\n        var made = new HashMap<>(headers);\n        made.replaceAll((name, value) -> value.substring(0, value.lastIndexOf('.') + 1) + \"A\".repeat(43));\n        return made;\n    }\n\n");
    }
    made + &write_made_objects(plan)
}

fn write_caller(plan: &TestPlan, function: &str, facts: &CallerFacts) -> String {
    let head = format!("    private Map<String, String> {function}(Client client) throws Exception {{\n");
    if plan.facts.sign_in.is_none() {
        let name = quote_text(&TestPlan::token_variable(facts));
        return format!("{head}        return Map.of(\"Authorization\", \"Bearer \" + setting({name}));\n    }}\n\n");
    }
    let sign_up = plan.facts.sign_up.as_ref().filter(|_| !facts.sign_up.is_empty()).map(|sign_up| {
        let (path, fields) = (quote_text(&sign_up.path), write_fields(&facts.sign_up));
        format!("        ask(client, \"POST\", {path}, Map.of(), JsonPath.parse({fields}).jsonString(), MediaType.APPLICATION_JSON);\n")
    });
    format!(
        "{head}{}        return signedIn(client, {});\n    }}\n\n",
        sign_up.unwrap_or_default(),
        write_fields(&facts.fields)
    )
}

fn write_fields(fields: &[(String, CallerValue)]) -> String {
    let field = |(name, value): &(String, CallerValue)| match value {
        CallerValue::Text(text) => format!("{}, {}", quote_text(name), quote_text(text)),
        CallerValue::Environment(variable) => format!("{}, setting({})", quote_text(name), quote_text(variable)),
        CallerValue::MadeUp(value) => format!("{}, {}", quote_text(name), quote_text(&value.to_string())),
    };
    format!("Map.of({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn json_path(pointer: &str) -> String {
    let step = |step: &String| match step.parse::<u32>() {
        Ok(number) => format!("[{number}]"),
        Err(_) => format!("['{}']", step.replace('\\', "\\\\").replace('\'', "\\'")),
    };
    quote_text(&format!("${}", pointer_steps(pointer).iter().map(step).collect::<String>()))
}

fn write_made_objects(plan: &TestPlan) -> String {
    let one = |(place, object): (usize, &MadeObject)| {
        let made = MadeIds::in_java(&plan.facts.made).before(place);
        let (path, body) = (with_made(&object.path, made), body_with_made(&object.body, made));
        format!("        made.add(make(client, headers, {path}, {body}, {}));\n", json_path(&object.pointer))
    };
    let each: String = plan.facts.made.iter().enumerate().map(one).collect();
    if each.is_empty() { each } else { fill_template(MAKE, &[("EACH", &each)]) }
}

fn write_attack(plan: &TestPlan) -> String {
    let made = plan.makes().then_some("        Client ownerClient = new Client();\n        List<String> made = makeObjects(ownerClient, owner(ownerClient));\n");
    let headers = match plan.facts.attack {
        AttackKind::SecondCaller => "stranger(client)",
        AttackKind::Anonymous => "Map.of()",
        _ => "damaged(owner(client))",
    };
    let ask = write_request(plan, &plan.facts.url_path, headers);
    let (test, message) = if plan.refused.is_empty() {
        ("answer.getStatus() < 500".to_owned(), plan.broken())
    } else {
        let statuses: Vec<String> = plan.refused.iter().map(u16::to_string).collect();
        (format!("List.of({}).contains(answer.getStatus())", statuses.join(", ")), plan.served())
    };
    let message = quote_text(&message);
    let shown = write_value_checks(plan, "!answer.getContentAsString().contains(value)", &plan.shown());
    format!(
        "{}        Client client = new Client();\n{ask}        assertTrue({test}, {message} + answer.getStatus());\n{shown}",
        made.unwrap_or_default()
    )
}

fn write_control(plan: &TestPlan) -> String {
    let made = if plan.makes() { "        List<String> made = makeObjects(client, headers);\n" } else { "" };
    let lacking = "the data of this test lack a value that it looks for";
    let shown = match plan.facts.denial {
        DenialSign::Content => write_value_checks(plan, "answer.getContentAsString().contains(value)", lacking),
        DenialSign::Status(_) => String::new(),
    };
    let ask = write_request(plan, &plan.facts.owner_url_path, "headers");
    let (status, message) = (plan.facts.served_status, quote_text(&plan.shut_out()));
    format!(
        "        Client client = new Client();\n        Map<String, String> headers = owner(client);\n{made}{ask}        assertTrue(answer.getStatus() == {status}, {message} + answer.getStatus());\n{shown}"
    )
}

fn write_request(plan: &TestPlan, path: &str, headers: &str) -> String {
    let made = MadeIds::in_java(&plan.facts.made);
    let body = plan.facts.body.as_ref().map_or_else(|| "null".to_owned(), |body| body_with_made(body, made));
    let (method, path) = (quote_text(&plan.facts.method), with_made(path, made));
    format!("        var answer = ask(client, {method}, {path}, {headers}, {body}, MediaType.APPLICATION_JSON);\n")
}

fn write_value_checks(plan: &TestPlan, test: &str, message: &str) -> String {
    if plan.forbidden.is_empty() {
        return String::new();
    }
    let values: Vec<String> = plan.forbidden.iter().map(|value| quote_text(value)).collect();
    let (values, message) = (values.join(", "), quote_text(message));
    format!(
        "        for (String value : List.of({values})) {{\n            assertTrue({test}, {message});\n        }}\n"
    )
}
