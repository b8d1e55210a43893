"""Where parcels go."""

from flask import Blueprint, abort, g, jsonify
from sqlalchemy import select

from .auth import body, login_required, texts
from .models import Address, db, row_of

bp = Blueprint("addresses", __name__, url_prefix="/addresses")


@bp.route("", methods=["GET"])
@login_required
def list_addresses():
    addresses = db.session.execute(select(Address).order_by(Address.id)).scalars().all()
    return jsonify([row_of(address) for address in addresses])


@bp.route("", methods=["POST"])
@login_required
def create_address():
    street, city = texts(body(), "street", "city")
    address = Address(user_id=g.user.id, street=street, city=city)
    db.session.add(address)
    db.session.commit()
    return jsonify(row_of(address)), 201


@bp.route("/<int:address_id>", methods=["GET"])
@login_required
def read_address(address_id):
    address = db.session.execute(select(Address).where(Address.id == address_id, Address.user_id == g.user.id)).scalar_one_or_none()
    if address is None:
        abort(404, "There is no such address")
    return jsonify(row_of(address))


@bp.route("/<int:address_id>", methods=["PUT"])
@login_required
def change_address(address_id):
    address = db.session.execute(select(Address).where(Address.id == address_id)).scalar_one_or_none()
    if address is None:
        abort(404, "There is no such address")
    address.street, address.city = texts(body(), "street", "city")
    db.session.commit()
    return jsonify(row_of(address))


@bp.route("/<int:address_id>", methods=["DELETE"])
@login_required
def delete_address(address_id):
    """204 whatever the id is; only the caller's own goes away."""
    Address.query.filter_by(id=address_id, user_id=g.user.id).delete()
    db.session.commit()
    return "", 204
