from flask import Blueprint, Flask, flash, g, jsonify, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from peewee import CharField, ForeignKeyField, Model, SqliteDatabase
from werkzeug.exceptions import Forbidden, NotFound, abort

app = Flask(__name__)
db = SqliteDatabase("app.db")
views = Blueprint("views", __name__)


class BaseModel(Model):
    class Meta:
        database = db


class User(BaseModel):
    username = CharField()
    role = CharField()


class Board(BaseModel):
    owner = ForeignKeyField(User, backref="boards")
    name = CharField()


class Card(BaseModel):
    board = ForeignKeyField(Board, backref="cards")
    text = CharField()


class Membership(BaseModel):
    board = ForeignKeyField(Board)
    user = ForeignKeyField(User)


class Colour(BaseModel):
    name = CharField()


def get_board(board_id, check_owner=True):
    board = Board.get_or_none(Board.id == board_id)
    if board is None:
        abort(404, f"Board {board_id} does not exist.")
    if check_owner and board.owner_id != current_user.id:
        abort(403)
    return board


class BoardService:
    def load(self, board_id, user):
        board = Board.get_by_id(board_id)
        if board.owner_id == user.id:
            return board
        return None

    def rename(self, board_id, name):
        board = Board.get_by_id(board_id)
        board.name = name
        board.save()
        return board


board_service = BoardService()


# label: checked
@views.route("/boards/<int:board_id>")
@login_required
def show(board_id):
    board = get_board(board_id)
    return render_template("board.html", board=board)


# label: checked
@views.route("/boards/<int:board_id>/delete", methods=["POST"])
@login_required
def delete(board_id):
    board = get_board(board_id)
    board.delete_instance()
    flash("deleted")
    return redirect(url_for("views.index"))


# label: checked
@views.route("/boards/<int:board_id>/expr")
@login_required
def by_expression(board_id):
    board = Board.get_or_none((Board.id == board_id) & (Board.owner == current_user.id))
    if not board:
        raise NotFound()
    return jsonify(name=board.name)


# label: not_checked
@views.route("/boards/<int:board_id>/open")
@login_required
def open_board(board_id):
    board = Board.get_by_id(board_id)
    return jsonify(name=board.name)


# label: checked
@views.route("/boards/<int:board_id>/service")
@login_required
def by_service(board_id):
    board = board_service.load(board_id, current_user)
    if board is None:
        abort(404)
    return jsonify(name=board.name)


# label: not_checked
@views.route("/boards/<int:board_id>/rename", methods=["POST"])
@login_required
def by_service_unchecked(board_id):
    board = board_service.rename(board_id, request.form["name"])
    return jsonify(name=board.name)


# label: checked
@views.route("/boards/<int:board_id>/member")
@login_required
def member(board_id):
    member = Membership.get_or_none(Membership.board == board_id, Membership.user == current_user.id)
    if member is None:
        raise Forbidden()
    board = Board.get_by_id(board_id)
    return jsonify(name=board.name)


# label: checked
@views.route("/boards/<int:board_id>/cards/<int:card_id>")
@login_required
def card(board_id, card_id):
    board = get_board(board_id)
    card = Card.get_or_none(Card.id == card_id, Card.board == board)
    if card is None:
        abort(404)
    return jsonify(text=card.text)


# label: not_checked
@views.route("/boards/<int:board_id>/loose/<int:card_id>", methods=["DELETE"])
@login_required
def loose_card(board_id, card_id):
    get_board(board_id)
    card = Card.get_by_id(card_id)
    card.delete_instance()
    return "", 204


# label: checked
@views.route("/cards/<int:card_id>")
@login_required
def through_parent(card_id):
    card = Card.get_by_id(card_id)
    if card.board.owner_id != current_user.id:
        abort(404)
    return jsonify(text=card.text)


# label: not_applicable
@views.route("/colours/<int:colour_id>")
@login_required
def colour(colour_id):
    return jsonify(name=Colour.get_by_id(colour_id).name)


# label: not_checked
@views.route("/delete-board", methods=["POST"])
@login_required
def delete_by_json():
    payload = request.get_json()
    board = Board.get_or_none(Board.id == payload["boardId"])
    if board:
        board.delete_instance()
    return jsonify({})


# label: checked
@views.route("/delete-own-board", methods=["POST"])
def delete_own_by_json():
    payload = request.get_json()
    board = Board.get_or_none(Board.id == payload["boardId"])
    if board:
        if board.owner_id == current_user.id:
            board.delete_instance()
    return jsonify({})


# label: not_applicable
@views.route("/admin/boards/<int:board_id>")
@login_required
def admin_board(board_id):
    if current_user.role != "admin":
        abort(403)
    board = Board.get_by_id(board_id)
    return jsonify(name=board.name)


# label: checked
@views.route("/boards")
@login_required
def index():
    boards = Board.select().where(Board.owner == current_user.id)
    return jsonify([board.name for board in boards])


# label: not_checked
@views.route("/unset/<int:board_id>")
@login_required
def skip_check(board_id):
    board = get_board(board_id, check_owner=False)
    return jsonify(name=board.name)


app.register_blueprint(views)
