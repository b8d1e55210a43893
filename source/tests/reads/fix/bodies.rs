//! What is taken of a body: loops, filters and calls, in shapes that no example has.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::kit::{Given, assert_changed, facts, strings};

fn flask(body: &str) -> String {
    format!("from flask import Flask, jsonify, request\n\napp = Flask(__name__)\n\n\n{body}")
}

/// Fields that were shown to be set, and those that the document names for the body.
fn documented(not_settable: &[&str], documented: &[&str]) -> FixFacts {
    FixFacts { documented: strings(documented), ..facts(not_settable) }
}

#[test]
fn a_loop_over_the_fields_passes_by_what_may_not_be_set() {
    let text = flask(
        "def payload_of():\n    found = request.get_json(silent=True)\n    return found if isinstance(found, dict) else {}\n\n\n\
         @app.patch(\"/account\")\ndef account():\n    me = load()\n    for key, given in payload_of().items():\n        if hasattr(me, key):\n            setattr(me, key, given)\n    return jsonify(ok=True)\n",
    );
    assert_changed(
        ("app.py", &text),
        "PATCH /account",
        RemedyKind::FieldAllowList,
        documented(&["plan"], &["nick", "plan", "zip"]),
        "+        if key not in (\"nick\", \"zip\"):\n+            continue\n",
    );
    let denied = assert_changed(
        ("app.py", &text),
        "PATCH /account",
        RemedyKind::FieldAllowList,
        facts(&["plan"]),
        "+        if key in (\"plan\",):\n+            continue\n",
    );
    assert!(denied.needs_review.iter().any(|said| said.contains("name the fields")), "{:?}", denied.needs_review);
}

#[test]
fn a_loop_over_names_that_are_listed_elsewhere_is_narrowed_where_it_stands() {
    let text = flask(
        "EDITABLE = [\"nick\", \"plan\"]\n\n\n@app.put(\"/account\")\ndef account():\n    me, given = load(), request.json\n    for key in EDITABLE:\n        if key in given:\n            setattr(me, key, given[key])\n    return jsonify(ok=True)\n\n\n@app.put(\"/admin/account\")\ndef any_account():\n    return jsonify(EDITABLE)\n",
    );
    assert_changed(
        ("app.py", &text),
        "PUT /account",
        RemedyKind::FieldAllowList,
        documented(&["plan"], &["nick"]),
        "+        if key not in (\"nick\",):\n+            continue\n",
    );
}

#[test]
fn a_list_of_names_in_the_loop_itself_loses_them() {
    let text = flask(
        "@app.put(\"/account\")\ndef account():\n    me = load()\n    for key in (\"nick\", \"plan\", \"zip\"):\n        if key in request.json:\n            setattr(me, key, request.json[key])\n    return jsonify(ok=True)\n",
    );
    assert_changed(
        ("app.py", &text),
        "PUT /account",
        RemedyKind::FieldAllowList,
        facts(&["plan"]),
        "-    for key in (\"nick\", \"plan\", \"zip\"):\n+    for key in (\"nick\", \"zip\"):\n",
    );
}

#[test]
fn a_filter_by_the_columns_of_a_table_is_one_by_the_document() {
    let text = flask(
        "@app.post(\"/cards\")\ndef make():\n    body = request.get_json()\n    columns = Card.__table__.columns.keys()\n    kept = {name: value for name, value in body.items() if name in columns}\n    kept.update(owner_id=me().id)\n    add(Card(**kept))\n    return jsonify(ok=True)\n",
    );
    assert_changed(
        ("app.py", &text),
        "POST /cards",
        RemedyKind::FieldAllowList,
        documented(&["approved"], &["title", "text"]),
        "-    kept = {name: value for name, value in body.items() if name in columns}\n\
         +    kept = {name: value for name, value in body.items() if name in (\"title\", \"text\")}\n",
    );
    assert_changed(
        ("app.py", &text),
        "POST /cards",
        RemedyKind::FieldAllowList,
        facts(&["approved"]),
        "-    kept = {name: value for name, value in body.items() if name in columns}\n\
         +    kept = {name: value for name, value in body.items() if name in columns and name not in (\"approved\",)}\n",
    );
}

