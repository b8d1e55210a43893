//! Origins by a star or a function, algorithms behind names, secrets within templates, lists in SQL.

use routewarden_source::fix::{FixFacts, RemedyKind};

use super::kit::{Given, assert_changed, assert_verified, changed, strings};

fn origins() -> FixFacts {
    FixFacts { origins: strings(&["https://app.example"]), ..FixFacts::default() }
}

fn express(line: &str) -> String {
    format!(
        "import express from 'express'\nimport cors from 'cors'\n\nconst app = express()\n{line}\napp.get('/x', (req, res) => res.end())\n"
    )
}

#[test]
fn a_star_in_a_header_gives_way_to_the_named_origins() {
    let text =
        express("app.use((req, res, next) => {\n  res.setHeader('Access-Control-Allow-Origin', '*')\n  next()\n})");
    assert_changed(
        ("app.js", &text),
        "GET /x",
        RemedyKind::CorsOrigins,
        origins(),
        "+const ALLOWED_ORIGINS = new Set(['https://app.example'])\n\
         -  res.setHeader('Access-Control-Allow-Origin', '*')\n\
         +  if (ALLOWED_ORIGINS.has(req.headers.origin)) res.setHeader('Access-Control-Allow-Origin', req.headers.origin)\n",
    );
    let text = "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.after_request\ndef headers(response):\n    response.headers[\"Access-Control-Allow-Origin\"] = \"*\"\n    return response\n\n\n@app.get(\"/x\")\ndef x():\n    return \"\"\n";
    let given = Given::of(&[("app.py", text)]);
    let made = given.fix_with("GET /x", RemedyKind::CorsOrigins, origins()).unwrap();
    assert_verified(&made);
    let lines = changed(&made);
    for line in [
        "+    if request.headers.get(\"Origin\") in ALLOWED_ORIGINS:\n",
        "+        response.headers[\"Access-Control-Allow-Origin\"] = request.headers.get(\"Origin\")\n",
    ] {
        assert!(lines.contains(line), "{lines}");
    }
    // Where the request is not known, the place is said.
    let text = "from flask import Flask\n\nimport answers\n\napp = Flask(__name__)\n\n\ndef headers(response):\n    response.headers[\"Access-Control-Allow-Origin\"] = \"*\"\n\n\n@app.get(\"/x\")\ndef x():\n    return \"\"\n";
    let refusal = Given::of(&[("app.py", text)]).fix_with("GET /x", RemedyKind::CorsOrigins, origins()).unwrap_err();
    assert!(refusal.because.contains("every origin is let in at app.py:9"), "{refusal:?}");
}

#[test]
fn a_function_is_open_only_where_it_always_says_yes() {
    for open in [
        "app.use(cors({ origin: (origin, done) => done(null, true), credentials: true }))",
        "app.use(cors({ origin: (origin, done) => { done(null, origin) }, credentials: true }))",
        "app.use(cors({ origin: (origin) => origin, credentials: true }))",
        "function anyone(origin, done) {\n  done(null, true)\n}\napp.use(cors({ origin: anyone, credentials: true }))",
        "const ORIGINS = ['*']\napp.use(cors({ origin: ORIGINS, credentials: true }))",
    ] {
        let text = express(open);
        let made = Given::of(&[("app.js", &text)]).fix_with("GET /x", RemedyKind::CorsOrigins, origins());
        let made = made.unwrap_or_else(|refusal| panic!("{open}: {refusal:?}"));
        assert!(changed(&made).contains("origin: ['https://app.example'], credentials: true"), "{}", made.diff);
    }
    for closed in [
        "app.use(cors({ origin: (origin, done) => done(null, LIST.includes(origin)), credentials: true }))",
        "app.use(cors({ origin: (origin, done) => {\n  if (LIST.includes(origin)) done(null, true)\n  else done(new Error('no'))\n}, credentials: true }))",
    ] {
        let text = express(closed);
        let made = Given::of(&[("app.js", &text)]).fix_with("GET /x", RemedyKind::CorsOrigins, origins());
        let refusal = made.map(|made| made.diff).unwrap_err();
        assert!(refusal.because.contains("a function decides which origins are let in at app.js:5"), "{refusal:?}");
    }
}

