"""What the shop sells: public."""

from flask import Blueprint, jsonify

from .models import Product, db, row_of

bp = Blueprint("catalogue", __name__)


@bp.get("")
def list_products():
    return jsonify([row_of(product) for product in db.session.scalars(db.select(Product))])


@bp.get("/<int:product_id>")
def read_product(product_id):
    return jsonify(row_of(db.get_or_404(Product, product_id)))
