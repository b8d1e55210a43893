from functools import wraps

from flask import Blueprint, Flask, abort, g, jsonify, request, session
from flask_jwt_extended import get_jwt_identity, jwt_required
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
bp = Blueprint("api", __name__, url_prefix="/api")


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120))
    is_admin = db.Column(db.Boolean)


class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    status = db.Column(db.String(20))
    lines = db.relationship("Line", backref="invoice", lazy="dynamic")

    @classmethod
    def owned(cls, invoice_id, user_id):
        return cls.query.filter_by(id=invoice_id, user_id=user_id).first()


class Line(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    invoice_id = db.Column(db.Integer, db.ForeignKey("invoice.id"))


class Country(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40))


def is_owner(invoice):
    return invoice.user_id == current_user.id


def require_owner(invoice):
    if invoice.user_id != current_user.id:
        abort(403)


def owns_invoice(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        invoice = Invoice.query.get_or_404(kwargs["invoice_id"])
        if invoice.user_id != current_user.id:
            abort(404)
        return view(*args, **kwargs)

    return wrapper


# label: not_checked
@bp.route("/plain/<int:invoice_id>")
@login_required
def plain(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    return jsonify(id=invoice.id, status=invoice.status)


# label: checked
@bp.route("/scoped/<int:invoice_id>")
@login_required
def scoped(invoice_id):
    invoice = Invoice.query.filter_by(id=invoice_id, user_id=current_user.id).first_or_404()
    return jsonify(id=invoice.id)


# label: checked
@bp.route("/compared/<int:invoice_id>")
@jwt_required()
def compared(invoice_id):
    uid = get_jwt_identity()
    invoice = db.session.get(Invoice, invoice_id)
    if invoice is None or invoice.user_id != uid:
        return jsonify(error="not found"), 404
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/inverted/<int:invoice_id>")
@login_required
def inverted(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if invoice.user_id == current_user.id:
        abort(403)
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/logged/<int:invoice_id>")
@login_required
def logged_only(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if invoice.user_id != current_user.id:
        app.logger.warning("user %s reads invoice %s", current_user.id, invoice.id)
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/late/<int:invoice_id>", methods=["POST"])
@login_required
def check_after_write(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    invoice.status = "paid"
    db.session.commit()
    if invoice.user_id != current_user.id:
        abort(403)
    return jsonify(ok=True)


# label: not_checked
@bp.route("/methods/<int:invoice_id>", methods=["GET", "DELETE"])
@login_required
def one_method_only(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if request.method == "DELETE":
        if invoice.user_id != current_user.id:
            abort(403)
        db.session.delete(invoice)
        db.session.commit()
        return "", 204
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/swallowed/<int:invoice_id>")
@login_required
def swallowed(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    try:
        require_owner(invoice)
    except Exception:
        pass
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/wrong/<int:invoice_id>/<int:line_id>")
@login_required
def wrong_object(invoice_id, line_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if invoice.user_id != current_user.id:
        abort(403)
    line = Line.query.get_or_404(line_id)
    return jsonify(id=line.id)


# label: not_checked
@bp.route("/debug/<int:invoice_id>")
@login_required
def owner_or_debug(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if not (invoice.user_id == current_user.id or request.args.get("debug")):
        abort(403)
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/unequal/<int:invoice_id>")
@login_required
def unequal_filter(invoice_id):
    invoice = Invoice.query.filter(Invoice.id == invoice_id, Invoice.user_id != current_user.id).first_or_404()
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/clients/<int:invoice_id>", methods=["POST"])
@login_required
def two_client_values(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if invoice.user_id != request.json["user_id"]:
        abort(403)
    return jsonify(id=invoice.id)


# label: not_checked
@bp.route("/pay", methods=["POST"])
@login_required
def body_id():
    data = request.get_json()
    invoice = Invoice.query.get(data["invoice_id"])
    if not invoice:
        abort(404)
    invoice.status = "paid"
    db.session.commit()
    return jsonify(ok=True)


# label: checked
@bp.route("/decorated/<int:invoice_id>", methods=["PUT"])
@login_required
@owns_invoice
def decorated(invoice_id):
    invoice = Invoice.query.get(invoice_id)
    invoice.status = request.json["status"]
    db.session.commit()
    return jsonify(ok=True)


# label: checked
@bp.route("/helper/<int:invoice_id>")
@login_required
def boolean_helper(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if not is_owner(invoice):
        abort(403)
    return jsonify(id=invoice.id)


# label: checked
@bp.route("/admin-or/<int:invoice_id>")
@login_required
def owner_or_admin(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    if invoice.user_id != current_user.id and not current_user.is_admin:
        abort(403)
    return jsonify(id=invoice.id)


# label: checked
@bp.route("/nested/<int:invoice_id>/lines/<int:line_id>")
@login_required
def relation(invoice_id, line_id):
    invoice = Invoice.owned(invoice_id, current_user.id)
    if not invoice:
        abort(404)
    line = invoice.lines.filter_by(id=line_id).first_or_404()
    return jsonify(id=line.id)


# label: checked
@bp.route("/session/<int:invoice_id>")
def by_session(invoice_id):
    if "user_id" not in session:
        abort(401)
    invoice = Invoice.query.filter_by(id=invoice_id).first()
    if invoice is None or invoice.user_id != session["user_id"]:
        abort(404)
    return jsonify(id=invoice.id)


# label: not_applicable
@bp.route("/countries/<int:country_id>")
@login_required
def country(country_id):
    return jsonify(name=Country.query.get_or_404(country_id).name)


# label: checked
@bp.route("/mine")
@login_required
def mine():
    rows = Invoice.query.filter_by(user_id=current_user.id).order_by(Invoice.id).all()
    return jsonify([row.id for row in rows])


# label: not_checked
@bp.route("/all")
@login_required
def everything():
    return jsonify([row.id for row in Invoice.query.all()])


# label: not_checked
@bp.route("/users/<int:user_id>", methods=["PUT"])
@login_required
def update_user(user_id):
    user = User.query.get_or_404(user_id)
    user.email = request.json["email"]
    db.session.commit()
    return jsonify(ok=True)


# label: checked
@bp.route("/self/<int:user_id>", methods=["PUT"])
@login_required
def update_self(user_id):
    if user_id != current_user.id:
        abort(403)
    user = User.query.get_or_404(user_id)
    user.email = request.json["email"]
    db.session.commit()
    return jsonify(ok=True)


# label: checked
@bp.route("/flag/<int:invoice_id>")
@login_required
def flagged(invoice_id):
    invoice = Invoice.query.get_or_404(invoice_id)
    allowed = False
    if invoice.user_id == current_user.id:
        allowed = True
    if not allowed:
        abort(403)
    return jsonify(id=invoice.id)


app.register_blueprint(bp)
