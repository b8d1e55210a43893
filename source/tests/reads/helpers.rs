//! Helpers that many handlers lead to: what they come to is read once, and is said of each handler as if it was alone.

use std::path::Path;

use routewarden_source::frameworks::find_routes;
use routewarden_source::project::Project;
use routewarden_source::reading::{HandlerReading, OwnershipReader, OwnershipWord, read_ownership};
use routewarden_source::routes::RouteEntry;
use routewarden_source::tree::{SourceTree, TreeLimits};

use crate::project::project;

const APP: &str = r#"
from flask import Flask, abort, g, jsonify, request
from flask_login import current_user, login_required
from models import Invoice

app = Flask(__name__)

def note(kind, number):
    log(kind)
    count(number)

def load(number):
    note("load", number)
    invoice = Invoice.query.filter_by(id=number).first()
    if invoice is None:
        abort(404)
    return invoice

def load_own(number):
    invoice = load(number)
    if invoice.owner_id != current_user.id:
        abort(404)
    note("own", number)
    return invoice

def by_method(number):
    if request.method == "GET":
        return load_own(number)
    note("write", number)
    return load(number)

@app.get("/open/<int:first>")
@login_required
def open_one(first):
    return jsonify(load(first))

@app.get("/checked/<int:second>")
def checked(second):
    invoice = load(second)
    if invoice.owner_id != current_user.id:
        abort(404)
    return jsonify(invoice)

@app.get("/own/<int:third>")
def own(third):
    return jsonify(load_own(third))

@app.get("/both/<int:one>/<int:two>")
def both(one, two):
    return jsonify(load_own(one), load(two))

@app.get("/asked/<int:fourth>")
def asked(fourth):
    return jsonify(by_method(fourth))

@app.put("/asked/<int:fourth>")
def put(fourth):
    return jsonify(by_method(fourth))
"#;

fn of_path<'r>(entries: &[&RouteEntry], readings: &'r [HandlerReading], function: &str) -> &'r HandlerReading {
    let place = entries.iter().position(|entry| entry.function == function).unwrap();
    &readings[place]
}

#[test]
fn each_caller_of_a_helper_has_its_own_ids_and_checks() {
    let project = project(&[("app.py", APP)]);
    let table = find_routes(&project);
    let entries: Vec<&RouteEntry> = table.routes.iter().collect();
    let readings = OwnershipReader::new(&project).read_all(&entries);
    let said = |function: &str| {
        let reading = of_path(&entries, &readings, function);
        let mut ids: Vec<(String, OwnershipWord)> = Vec::new();
        for access in &reading.accesses {
            ids.extend(access.ids.iter().map(|id| (id.name.clone(), access.word())));
        }
        ids
    };
    assert_eq!(said("open_one"), [("first".to_owned(), OwnershipWord::NotChecked)]);
    assert_eq!(said("checked"), [("second".to_owned(), OwnershipWord::Checked)]);
    assert_eq!(said("own"), [("third".to_owned(), OwnershipWord::Checked)]);
    let mut both = said("both");
    both.sort();
    assert_eq!(both, [("one".to_owned(), OwnershipWord::Checked), ("two".to_owned(), OwnershipWord::NotChecked)]);
    // What a helper does may depend on the method of the request.
    assert_eq!(said("asked"), [("fourth".to_owned(), OwnershipWord::Checked)]);
    assert_eq!(said("put"), [("fourth".to_owned(), OwnershipWord::NotChecked)]);
}

fn assert_alike(project: &Project) {
    let table = find_routes(project);
    let entries: Vec<&RouteEntry> = table.routes.iter().collect();
    let together = OwnershipReader::new(project).read_all(&entries);
    assert!(!entries.is_empty());
    for (entry, reading) in entries.iter().zip(&together) {
        assert_eq!(*reading, read_ownership(project, entry), "{} {}", entry.methods.join(","), entry.path);
    }
}

#[test]
fn a_handler_is_read_alike_alone_and_after_others() {
    assert_alike(&project(&[("app.py", APP)]));
    for example in ["flask-invoices", "fastapi-bookings", "express-notes", "django-notes"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
        assert_alike(&Project::parse(SourceTree::read(&root, &TreeLimits::default()).unwrap()));
    }
}

const VIEWS: &str = r#"
from flask import Flask, abort, jsonify
from flask.views import MethodView
from flask_login import current_user, login_required
from models import Invoice

app = Flask(__name__)

class Audit:
    def write(self, number):
        self.invoice = number
        log(number)
        count(number)

def audit(number):
    log(number)
    count(number)

class Checked(MethodView):
    def get(self, number):
        self.invoice = Invoice.query.get_or_404(number)
        if self.invoice.owner_id != current_user.id:
            abort(404)
        audit(number)
        return jsonify(self.invoice)

class Open(MethodView):
    decorators = [login_required]

    def get(self, number):
        self.invoice = Invoice.query.get_or_404(number)
        audit(number)
        return jsonify(self.invoice)

class Beside(MethodView):
    decorators = [login_required]

    def get(self, number):
        self.invoice = Invoice.query.get_or_404(number)
        Audit().write(number)
        return jsonify(self.invoice)

app.add_url_rule("/checked/<int:number>", view_func=Checked.as_view("checked"))
app.add_url_rule("/open/<int:number>", view_func=Open.as_view("open"))
app.add_url_rule("/beside/<int:number>", view_func=Beside.as_view("beside"))
"#;

#[test]
fn what_a_view_keeps_of_itself_outlives_calls_of_others() {
    let project = project(&[("app.py", VIEWS)]);
    let table = find_routes(&project);
    let words: Vec<(&str, OwnershipWord)> =
        table.routes.iter().map(|entry| (entry.path.as_str(), read_ownership(&project, entry).word)).collect();

    assert!(words.contains(&("/checked/{number}", OwnershipWord::Checked)), "{words:?}");
    assert!(words.contains(&("/open/{number}", OwnershipWord::NotChecked)), "{words:?}");
    assert!(words.contains(&("/beside/{number}", OwnershipWord::NotChecked)), "{words:?}");
}
