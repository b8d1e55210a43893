"""Questions to the shop."""

from flask import Blueprint, abort, g, jsonify

from .auth import body, login_required, texts
from .models import Ticket, db, row_of

bp = Blueprint("tickets", __name__)


@bp.get("")
@login_required
def list_tickets():
    return jsonify([row_of(ticket) for ticket in Ticket.query.filter_by(author_id=g.user.id).all()])


@bp.post("")
@login_required
def create_ticket():
    payload = body()
    texts(payload, "subject")
    known = Ticket.__table__.columns.keys()
    fields = {name: value for name, value in payload.items() if name in known}
    fields.update(author_id=g.user.id, id=None)
    ticket = Ticket(**fields)
    db.session.add(ticket)
    db.session.commit()
    return jsonify(row_of(ticket)), 201


@bp.get("/<int:ticket_id>")
@login_required
def read_ticket(ticket_id):
    ticket = Ticket.query.filter_by(id=ticket_id, author_id=g.user.id).first_or_404()
    return jsonify(row_of(ticket))


@bp.put("/<int:ticket_id>/subject")
@login_required
def set_subject(ticket_id):
    """Always says that it took the subject; touches the caller's tickets alone."""
    (subject,) = texts(body(), "subject")
    Ticket.query.filter_by(id=ticket_id, author_id=g.user.id).update({"subject": subject})
    db.session.commit()
    return jsonify(id=ticket_id, subject=subject)


@bp.delete("/<int:ticket_id>")
@login_required
def delete_ticket(ticket_id):
    ticket = Ticket.query.get(ticket_id)
    if not ticket:
        abort(404, "There is no such ticket")
    db.session.delete(ticket)
    db.session.commit()
    return "", 204
