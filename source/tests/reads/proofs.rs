//! Tests for proofs that are no matter of a second caller alone: tokens, fields that are shown or kept, origins, accounts
//! that the test makes for itself. Each is parsed by its grammar.

use routewarden_source::frameworks::find_routes;
use routewarden_source::lang::Language;
use routewarden_source::project::Project;
use routewarden_source::regress::{
    AttackKind, CallerFacts, CallerValue, DenialSign, KeptFacts, ListedFacts, MadeObject, ProofFacts, SignInCredential,
    SignInFacts, SignUpFacts, TestFault, TestProposal, regression_test,
};
use serde_json::{Value, json};

use crate::project::project;

const FLASK: &str =
    "from flask import Flask\napp = Flask(__name__)\n@app.get('/notes/<int:id>')\ndef note(id):\n    return {}\n";
const EXPRESS: &str =
    "import express from 'express'\nexport const app = express()\napp.get('/notes/:id', (req, res) => res.json({}))\n";
const MANIFEST: &str = r#"{"type": "module", "dependencies": {"express": "5"}, "devDependencies": {"vitest": "4"}}"#;

fn flask() -> Project {
    project(&[("app.py", FLASK), ("requirements.txt", "Flask\npytest\n")])
}

fn express() -> Project {
    project(&[("app.js", EXPRESS), ("package.json", MANIFEST)])
}

fn written(project: &Project, facts: &ProofFacts) -> Result<TestProposal, TestFault> {
    let table = find_routes(project);
    let test = regression_test(project, &table.routes[0], facts)?;
    let tree = Language::of_path(&test.path).unwrap().parse(&test.text).unwrap();
    assert!(!tree.root_node().has_error(), "{}", test.text);
    assert!(!test.text.contains("{made:") && !test.text.contains("{account:"), "{}", test.text);
    assert!(!test.text.contains("{password}") && !test.text.contains("{word}"), "{}", test.text);
    Ok(test)
}

fn made_up(name: &str, value: Value) -> (String, CallerValue) {
    (name.to_owned(), CallerValue::MadeUp(value))
}

/// An account that the test signs up.
fn account(name: &str, who: &str) -> CallerFacts {
    let mail = json!(format!("{{name:{who}}}@example.com"));
    let fields = vec![made_up("email", mail), made_up("password", json!("{password}"))];
    CallerFacts {
        name: name.to_owned(),
        sign_up: [fields.clone(), vec![made_up("age", json!(30))]].concat(),
        fields,
        id_pointer: "/user/id".to_owned(),
        ..CallerFacts::default()
    }
}

fn proof(attack: AttackKind) -> ProofFacts {
    let gives = SignInCredential::Token {
        pointer: "/token".to_owned(),
        header: "Authorization".to_owned(),
        scheme: "Bearer".to_owned(),
    };
    ProofFacts {
        finding_id: "rw-1".to_owned(),
        check: "authz/bola-read".to_owned(),
        method: "GET".to_owned(),
        path: "/notes/{id}".to_owned(),
        url_path: "/notes/7".to_owned(),
        owner_url_path: "/notes/7".to_owned(),
        attacker: account("auto-b", "stranger"),
        owner: account("auto-a", "owner"),
        attack,
        served_status: 200,
        sign_in: Some(SignInFacts { path: "/login".to_owned(), is_form: false, gives }),
        sign_up: Some(SignUpFacts { path: "/register".to_owned() }),
        ..ProofFacts::default()
    }
}

fn object(path: &str, by_second: bool) -> MadeObject {
    MadeObject {
        path: path.to_owned(),
        body: json!({"title": "{word}", "n": 3}),
        pointer: "/id".to_owned(),
        by_second,
        ..MadeObject::default()
    }
}

#[test]
fn accounts_and_objects_are_made_anew_each_time() {
    let facts = ProofFacts {
        made: vec![object("/books", false), object("/books", true), object("/books/{made:0}/notes", false)],
        url_path: "/books/{made:1}/notes/{made:2}".to_owned(),
        owner_url_path: "/books/{made:0}/notes/{made:2}".to_owned(),
        ..proof(AttackKind::SecondCaller)
    };
    let test = written(&flask(), &facts).unwrap();
    for part in [
        "PASSWORD = \"Rw7!\" + secrets.token_hex(8)\n",
        "ask(client, \"POST\", \"/register\", {}, {\"email\": WORD + \"a\" + \"@example.com\", \"password\": PASSWORD, \"age\": 30})",
        "return signed_in(client, {\"email\": WORD + \"b\" + \"@example.com\", \"password\": PASSWORD})",
        "ask(other, \"POST\", \"/books\", other_headers, {\"title\": fresh(), \"n\": 3})",
        "\"/books/\" + made[0] + \"/notes\"",
        "made = make_objects(owner_client, owner_headers, client, headers)",
        "made = make_objects(client, headers, other, other_headers)",
        "\"/books/\" + made[1] + \"/notes/\" + made[2], headers)",
    ] {
        assert!(test.text.contains(part), "{part} in {}", test.text);
    }
    assert!(test.environment.is_empty(), "{:?}", test.environment);
    let test = written(&express(), &facts).unwrap();
    for part in [
        "const PASSWORD = 'Rw7!' + randomBytes(8).toString('hex')",
        "import { randomBytes } from 'node:crypto'",
        "await makeObjects(ownerClient, ownerHeaders, client, headers)",
        "\"/books/\" + made[1] + \"/notes/\" + made[2], headers)",
    ] {
        assert!(test.text.contains(part), "{part} in {}", test.text);
    }
}

