//! An object below a parent: the parent is the caller's, by a function that finds the caller itself.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::kit::{Given, assert_changed};

const MODELS: &str = "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n\n\nclass Board(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    owner_id = db.Column(db.Integer)\n\n\nclass Card(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    board_id = db.Column(db.Integer)\n";

fn app(helper: &str, handler: &str) -> String {
    format!(
        "from flask import Flask, abort, g, jsonify\n\n{MODELS}\napp = Flask(__name__)\n\n\n{helper}\n\n@app.get(\"/boards/<int:board_id>/cards/<int:card_id>\")\ndef card(board_id, card_id):\n{handler}"
    )
}

const HELPER: &str = "def board_of(board_id):\n    board = db.session.get(Board, board_id)\n    if board is None or board.owner_id != g.user.id:\n        abort(404)\n    return board\n";

#[test]
fn the_child_is_compared_with_its_parent() {
    let text = app(
        HELPER,
        "    board_of(board_id)\n    found = db.session.get(Card, card_id)\n    if not found:\n        abort(404)\n    return jsonify(found.id)\n",
    );
    assert_changed(
        ("app.py", &text),
        "GET /boards/{board_id}/cards/{card_id}",
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "-    if not found:\n+    if not found or found.board_id != board_id:\n",
    );
    // A parameter that is a text is compared as one.
    let text = text.replace("<int:board_id>", "<board_id>");
    assert_changed(
        ("app.py", &text),
        "GET /boards/{board_id}/cards/{card_id}",
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "-    if not found:\n+    if not found or str(found.board_id) != str(board_id):\n",
    );
}

#[test]
fn a_query_by_key_words_asks_for_the_parent() {
    let text =
        app(HELPER, "    board_of(board_id)\n    return jsonify(Card.query.filter_by(id=card_id).first_or_404().id)\n");
    assert_changed(
        ("app.py", &text),
        "GET /boards/{board_id}/cards/{card_id}",
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "-    return jsonify(Card.query.filter_by(id=card_id).first_or_404().id)\n\
         +    return jsonify(Card.query.filter_by(id=card_id, board_id=board_id).first_or_404().id)\n",
    );
}

#[test]
fn a_child_that_is_tied_already_is_left() {
    let text = app(
        HELPER,
        "    board_of(board_id)\n    found = db.session.get(Card, card_id)\n    if found is None or found.board_id != board_id:\n        abort(404)\n    return jsonify(found.id)\n",
    );
    let given = Given::of(&[("app.py", &text)]);
    let refusal = given.fix("GET /boards/{board_id}/cards/{card_id}", RemedyKind::ObjectOwnership).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::NothingToDo, "{refusal}");
}

#[test]
fn a_function_that_only_writes_the_owner_down_is_no_check_of_the_parent() {
    let helper = "def seen(board_id):\n    same = db.session.get(Board, board_id).owner_id == g.user.id\n    print(board_id, same)\n";
    let text = app(
        helper,
        "    seen(board_id)\n    found = db.session.get(Card, card_id)\n    if not found:\n        abort(404)\n    return jsonify(found.id)\n",
    );
    let given = Given::of(&[("app.py", &text)]);
    if let Ok(made) = given.fix("GET /boards/{board_id}/cards/{card_id}", RemedyKind::ObjectOwnership) {
        panic!("{}", made.diff);
    }
}
