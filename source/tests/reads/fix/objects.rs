//! Objects and lists, by the ways in which they are loaded.

use routewarden_source::fix::{FixFacts, RemedyKind};

use super::kit::assert_changed;

fn owned(file: (&str, &str), route: &str, lines: &str) {
    assert_changed(file, route, RemedyKind::ObjectOwnership, FixFacts::default(), lines);
}

const FLASK_SQLALCHEMY: &str = r#"from flask import Flask, jsonify
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.Integer, db.ForeignKey("users.id"))


@app.get("/mine/<int:invoice_id>")
@login_required
def mine(invoice_id):
    return jsonify(Invoice.query.filter_by(id=invoice_id, owner_id=current_user.id).first_or_404().id)


@app.get("/a/<int:invoice_id>")
@login_required
def a(invoice_id):
    return jsonify(Invoice.query.get_or_404(invoice_id).id)


@app.get("/b/<int:invoice_id>")
@login_required
def b(invoice_id):
    invoice = Invoice.query.filter_by(id=invoice_id).first()
    return jsonify(invoice.id)


@app.get("/c/<int:invoice_id>")
@login_required
def c(invoice_id):
    invoice = db.session.get(Invoice, invoice_id)
    if not invoice:
        return jsonify(error="none"), 404
    return jsonify(invoice.id)


@app.get("/d/<int:invoice_id>")
@login_required
def d(invoice_id):
    invoice = db.session.get(Invoice, invoice_id)
    return jsonify(invoice.id)


@app.get("/list")
@login_required
def listed():
    return jsonify([invoice.id for invoice in Invoice.query.all()])
"#;

#[test]
fn sqlalchemy_in_flask_is_scoped_in_the_load() {
    let file = ("app.py", FLASK_SQLALCHEMY);
    owned(
        file,
        "GET /a/{invoice_id}",
        "-    return jsonify(Invoice.query.get_or_404(invoice_id).id)\n\
         +    return jsonify(Invoice.query.filter_by(id=invoice_id, owner_id=current_user.id).first_or_404().id)\n",
    );
    owned(
        file,
        "GET /b/{invoice_id}",
        "-    invoice = Invoice.query.filter_by(id=invoice_id).first()\n\
         +    invoice = Invoice.query.filter_by(id=invoice_id, owner_id=current_user.id).first()\n\
         +    if invoice is None:\n\
         +        return jsonify(error=\"none\"), 404\n",
    );
    assert_changed(
        file,
        "GET /list",
        RemedyKind::ScopedList,
        FixFacts::default(),
        "-    return jsonify([invoice.id for invoice in Invoice.query.all()])\n\
         +    return jsonify([invoice.id for invoice in Invoice.query.filter_by(owner_id=current_user.id).all()])\n",
    );
}

#[test]
fn a_load_by_key_alone_is_compared_in_the_handlers_own_refusal() {
    let file = ("app.py", FLASK_SQLALCHEMY);
    owned(
        file,
        "GET /c/{invoice_id}",
        "-    if not invoice:\n+    if not invoice or invoice.owner_id != current_user.id:\n",
    );
    owned(
        file,
        "GET /d/{invoice_id}",
        "+    if invoice is None or invoice.owner_id != current_user.id:\n\
         +        return jsonify(error=\"none\"), 404\n",
    );
}

