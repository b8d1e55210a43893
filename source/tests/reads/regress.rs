//! Tests that are written for a proof: each in the project's own framework, each parsed by its grammar.

use routewarden_source::frameworks::find_routes;
use routewarden_source::lang::Language;
use routewarden_source::project::Project;
use routewarden_source::regress::{
    AttackKind, CallerFacts, CallerValue, DenialSign, MadeObject, ProofFacts, SignInCredential, SignInFacts,
    TestProposal, regression_test,
};
use routewarden_source::routes::{CodePlace, FrameworkName, RouteEntry};
use serde_json::json;

use crate::project::project;

fn caller(name: &str) -> CallerFacts {
    let secret = CallerValue::Environment(format!("{}_PASSWORD", name.to_uppercase()));
    let address = CallerValue::Text(format!("{name}@shop.example"));
    let fields = vec![("email".to_owned(), address), ("password".to_owned(), secret)];
    CallerFacts { name: name.to_owned(), fields, ..CallerFacts::default() }
}

fn proof() -> ProofFacts {
    let gives = SignInCredential::Token {
        pointer: "/data/0/token".to_owned(),
        header: "Authorization".to_owned(),
        scheme: "Bearer".to_owned(),
    };
    ProofFacts {
        finding_id: "a1b2".to_owned(),
        check: "authz/bola-read".to_owned(),
        method: "GET".to_owned(),
        path: "/orders/{id}".to_owned(),
        url_path: "/orders/41?full=1".to_owned(),
        owner_url_path: "/orders/41".to_owned(),
        attacker: caller("bob"),
        owner: caller("alice"),
        forbidden_values: vec!["Map room".to_owned()],
        served_status: 200,
        sign_in: Some(SignInFacts { path: "/login".to_owned(), is_form: false, gives }),
        ..ProofFacts::default()
    }
}

fn entry(framework: FrameworkName, file: &str) -> RouteEntry {
    let place = CodePlace { file: file.to_owned(), line: 1 };
    RouteEntry {
        framework,
        methods: vec!["GET".to_owned()],
        path: "/orders/{id}".to_owned(),
        function: "order".to_owned(),
        handler: place.clone(),
        declared: place,
        guards: Vec::new(),
        code: None,
    }
}

/// Writes a test, and holds what is true of every one.
fn written(project: &Project, entry: &RouteEntry, facts: &ProofFacts) -> TestProposal {
    let test = regression_test(project, entry, facts).unwrap();
    let tree = Language::of_path(&test.path).unwrap().parse(&test.text).unwrap();
    assert!(!tree.root_node().has_error(), "{}", test.text);
    assert!(project.tree.file(&test.path).is_none(), "{} is taken", test.path);
    assert!(test.text.contains("shuts out the owner"), "{}", test.text);
    assert!(test.text.lines().all(|line| line.trim_end() == line), "{}", test.text);
    test
}

const FLASK: &str =
    "from flask import Flask\napp = Flask(__name__)\n@app.get('/orders/<int:id>')\ndef order(id):\n    return {}\n";

#[test]
fn flask_is_asked_by_its_test_client() {
    let project = project(&[("app.py", FLASK), ("requirements.txt", "Flask\npytest\n")]);
    let table = find_routes(&project);
    let test = written(&project, &table.routes[0], &proof());
    assert_eq!(test.path, "tests/test_routewarden_bola_read_get_orders_id.py");
    assert_eq!(test.run, format!("python -m pytest {}", test.path));
    assert_eq!(test.environment, ["ALICE_PASSWORD", "BOB_PASSWORD"]);
    for part in [
        "from app import app\n",
        "return app.test_client\n",
        "json.loads(text)[\"data\"][0][\"token\"]",
        "\"/orders/41?full=1\"",
    ] {
        assert!(test.text.contains(part), "{part} in {}", test.text);
    }
    assert!(!test.needs_review.iter().any(|said| said.contains("pytest")));
}

