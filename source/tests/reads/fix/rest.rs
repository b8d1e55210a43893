//! Tokens, fields, answers, queries, paths, requests, origins, logs, prompts and limits.

use routewarden_source::fix::{FixFacts, Idiom, RemedyKind};

use super::kit::{Given, assert_changed, assert_verified, changed, facts, strings};

fn flask(body: &str) -> String {
    format!("from flask import Flask, jsonify, request\n\napp = Flask(__name__)\n\n\n{body}")
}

#[test]
fn a_query_made_of_pieces_gets_marks() {
    let text = flask(
        "import sqlite3\n\n\n@app.get(\"/find/<name>\")\ndef find(name):\n    db = sqlite3.connect(\"x\")\n    return jsonify(db.execute(f\"SELECT id FROM people WHERE name = '{name}' AND note LIKE '%{name}%'\").fetchall())\n",
    );
    assert_changed(
        ("app.py", &text),
        "GET /find/{name}",
        RemedyKind::ParameterisedQuery,
        FixFacts::default(),
        "-    return jsonify(db.execute(f\"SELECT id FROM people WHERE name = '{name}' AND note LIKE '%{name}%'\").fetchall())\n\
         +    return jsonify(db.execute(\"SELECT id FROM people WHERE name = ? AND note LIKE ?\", (name, f\"%{name}%\")).fetchall())\n",
    );
}

#[test]
fn a_path_is_kept_in_its_folder() {
    let text = flask(
        "import os\n\n\n@app.get(\"/files/<name>\")\ndef file(name):\n    path = os.path.join(\"uploads\", name)\n    return open(path).read()\n",
    );
    assert_changed(
        ("app.py", &text),
        "GET /files/{name}",
        RemedyKind::SafePath,
        FixFacts::default(),
        "-from flask import Flask, jsonify, request\n\
         +from flask import Flask, jsonify, request, abort\n\
         +from pathlib import Path\n\
         +    if not Path(os.path.join(\"uploads\", name)).resolve().is_relative_to(Path(\"uploads\").resolve()):\n\
         +        abort(404)\n",
    );
}

#[test]
fn a_request_to_a_named_address_looks_at_it_first() {
    let text = flask(
        "import requests\n\n\n@app.post(\"/preview\")\ndef preview():\n    url = request.json[\"url\"]\n    return requests.get(url, timeout=5).text\n",
    );
    let given = Given::of(&[("app.py", &text)]);
    let made = given.fix("POST /preview", RemedyKind::SsrfGuard).unwrap();
    assert_verified(&made);
    let lines = changed(&made);
    assert!(lines.contains("+    if not is_public_address(url):\n+        abort(400)\n"), "{lines}");
    assert!(lines.contains("+    return requests.get(url, timeout=5, allow_redirects=False).text\n"), "{lines}");
    assert!(lines.contains("is_global for entry in found"), "{lines}");
}

#[test]
fn secrets_stay_out_of_logs_and_prompts() {
    let text = flask(
        "import logging\n\n\n@app.post(\"/login\")\ndef login():\n    password = request.json[\"password\"]\n    logging.info(f\"sign-in with {password} of length {len(password)}\")\n    logging.info(\"token %s\", request.headers.get(\"Authorization\"))\n    return jsonify(ok=True)\n",
    );
    assert_changed(
        ("app.py", &text),
        "POST /login",
        RemedyKind::LogRedaction,
        FixFacts::default(),
        "-    logging.info(f\"sign-in with {password} of length {len(password)}\")\n\
         -    logging.info(\"token %s\", request.headers.get(\"Authorization\"))\n\
         +    logging.info(f\"sign-in with [redacted] of length {len(password)}\")\n\
         +    logging.info(\"token %s\", \"[redacted]\")\n",
    );
    let text = flask(
        "def ask(messages):\n    return messages\n\n\n@app.post(\"/chat\")\ndef chat():\n    token = request.headers[\"Authorization\"]\n    return ask([{\"role\": \"system\", \"content\": f\"Call the tool with {token}, politely.\"}])\n",
    );
    assert_changed(
        ("app.py", &text),
        "POST /chat",
        RemedyKind::ModelContext,
        FixFacts::default(),
        "-    return ask([{\"role\": \"system\", \"content\": f\"Call the tool with {token}, politely.\"}])\n\
         +    return ask([{\"role\": \"system\", \"content\": \"Call the tool with [held by the server], politely.\"}])\n",
    );
}

#[test]
fn a_whole_body_is_filtered() {
    let text = flask(
        "@app.patch(\"/me\")\ndef me():\n    data = request.get_json()\n    row = load()\n    row.update(data)\n    return jsonify(row)\n\n\ndef load():\n    return {}\n",
    );
    let wanted = FixFacts { documented: strings(&["name", "phone", "role"]), ..facts(&["role"]) };
    assert_changed(
        ("app.py", &text),
        "PATCH /me",
        RemedyKind::FieldAllowList,
        wanted,
        "-    row.update(data)\n\
         +    row.update({name: value for name, value in data.items() if name in (\"name\", \"phone\")})\n",
    );
}

