"""The caller's own data."""

import jwt
from flask import Blueprint, abort, current_app, g, jsonify

from .auth import bearer, body, login_required
from .models import User, db, row_of

bp = Blueprint("profile", __name__)
PUBLIC = ("id", "email", "name", "phone", "role", "credit_cents")


def profile_of(user):
    return {name: getattr(user, name) for name in PUBLIC}


@bp.get("")
@login_required
def read_me():
    return jsonify(profile_of(g.user))


@bp.patch("")
@login_required
def change_me():
    for name, value in body().items():
        if hasattr(g.user, name):
            setattr(g.user, name, value)
    db.session.commit()
    return jsonify(profile_of(g.user))


@bp.put("/phone")
@login_required
def set_phone():
    phone = body().get("phone")
    if not isinstance(phone, str):
        abort(400, "phone is needed")
    g.user.phone = phone
    db.session.commit()
    return jsonify(profile_of(g.user))


@bp.get("/account")
@login_required
def read_account():
    return jsonify(row_of(g.user))


@bp.get("/points")
def read_points():
    try:
        claims = jwt.decode(bearer(), current_app.config["JWT_KEY"], algorithms=["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError:
        abort(401, "Sign in first")
    user = db.session.get(User, int(claims["sub"])) or abort(401, "Sign in first")
    return jsonify(customer=user.email, points=user.credit_cents // 100)


@bp.delete("")
@login_required
def delete_me():
    from .models import Address, Order, Ticket

    for model, owner in ((Order, Order.customer_id), (Address, Address.user_id), (Ticket, Ticket.author_id)):
        if db.session.scalar(db.select(model).where(owner == g.user.id)):
            abort(409, "Orders, addresses and tickets go first")
    db.session.delete(g.user)
    db.session.commit()
    return "", 204