const FASTAPI_SELECT: &str = r#"from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .auth import get_current_user
from .db import get_session

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Note(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


@app.get("/notes/{note_id}")
async def read(note_id: int, session=Depends(get_session), user=Depends(get_current_user)):
    note = (await session.execute(select(Note).where(Note.id == note_id))).scalar_one_or_none()
    if note is None:
        raise HTTPException(404)
    return note


@app.put("/notes/{note_id}")
async def write(note_id: int, session=Depends(get_session), user=Depends(get_current_user)):
    note = (await session.execute(select(Note).where(Note.id == note_id, Note.owner_id == user.id))).scalar_one()
    return note


@app.get("/notes")
async def listed(session=Depends(get_session), user=Depends(get_current_user)):
    return (await session.execute(select(Note))).scalars().all()
"#;

#[test]
fn a_select_of_fastapi_gets_a_further_condition() {
    let file = ("app.py", FASTAPI_SELECT);
    owned(
        file,
        "GET /notes/{note_id}",
        "-    note = (await session.execute(select(Note).where(Note.id == note_id))).scalar_one_or_none()\n\
         +    note = (await session.execute(select(Note).where(Note.id == note_id, Note.owner_id == user.id))).scalar_one_or_none()\n",
    );
    assert_changed(
        file,
        "GET /notes",
        RemedyKind::ScopedList,
        FixFacts::default(),
        "-    return (await session.execute(select(Note))).scalars().all()\n\
         +    return (await session.execute(select(Note).where(Note.owner_id == user.id))).scalars().all()\n",
    );
}

#[test]
fn statements_of_sql_keep_the_way_in_which_values_are_given() {
    for (load, made) in [
        (
            "cur.execute(\"SELECT * FROM docs WHERE id = %s\", (doc_id,))",
            "cur.execute(\"SELECT * FROM docs WHERE id = %s AND owner_id = %s\", (doc_id, g.user.id))",
        ),
        (
            "cur.execute('DELETE FROM docs WHERE id = %s', [doc_id])",
            "cur.execute('DELETE FROM docs WHERE id = %s AND owner_id = %s', [doc_id, g.user.id])",
        ),
        (
            "cur.execute(\"SELECT * FROM docs WHERE id = :id\", {\"id\": doc_id})",
            "cur.execute(\"SELECT * FROM docs WHERE id = :id AND owner_id = :owner_id\", {\"id\": doc_id, \"owner_id\": g.user.id})",
        ),
        (
            "cur.execute(\"SELECT * FROM docs WHERE id = %(id)s LIMIT 1\", {\"id\": doc_id})",
            "cur.execute(\"SELECT * FROM docs WHERE id = %(id)s AND owner_id = %(owner_id)s LIMIT 1\", {\"id\": doc_id, \"owner_id\": g.user.id})",
        ),
    ] {
        let text = format!(
            "from flask import Flask, g\n\nfrom auth import login_required\n\napp = Flask(__name__)\n\n\n\
             def load():\n    g.user = find()\n\n\n\
             def other(cur, g):\n    return cur.execute(\"SELECT * FROM docs WHERE name = %s AND owner_id = %s\", (1, g.user.id))\n\n\n\
             @app.get(\"/docs/<doc_id>\")\n@login_required\ndef doc(doc_id):\n    return {load}\n"
        );
        owned(("app.py", &text), "GET /docs/{doc_id}", &format!("-    return {load}\n+    return {made}\n"));
    }
}

const EXPRESS: &str = r"const express = require('express');
const { requireAuth } = require('./auth');
const { PrismaClient } = require('@prisma/client');
const Note = require('./note');
const pool = require('./pool');

const prisma = new PrismaClient();
const app = express();

app.get('/mine', requireAuth, async (req, res) => {
  res.json(await Note.find({ ownerId: req.user.id }));
});

app.get('/a/:id', requireAuth, async (req, res) => {
  const note = await prisma.note.findUnique({ where: { id: req.params.id } });
  if (!note) return res.status(404).end();
  res.json(note);
});

app.get('/b/:id', requireAuth, async (req, res) => {
  const note = await Note.findById(req.params.id);
  if (!note) return res.status(404).end();
  res.json(note);
});

app.get('/c/:id', requireAuth, async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM notes WHERE id = $1', [req.params.id]);
  res.json(rows[0]);
});

app.get('/d/:id', requireAuth, async (req, res) => {
  const note = await Note.findByPk(req.params.id);
  res.json(note);
});

app.get('/users/:userId', requireAuth, async (req, res) => {
  const user = await prisma.user.findUnique({ where: { id: req.params.userId } });
  res.json(user);
});
";

#[test]
fn libraries_of_javascript_are_scoped_in_their_own_way() {
    let file = ("app.js", EXPRESS);
    owned(
        file,
        "GET /a/{id}",
        "-  const note = await prisma.note.findUnique({ where: { id: req.params.id } });\n\
         +  const note = await prisma.note.findFirst({ where: { id: req.params.id, ownerId: req.user.id } });\n",
    );
    owned(
        file,
        "GET /b/{id}",
        "-  const note = await Note.findById(req.params.id);\n\
         +  const note = await Note.findOne({ _id: req.params.id, ownerId: req.user.id });\n",
    );
    owned(
        file,
        "GET /c/{id}",
        "-  const { rows } = await pool.query('SELECT * FROM notes WHERE id = $1', [req.params.id]);\n\
         +  const { rows } = await pool.query('SELECT * FROM notes WHERE id = $1 AND ownerId = $2', [req.params.id, req.user.id]);\n",
    );
    owned(
        file,
        "GET /d/{id}",
        "-  const note = await Note.findByPk(req.params.id);\n\
         +  const note = await Note.findOne({ where: { id: req.params.id, ownerId: req.user.id } });\n",
    );
    owned(
        file,
        "GET /users/{userId}",
        "+  if (String(req.user.id) !== String(req.params.userId)) return res.status(403).end();\n",
    );
}

#[test]
fn line_ends_tabs_and_a_missing_last_line_end_are_kept() {
    let text = "from flask import Flask, abort\r\nimport auth\r\nimport db\r\n\r\napp = Flask(__name__)\r\n\r\n\r\ndef own(user, x):\r\n\treturn x.owner_id == user.id\r\n\r\n\r\n@app.get(\"/x/<x_id>\")\r\ndef x(x_id):\r\n\tuser = auth.get_current_user()\r\n\tx = db.load(x_id)\r\n\treturn x.name";
    let given = super::kit::Given::of(&[("app.py", text)]);
    let made = given.fix("GET /x/{x_id}", RemedyKind::ObjectOwnership).unwrap();
    let new = &made.files["app.py"];
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    assert!(new.contains("\r\n\tif x is None or "), "{new}");
    assert!(new.contains("\r\n\t\tabort(404)\r\n"), "{new}");
    assert!(new.ends_with("\treturn x.name"));
    super::kit::assert_verified(&made);
}
