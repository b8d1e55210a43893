//! What handlers read of their request: names, what they cannot do without, and what they make.

use routewarden_source::frameworks::find_routes;
use routewarden_source::reading::{BodyReading, IdOrigin, RequestReading, read_ownership};

use crate::project::project;

const FLASK: &str = r#"
from flask import Flask, request, jsonify, abort
from models import db, Invoice, Payment
from auth import current_user

app = Flask(__name__)
NOTES = {}

@app.post("/payments")
def pay():
    data = request.get_json()
    invoice = Invoice.query.filter_by(id=data["invoice_id"]).first()
    if invoice is None:
        abort(404)
    payment = Payment(invoice_id=invoice.id, amount=int(data["amount"]), memo=data.get("memo"))
    db.session.add(payment)
    return jsonify(payment), 201

@app.post("/forms")
def form():
    return jsonify(title=request.form["title"], place=request.form.get("place"))

@app.get("/lookup")
def lookup():
    found = Invoice.query.filter_by(id=request.args["number"]).first()
    return jsonify(found, request.args.get("page"))

@app.post("/notes")
def note():
    number = len(NOTES) + 1
    NOTES[number] = {"text": request.json["text"], "street": request.json["place"]["street"]}
    return jsonify(NOTES[number])

@app.post("/ping")
def ping():
    return "pong"

@app.post("/all")
def everything():
    return jsonify(Invoice(**request.get_json()))
"#;

const MODELS: &str = r#"
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
class Payment(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"#;

const EXPRESS: &str = r#"
const express = require('express')
const app = express()
app.use(express.json())
const { Order } = require('./models')
app.post('/orders', async (req, res) => {
  const { title, quantity } = req.body
  const made = await Order.create({ title, quantity: Number(quantity), note: req.body.note })
  res.status(201).json(made)
})
module.exports = app
"#;

fn reading(files: &[(&str, &str)], path: &str) -> RequestReading {
    let project = project(files);
    let table = find_routes(&project);
    let entry = table.routes.iter().find(|entry| entry.path == path).unwrap();
    read_ownership(&project, entry).request.unwrap()
}

fn flask(path: &str) -> RequestReading {
    reading(&[("app.py", FLASK), ("models.py", MODELS), ("requirements.txt", "flask\n")], path)
}

/// `name` with `!` where it is needed, `#` for a number, `..` for what has values within, and what is loaded by it.
fn shown(reading: &RequestReading, from: IdOrigin) -> Vec<String> {
    let of = reading.inputs.iter().filter(|input| input.from == from);
    of.map(|input| {
        let mark = |is: bool, mark: &str| if is { mark.to_owned() } else { String::new() };
        let loads = input.loads.as_ref().map(|model| format!("->{model}")).unwrap_or_default();
        let marks = [mark(input.is_needed, "!"), mark(input.is_number, "#"), mark(input.is_nested, ".."), loads];
        format!("{}{}", input.name, marks.concat())
    })
    .collect()
}

#[test]
fn the_body_is_known_by_the_keys_that_are_read() {
    let pay = flask("/payments");
    assert_eq!(shown(&pay, IdOrigin::Body), ["invoice_id!->Invoice", "amount!#", "memo"]);
    assert_eq!((pay.body, pay.is_open), (BodyReading::Json, false));
    assert_eq!(pay.makes, ["Payment"]);
    let form = flask("/forms");
    assert_eq!(shown(&form, IdOrigin::Body), ["title!", "place"]);
    assert_eq!(form.body, BodyReading::Form);
}

#[test]
fn a_query_that_loads_an_object_and_a_table_in_memory_are_known() {
    assert_eq!(shown(&flask("/lookup"), IdOrigin::Query), ["number!->Invoice", "page"]);
    let note = flask("/notes");
    assert_eq!(shown(&note, IdOrigin::Body), ["text!", "place!.."]);
    assert_eq!(note.makes, ["NOTES"]);
}

#[test]
fn what_is_not_looked_at_and_what_goes_on_as_a_whole_are_told_apart() {
    let ping = flask("/ping");
    assert_eq!((ping.body, ping.inputs.len(), ping.is_complete), (BodyReading::Unread, 0, true));
    let all = flask("/all");
    assert_eq!((all.body, all.inputs.len()), (BodyReading::Json, 0));
}

#[test]
fn express_bodies_are_read_too() {
    let order = reading(&[("app.js", EXPRESS), ("package.json", r#"{"dependencies":{"express":"5"}}"#)], "/orders");
    assert_eq!(shown(&order, IdOrigin::Body), ["title", "quantity#", "note"]);
    assert_eq!(order.makes, ["Order"]);
}
