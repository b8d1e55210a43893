//! Guards and roles, in the way in which a sibling asks.

use routewarden_source::fix::{FixConfidence, FixFacts, Idiom, RemedyKind, propose_fix};

use super::kit::{Given, assert_changed, assert_verified, changed};

const FASTAPI: &str = r#"from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

import store

router = APIRouter()
scheme = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: Annotated[str, Depends(scheme)]) -> dict:
    user = store.row("SELECT * FROM users WHERE token = ?", token)
    if user is None:
        raise HTTPException(401)
    return user


User = Annotated[dict, Depends(current_user)]


def admin_user(user: User) -> dict:
    if user["role"] != "admin":
        raise HTTPException(403)
    return user


def any_doc(doc_id):
    return store.row("SELECT * FROM docs WHERE id = ?", str(doc_id))


def own_doc(doc_id, user):
    found = store.row("SELECT * FROM docs WHERE id = ? AND owner_id = ?", str(doc_id), user["id"])
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/own/{doc_id}")
def own(doc_id: int, user: User):
    return own_doc(doc_id, user)


@router.get("/weak/{doc_id}")
def weak(doc_id: int, user: User):
    return any_doc(doc_id)


@router.get("/unused/{doc_id}")
def unused(doc_id: int, _: User):
    return any_doc(doc_id)


@router.get("/open/{doc_id}")
def opened(doc_id: int, short: bool = False):
    return any_doc(doc_id)


@router.get("/stats", dependencies=[Depends(admin_user)])
def stats():
    return {}


@router.delete("/all")
def delete_all(user: User):
    return {}
"#;

#[test]
fn the_siblings_own_function_takes_the_place_of_the_load() {
    let given = Given::of(&[("app.py", FASTAPI)]);
    let mut request = given.ask(given.route("GET /weak/{doc_id}"), RemedyKind::ObjectOwnership, FixFacts::default());
    request.sibling = Some(given.route("GET /own/{doc_id}"));
    let made = propose_fix(&request).unwrap();
    assert_eq!(changed(&made), "-    return any_doc(doc_id)\n+    return own_doc(doc_id, user)\n");
    assert_verified(&made);
    assert_eq!(made.confidence, FixConfidence::High);
    let Idiom::Sibling { place, what } = made.idiom else { panic!("{:?}", made.idiom) };
    // The line at which the sibling asks.
    assert_eq!(what, "own_doc");
    assert_eq!(FASTAPI.lines().nth(place.line - 1), Some("    return own_doc(doc_id, user)"));
    assert!(place.line > 30, "{place:?}");
    assert_changed(
        ("app.py", FASTAPI),
        "GET /unused/{doc_id}",
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "-def unused(doc_id: int, _: User):\n-    return any_doc(doc_id)\n\
         +def unused(doc_id: int, user: User):\n+    return own_doc(doc_id, user)\n",
    );
}

#[test]
fn a_guard_comes_with_the_question_whose_the_object_is() {
    let made = assert_changed(
        ("app.py", FASTAPI),
        "GET /open/{doc_id}",
        RemedyKind::MissingGuard,
        FixFacts::default(),
        "-def opened(doc_id: int, short: bool = False):\n-    return any_doc(doc_id)\n\
         +def opened(doc_id: int, user: User, short: bool = False):\n+    return own_doc(doc_id, user)\n",
    );
    assert_eq!(made.covers, [RemedyKind::MissingGuard, RemedyKind::ObjectOwnership]);
}

#[test]
fn a_role_is_asked_for_where_the_sibling_asks() {
    assert_changed(
        ("app.py", FASTAPI),
        "DELETE /all",
        RemedyKind::RoleGuard,
        FixFacts { role: Some("admin".to_owned()), ..FixFacts::default() },
        "-@router.delete(\"/all\")\n+@router.delete(\"/all\", dependencies=[Depends(admin_user)])\n",
    );
}

#[test]
fn decorators_and_libraries_are_put_above_the_handler() {
    let own = "from functools import wraps\n\nfrom flask import Flask, abort, request\n\napp = Flask(__name__)\n\n\ndef login_required(view):\n    @wraps(view)\n    def inner(*args, **kwargs):\n        if not request.headers.get(\"Authorization\"):\n            abort(401)\n        return view(*args, **kwargs)\n    return inner\n\n\n@app.get(\"/a\")\n@login_required\ndef a():\n    return \"\"\n\n\n@app.get(\"/b\")\ndef b():\n    return \"\"\n";
    assert_changed(("app.py", own), "GET /b", RemedyKind::MissingGuard, FixFacts::default(), "+@login_required\n");
    let library = "from flask import Flask\nfrom flask_login import LoginManager\n\napp = Flask(__name__)\nLoginManager(app)\n\n\n@app.get(\"/b\")\ndef b():\n    return \"\"\n";
    let made = assert_changed(
        ("app.py", library),
        "GET /b",
        RemedyKind::MissingGuard,
        FixFacts::default(),
        "-from flask_login import LoginManager\n+from flask_login import LoginManager, login_required\n+@login_required\n",
    );
    assert!(matches!(made.idiom, Idiom::Library { ref name, .. } if name == "flask_login"));
    assert_eq!(made.imports, ["flask_login.login_required"]);
}