#[test]
fn the_id_of_an_account_comes_from_its_sign_up() {
    let facts = ProofFacts {
        method: "PUT".to_owned(),
        url_path: "/users/{account:stranger}/credit".to_owned(),
        owner_url_path: "/users/{account:stranger}/credit".to_owned(),
        body: Some(json!({"credit": 5, "for": "{account:stranger}"})),
        ..proof(AttackKind::SecondCaller)
    };
    let test = written(&flask(), &facts).unwrap();
    assert!(test.text.contains("ids[\"stranger\"] = json.loads(text)[\"user\"][\"id\"]"), "{}", test.text);
    assert!(
        test.text.contains(
            "\"/users/\" + str(ids[\"stranger\"]) + \"/credit\", headers, {\"credit\": 5, \"for\": ids[\"stranger\"]}"
        ),
        "{}",
        test.text
    );
    // Where the owner is served, the other account must be there too.
    assert_eq!(test.text.matches("stranger(").count(), 3, "{}", test.text);
    let test = written(&express(), &facts).unwrap();
    assert!(test.text.contains("\"/users/\" + String(ids[\"stranger\"]) + \"/credit\""), "{}", test.text);
}

#[test]
fn tokens_are_changed_or_from_a_clock_that_is_put_back() {
    for (attack, python, script) in [
        (AttackKind::UnsignedToken, "headers = unsigned(owner(client))", "headers = unsigned(await owner(client))"),
        (AttackKind::OldToken, "headers = old(client)", "headers = await old(client)"),
        (AttackKind::DamagedToken, "headers = damaged(owner(client))", "headers = damaged(await owner(client))"),
    ] {
        let facts = proof(attack);
        let test = written(&flask(), &facts).unwrap();
        assert!(test.text.contains(python) && test.text.contains("test_the_owner_is_served"), "{}", test.text);
        let test = written(&express(), &facts).unwrap();
        assert!(test.text.contains(script), "{}", test.text);
    }
    // A cookie has nothing that could be changed in a way that is known.
    let mut facts = proof(AttackKind::UnsignedToken);
    facts.sign_in = Some(SignInFacts { path: "/login".to_owned(), ..SignInFacts::default() });
    assert!(written(&flask(), &facts).is_err());
    // A server that runs elsewhere has a clock of its own.
    let serving = project(&[("app.py", &format!("{FLASK}app.run()\n"))]);
    assert_eq!(written(&serving, &proof(AttackKind::OldToken)).unwrap_err(), TestFault::Clock);
    assert!(written(&serving, &proof(AttackKind::UnsignedToken)).unwrap().text.contains("BASE_URL"));
}

#[test]
fn fields_that_are_shown_or_kept_are_looked_for_in_answers() {
    let shown = ProofFacts { hidden_fields: vec!["hash".to_owned()], ..proof(AttackKind::Owner) };
    let test = written(&flask(), &shown).unwrap();
    assert!(test.text.contains("for name in [\"hash\"]:\n        assert not values_of("), "{}", test.text);
    assert!(written(&express(), &shown).unwrap().text.contains("!valuesOf(JSON.parse(text), name).length"));
    let kept = ProofFacts {
        method: "POST".to_owned(),
        url_path: "/notes".to_owned(),
        body: Some(json!({"title": "{word}", "approved": true})),
        served_status: 201,
        kept: Some(KeptFacts {
            fields: vec![("approved".to_owned(), json!(true))],
            view: "/notes/{made:0}".to_owned(),
            pointer: "/id".to_owned(),
        }),
        ..proof(AttackKind::Owner)
    };
    let test = written(&flask(), &kept).unwrap();
    for part in [
        "def test_the_fields_are_not_kept(new_client):",
        "made = []\n    made.append(str(json.loads(text)[\"id\"]))",
        "\"GET\", \"/notes/\" + made[0], headers)",
        "assert True not in values_of(json.loads(text), \"approved\")",
        "def test_the_rest_is_taken(new_client):",
        "\"/notes\", headers, {\"title\": fresh()})",
    ] {
        assert!(test.text.contains(part), "{part} in {}", test.text);
    }
    let test = written(&express(), &kept).unwrap();
    assert!(test.text.contains("!valuesOf(JSON.parse(text), \"approved\").includes(true)"), "{}", test.text);
    // Nothing else is in the body: there is no rest.
    let alone = ProofFacts { body: Some(json!({"approved": true})), ..kept };
    assert!(!written(&flask(), &alone).unwrap().text.contains("the_rest"));
}

