//! `routewarden intent`, and what a scan says of stated intent.

use std::fs;

use serde_json::{Value, json};

use routewarden::report::{PolicyRow, Question, Status};
use routewarden::store::Store;

use super::Shell;
use crate::report::support::sample_report;

const CONFIG: &str = r#"[target]
openapi = "openapi.json"

[identities.alice]
bearer = { env = "NOT_SET_HERE" }

[intent]
"GET /articles/{id}" = { policy = "public", reason = "a blog", expires = "2999-01-31" }
"resource:orders" = "owner"
"DELETE /articles/{slug}" = { policy = "owner", expires = "2020-01-31" }
"GET /artikles" = "public"
"#;

fn shell(config: &str) -> Shell {
    let shell = Shell::new();
    let slug = json!([{"name": "slug", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "servers": [{"url": "http://127.0.0.1:1"}],
        "paths": {
            "/articles": {"get": {"responses": {}}},
            "/articles/{slug}": {
                "parameters": slug,
                "get": {"x-routewarden-intent": "signed-in", "responses": {}},
                "delete": {"x-routewarden-intent": "group", "responses": {}}}}});
    write(&shell, "openapi.json", &document.to_string());
    write(&shell, "routewarden.toml", config);
    shell
}

fn write(shell: &Shell, name: &str, text: &str) {
    fs::write(shell.folder().join(name), text).unwrap();
}

fn rows(shell: &Shell) -> Vec<Value> {
    let (code, out, err) = shell.run(&["intent", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// `about policy origin`, of the rows that hold.
fn held(shell: &Shell) -> Vec<String> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = rows(shell);
    let held = rows.iter().filter(|row| row["not_used"].is_null());
    held.map(|row| format!("{} {} {}", text(row, "about"), text(row, "policy"), text(row, "origin"))).collect()
}

fn notes(shell: &Shell, more: &[&str]) -> Vec<String> {
    let (code, out, err) = shell.run(&[&["scan", "--dry-run", "--format", "json"], more].concat());
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    serde_json::from_value(report["notes"].clone()).unwrap()
}

#[test]
fn what_holds_is_listed_with_place_and_what_does_not_with_the_reason() {
    let shell = shell(CONFIG);
    assert_eq!(
        held(&shell),
        [
            "GET /articles/{slug} public configuration",
            "resource:order owner configuration",
            "DELETE /articles/{slug} group document",
        ]
    );
    let (code, out, err) = shell.run(&["intent"]);
    assert_eq!(code, 0, "{err}");
    for part in [
        "public  2999-01-31  routewarden.toml:8  GET /articles/{slug}",
        "Not used",
        "DELETE /articles/{slug} = owner (routewarden.toml:10): expired",
        "GET /artikles = public (routewarden.toml:11): the document has no such operation; the nearest is `GET /articles`",
        "GET /articles/{slug} = signed-in (openapi.json:1): public (routewarden.toml:8) goes before it",
    ] {
        // The path of the document is the whole one.
        let shown = out.replace('\n', " ").replace(&format!("{}/", shell.folder().display()), "").replace("   ", " ");
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(&part), "{part}: {shown}");
    }
}

#[test]
fn a_scan_notes_what_does_not_count() {
    let notes = notes(&shell(CONFIG), &[]);
    let said = |parts: &[&str]| notes.iter().any(|note| parts.iter().all(|part| note.contains(part)));
    assert!(said(&["`GET /artikles`", "routewarden.toml:11", "the nearest is `GET /articles`"]), "{notes:?}");
    assert!(said(&["`DELETE /articles/{slug}`", "expired on 2020-01-31"]), "{notes:?}");
}

#[test]
fn statements_that_contradict_each_other_are_refused() {
    let shell = shell("[intent]\n\"GET /articles/{id}\" = \"public\"\n\"get /articles/{slug}\" = \"owner\"\n");
    for command in [&["intent"][..], &["scan", "--dry-run"]] {
        let (code, _, err) = shell.run(command);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("as `public` in routewarden.toml:2 and as `owner` in routewarden.toml:3"), "{err}");
    }
}

#[test]
fn a_written_overlay_says_the_same_in_place_of_the_configuration() {
    for file in ["intent.overlay.yaml", "intent.overlay.json"] {
        let shell = shell(CONFIG);
        let before = held(&shell);
        let (code, out, err) = shell.run(&["intent", "--overlay", file]);
        assert_eq!((code, out.as_str()), (0, ""), "{err}");
        assert!(err.contains("`GET /artikles` (routewarden.toml:11) is left out: the document has no such"), "{err}");
        assert!(err.contains("`DELETE /articles/{slug}` (routewarden.toml:10) is left out: expired"), "{err}");
        write(&shell, "routewarden.toml", &format!("[target]\nopenapi = \"openapi.json\"\noverlay = \"{file}\"\n"));
        let mut expected: Vec<String> = before.iter().map(|row| row.replace("configuration", "overlay")).collect();
        let mut after = held(&shell);
        after.sort();
        expected.sort();
        assert_eq!(after, expected);
        let (code, _, err) = shell.run(&["intent", "--overlay", file]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("states nothing about this document"), "{err}");
    }
}

#[test]
fn an_overlay_of_other_changes_is_not_replaced_unasked() {
    let shell = shell(CONFIG);
    write(
        &shell,
        "mine.yaml",
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: [{target: $.info, update: {title: x}}]\n",
    );
    let (code, _, err) = shell.run(&["intent", "--overlay", "mine.yaml"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--force replaces it"), "{err}");
    assert!(fs::read_to_string(shell.folder().join("mine.yaml")).unwrap().contains("title: x"));
    for force in [&["intent", "--overlay", "mine.yaml", "--force"][..], &["intent", "--overlay", "mine.yaml"]] {
        let (code, _, err) = shell.run(force);
        assert_eq!(code, 0, "{err}");
    }
}

#[test]
fn an_overlay_of_the_command_line_goes_before_the_configured_one() {
    let shell = shell("[target]\noverlay = \"missing.yaml\"\n");
    let (code, _, err) = shell.run(&["scan", "--dry-run"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("Overlay") && err.contains("missing.yaml"), "{err}");
    let actions = "actions:\n- target: $.paths['/articles/{slug}'].delete\n  remove: true\n- target: $.paths.gone\n  remove: true\n";
    write(&shell, "less.yaml", &format!("overlay: 1.0.0\ninfo: {{title: t, version: '1'}}\n{actions}"));
    let (code, out, err) = shell.run(&["scan", "--dry-run", "--format", "json", "--overlay", "less.yaml"]);
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert!(report["plan"].as_array().unwrap().iter().all(|row| row["operation"]["method"] != "DELETE"), "{out}");
    let issue = &report["document_issues"][0];
    assert_eq!((&issue["at"], &issue["line"]), (&json!("less.yaml#/actions/1"), &json!(6)), "{issue}");
}

#[tokio::test]
async fn what_the_last_scan_learnt_stands_beside_what_is_stated() {
    let shell = shell(CONFIG);
    let mut report = sample_report();
    report.scan.base_url = "http://127.0.0.1:1".to_owned();
    report.scan.status = Status::Complete;
    let learnt = |resource: &str, fields: &[&str]| PolicyRow {
        resource: resource.to_owned(),
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        policy: "owner".to_owned(),
        rests_on: vec!["GET /drafts shows each caller its own".to_owned()],
        broken_by: vec!["GET /drafts/{slug}".to_owned()],
    };
    report.policy = vec![learnt("order", &["*"]), learnt("draft", &["*"]), learnt("user", &["email", "phone"])];
    let asked = |about: &str| Question {
        about: about.to_owned(),
        question: format!("Is every signed-in user meant to read any draft by {about}?"),
        answer_with: "[intent]\n...".to_owned(),
    };
    report.questions = vec![asked("GET /articles/{slug}"), asked("GET /drafts/{slug}")];
    Store::open(Some(&shell.folder().join("data"))).await.unwrap().save(&report).await.unwrap();

    let learnt: Vec<Value> = rows(&shell).into_iter().filter(|row| row["origin"] == "scan").collect();
    let about: Vec<&str> = learnt.iter().map(|row| row["about"].as_str().unwrap()).collect();
    // Orders and the articles are stated already.
    assert_eq!(about, ["resource:draft", "resource:user", "GET /drafts/{slug}"]);
    assert_eq!(learnt[0]["question"], "Is it right that every draft is for its owner alone?");
    assert!(learnt[0]["answer_with"].as_str().unwrap().contains("\"resource:draft\" = { policy = \"owner\""));
    assert_eq!(learnt[1]["fields"], json!(["email", "phone"]));

    let (code, out, err) = shell.run(&["intent"]);
    assert_eq!(code, 0, "{err}");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "and not stated resource:draft: owner, by GET /drafts shows each caller its own; broken by GET /drafts/{slug}",
        "? Is it right that every draft is for its owner alone? [intent] \"resource:draft\"",
        "GET /drafts/{slug}: undecided",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}
