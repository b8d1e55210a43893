from functools import wraps

from flask import Blueprint, Flask, abort, g, jsonify, request, session
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

app = Flask(__name__)
db = SQLAlchemy(app)
bp = Blueprint("clubs", __name__, url_prefix="/clubs")


class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)


class Club(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    founder_id = db.Column(db.Integer, db.ForeignKey("member.id"))
    title = db.Column(db.String)
    founder = db.relationship(Member)


class Receipt(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    club_id = db.Column(db.Integer, db.ForeignKey("club.id"))
    member_id = db.Column(db.Integer, db.ForeignKey("member.id"))
    total = db.Column(db.Integer)


@app.before_request
def load_member():
    uid = session.get("uid")
    g.member = db.session.get(Member, uid) if uid else None


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if g.member is None:
            abort(401)
        return view(*args, **kwargs)

    return inner


def own_club(view):
    @wraps(view)
    @signed_in
    def inner(club_id, *args, **kwargs):
        club = Club.query.filter_by(id=club_id, founder_id=g.member.id).first_or_404()
        return view(club, *args, **kwargs)

    return inner


# label: checked
@bp.put("/<int:club_id>")
@own_club
def rename(club):
    club.title = request.get_json()["title"]
    db.session.commit()
    return jsonify(id=club.id)


# label: not_checked
@bp.delete("/<int:club_id>")
@signed_in
def dissolve(club_id):
    club = Club.query.get_or_404(club_id)
    db.session.delete(club)
    db.session.commit()
    return "", 204


# label: checked
@bp.get("/receipts/<int:receipt_id>")
@signed_in
def receipt(receipt_id):
    found = db.session.execute(select(Receipt).where(Receipt.id == receipt_id)).scalar_one_or_none()
    if found is None or g.member.id not in (found.member_id,):
        abort(404)
    return jsonify(total=found.total)


# label: not_checked
@bp.get("/receipts/<int:receipt_id>/total")
@signed_in
def receipt_total(receipt_id):
    found = db.session.get(Receipt, receipt_id)
    if not found:
        abort(404)
    if found.member_id == g.member.id:
        app.logger.info("own receipt")
    return jsonify(total=found.total)


# label: checked
@bp.get("/<int:club_id>/title")
@signed_in
def title(club_id):
    club = Club.query.filter_by(id=club_id, founder_id=g.member.id).first_or_404()
    return jsonify(title=club.title)


# label: not_applicable
@bp.get("/me")
@signed_in
def me():
    return jsonify(email=g.member.email)


app.register_blueprint(bp)