fn signing(sign: &str) -> String {
    format!(
        "import express from 'express'\nimport jwt from 'jsonwebtoken'\nimport {{ settings }} from './settings.js'\n\nconst app = express()\nconst KEY = process.env.KEY\nconst NAME = 'RS256'\n\napp.post('/login', (req, res) => res.json({sign}))\napp.get('/old', (req, res) => res.json(jwt.verify(req.headers.token, KEY)))\n"
    )
}

#[test]
fn an_algorithm_behind_a_name_is_read_and_never_guessed() {
    for (sign, algorithm) in [
        ("jwt.sign({ sub: 1 }, KEY)", "HS256"),
        ("jwt.sign({ sub: 1 }, KEY, { expiresIn: '1h' })", "HS256"),
        ("jwt.sign({ sub: 1 }, KEY, { algorithm: 'ES256' })", "ES256"),
        ("jwt.sign({ sub: 1 }, KEY, { algorithm: NAME })", "RS256"),
    ] {
        let text = signing(sign);
        let made = Given::of(&[("app.js", &text)]).fix("GET /old", RemedyKind::VerifyToken).unwrap();
        assert!(changed(&made).contains(&format!("{{ algorithms: ['{algorithm}'] }}")), "{sign}: {}", made.diff);
    }
    for unread in [
        "jwt.sign({ sub: 1 }, KEY, { algorithm: settings.algorithm })",
        "jwt.sign({ sub: 1 }, KEY, { ...settings })",
        "jwt.sign({ sub: 1 }, KEY, settings.token)",
    ] {
        let text = signing(unread);
        let refusal = Given::of(&[("app.js", &text)]).fix("GET /old", RemedyKind::VerifyToken).map(|made| made.diff);
        assert!(
            refusal.as_ref().is_err_and(|refusal| refusal.because.contains("is not known")),
            "{unread}: {refusal:?}"
        );
    }
}

#[test]
fn a_secret_within_a_longer_expression_of_a_template_is_taken_out() {
    let log = |line: &str| {
        let text = format!(
            "from flask import Flask\n\nimport logging\n\napp = Flask(__name__)\n\n\n@app.get(\"/x\")\ndef x():\n    token, width = load()\n    {line}\n    return \"\"\n\n\ndef load():\n    return 1, 2\n"
        );
        Given::of(&[("app.py", &text)]).fix("GET /x", RemedyKind::LogRedaction).map(|made| {
            assert_verified(&made);
            changed(&made).lines().find_map(|line| line.strip_prefix("+    ").map(str::to_owned)).unwrap_or_default()
        })
    };
    for (line, made) in [
        ("logging.info(f\"a {token} b\")", "logging.info(\"a [redacted] b\")"),
        ("logging.info(f\"a {token!r:>{width}} b\")", "logging.info(\"a [redacted] b\")"),
        ("logging.info(f\"a {'Bearer ' + token} {width}\")", "logging.info(f\"a [redacted] {width}\")"),
        ("logging.info(f\"{{a}} {str(token)}\")", "logging.info(f\"{{a}} [redacted]\")"),
        ("logging.info(\"a \" + token)", "logging.info(\"a \" + \"[redacted]\")"),
        ("logging.info(\"a {}\".format(token))", "logging.info(\"a {}\".format(\"[redacted]\"))"),
    ] {
        assert_eq!(log(line).unwrap(), made, "{line}");
    }
    for harmless in ["logging.info(f\"a {len(token)}\")", "logging.info(f\"a {token is None}\")"] {
        assert!(log(harmless).is_err(), "{harmless}");
    }
    let text = express("const logged = 1").replace(
        "res.end()",
        "{\n  const token = req.query.token\n  console.log(`a ${`Bearer ${token}`} b`)\n  res.end()\n}",
    );
    let made = Given::of(&[("app.js", &text)]).fix("GET /x", RemedyKind::LogRedaction).unwrap();
    assert!(changed(&made).contains("+  console.log(`a [redacted] b`)\n"), "{}", made.diff);
}

