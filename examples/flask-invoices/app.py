"""Freelance invoicing, the weak version. Every weakness is on purpose and stands in PLANTED.json; app_repaired.py has the repairs."""

import os
import secrets
import sys
import traceback

import jwt
from flask import Flask, abort, jsonify, request
from werkzeug.exceptions import HTTPException

import common
import db
import security

app = Flask(__name__)
app.config.update(
    DATABASE=db.create(),
    SECRET_KEY=secrets.token_hex(32),
    # token/weak-secret: a word that every list of words has.
    JWT_SECRET="changeme",
    CALLS={"seed_database": 0},
)
app.teardown_appcontext(db.close)
app.register_blueprint(common.api)


@app.after_request
def headers(response):
    """config/cors: whoever asks may read with the cookie. config/security-headers: there are none of those."""
    response.headers["Cache-Control"] = "private, no-store"
    origin = request.headers.get("Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


@app.errorhandler(HTTPException)
def refused(error):
    """authn/challenge-missing: a 401 without WWW-Authenticate."""
    return jsonify(error={"status": error.code, "message": error.name}), error.code


@app.errorhandler(Exception)
def crashed(error):
    """data/stack-trace: handy while developing."""
    return jsonify(error=str(error), traceback=traceback.format_exc()), 500


@app.get("/api/v1/invoices/<int:invoice_id>")
def invoice(invoice_id):
    """authz/bola-read: nobody asks whose invoice it is."""
    security.current_user()
    found = db.row("SELECT * FROM invoices WHERE id = ?", invoice_id) or abort(404)
    found["lines"] = db.rows("SELECT text, hours, cents FROM invoice_lines WHERE invoice_id = ?", invoice_id)
    return jsonify(found)


@app.get("/api/v1/expenses")
def expenses():
    """authz/bola-list: the WHERE was forgotten."""
    security.current_user()
    return common.page(db.rows("SELECT * FROM expenses"))


@app.get("/api/v1/projects/<int:project_id>/time-entries/<int:entry_id>")
def time_entry(project_id, entry_id):
    """authz/bola-nested: the project is the caller's, the entry may be anybody's."""
    common.own_project(security.current_user(), project_id)
    return jsonify(db.row("SELECT * FROM time_entries WHERE id = ?", entry_id) or abort(404))


@app.get("/api/v1/admin/accounts")
def admin_accounts():
    """authz/function-read: signed in is enough."""
    security.current_user()
    return common.page(db.rows("SELECT id, email, name, role, phone, city, iban FROM users"))


@app.get("/api/v1/attachments/<int:attachment_id>")
def attachment(attachment_id):
    """authn/missing: no token is asked for."""
    return jsonify(db.row("SELECT * FROM attachments WHERE id = ?", attachment_id) or abort(404))


@app.get("/api/v1/tax/calendar")
def tax_calendar():
    """authn/inconsistent: there must be a token, but nobody looks at it."""
    security.bearer()
    return common.page([{"on": "2032-03-10", "what": "Advance payment"}, {"on": "2032-04-20", "what": "Quarterly return"}])


@app.get("/api/v1/statements/current")
def statement():
    """token/signature-not-verified: the claims are read without the key."""
    try:
        claims = jwt.decode(security.bearer(), options={"verify_signature": False, "verify_exp": True})
    except jwt.InvalidTokenError:
        abort(401)
    user = security.user_of(claims)
    owed = sum(row["total_cents"] for row in common.owned("invoices", user) if row["status"] != "paid")
    return jsonify(user_id=user["id"], account_holder=user["name"], outstanding_cents=owed, currency="EUR")


@app.get("/api/v1/devices")
def devices():
    """token/alg-none: the token itself says which algorithm to check it by."""
    token = security.bearer()
    try:
        if jwt.get_unverified_header(token).get("alg", "").lower() == "none" and token.endswith("."):
            claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
            user = security.user_of(claims)
        else:
            user = security.current_user()
    except jwt.InvalidTokenError:
        abort(401)
    return common.page(common.owned("devices", user))


@app.get("/api/v1/reminders")
def reminders():
    """token/expired-accepted: the expiry got in the way once."""
    try:
        claims = jwt.decode(
            security.bearer(), app.config["JWT_SECRET"], algorithms=["HS256"], options={"verify_exp": False}
        )
    except jwt.InvalidTokenError:
        abort(401)
    return common.page(common.owned("reminders", security.user_of(claims)))


@app.get("/api/v1/account")
def account():
    """property/excessive-exposure: the whole row, the hash of the password too."""
    return jsonify(security.current_user())


@app.get("/api/v1/estimates/<int:estimate_id>")
def estimate(estimate_id):
    """data/stack-trace: a missing row is None, and None has no items."""
    user = security.current_user()
    found = db.row("SELECT * FROM estimates WHERE id = ? AND user_id = ?", estimate_id, user["id"])
    return jsonify(id=found["id"], title=found["title"], client=found["client"], cents=found["cents"], user_id=found["user_id"])


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5001"))
    app.run(host="127.0.0.1", port=port)
