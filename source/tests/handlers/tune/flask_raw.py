import sqlite3

import jwt
from flask import Flask, g, jsonify, request
from flask.views import MethodView

app = Flask(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    owner_id INTEGER NOT NULL,
    body TEXT
);
CREATE TABLE IF NOT EXISTS plans (
    id INTEGER PRIMARY KEY,
    name TEXT,
    price INTEGER
);
"""

TICKETS = {}


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect("app.db")
    return g.db


def caller():
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ")
    claims = jwt.decode(token, app.config["KEY"], algorithms=["HS256"])
    return int(claims["sub"])


@app.before_request
def load_user():
    g.user_id = None
    if request.headers.get("Authorization"):
        g.user_id = caller()


# label: not_checked
@app.get("/notes/<int:note_id>")
def read_note(note_id):
    user_id = caller()
    row = get_db().execute("SELECT id, body FROM notes WHERE id = ?", (note_id,)).fetchone()
    if row is None:
        return jsonify(error="not found"), 404
    return jsonify(id=row[0], body=row[1])


# label: checked
@app.get("/notes/<int:note_id>/mine")
def read_own_note(note_id):
    user_id = caller()
    row = get_db().execute(
        "SELECT id, body FROM notes WHERE id = ? AND owner_id = ?", (note_id, user_id)
    ).fetchone()
    if row is None:
        return jsonify(error="not found"), 404
    return jsonify(id=row[0], body=row[1])


# label: not_checked
@app.get("/notes/<int:note_id>/either")
def read_either(note_id):
    user_id = caller()
    cur = get_db().cursor()
    cur.execute("SELECT id, body FROM notes WHERE id = ? OR owner_id = ?", (note_id, user_id))
    row = cur.fetchone()
    return jsonify(id=row[0], body=row[1])


# label: not_checked
@app.delete("/notes/<int:note_id>")
def delete_note(note_id):
    caller()
    db = get_db()
    db.execute("DELETE FROM notes WHERE id = ?", (note_id,))
    db.commit()
    return "", 204


# label: checked
@app.put("/notes/<int:note_id>")
def update_note(note_id):
    db = get_db()
    row = db.execute("SELECT owner_id FROM notes WHERE id = ?", (note_id,)).fetchone()
    if row is None or row[0] != g.user_id:
        return jsonify(error="not found"), 404
    db.execute("UPDATE notes SET body = ? WHERE id = ?", (request.json["body"], note_id))
    db.commit()
    return jsonify(ok=True)


# label: not_applicable
@app.get("/plans/<int:plan_id>")
def read_plan(plan_id):
    row = get_db().execute("SELECT name, price FROM plans WHERE id = ?", (plan_id,)).fetchone()
    return jsonify(name=row[0])


# label: not_checked
@app.get("/tickets/<ticket_id>")
def read_ticket(ticket_id):
    caller()
    ticket = TICKETS.get(ticket_id)
    if ticket is None:
        return jsonify(error="not found"), 404
    return jsonify(ticket)


# label: checked
@app.get("/tickets/<ticket_id>/own")
def read_own_ticket(ticket_id):
    user = caller()
    ticket = TICKETS.get(ticket_id)
    if not ticket or ticket["owner"] != user:
        return jsonify(error="not found"), 404
    return jsonify(ticket)


# label: not_applicable
@app.post("/tickets")
def create_ticket():
    user = caller()
    number = str(len(TICKETS) + 1)
    TICKETS[number] = {"owner": user, "text": request.json["text"]}
    return jsonify(id=number), 201


class NoteView(MethodView):
    # label: checked
    def get(self, note_id):
        row = get_db().execute(
            f"SELECT body FROM notes WHERE id = {note_id} AND owner_id = {g.user_id}"
        ).fetchone()
        return jsonify(body=row[0])

    # label: not_checked
    def delete(self, note_id):
        user = caller()
        get_db().execute("DELETE FROM notes WHERE id = :id", {"id": note_id})
        return "", 204


app.add_url_rule("/v2/notes/<int:note_id>", view_func=NoteView.as_view("note"))