#[test]
fn fixtures_of_the_project_come_first_and_only_where_they_make_a_client() {
    let with = |conftest: &str| {
        project(&[("app.py", FLASK), ("tests/unit/conftest.py", conftest), ("requirements.txt", "Flask\n")])
    };
    let client =
        "import pytest\nfrom app import app\n\n@pytest.fixture()\ndef client():\n    return app.test_client()\n";
    let own = with(client);
    let test = written(&own, &entry(FrameworkName::Flask, "app.py"), &proof());
    assert_eq!(test.path.rsplit_once('/').unwrap().0, "tests/unit");
    assert!(test.text.contains("def new_client(client):") && !test.text.contains("from app import"), "{}", test.text);
    assert!(test.needs_review.iter().any(|said| said.contains("pytest")) || own.modules.len() > 1);
    // A client of something else is none of the application's.
    let other = with("import pytest\n\n@pytest.fixture\ndef client():\n    return Redis()\n");
    let test = written(&other, &entry(FrameworkName::Flask, "app.py"), &proof());
    assert!(test.text.contains("from app import app\n"), "{}", test.text);
}

#[test]
fn an_application_is_imported_from_its_package_by_object_or_factory() {
    let factory = "from flask import Flask\nfrom .views import bp\n\ndef create_app(config=None):\n    app = Flask(__name__)\n    app.register_blueprint(bp)\n    return app\n";
    let views = "from flask import Blueprint\nbp = Blueprint('x', __name__)\n@bp.get('/orders/<id>')\ndef order(id):\n    return {}\n";
    let packed = project(&[("backend/shop/__init__.py", factory), ("backend/shop/views.py", views)]);
    let table = find_routes(&packed);
    let test = written(&packed, &table.routes[0], &proof());
    assert!(
        test.text.contains("from shop import create_app\n") && test.text.contains("create_app().test_client"),
        "{}",
        test.text
    );
    assert!(test.run.starts_with("cd backend && python -m pytest tests/"), "{}", test.run);
    // One that wants a parameter cannot be called.
    let wanting = factory.replace("config=None", "config");
    let packed = project(&[("backend/shop/__init__.py", &wanting), ("backend/shop/views.py", views)]);
    let test = written(&packed, &entry(FrameworkName::Flask, "backend/shop/views.py"), &proof());
    assert!(test.text.contains("BASE_URL") && test.run.starts_with("python -m unittest "), "{}", test.run);
}

#[test]
fn a_module_that_serves_when_it_is_imported_is_not_imported() {
    let serving = format!("{FLASK}app.run()\n");
    let guarded = format!("{FLASK}if __name__ == '__main__':\n    app.run()\n");
    let test = written(&project(&[("app.py", &serving)]), &entry(FrameworkName::Flask, "app.py"), &proof());
    assert!(test.environment.contains(&"BASE_URL".to_owned()) && !test.text.contains("import app"), "{}", test.text);
    let test = written(&project(&[("app.py", &guarded)]), &entry(FrameworkName::Flask, "app.py"), &proof());
    assert!(test.text.contains("from app import app"), "{}", test.text);
}

#[test]
fn fastapi_does_what_the_program_does_at_its_start_once() {
    let app = "import uvicorn\nfrom fastapi import FastAPI\nimport store\napp = FastAPI()\n@app.get('/orders/{id}')\ndef order(id):\n    return {}\nif __name__ == '__main__':\n    store.create()\n    uvicorn.run(app)\n";
    let project = project(&[("app.py", app), ("store.py", "def create():\n    pass\n")]);
    let table = find_routes(&project);
    let test = written(&project, &table.routes[0], &proof());
    assert_eq!(test.text.matches("store.create()").count(), 1, "{}", test.text);
    assert!(
        test.text.contains("TestClient(app, raise_server_exceptions=False)") && test.text.contains("import store\n")
    );
    assert!(test.needs_review.iter().any(|said| said.contains("store.create()")));
    assert!(test.needs_review.iter().any(|said| said.contains("pytest and httpx")));
}

