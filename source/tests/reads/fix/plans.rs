//! One change for several findings.

use routewarden_source::fix::{FixFacts, RemedyKind, StepOutcome, plan_fixes};

use super::kit::Given;

const APP: &str = r#"from flask import Flask, jsonify
import jwt

import db
from auth import get_current_user

app = Flask(__name__)
KEY = "changeme"


def caller():
    claims = jwt.decode(get_token(), KEY, algorithms=["HS256"], options={"verify_exp": False})
    return claims


def get_token():
    return ""


@app.get("/own/<doc_id>")
def own(doc_id):
    user = get_current_user()
    return jsonify(db.row("SELECT * FROM docs WHERE id = ? AND owner_id = ?", doc_id, user["id"]))


@app.get("/a/<doc_id>")
def a(doc_id):
    claims = caller()
    user = get_current_user()
    return jsonify(db.row("SELECT * FROM docs WHERE id = ?", doc_id))


@app.get("/b")
def b():
    claims = caller()
    return jsonify(claims)
"#;

#[test]
fn a_shared_place_is_changed_once_and_proofs_come_first() {
    let given = Given::of(&[("app.py", APP)]);
    let ask = |route, remedy| given.ask(given.route(route), remedy, FixFacts::default());
    let requests = [
        ask("GET /a/{doc_id}", RemedyKind::ObjectOwnership),
        ask("GET /a/{doc_id}", RemedyKind::VerifyToken),
        ask("GET /b", RemedyKind::VerifyToken),
        ask("GET /own/{doc_id}", RemedyKind::ObjectOwnership),
    ];
    let plan = plan_fixes(&requests);
    let order: Vec<usize> = plan.steps.iter().map(|step| step.request).collect();
    assert_eq!(order, [1, 2, 0, 3]);
    assert!(matches!(plan.steps[0].outcome, StepOutcome::Proposed(_)), "{:?}", plan.steps[0]);
    assert!(matches!(plan.steps[1].outcome, StepOutcome::Covered { by: 1 }), "{:?}", plan.steps[1]);
    assert!(matches!(plan.steps[2].outcome, StepOutcome::Proposed(_)), "{:?}", plan.steps[2]);
    assert!(matches!(plan.steps[3].outcome, StepOutcome::Refused(_)), "{:?}", plan.steps[3]);
    assert_eq!(plan.diff.matches("+    claims = jwt.decode(").count(), 1, "{}", plan.diff);
    assert_eq!(plan.files.len(), 1);
    assert_eq!(plan.originals[0].sha256.len(), 64);
    // The edits lead from the file as it is to the file as it shall be.
    let mut text = APP.to_owned();
    for edit in plan.edits.iter().rev() {
        assert_eq!(&text[edit.span.start..edit.span.end], edit.old);
        text.replace_range(edit.span.start..edit.span.end, &edit.new);
    }
    assert_eq!(text, plan.files["app.py"]);
}
