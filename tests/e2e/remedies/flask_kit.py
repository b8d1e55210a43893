"""Runs the samples for Flask with Flask-JWT-Extended and Flask-SQLAlchemy."""

import sys

from flask import Blueprint, Flask, abort, request, session
from flask_jwt_extended import JWTManager, jwt_required
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.pool import StaticPool
from werkzeug.security import generate_password_hash

import cases
import python_kit


class Client:
    def __init__(self, app):
        self.client = app.test_client()

    def call(self, method, path, token=None, json=None, headers=None):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        secure = headers.pop("X-Scheme", "http")
        answer = self.client.open(path, method=method, json=json, headers=headers, base_url=f"{secure}://localhost")
        return cases.Answer(answer.status_code, list(answer.headers), answer.get_data(as_text=True))

    def sign_in(self, username, password):
        return self.call("POST", "/login", json={"username": username, "password": password})

    def sign_up(self, username, password):
        return self.call("POST", "/register", json={"username": username, "password": password})


class FlaskKit(python_kit.Kit):
    https = {"X-Scheme": "https"}

    def open(self, remedy):
        self.models(remedy)
        self.make_up("users", create_user=lambda data: 7, sign_in=lambda data: ({"error": "wrong"}, 401))
        self.make_up("queries", owned_invoice=self.owned_invoice)
        self.make_up("assistant", **python_kit.assistant())
        self.make_up("orders", find_orders=python_kit.find_orders)
        module = self.run(remedy)
        app = getattr(module, "app", None) or Flask(__name__)
        self.app = app
        app.config.setdefault("JWT_SECRET_KEY", None)
        if app.config["JWT_SECRET_KEY"] is None:
            app.config["JWT_SECRET_KEY"] = cases.KEY
        app.config["SECRET_KEY"] = cases.ENVIRONMENT["SESSION_SECRET"]
        app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        self.db.init_app(app)
        if "flask-jwt-extended" not in app.extensions:
            JWTManager(app)
        for value in list(vars(module).values()):
            if isinstance(value, Blueprint) and value.name not in app.blueprints:
                app.register_blueprint(value)
        self.probes(app, module)
        with app.app_context():
            self.db.create_all()
            self.seed()
        return Client(app)

    def models(self, remedy):
        db = self.db = SQLAlchemy()

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            username = db.Column(db.String)
            name = db.Column(db.String)
            email = db.Column(db.String)
            bio = db.Column(db.String)
            avatar_url = db.Column(db.String)
            role = db.Column(db.String)
            password_hash = db.Column(db.String)

        class Note(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            owner_id = db.Column(db.Integer)
            title = db.Column(db.String)

        class RevokedToken(db.Model):
            jti = db.Column(db.String, primary_key=True)
            expires_at = db.Column(db.DateTime)

        class Product(db.Model):
            __tablename__ = "products"
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String)

        known = {"User": User, "Note": Note, "RevokedToken": RevokedToken, "Product": Product}
        if remedy != "unguessable-ids":

            class Invoice(db.Model):
                id = db.Column(db.Integer, primary_key=True)
                owner_id = db.Column(db.Integer)
                total = db.Column(db.Integer)
                status = db.Column(db.String)

            class InvoiceLine(db.Model):
                id = db.Column(db.Integer, primary_key=True)
                invoice_id = db.Column(db.Integer)
                text = db.Column(db.String)

            known |= {"Invoice": Invoice, "InvoiceLine": InvoiceLine}
        self.known = known
        self.make_up("models", db=db, **known)

    def seed(self):
        add, known = self.db.session.add, self.known
        hashed = generate_password_hash(cases.PASSWORD, method="pbkdf2:sha256:1000")
        for number, name in enumerate(("alice", "bob", "root"), 1):
            role = "admin" if name == "root" else "user"
            names = {"username": name, "name": name}
            add(known["User"](id=number, **names, email=f"{name}@example.com", role=role, password_hash=hashed))
        if "Invoice" in known:
            for number in (1, 2):
                add(known["Invoice"](id=number, owner_id=number, total=number * 100, status="open"))
                add(known["InvoiceLine"](id=number, invoice_id=number, text="line"))
        for name in cases.PRODUCTS:
            add(known["Product"](name=name))
        self.db.session.commit()

    def owned_invoice(self, invoice_id, owner):
        return self.known["Invoice"].query.filter_by(id=invoice_id, owner_id=int(owner)).one_or_none()

    def probes(self, app, module):
        """Routes that a sample is asked about where it has none of its own."""
        fine = lambda: {"ok": True}
        is_whole = module.__name__.endswith(("require_authentication", "untrusted_headers"))
        routes = {
            ("GET", "/private", "private"): fine if is_whole else jwt_required()(fine),
            ("POST", "/login", "login"): fine,
            ("GET", "/fine", "fine"): fine,
            ("GET", "/refuse", "refuse"): lambda: abort(401),
            ("GET", "/fault", "fault"): self.fault,
            ("POST", "/echo", "echo"): fine,
            ("POST", "/session", "session"): self.begin_session,
        }
        if hasattr(module, "require_key"):
            routes["GET", "/keyed", "keyed"] = module.require_key(fine)
        if hasattr(module, "go_on"):
            routes["GET", "/go", "go"] = lambda: module.go_on(request.args["to"])
        if hasattr(module, "page_size"):
            routes["GET", "/pages", "pages"] = lambda: {"limit": module.page_size()}
        if module.__name__.endswith("role_from_store"):
            routes["GET", "/admin-only", "admin_only"] = module.require_role("admin")(fine)
        taken = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods}
        for (method, path, endpoint), view in routes.items():
            if (method, path) not in taken and endpoint not in app.view_functions:
                app.add_url_rule(path, endpoint, view, methods=[method])

    @staticmethod
    def fault():
        raise RuntimeError("boom")

    @staticmethod
    def begin_session():
        session["user"] = cases.ALICE
        return {"ok": True}

    def products_named(self, name):
        self.open("input-as-data")
        find = sys.modules["sample_input_as_data"].find_by_name
        with self.app.app_context():
            return [row["name"] for row in find(name)]

    def demote(self, who):
        with self.app.app_context():
            self.db.session.get(self.known["User"], int(who)).role = "user"
            self.db.session.commit()

    def role_of(self, who):
        with self.app.app_context():
            return self.db.session.get(self.known["User"], int(who)).role

    def owner_of_note(self, number):
        with self.app.app_context():
            return self.db.session.get(self.known["Note"], number).owner_id

    def document(self):
        with self.app.app_context():
            return sys.modules["sample_keep_document_true"].api.spec.to_dict()

    def public_ids(self):
        self.open("unguessable-ids")
        module = sys.modules["sample_unguessable_ids"]
        with self.app.app_context():
            invoice = module.Invoice(owner_id=1)
            self.db.session.add(invoice)
            self.db.session.commit()
            public = invoice.public_id
            return public, module.find_invoice(public, 1), module.find_invoice(public, 2)

    def starts_with_key(self, key):
        try:
            self.run("strong-signing-key", JWT_SECRET_KEY=key)
        except SystemExit:
            return False
        return True

    def issued(self, who):
        from flask_jwt_extended import create_access_token

        module = self.run("strong-signing-key")
        with module.app.app_context():
            return create_access_token(identity=who)


if __name__ == "__main__":
    python_kit.run_all(FlaskKit(sys.argv[1]), sys.argv[2:])
