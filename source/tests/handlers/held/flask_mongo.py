import os
from functools import wraps

import jwt
from bson import ObjectId
from flask import Flask, jsonify, request
from pymongo import MongoClient

app = Flask(__name__)
client = MongoClient(os.environ["MONGO"])
db = client.shop


def token_required(f):
    @wraps(f)
    def decorated(*args, **kwargs):
        token = request.headers.get("x-access-token")
        if not token:
            return jsonify({"message": "token missing"}), 401
        try:
            data = jwt.decode(token, app.config["SECRET"], algorithms=["HS256"])
            current = db.users.find_one({"_id": ObjectId(data["id"])})
        except Exception:
            return jsonify({"message": "token invalid"}), 401
        return f(current, *args, **kwargs)

    return decorated


# label: not_checked
@app.route("/orders/<order_id>")
@token_required
def get_order(current, order_id):
    order = db.orders.find_one({"_id": ObjectId(order_id)})
    if not order:
        return jsonify({"message": "not found"}), 404
    return jsonify(order)


# label: checked
@app.route("/orders/<order_id>/own")
@token_required
def get_own_order(current, order_id):
    order = db.orders.find_one({"_id": ObjectId(order_id), "user_id": current["_id"]})
    if not order:
        return jsonify({"message": "not found"}), 404
    return jsonify(order)


# label: checked
@app.route("/orders/<order_id>", methods=["PUT"])
@token_required
def put_order(current, order_id):
    result = db.orders.update_one(
        {"_id": ObjectId(order_id), "user_id": current["_id"]}, {"$set": {"note": request.json["note"]}}
    )
    if result.matched_count == 0:
        return jsonify({"message": "not found"}), 404
    return jsonify({"ok": True})


# label: not_checked
@app.route("/orders/<order_id>", methods=["DELETE"])
@token_required
def delete_order(current, order_id):
    db.orders.delete_one({"_id": ObjectId(order_id)})
    return "", 204


# label: not_applicable
@app.route("/orders", methods=["POST"])
@token_required
def create_order(current):
    db.orders.insert_one({"user_id": current["_id"], "items": request.json["items"]})
    return jsonify({"ok": True}), 201


# label: checked
@app.route("/orders")
@token_required
def list_orders(current):
    return jsonify(list(db.orders.find({"user_id": current["_id"]})))


# label: checked
@app.route("/shared/<order_id>")
@token_required
def shared_order(current, order_id):
    query = {"_id": ObjectId(order_id), "$or": [{"user_id": current["_id"]}, {"shared_with": current["_id"]}]}
    order = db.orders.find_one(query)
    if order is None:
        return jsonify({"message": "not found"}), 404
    return jsonify(order)