#[test]
fn an_object_is_made_where_the_scan_made_it_and_its_id_gives_way() {
    let made = MadeObject {
        path: "/orders".to_owned(),
        body: json!({"title": "Map room", "paid": true, "note": null}),
        pointer: "/id".to_owned(),
        id: "41".to_owned(),
        ..MadeObject::default()
    };
    let facts = ProofFacts { made: vec![made], url_path: "/orders/41/lines/141".to_owned(), ..proof() };
    let project = project(&[("app.py", FLASK)]);
    let test = written(&project, &entry(FrameworkName::Flask, "app.py"), &facts);
    assert!(test.text.contains(r#""/orders/" + made[0] + "/lines/141""#), "{}", test.text);
    assert!(test.text.contains(r#"{"title": "Map room", "paid": True, "note": None}"#), "{}", test.text);
    assert!(!test.needs_review.iter().any(|said| said.contains("must have the object")));
}

#[test]
fn an_object_within_another_is_made_after_it() {
    let object = |path: &str, id: &str, body| MadeObject {
        path: path.to_owned(),
        body,
        pointer: "/id".to_owned(),
        id: id.to_owned(),
        ..MadeObject::default()
    };
    let order = object("/orders", "41", json!({"title": "Map room"}));
    let line = object("/orders/41/lines", "977", json!({"order_id": 41, "count": 41, "parts": ["41"]}));
    let facts = ProofFacts { made: vec![order, line], url_path: "/orders/41/lines/977".to_owned(), ..proof() };
    let project = project(&[("app.py", FLASK)]);
    let test = written(&project, &entry(FrameworkName::Flask, "app.py"), &facts);
    assert!(test.text.contains(r#""/orders/" + made[0] + "/lines/" + made[1]"#), "{}", test.text);
    assert!(test.text.contains(r#"{"order_id": int(made[0]), "count": 41, "parts": ["41"]}"#), "{}", test.text);
}

#[test]
fn lists_are_told_by_content_and_need_a_value_that_the_owner_still_sees() {
    let project = project(&[("app.py", FLASK)]);
    let list = ProofFacts { denial: DenialSign::Content, ..proof() };
    let test = written(&project, &entry(FrameworkName::Flask, "app.py"), &list);
    assert!(
        test.text.contains("assert value not in text") && test.text.contains("assert value in text"),
        "{}",
        test.text
    );
    assert!(test.text.contains("status < 500") && !test.text.contains("status in ("));
    let none = ProofFacts { forbidden_values: vec!["x".to_owned()], ..list };
    assert!(regression_test(&project, &entry(FrameworkName::Flask, "app.py"), &none).is_err());
    // A refusal with the status of an answer that serves proves nothing by its status.
    let same = ProofFacts { denial: DenialSign::Status(vec![200]), ..proof() };
    assert!(regression_test(&project, &entry(FrameworkName::Flask, "app.py"), &same).is_err());
}

#[test]
fn secrets_do_not_stand_in_a_test_and_hostile_texts_do_no_harm() {
    let project = project(&[("app.py", FLASK)]);
    let secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let hostile = "\"\"\"\nimport os; os.system('x') # @TESTS@ */ ${x}";
    let mut facts = ProofFacts { forbidden_values: vec![secret.to_owned(), "Map room".to_owned()], ..proof() };
    facts.finding_id = hostile.to_owned();
    facts.owner.name = hostile.to_owned();
    facts.url_path = format!("/orders/41?q={}", hostile);
    for framework in [FrameworkName::Flask, FrameworkName::Express, FrameworkName::Rails] {
        let test = written(&project, &entry(framework, "app.py"), &facts);
        assert!(!test.text.contains(secret));
        assert!(!test.text.lines().any(|line| line.starts_with("import os;")), "{}", test.text);
        assert!(test.needs_review.iter().any(|said| said.contains("look like secrets")));
    }
    facts.owner.fields = vec![("password".to_owned(), CallerValue::Environment("A\"; x".to_owned()))];
    assert!(regression_test(&project, &entry(FrameworkName::Flask, "app.py"), &facts).is_err());
}

#[test]
fn without_a_sign_in_tokens_come_from_the_environment() {
    let facts = ProofFacts { sign_in: None, ..proof() };
    let project = project(&[("app.py", FLASK)]);
    let test = written(&project, &entry(FrameworkName::Flask, "app.py"), &facts);
    assert_eq!(test.environment, ["ALICE_TOKEN", "BOB_TOKEN"]);
    assert!(test.text.contains(r#""Bearer " + setting("BOB_TOKEN")"#), "{}", test.text);
    let anonymous = ProofFacts { attack: AttackKind::Anonymous, ..facts };
    let test = written(&project, &entry(FrameworkName::Flask, "app.py"), &anonymous);
    assert_eq!(test.environment, ["ALICE_TOKEN"]);
    assert!(!test.text.contains("def stranger"), "{}", test.text);
}

#[test]
fn django_makes_its_users_and_asks_a_server_for_what_its_tests_lack() {
    let view = "from django.http import JsonResponse\ndef order(request, id):\n    return JsonResponse({})\n";
    let files = [("manage.py", "import django\n"), ("orders/views.py", view), ("orders/tests/__init__.py", "")];
    let plain = project(&files);
    let route = entry(FrameworkName::Django, "orders/views.py");
    let made = MadeObject {
        path: "/orders".to_owned(),
        body: json!({"title": "x"}),
        pointer: "/id".to_owned(),
        id: "41".to_owned(),
        ..MadeObject::default()
    };
    let facts = ProofFacts { sign_in: None, made: vec![made], ..proof() };
    let test = written(&plain, &route, &facts);
    assert_eq!(test.run, "python manage.py test orders.tests.test_routewarden_bola_read_get_orders_id");
    assert!(
        test.text.contains("(TestCase):") && test.text.contains("client.force_login(") && test.environment.is_empty(),
        "{}",
        test.text
    );
    let rest = project(&[files[0], files[1], ("orders/api.py", "from rest_framework.views import APIView\n")]);
    let test = written(&rest, &route, &facts);
    assert!(test.text.contains("(APITestCase):") && test.text.contains("client.force_authenticate("), "{}", test.text);
    // The object of the scan is not in an empty database.
    let test = written(&plain, &route, &ProofFacts { made: Vec::new(), ..facts });
    assert!(test.text.contains("BASE_URL") && test.text.contains("unittest.TestCase"), "{}", test.text);
}

const EXPRESS: &str =
    "import express from 'express'\nexport const app = express()\napp.get('/orders/:id', (req, res) => res.json({}))\n";

#[test]
fn express_is_tested_by_the_projects_own_runner() {
    let with = |manifest: &str, app: &str| {
        project(&[("package.json", manifest), ("src/app.js", app), ("test/other.test.js", "")])
    };
    let route = entry(FrameworkName::Express, "src/app.js");
    let vitest = r#"{"type":"module","dependencies":{"express":"5"},"devDependencies":{"vitest":"3","supertest":"7"}}"#;
    let test = written(&with(vitest, EXPRESS), &route, &proof());
    assert_eq!(test.run, "npx vitest run test/routewarden_bola_read_get_orders_id.test.js");
    assert!(
        test.text.contains("import { app as exported } from '../src/app.js'") && test.text.contains("request.agent("),
        "{}",
        test.text
    );
    let node = r#"{"type":"module","dependencies":{"express":"5"}}"#;
    let test = written(&with(node, EXPRESS), &route, &proof());
    assert!(
        test.run.starts_with("node --test test/") && test.text.contains("application.listen(0, '127.0.0.1')"),
        "{}",
        test.text
    );
    let jest = r#"{"dependencies":{"express":"5"},"devDependencies":{"jest":"30"}}"#;
    let common = "const express = require('express')\nfunction createApp() {\n  return express()\n}\nmodule.exports = { createApp }\n";
    let test = written(&with(jest, common), &route, &proof());
    assert!(test.text.contains("const { createApp: exported } = require('../src/app.js')"), "{}", test.text);
    assert!(test.text.contains("const application = exported()") && test.run.starts_with("npx jest "), "{}", test.text);
}

#[test]
fn express_that_listens_when_it_is_imported_or_exports_nothing_is_asked_as_a_server() {
    let route = entry(FrameworkName::Express, "app.js");
    let manifest = r#"{"type":"module","dependencies":{"express":"5"}}"#;
    for app in [format!("{EXPRESS}app.listen(3000)\n"), EXPRESS.replace("export ", "")] {
        let test = written(&project(&[("package.json", manifest), ("app.js", &app)]), &route, &proof());
        assert!(test.text.contains("setting('BASE_URL')") && test.path.ends_with(".test.mjs"), "{}", test.text);
    }
    let guarded = format!("{EXPRESS}if (import.meta.url === `file://${{process.argv[1]}}`) app.listen(3000)\n");
    let test = written(&project(&[("package.json", manifest), ("app.js", &guarded)]), &route, &proof());
    assert!(!test.text.contains("BASE_URL"), "{}", test.text);
}

#[test]
fn go_serves_the_handler_of_its_package_and_spring_the_application() {
    let go = "package main\n\nimport \"github.com/gin-gonic/gin\"\n\nfunc NewRouter() *gin.Engine {\n\treturn gin.Default()\n}\n";
    let test = written(&project(&[("cmd/api/main.go", go)]), &entry(FrameworkName::Gin, "cmd/api/main.go"), &proof());
    assert!(test.path.starts_with("cmd/api/routewarden_") && test.path.ends_with("_test.go"), "{}", test.path);
    assert!(
        test.text.contains("httptest.NewServer(NewRouter())") && test.run.starts_with("go test ./cmd/api -run "),
        "{}",
        test.run
    );
    let without = go.replace("NewRouter()", "NewRouter(db *DB)");
    let test = written(&project(&[("main.go", &without)]), &entry(FrameworkName::Gin, "main.go"), &proof());
    assert!(test.text.contains("setting(\"BASE_URL\")") && !test.text.contains("httptest"), "{}", test.text);
    let start = "package shop.orders;\n@SpringBootApplication\npublic class Shop {}\n";
    let files = [("pom.xml", "<project/>"), ("src/main/java/shop/orders/Shop.java", start)];
    let test =
        written(&project(&files), &entry(FrameworkName::Spring, "src/main/java/shop/orders/Orders.java"), &proof());
    assert_eq!(test.path, "src/test/java/shop/orders/RoutewardenBolaReadGetOrdersIdTest.java");
    assert_eq!(test.run, "mvn -q test -Dtest=RoutewardenBolaReadGetOrdersIdTest");
    assert!(
        !test.text.contains("import java.net.URLEncoder") && test.text.contains("import java.net.URI;"),
        "{}",
        test.text
    );
    let none = project(&[("pom.xml", "<project/>")]);
    assert!(regression_test(&none, &entry(FrameworkName::Spring, "A.java"), &proof()).is_err());
}

#[test]
fn every_attack_and_credential_parses_in_every_language() {
    let go = "package main\n\nfunc NewRouter() http.Handler {\n\treturn nil\n}\n";
    let spring = "package shop;\n@SpringBootApplication\nclass Shop {}\n";
    let files = [("app.py", FLASK), ("package.json", "{}"), ("main.go", go), ("src/main/java/shop/Shop.java", spring)];
    let project = project(&files);
    let routes = [
        (FrameworkName::Flask, "app.py"),
        (FrameworkName::Django, "app.py"),
        (FrameworkName::Express, "app.js"),
        (FrameworkName::NestJs, "app.ts"),
        (FrameworkName::NetHttp, "main.go"),
        (FrameworkName::Spring, "Shop.java"),
        (FrameworkName::Axum, "main.rs"),
    ];
    let made = MadeObject {
        path: "/orders".to_owned(),
        body: json!({"title": "Map room"}),
        pointer: "/data/id".to_owned(),
        id: "41".to_owned(),
        ..MadeObject::default()
    };
    let body = json!({"order_id": 41, "count": 41});
    let line = MadeObject {
        path: "/orders/41/lines".to_owned(),
        body,
        pointer: "/id".to_owned(),
        id: "9".to_owned(),
        ..MadeObject::default()
    };
    for (framework, file) in routes {
        for attack in [AttackKind::SecondCaller, AttackKind::Anonymous, AttackKind::DamagedToken] {
            for (made, is_form) in [(Vec::new(), true), (vec![made.clone(), line.clone()], false)] {
                let mut facts = ProofFacts { attack, made, body: Some(json!({"order": 41, "tags": ["a"]})), ..proof() };
                facts.sign_in.as_mut().unwrap().is_form = is_form;
                written(&project, &entry(framework, file), &facts);
                if attack != AttackKind::DamagedToken {
                    facts.sign_in.as_mut().unwrap().gives = SignInCredential::Cookie;
                    written(&project, &entry(framework, file), &facts);
                }
            }
        }
    }
}

const SPRING_APP: &str = "package shop;\n@SpringBootApplication\npublic class Shop {}\n";

#[test]
fn values_of_a_target_are_quoted_in_every_language() {
    let hostile = "it's \"q\" \\ \\u0041 \n\r\t\0 ${x} {y} {made:0 %s `b` */ // # @CHECK@ @EACH@ \u{2028}é\u{1}";
    let mut facts = proof();
    let made = MadeObject {
        path: format!("/orders/{}", hostile.replace(['\n', '\r', '\t', '\0', ' '], "")),
        body: json!({ hostile: hostile, "n": [hostile] }),
        pointer: format!("/{}", hostile.replace('~', "~0").replace('/', "~1")),
        id: "41".to_owned(),
        ..MadeObject::default()
    };
    facts.finding_id = hostile.to_owned();
    facts.check = hostile.to_owned();
    facts.made = vec![made];
    facts.forbidden_values = vec![hostile.to_owned()];
    facts.attacker.fields.push((hostile.to_owned(), CallerValue::Text(hostile.to_owned())));
    let quoted = serde_json::Value::String(hostile.to_owned()).to_string();
    for (framework, file, text) in [
        (FrameworkName::Flask, "app.py", FLASK),
        (FrameworkName::Express, "app.js", "const express = require('express')\n"),
        (FrameworkName::Gin, "main.go", "package main\n"),
        (FrameworkName::Spring, "src/main/java/shop/Shop.java", SPRING_APP),
        (FrameworkName::Rails, "app.rb", ""),
    ] {
        let project = project(&[(file, text), ("pom.xml", "<project>spring-boot</project>")]);
        let test = written(&project, &entry(framework, file), &facts);
        assert!(test.text.contains(&quoted), "{file}: {}", test.text);
        if let Ok(folder) = std::env::var("WRITTEN_TESTS") {
            std::fs::write(format!("{folder}/{}", test.path.rsplit('/').next().unwrap()), &test.text).unwrap();
        }
    }
}

#[test]
fn a_path_with_spaces_is_one_word_of_the_command() {
    let project =
        project(&[("it's shop/app.py", FLASK), ("it's shop/tests/test_one.py", "def test_one():\n    pass\n")]);
    let test = written(&project, &entry(FrameworkName::Rails, "app.rb"), &proof());
    let name = "tests/test_routewarden_bola_read_get_orders_id.py";
    assert_eq!(test.path, format!("it's shop/{name}"));
    assert_eq!(test.run, format!("python -m unittest 'it'\\''s shop/{name}'"));
}