#[test]
fn a_list_is_told_by_the_id_and_an_origin_by_its_headers() {
    let facts = ProofFacts {
        made: vec![object("/notes", false)],
        url_path: "/notes".to_owned(),
        owner_url_path: "/notes".to_owned(),
        denial: DenialSign::Content,
        listed: Some(ListedFacts { field: "id".to_owned(), id: "{made:0}".to_owned() }),
        ..proof(AttackKind::SecondCaller)
    };
    let test = written(&flask(), &facts).unwrap();
    assert!(
        test.text.contains("assert made[0] not in shown") && test.text.contains("assert made[0] in shown"),
        "{}",
        test.text
    );
    let test = written(&express(), &facts).unwrap();
    assert!(
        test.text.contains("!shown.includes(made[0])") && test.text.contains("(shown.includes(made[0])"),
        "{}",
        test.text
    );
    let test = written(&flask(), &proof(AttackKind::ForeignOrigin)).unwrap();
    assert!(
        test.text.contains("\"Origin\": \"https://foreign.example\"") && test.text.contains("def headers_of("),
        "{}",
        test.text
    );
    assert!(written(&express(), &proof(AttackKind::ForeignOrigin)).unwrap().text.contains("headersOf(client, \"GET\""));
}

#[test]
fn without_a_caller_who_is_served_the_refusal_stands_alone() {
    let facts = ProofFacts { owner: CallerFacts::default(), ..proof(AttackKind::SecondCaller) };
    let test = written(&flask(), &facts).unwrap();
    assert!(!test.text.contains("owner(client)") && !test.text.contains("test_the_owner"), "{}", test.text);
    assert!(test.needs_review.iter().any(|said| said.contains("refusal alone")), "{:?}", test.needs_review);
    // What the owner makes needs the owner.
    let facts = ProofFacts { made: vec![object("/notes", false)], ..facts };
    assert!(written(&flask(), &facts).is_err());
}

#[test]
fn a_program_of_node_is_started_on_the_port_that_it_takes() {
    let listening =
        EXPRESS.replace("export ", "") + "const port = Number(process.env.HTTP_PORT ?? 80)\napp.listen(port)\n";
    let manifest = r#"{"type": "module", "dependencies": {"express": "5"}}"#;
    let own = project(&[("src/app.js", &listening), ("package.json", manifest)]);
    let test = written(&own, &proof(AttackKind::SecondCaller)).unwrap();
    for part in [
        "spawn(process.execPath, [\"src/app.js\"], { cwd: fileURLToPath(new URL(\"./../\", import.meta.url))",
        "HTTP_PORT: String(port)",
        "import { after, test } from 'node:test'",
    ] {
        assert!(test.text.contains(part), "{part} in {}", test.text);
    }
    assert!(!test.environment.contains(&"BASE_URL".to_owned()), "{:?}", test.environment);
    assert!(written(&own, &proof(AttackKind::OldToken)).is_err());
    // Nothing gives this one its port.
    let fixed = project(&[("app.js", &listening.replace("process.env.HTTP_PORT ?? ", "")), ("package.json", manifest)]);
    assert!(written(&fixed, &proof(AttackKind::SecondCaller)).unwrap().environment.contains(&"BASE_URL".to_owned()));
}

#[test]
fn frameworks_without_such_a_test_say_so() {
    let go = "package main\n\nimport \"net/http\"\n\nfunc note(w http.ResponseWriter, r *http.Request) {}\n\nfunc main() {\n\tmux := http.NewServeMux()\n\tmux.HandleFunc(\"GET /notes/{id}\", note)\n\thttp.ListenAndServe(\":80\", mux)\n}\n";
    let own = project(&[("main.go", go), ("go.mod", "module x\n")]);
    let why = written(&own, &proof(AttackKind::OldToken)).unwrap_err();
    assert_eq!(why, TestFault::Unsupported);
    assert!(why.to_string().contains("recheck"), "{why}");
}