#[test]
fn an_answer_loses_what_must_not_be_seen() {
    let text = flask(
        "@app.get(\"/users\")\ndef users():\n    return jsonify(db.rows(\"SELECT id, email, password FROM users\"))\n\n\n@app.get(\"/one\")\ndef one():\n    user = load()\n    return {\"id\": user.id, \"password\": user.password}\n\n\ndef load():\n    return None\n\n\nimport db\n",
    );
    let wanted = FixFacts { leaking: strings(&["password"]), ..FixFacts::default() };
    assert_changed(
        ("app.py", &text),
        "GET /users",
        RemedyKind::ResponseSchema,
        wanted.clone(),
        "-    return jsonify(db.rows(\"SELECT id, email, password FROM users\"))\n\
         +    return jsonify(db.rows(\"SELECT id, email FROM users\"))\n",
    );
    assert_changed(
        ("app.py", &text),
        "GET /one",
        RemedyKind::ResponseSchema,
        wanted,
        "-    return {\"id\": user.id, \"password\": user.password}\n+    return {\"id\": user.id}\n",
    );
}

#[test]
fn a_limit_is_the_projects_own_where_it_has_one() {
    let own = "from flask import Flask\nfrom flask_limiter import Limiter\n\napp = Flask(__name__)\nlimiter = Limiter(app=app)\n\n\n@app.post(\"/login\")\ndef login():\n    return \"\"\n";
    let made = assert_changed(
        ("app.py", own),
        "POST /login",
        RemedyKind::RateLimit,
        FixFacts { per_minute: Some(5), ..FixFacts::default() },
        "+@limiter.limit(\"5/minute\")\n",
    );
    assert!(matches!(made.idiom, Idiom::Library { ref name, .. } if name == "flask_limiter"));
    let none =
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.post(\"/login\")\ndef login():\n    return \"\"\n";
    let given = Given::of(&[("app.py", none)]);
    let made = given.fix("POST /login", RemedyKind::RateLimit).unwrap();
    assert_verified(&made);
    assert!(changed(&made).contains("+    refuse_too_many(request.remote_addr)\n"), "{}", made.diff);
    assert_eq!(made.idiom, Idiom::Framework);
    assert!(!made.needs_review.is_empty());
}

#[test]
fn origins_are_named_in_each_library() {
    let wanted = || FixFacts { origins: strings(&["https://app.example"]), ..FixFacts::default() };
    let text = "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\nCORS(app, supports_credentials=True)\n\n\n@app.get(\"/x\")\ndef x():\n    return \"\"\n";
    assert_changed(
        ("app.py", text),
        "GET /x",
        RemedyKind::CorsOrigins,
        wanted(),
        "-CORS(app, supports_credentials=True)\n+CORS(app, supports_credentials=True, origins=[\"https://app.example\"])\n",
    );
    let text = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=[\"*\"], allow_credentials=True)\n\n\n@app.get(\"/x\")\ndef x():\n    return \"\"\n";
    assert_changed(
        ("app.py", text),
        "GET /x",
        RemedyKind::CorsOrigins,
        wanted(),
        "-app.add_middleware(CORSMiddleware, allow_origins=[\"*\"], allow_credentials=True)\n\
         +app.add_middleware(CORSMiddleware, allow_origins=[\"https://app.example\"], allow_credentials=True)\n",
    );
    let text = "import express from 'express'\nimport cors from 'cors'\n\nconst app = express()\napp.use(cors({ origin: true, credentials: true }))\napp.get('/x', (req, res) => res.end())\n";
    assert_changed(
        ("app.js", text),
        "GET /x",
        RemedyKind::CorsOrigins,
        wanted(),
        "-app.use(cors({ origin: true, credentials: true }))\n+app.use(cors({ origin: ['https://app.example'], credentials: true }))\n",
    );
}

#[test]
fn tokens_of_javascript_are_proved() {
    let text = "import express from 'express'\nimport jwt from 'jsonwebtoken'\n\nconst app = express()\nconst KEY = process.env.KEY\n\napp.post('/login', (req, res) => res.json(jwt.sign({ sub: 1 }, KEY, { expiresIn: '1h' })))\napp.get('/old', (req, res) => res.json(jwt.verify(req.headers.token, KEY, { ignoreExpiration: true })))\napp.get('/blind', (req, res) => res.json(jwt.decode(req.headers.token)))\n";
    assert_changed(
        ("app.js", text),
        "GET /old",
        RemedyKind::VerifyToken,
        FixFacts::default(),
        "-app.get('/old', (req, res) => res.json(jwt.verify(req.headers.token, KEY, { ignoreExpiration: true })))\n\
         +app.get('/old', (req, res) => res.json(jwt.verify(req.headers.token, KEY, { algorithms: ['HS256'] })))\n",
    );
    assert_changed(
        ("app.js", text),
        "GET /blind",
        RemedyKind::VerifyToken,
        FixFacts::default(),
        "-app.get('/blind', (req, res) => res.json(jwt.decode(req.headers.token)))\n\
         +app.get('/blind', (req, res) => res.json(jwt.verify(req.headers.token, KEY, { algorithms: ['HS256'] })))\n",
    );
}
