"""A shop's orders. Weak on purpose, see PLANTED.json."""

import os
import sys
import tempfile
from pathlib import Path

from flask import Flask, Response, jsonify, request

from orders_app import addresses, admin, auth, catalogue, orders, profile, tickets
from orders_app.models import TABLES, db, row_of, seed

HERE = Path(__file__).parent
creating = 0


def create_app():
    """The application with a database of its own."""
    app = Flask(__name__)
    file = Path(tempfile.mkdtemp(prefix="orders-")) / "orders.db"
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
    app.config["JWT_KEY"] = os.environ.get("JWT_KEY", "secret")
    db.init_app(app)
    app.register_blueprint(auth.bp, url_prefix="/auth")
    app.register_blueprint(profile.bp, url_prefix="/me")
    app.register_blueprint(catalogue.bp, url_prefix="/products")
    app.register_blueprint(orders.bp, url_prefix="/orders")
    app.register_blueprint(addresses.bp)
    app.register_blueprint(tickets.bp, url_prefix="/tickets")
    app.register_blueprint(admin.bp)
    with app.app_context():
        db.create_all()
        seed()
    return app


app = create_app()


@app.before_request
def count_creating():
    global creating
    creating += request.method == "POST" and not request.path.startswith(("/__", "/auth/login"))


@app.after_request
def set_headers(response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.errorhandler(400)
@app.errorhandler(401)
@app.errorhandler(403)
@app.errorhandler(404)
@app.errorhandler(409)
def say(error):
    headers = {"WWW-Authenticate": "Bearer"} if error.code == 401 else {}
    return jsonify(error=error.description), error.code, headers


@app.get("/openapi.yaml")
def document():
    return Response((HERE / "openapi.yaml").read_text(), mimetype="application/yaml")


@app.get("/__state")
def state():
    """For tests on loopback: every row, and what came in."""
    rows = {name: [row_of(row) for row in db.session.scalars(db.select(model).order_by(model.id))] for name, model in TABLES.items()}
    return {"rows": rows, "creating": creating, "passwords": auth.passwords}


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5004"))
    app.run("127.0.0.1", port, threaded=True)