#[test]
fn a_filter_that_asks_of_values_gets_a_further_condition() {
    let text = flask(
        "@app.post(\"/cards\")\ndef make():\n    kept = {k: v for k, v in request.json.items() if v or v == 0}\n    add(Card(**kept))\n    return jsonify(ok=True)\n",
    );
    assert_changed(
        ("app.py", &text),
        "POST /cards",
        RemedyKind::FieldAllowList,
        documented(&["approved"], &["title"]),
        "-    kept = {k: v for k, v in request.json.items() if v or v == 0}\n\
         +    kept = {k: v for k, v in request.json.items() if (v or v == 0) and k in (\"title\",)}\n",
    );
}

#[test]
fn loops_of_javascript_go_on_to_the_next_field() {
    let head = "const express = require('express');\nconst app = express();\n\n";
    let text = format!(
        "{head}app.patch('/account', (req, res) => {{\n  const me = load(req);\n  for (const [key, value] of Object.entries(req.body ?? {{}})) {{\n    me[key] = value;\n  }}\n  res.json(me);\n}});\n"
    );
    assert_changed(
        ("app.js", &text),
        "PATCH /account",
        RemedyKind::FieldAllowList,
        documented(&["plan"], &["nick"]),
        "+    if (!['nick'].includes(key)) continue;\n",
    );
    // Without a block there is no place for a line.
    let text = format!(
        "{head}app.patch('/account', (req, res) => {{\n  const me = load(req);\n  for (const key of Object.keys(req.body)) me[key] = req.body[key];\n  res.json(me);\n}});\n"
    );
    assert_changed(
        ("app.js", &text),
        "PATCH /account",
        RemedyKind::FieldAllowList,
        facts(&["plan"]),
        "-  for (const key of Object.keys(req.body)) me[key] = req.body[key];\n\
         +  for (const key of Object.keys(Object.fromEntries(Object.entries(req.body).filter(([name]) => !['plan'].includes(name))))) me[key] = req.body[key];\n",
    );
}

#[test]
fn what_already_passes_by_is_left_as_it_is() {
    let sound = [
        "    for key, value in request.json.items():\n        if key in (\"nick\", \"zip\"):\n            setattr(me, key, value)\n",
        "    for key, value in request.json.items():\n        if key not in ALLOWED:\n            continue\n        setattr(me, key, value)\n",
        "    for key, value in request.json.items():\n        if key in (\"plan\", \"role\"):\n            continue\n        setattr(me, key, value)\n",
        "    for key in ALLOWED:\n        setattr(me, key, request.json.get(key))\n",
        "    me.update({key: value for key, value in request.json.items() if key in ALLOWED})\n",
        "    me.update({key: value for key, value in request.json.items() if key not in {\"plan\", \"id\"}})\n",
    ];
    for body in sound {
        let text = flask(&format!(
            "ALLOWED = {{\"nick\", \"zip\"}}\n\n\n@app.put(\"/account\")\ndef account():\n    me = load()\n{body}    return jsonify(ok=True)\n"
        ));
        let given = Given::of(&[("app.py", &text)]);
        match given.fix_with("PUT /account", RemedyKind::FieldAllowList, facts(&["plan"])) {
            Err(refusal) => assert_eq!(refusal.reason, RefusalReason::NothingToDo, "{body}"),
            Ok(made) => panic!("{body}\n{}", made.diff),
        }
    }
}

#[test]
fn a_list_of_what_is_left_out_must_name_the_field() {
    // `id` alone is left out: the field that was set is not.
    let text = flask(
        "@app.put(\"/account\")\ndef account():\n    me = load()\n    for key, value in request.json.items():\n        if key in (\"id\", \"created\"):\n            continue\n        setattr(me, key, value)\n    return jsonify(ok=True)\n",
    );
    assert_changed(
        ("app.py", &text),
        "PUT /account",
        RemedyKind::FieldAllowList,
        facts(&["plan"]),
        "+        if key in (\"plan\",):\n+            continue\n",
    );
}

#[test]
fn a_loop_over_something_else_is_no_body() {
    let text = flask(
        "@app.put(\"/account\")\ndef account():\n    me = load()\n    for key, value in defaults().items():\n        setattr(me, key, value)\n    return jsonify(ok=True)\n\n\ndef defaults():\n    return {\"nick\": \"\"}\n",
    );
    let given = Given::of(&[("app.py", &text)]);
    let refusal = given.fix_with("PUT /account", RemedyKind::FieldAllowList, facts(&["plan"])).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::NotLocated);
}
