"""What the weak and the repaired app have in common: signing in, sound operations, and operations that only look weak."""

import datetime
import uuid

from flask import Blueprint, abort, current_app, jsonify, request, session
from werkzeug.security import check_password_hash

import db
import security

api = Blueprint("common", __name__)


def page(items):
    """The envelope of every list."""
    return jsonify(items=items, total=len(items))


def owned(table, user):
    """The user's own rows."""
    return db.rows(f"SELECT * FROM {table} WHERE user_id = ?", user["id"])


def own_project(user, project_id):
    """The user's own project, or 404."""
    return db.row("SELECT * FROM projects WHERE id = ? AND user_id = ?", project_id, user["id"]) or abort(404)


@api.post("/api/v1/auth/login")
def login():
    body = request.get_json(silent=True) or {}
    user = db.row("SELECT * FROM users WHERE email = ?", str(body.get("email", "")))
    if user is None or not check_password_hash(user["password_hash"], str(body.get("password", ""))):
        abort(401)
    session["user_id"] = user["id"]
    public = {name: user[name] for name in ("id", "email", "name", "role")}
    return jsonify(data={"token": security.make_token(user), "expires_in": security.LIFETIME_SECONDS}, user=public)


@api.get("/api/v1/auth/me")
def me():
    user = security.current_user()
    body = {name: user[name] for name in ("id", "email", "name", "role", "city")}
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return jsonify(**body, server_time=now, request_id=str(uuid.uuid4()))


@api.get("/api/v1/dashboard")
def dashboard():
    user = security.browser_user()
    counts = {table: len(owned(table, user)) for table in ("invoices", "expenses", "projects", "estimates")}
    return jsonify(user_id=user["id"], greeting=f"Good morning, {user['name']}", counts=counts)


@api.get("/api/v1/invoices")
def invoices():
    return page(owned("invoices", security.current_user()))


@api.get("/api/v1/expenses/<int:expense_id>")
def expense(expense_id):
    user = security.current_user()
    return jsonify(db.row("SELECT * FROM expenses WHERE id = ? AND user_id = ?", expense_id, user["id"]) or abort(404))


@api.get("/api/v1/projects")
def projects():
    return page(owned("projects", security.current_user()))


@api.get("/api/v1/projects/<int:project_id>")
def project(project_id):
    return jsonify(own_project(security.current_user(), project_id))


@api.get("/api/v1/projects/<int:project_id>/time-entries")
def time_entries(project_id):
    own_project(security.current_user(), project_id)
    return page(db.rows("SELECT * FROM time_entries WHERE project_id = ?", project_id))


@api.get("/api/v1/attachments")
def attachments():
    return page(owned("attachments", security.current_user()))


@api.get("/api/v1/estimates")
def estimates():
    return page(owned("estimates", security.current_user()))


@api.get("/api/v1/admin/stats")
def admin_stats():
    security.current_admin()
    total = db.row("SELECT COUNT(*) AS invoices, SUM(total_cents) AS invoiced_cents FROM invoices")
    return jsonify(**total, smtp={"host": "mail.freelance.example", "password": "********"})


@api.get("/api/v1/admin/logins")
def admin_logins():
    security.current_admin()
    return page(db.rows("SELECT * FROM logins"))


@api.get("/api/v1/tax/rates")
def tax_rates():
    security.current_user()
    return page([{"country": "BE", "standard": 21.0, "reduced": 6.0}, {"country": "GB", "standard": 20.0, "reduced": 5.0}])


@api.get("/api/v1/tax/codes")
def tax_codes():
    security.current_user()
    return page([{"code": "S-21", "text": "Services, standard rate"}, {"code": "S-RC", "text": "Services, reverse charge"}])


@api.get("/api/v1/tax/periods")
def tax_periods():
    security.current_user()
    return page([{"period": "2032-Q1", "closes": "2032-04-20"}, {"period": "2032-Q2", "closes": "2032-07-20"}])


@api.get("/api/v1/tax/offices")
def tax_offices():
    security.current_user()
    return page([{"office": "Brussels South", "phone": "+32 2 555 0900"}, {"office": "Leeds Quarry Hill", "phone": "+44 1632 960900"}])


# From here on: what looks weak and is not.


@api.get("/api/v1/messages")
def messages():
    return page(owned("messages", security.current_user()))


@api.get("/api/v1/messages/<int:message_id>")
def message(message_id):
    """A refusal has status 200 here."""
    user = security.current_user()
    found = db.row("SELECT * FROM messages WHERE id = ? AND user_id = ?", message_id, user["id"])
    if found is None:
        return jsonify(ok=False, reason="This message is not in your mailbox")
    return jsonify(ok=True, message=found)


@api.get("/api/v1/users/<int:user_id>/preferences")
def preferences(user_id):
    """The id in the path is ignored: everybody gets their own."""
    user = security.current_user()
    return jsonify(user_id=user["id"], hourly_rate=user["hourly_rate"], reply_to=user["email"], units="metric")


@api.get("/api/v1/announcements")
def announcements():
    """The same for everybody who is signed in; nobody owns one."""
    security.current_user()
    return page(db.rows("SELECT * FROM announcements"))


@api.get("/api/v1/announcements/<int:announcement_id>")
def announcement(announcement_id):
    security.current_user()
    return jsonify(db.row("SELECT * FROM announcements WHERE id = ?", announcement_id) or abort(404))


@api.get("/api/v1/catalogue")
def catalogue():
    """Public, whatever the document says."""
    return page(db.rows("SELECT * FROM catalogue"))


@api.get("/api/v1/catalogue/<int:item_id>")
def catalogue_item(item_id):
    """Public, and the document says so."""
    return jsonify(db.row("SELECT * FROM catalogue WHERE id = ?", item_id) or abort(404))


@api.get("/api/v1/debug/seed-database")
def seed_database():
    """A GET that would wipe everything. It only counts; no scan may call it."""
    current_app.config["CALLS"]["seed_database"] += 1
    return jsonify(seeded=True)


@api.get("/__calls")
def calls():
    """For tests, not in the document: how often the acting GET was called."""
    return jsonify(current_app.config["CALLS"])
