"""Orders and their lines."""

from flask import Blueprint, abort, g, jsonify

from .auth import body, login_required, texts
from .models import Line, Order, db, row_of

bp = Blueprint("orders", __name__)


def own_order(order_id):
    """The caller's order, or 404."""
    order = db.session.get(Order, order_id)
    if order is None or order.customer_id != g.user.id:
        abort(404, "There is no such order")
    return order


@bp.get("")
@login_required
def list_orders():
    orders = db.session.scalars(db.select(Order).where(Order.customer_id == g.user.id))
    return jsonify([row_of(order) for order in orders])


@bp.post("")
@login_required
def create_order():
    payload = body()
    (reference,) = texts(payload, "reference")
    order = Order(customer_id=g.user.id, reference=reference, note=str(payload.get("note", "")))
    db.session.add(order)
    db.session.commit()
    return jsonify(row_of(order)), 201


@bp.get("/<int:order_id>")
@login_required
def read_order(order_id):
    order = db.session.get(Order, order_id)
    if order is None:
        abort(404, "There is no such order")
    return jsonify(row_of(order))


@bp.patch("/<int:order_id>")
@login_required
def change_order(order_id):
    order = own_order(order_id)
    (order.note,) = texts(body(), "note")
    db.session.commit()
    return jsonify(row_of(order))


@bp.delete("/<int:order_id>")
@login_required
def delete_order(order_id):
    order = own_order(order_id)
    Line.query.filter_by(order_id=order.id).delete()
    db.session.delete(order)
    db.session.commit()
    return "", 204


@bp.get("/<int:order_id>/summary")
def order_summary(order_id):
    order = db.get_or_404(Order, order_id)
    return jsonify(order_id=order.id, reference=order.reference, status=order.status, note=order.note)


@bp.get("/<int:order_id>/lines")
@login_required
def list_lines(order_id):
    order = own_order(order_id)
    return jsonify([row_of(line) for line in Line.query.filter_by(order_id=order.id)])


@bp.post("/<int:order_id>/lines")
@login_required
def create_line(order_id):
    order = own_order(order_id)
    payload = body()
    (article,) = texts(payload, "article")
    quantity = payload.get("quantity")
    if not isinstance(quantity, int) or not 1 <= quantity <= 99:
        abort(400, "quantity is needed, 1 to 99")
    line = Line(order_id=order.id, article=article, quantity=quantity)
    db.session.add(line)
    db.session.commit()
    return jsonify(row_of(line)), 201


@bp.get("/<int:order_id>/lines/<int:line_id>")
@login_required
def read_line(order_id, line_id):
    own_order(order_id)
    line = db.session.get(Line, line_id)
    if line is None:
        abort(404, "There is no such line")
    return jsonify(row_of(line))


@bp.delete("/<int:order_id>/lines/<int:line_id>")
@login_required
def delete_line(order_id, line_id):
    order = own_order(order_id)
    line = Line.query.filter_by(id=line_id, order_id=order.id).first_or_404()
    db.session.delete(line)
    db.session.commit()
    return "", 204