#[test]
fn a_guard_of_another_file_is_imported() {
    let given = Given::of(&[
        (
            "app.py",
            "from flask import Flask\n\nfrom a import a\nfrom b import b\n\napp = Flask(__name__)\napp.register_blueprint(a)\napp.register_blueprint(b)\n",
        ),
        (
            "a.py",
            "from flask import Blueprint\n\nimport guards\n\na = Blueprint(\"a\", __name__)\n\n\n@a.get(\"/a\")\ndef read():\n    user = guards.current_user()\n    return user.name\n",
        ),
        (
            "b.py",
            "from flask import Blueprint\n\nb = Blueprint(\"b\", __name__)\n\n\n@b.get(\"/b\")\ndef read():\n    \"\"\"What it does.\"\"\"\n    return \"\"\n",
        ),
        (
            "guards.py",
            "import jwt\nfrom flask import abort, request\n\n\ndef current_user():\n    try:\n        return jwt.decode(request.headers[\"Authorization\"], \"k\", algorithms=[\"HS256\"])\n    except jwt.InvalidTokenError:\n        abort(401)\n",
        ),
    ]);
    let made = given.fix("GET /b", RemedyKind::MissingGuard).unwrap();
    assert_verified(&made);
    assert_eq!(changed(&made), "+import guards\n+    guards.current_user()\n", "{}", made.diff);
}

const EXPRESS: &str = r"import express from 'express'
import { requireAuth, requireAdmin } from './auth.js'

const app = express()
app.get('/a', requireAuth, (req, res) => res.end())
app.get('/admin/a', requireAuth, requireAdmin, (req, res) => res.end())
app.get('/admin/b', requireAuth, (req, res) => res.end())
app.get('/b', (req, res) => res.end())
";

#[test]
fn middleware_is_put_before_the_handler() {
    assert_changed(
        ("app.js", EXPRESS),
        "GET /b",
        RemedyKind::MissingGuard,
        FixFacts::default(),
        "-app.get('/b', (req, res) => res.end())\n+app.get('/b', requireAuth, (req, res) => res.end())\n",
    );
    assert_changed(
        ("app.js", EXPRESS),
        "GET /admin/b",
        RemedyKind::RoleGuard,
        FixFacts::default(),
        "-app.get('/admin/b', requireAuth, (req, res) => res.end())\n\
         +app.get('/admin/b', requireAuth, requireAdmin, (req, res) => res.end())\n",
    );
}

#[test]
fn a_switch_that_turns_a_check_off_is_taken_away() {
    let text = "import os\n\nfrom flask import Flask, abort\n\nimport db\nfrom auth import get_current_user\n\napp = Flask(__name__)\nSTRICT = os.environ.get(\"STRICT\") == \"1\"\n\n\n@app.get(\"/docs/<doc_id>\")\ndef doc(doc_id):\n    user = get_current_user()\n    doc = db.load(doc_id)\n    if STRICT:\n        if doc.owner_id != user.id:\n            abort(404)\n    return doc.title\n";
    let made = assert_changed(
        ("app.py", text),
        "GET /docs/{doc_id}",
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "-    if STRICT:\n-        if doc.owner_id != user.id:\n-            abort(404)\n+    if doc.owner_id != user.id:\n+        abort(404)\n",
    );
    assert!(made.why.contains("STRICT"), "{}", made.why);
}

#[test]
fn a_number_with_40_in_it_is_no_refusal() {
    let text = |body: &str| {
        format!(
            "from fastapi import APIRouter, Depends\n\nimport log\nimport store\n\nrouter = APIRouter()\n\n\ndef require_admin(token: str):\n    {body}\n\n\n@router.get(\"/stats\", dependencies=[Depends(require_admin)])\ndef stats():\n    return {{}}\n\n\n@router.delete(\"/all\")\ndef delete_all():\n    return {{}}\n"
        )
    };
    let fix = |body: &str| {
        let text = text(body);
        let given = Given::of(&[("app.py", &text)]);
        given.fix("DELETE /all", RemedyKind::RoleGuard).map(|made| changed(&made))
    };
    for harmless in ["log.wait(400)", "log.note(\"x40\", token)", "log.status(200)", "log.first(4030)"] {
        let made = fix(harmless);
        assert!(
            made.as_ref().is_ok_and(|made| !made.contains("require_admin")) || made.is_err(),
            "{harmless}: {made:?}"
        );
    }
    for refusing in [
        "store.refuse_with(token, 403)",
        "return {}, 403",
        "store.answer(token, status.HTTP_403_FORBIDDEN)",
        "store.answer({\"status\": 401})",
    ] {
        assert!(fix(refusing).unwrap().contains("Depends(require_admin)"), "{refusing}");
    }
}