#[test]
fn a_list_in_a_query_never_moves_a_value_to_another_mark() {
    let own = |statement: &str| {
        let text = format!(
            "from typing import Annotated\n\nfrom fastapi import APIRouter, Depends, HTTPException\nfrom fastapi.security import OAuth2PasswordBearer\n\nfrom store import db\n\nrouter = APIRouter()\nscheme = OAuth2PasswordBearer(tokenUrl=\"token\")\n\n\ndef current_user(token: Annotated[str, Depends(scheme)]) -> dict:\n    user = db.execute(\"SELECT * FROM users WHERE token = ?\", (token,)).fetchone()\n    if user is None:\n        raise HTTPException(401)\n    return user\n\n\nUser = Annotated[dict, Depends(current_user)]\n\n\n@router.get(\"/own/{{doc_id}}\")\ndef own(doc_id: int, user: User):\n    row = db.execute(\"SELECT * FROM docs WHERE id = ? AND owner_id = ?\", (doc_id, user[\"id\"])).fetchone()\n    if row is None:\n        raise HTTPException(404)\n    return row\n\n\n@router.get(\"/docs/{{doc_id}}\")\ndef docs(doc_id: int, user: User):\n    ids = [7]\n    row = {statement}.fetchone()\n    return row\n"
        );
        let given = Given::of(&[("app.py", &text)]);
        given.fix("GET /docs/{doc_id}", RemedyKind::ObjectOwnership).map(|made| {
            assert_verified(&made);
            changed(&made)
        })
    };
    let marks = "{','.join('?' * len(ids))}";
    // The values end with the list, and so does the condition.
    let made = own(&format!("db.execute(f\"SELECT * FROM docs WHERE id IN ({marks})\", [doc_id, *ids])")).unwrap();
    assert!(
        made.contains(&format!("+    row = db.execute(f\"SELECT * FROM docs WHERE id IN ({marks}) AND owner_id = ?\", [doc_id, *ids, user[\"id\"]])")),
        "{made}"
    );
    for unknown in [
        format!("db.execute(f\"SELECT * FROM docs WHERE id IN ({marks})\", doc_id)"),
        format!("db.execute(f\"SELECT * FROM docs WHERE id IN ({marks}) LIMIT ?\", [doc_id, *ids, 5])"),
        "db.execute(\"SELECT * FROM docs WHERE id = ?\", doc_id)".to_owned(),
    ] {
        let made = own(&unknown);
        assert!(made.as_ref().map_or(true, |made| !made.contains("AND owner_id")), "{unknown}: {made:?}");
    }
    // What stands for a whole condition may have an OR in it.
    let made = own("db.execute(f\"SELECT * FROM docs WHERE {ids}\", (doc_id,))").unwrap();
    assert!(made.contains("WHERE ({ids}) AND owner_id = ?\", (doc_id, user[\"id\"])"), "{made}");
}

#[test]
fn a_switch_is_taken_away_wherever_it_is_asked() {
    let lines: String = (0..9).map(|at| format!("    if STRICT:\n        note({at})\n")).collect();
    let text = format!(
        "from flask import Flask, abort, g, jsonify\n\nfrom store import load, note\n\nSTRICT = False\napp = Flask(__name__)\n\n\n@app.get(\"/docs/<int:doc_id>\")\ndef docs(doc_id):\n    row = load(doc_id)\n{lines}    if STRICT and row[\"owner_id\"] != g.user[\"id\"]:\n        abort(404)\n    return jsonify(row)\n"
    );
    let made = Given::of(&[("app.py", &text)]).fix("GET /docs/{doc_id}", RemedyKind::ObjectOwnership).unwrap();
    let left = changed(&made);
    assert!(
        !left.contains("+    if STRICT") && left.contains("+    if row[\"owner_id\"] != g.user[\"id\"]:"),
        "{left}"
    );
    assert_eq!(left.matches("-    if STRICT").count(), 10, "{left}");
}
