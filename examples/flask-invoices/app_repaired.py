"""Freelance invoicing, the repaired version: compare with app.py."""

import os
import secrets
import sys

from flask import Flask, abort, jsonify
from werkzeug.exceptions import HTTPException

import common
import db
import security

app = Flask(__name__)
app.config.update(
    DATABASE=db.create(),
    SECRET_KEY=secrets.token_hex(32),
    JWT_SECRET=secrets.token_hex(32),
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SAMESITE="Lax",
    CALLS={"seed_database": 0},
)
app.teardown_appcontext(db.close)
app.register_blueprint(common.api)


@app.after_request
def headers(response):
    """No foreign origin may read, and answers say how they want to be treated."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@app.errorhandler(HTTPException)
def refused(error):
    """Every refusal is JSON; a 401 says how to sign in."""
    answer = jsonify(error={"status": error.code, "message": error.name})
    answer.status_code = error.code
    if error.code == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="freelance"'
    return answer


@app.get("/api/v1/invoices/<int:invoice_id>")
def invoice(invoice_id):
    user = security.current_user()
    found = db.row("SELECT * FROM invoices WHERE id = ? AND user_id = ?", invoice_id, user["id"]) or abort(404)
    found["lines"] = db.rows("SELECT text, hours, cents FROM invoice_lines WHERE invoice_id = ?", invoice_id)
    return jsonify(found)


@app.get("/api/v1/expenses")
def expenses():
    return common.page(common.owned("expenses", security.current_user()))


@app.get("/api/v1/projects/<int:project_id>/time-entries/<int:entry_id>")
def time_entry(project_id, entry_id):
    common.own_project(security.current_user(), project_id)
    found = db.row("SELECT * FROM time_entries WHERE id = ? AND project_id = ?", entry_id, project_id)
    return jsonify(found or abort(404))


@app.get("/api/v1/admin/accounts")
def admin_accounts():
    security.current_admin()
    return common.page(db.rows("SELECT id, email, name, role, phone, city, iban FROM users"))


@app.get("/api/v1/attachments/<int:attachment_id>")
def attachment(attachment_id):
    user = security.current_user()
    found = db.row("SELECT * FROM attachments WHERE id = ? AND user_id = ?", attachment_id, user["id"])
    return jsonify(found or abort(404))


@app.get("/api/v1/tax/calendar")
def tax_calendar():
    security.current_user()
    return common.page([{"on": "2032-03-10", "what": "Advance payment"}, {"on": "2032-04-20", "what": "Quarterly return"}])


@app.get("/api/v1/statements/current")
def statement():
    user = security.current_user()
    owed = sum(row["total_cents"] for row in common.owned("invoices", user) if row["status"] != "paid")
    return jsonify(user_id=user["id"], account_holder=user["name"], outstanding_cents=owed, currency="EUR")


@app.get("/api/v1/devices")
def devices():
    return common.page(common.owned("devices", security.current_user()))


@app.get("/api/v1/reminders")
def reminders():
    return common.page(common.owned("reminders", security.current_user()))


@app.get("/api/v1/account")
def account():
    user = security.current_user()
    return jsonify({name: user[name] for name in user if name != "password_hash"})


@app.get("/api/v1/estimates/<int:estimate_id>")
def estimate(estimate_id):
    user = security.current_user()
    found = db.row("SELECT * FROM estimates WHERE id = ? AND user_id = ?", estimate_id, user["id"]) or abort(404)
    return jsonify(id=found["id"], title=found["title"], client=found["client"], cents=found["cents"], user_id=found["user_id"])


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5001"))
    app.run(host="127.0.0.1", port=port)
