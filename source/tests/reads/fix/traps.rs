//! What must not be changed, and why it is not.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::kit::{Given, facts};

fn reason(given: &Given, route: &str, remedy: RemedyKind, facts: FixFacts) -> RefusalReason {
    match given.fix_with(route, remedy, facts) {
        Err(refusal) => {
            assert!(!refusal.because.is_empty() && !refusal.instead.is_empty());
            refusal.reason
        }
        Ok(made) => panic!("{route}: {}", made.diff),
    }
}

const APP: &str = r#"from flask import Flask, abort, jsonify
import db
from auth import get_current_user

app = Flask(__name__)

SCHEMA = """CREATE TABLE news (id INTEGER PRIMARY KEY, title TEXT);
CREATE TABLE docs (id INTEGER PRIMARY KEY, owner_id INTEGER, title TEXT);"""


@app.get("/docs/<doc_id>")
def doc(doc_id):
    return jsonify(db.row("SELECT * FROM docs WHERE id = ?", doc_id))


@app.get("/own/<doc_id>")
def own(doc_id):
    user = get_current_user()
    return jsonify(db.row("SELECT * FROM docs WHERE id = ? AND owner_id = ?", doc_id, user["id"]))


@app.get("/compared/<doc_id>")
def compared(doc_id):
    user = get_current_user()
    doc = db.row("SELECT * FROM docs WHERE id = ?", doc_id)
    if doc["owner_id"] != user["id"]:
        abort(403)
    return jsonify(doc)


@app.get("/news/<news_id>")
def news(news_id):
    user = get_current_user()
    return jsonify(db.row("SELECT * FROM news WHERE id = ?", news_id))


@app.get("/news")
def all_news():
    user = get_current_user()
    return jsonify(db.rows("SELECT * FROM news"))


@app.get("/me")
def me():
    return jsonify(get_current_user())
"#;

#[test]
fn what_is_sound_open_or_not_known_is_refused_with_its_reason() {
    let given = Given::of(&[("app.py", APP)]);
    let none = FixFacts::default;
    let public = FixFacts { is_public: true, ..none() };
    for (route, remedy, facts, wanted) in [
        ("GET /docs/{doc_id}", RemedyKind::ObjectOwnership, none(), RefusalReason::NoIdentity),
        ("GET /docs/{doc_id}", RemedyKind::ObjectOwnership, public.clone(), RefusalReason::Public),
        ("GET /docs/{doc_id}", RemedyKind::MissingGuard, public, RefusalReason::Public),
        ("GET /own/{doc_id}", RemedyKind::ObjectOwnership, none(), RefusalReason::NothingToDo),
        ("GET /own/{doc_id}", RemedyKind::MissingGuard, none(), RefusalReason::NothingToDo),
        ("GET /compared/{doc_id}", RemedyKind::ObjectOwnership, none(), RefusalReason::NothingToDo),
        // Nothing in the table names an owner: it is for everybody, or lacks a column.
        ("GET /news/{news_id}", RemedyKind::ObjectOwnership, none(), RefusalReason::NoOwner),
        ("GET /news", RemedyKind::ScopedList, none(), RefusalReason::NoOwner),
        ("GET /me", RemedyKind::ObjectOwnership, none(), RefusalReason::MissingFact),
        ("GET /me", RemedyKind::ResponseSchema, none(), RefusalReason::MissingFact),
        ("GET /me", RemedyKind::RoleGuard, none(), RefusalReason::MissingFact),
        ("GET /me", RemedyKind::VerifyToken, none(), RefusalReason::NotLocated),
        ("GET /me", RemedyKind::CorsOrigins, none(), RefusalReason::NotLocated),
        ("GET /me", RemedyKind::FieldAllowList, facts(&["role"]), RefusalReason::NotLocated),
        ("GET /me", RemedyKind::ParameterisedQuery, none(), RefusalReason::NotLocated),
        ("GET /docs/{doc_id}", RemedyKind::ParameterisedQuery, none(), RefusalReason::NothingToDo),
        ("GET /docs/{doc_id}", RemedyKind::SafePath, none(), RefusalReason::NotLocated),
        ("GET /me", RemedyKind::SsrfGuard, none(), RefusalReason::NotLocated),
    ] {
        assert_eq!(reason(&given, route, remedy, facts), wanted, "{route} {remedy:?}");
    }
}

#[test]
fn the_id_of_an_account_is_compared_with_the_caller() {
    let text = "from flask import Flask, abort, jsonify\nimport db\nfrom auth import get_current_user\n\napp = Flask(__name__)\n\n\n@app.get(\"/users/<user_id>/mail\")\ndef mail(user_id):\n    user = get_current_user()\n    return jsonify(db.row(\"SELECT mail FROM users WHERE id = ?\", user_id))\n\n\ndef other(doc, user):\n    return doc.owner_id == user.id\n";
    super::kit::assert_changed(
        ("app.py", text),
        "GET /users/{user_id}/mail",
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "+    if str(user.id) != str(user_id):\n+        abort(403)\n",
    );
}

#[test]
fn a_name_of_a_table_is_no_parameter() {
    let text = "from flask import Flask\nimport db\n\napp = Flask(__name__)\n\n\n@app.get(\"/t/<table>\")\ndef t(table):\n    return db.rows(f\"SELECT * FROM {table}\")\n";
    let given = Given::of(&[("app.py", text)]);
    assert_eq!(
        reason(&given, "GET /t/{table}", RemedyKind::ParameterisedQuery, FixFacts::default()),
        RefusalReason::NotSupported
    );
}

#[test]
fn an_owner_of_other_objects_is_no_ground_for_a_change() {
    let text = "from flask import Flask\nimport db\nfrom auth import get_current_user\n\napp = Flask(__name__)\n\n\n@app.get(\"/mine/<a_id>\")\ndef mine(a_id):\n    user = get_current_user()\n    return db.row(\"SELECT * FROM a WHERE id = ? AND owner_id = ?\", a_id, user.id)\n\n\n@app.get(\"/news/<news_id>\")\ndef news(news_id):\n    user = get_current_user()\n    return db.row(\"SELECT * FROM news WHERE id = ?\", news_id)\n\n\n@app.get(\"/news\")\ndef all_news():\n    user = get_current_user()\n    return db.rows(\"SELECT * FROM news\")\n";
    let given = Given::of(&[("app.py", text)]);
    let none = FixFacts::default;
    assert_eq!(reason(&given, "GET /news/{news_id}", RemedyKind::ObjectOwnership, none()), RefusalReason::NoOwner);
    assert_eq!(reason(&given, "GET /news", RemedyKind::ScopedList, none()), RefusalReason::NoOwner);
    // Where the scan saw the field in the answers, it is one.
    let seen = FixFacts { owner_fields: vec!["owner_id".to_owned()], ..none() };
    let made = given.fix_with("GET /news/{news_id}", RemedyKind::ObjectOwnership, seen).unwrap();
    assert!(made.diff.contains("WHERE id = ? AND owner_id = ?\", news_id, user.id)"), "{}", made.diff);
}
