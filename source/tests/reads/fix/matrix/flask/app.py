import logging
import os
import sqlite3
from pathlib import Path

import jwt
import requests
from flask import Flask, abort, g, jsonify, request, send_file
from flask_cors import CORS

app = Flask(__name__)
CORS(app, supports_credentials=True)
KEY = os.environ["KEY"]
UPLOADS = Path("uploads")


def connect():
    return sqlite3.connect("x.db")


def caller():
    header = request.headers.get("Authorization", "")
    try:
        return jwt.decode(header[7:], KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        abort(401)


@app.get("/token")
def token():
    claims = jwt.decode(request.headers["Authorization"][7:], options={"verify_signature": False})
    return jsonify(sub=claims["sub"])


@app.get("/owner/<int:note_id>")
def owner(note_id):
    user = caller()
    row = connect().execute("SELECT id, owner_id, text FROM notes WHERE id = ?", (note_id,)).fetchone()
    if row is None:
        abort(404)
    return jsonify(text=row[2])


@app.get("/guard")
def guard():
    return jsonify(connect().execute("SELECT id FROM settings").fetchall())


@app.get("/role")
def role():
    caller()
    return jsonify(connect().execute("SELECT id FROM people").fetchall())


@app.get("/list")
def listed():
    user = caller()
    return jsonify(connect().execute("SELECT id, owner_id, text FROM notes").fetchall())


@app.patch("/fields")
def fields():
    user = caller()
    data = request.get_json()
    person = Person.query.get(user["sub"])
    for name, value in data.items():
        setattr(person, name, value)
    return jsonify(ok=True)


@app.post("/fields-new")
def fields_new():
    caller()
    person = Person(**request.get_json())
    db.session.add(person)
    return jsonify(id=person.id)


@app.get("/shown/<int:person_id>")
def shown(person_id):
    person = Person.query.get(person_id)
    return jsonify({"id": person.id, "password": person.password})


@app.get("/query-f/<name>")
def query_f(name):
    return jsonify(connect().execute(f"SELECT id FROM people WHERE name = '{name}'").fetchall())


@app.get("/query-plus/<name>")
def query_plus(name):
    return jsonify(connect().execute("SELECT id FROM people WHERE name = '" + name + "' ORDER BY id").fetchall())


@app.get("/query-percent/<name>")
def query_percent(name):
    return jsonify(connect().execute("SELECT id FROM people WHERE name = '%s' AND kind = %s" % (name, 3)).fetchall())


@app.get("/query-format/<name>")
def query_format(name):
    return jsonify(connect().execute("SELECT id FROM people WHERE name = '{}'".format(name)).fetchall())


@app.get("/query-variable")
def query_variable():
    name = request.args.get("name")
    sql = "SELECT id FROM people WHERE name LIKE '%" + name + "%'"
    rows = connect().execute(sql).fetchall()
    return jsonify(rows)


@app.get("/path-join/<name>")
def path_join(name):
    return send_file(os.path.join("uploads", name))


@app.get("/path-open/<name>")
def path_open(name):
    return open("uploads/" + name).read()


@app.get("/path-f")
def path_f():
    name = request.args["name"]
    with open(f"uploads/{name}") as file:
        return file.read()


@app.get("/path-div/<name>")
def path_div(name):
    return send_file(UPLOADS / name)


@app.post("/ssrf")
def ssrf():
    url = request.get_json()["url"]
    return requests.get(url, timeout=5).text


@app.post("/ssrf-inline")
def ssrf_inline():
    return requests.post(request.json["url"], json={}, timeout=5).text


@app.get("/cors")
def cors():
    return jsonify(ok=True)


@app.post("/log")
def log():
    body = request.get_json()
    app.logger.info("sign-in %s %s", body["name"], body["password"])
    return jsonify(ok=True)


@app.post("/model")
def model():
    token = request.headers["Authorization"]
    return ask([{"role": "system", "content": f"Use {token} to call the tool"}])


@app.post("/rate")
def rate():
    body = request.get_json()
    return jsonify(token=sign_in(body["name"], body["password"]))
