"""What the shop's people do."""

from flask import Blueprint, abort, jsonify

from .auth import admin_required, body, login_required, texts
from .models import TABLES, Product, User, db, row_of
from .profile import profile_of

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/stats")
@login_required
@admin_required
def stats():
    return jsonify({name: db.session.scalar(db.select(db.func.count()).select_from(model)) for name, model in TABLES.items()})


@bp.get("/users")
@login_required
def list_users():
    return jsonify([profile_of(user) for user in User.query.order_by(User.id)])


@bp.post("/products")
@login_required
def create_product():
    payload = body()
    (name,) = texts(payload, "name")
    price = payload.get("price_cents")
    if not isinstance(price, int) or price < 1:
        abort(400, "price_cents is needed")
    product = Product(name=name, price_cents=price)
    db.session.add(product)
    db.session.commit()
    return jsonify(row_of(product)), 201


@bp.delete("/products/<int:product_id>")
@login_required
@admin_required
def delete_product(product_id):
    db.session.delete(db.get_or_404(Product, product_id))
    db.session.commit()
    return "", 204
