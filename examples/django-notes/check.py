"""Starts the application, and shows by plain requests that each weakness is there; with `--repaired DIR`, that none is in that copy."""

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import jwt

HERE = Path(__file__).parent
PASSWORD = f"Pw1{secrets.token_hex(8)}"
GUESSED_KEY = "changeme"


class App:
    """The running application, and who is signed in there."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.tokens = {}
        self.directory = tempfile.TemporaryDirectory()
        env = {**os.environ, "ROOT_PASSWORD": PASSWORD, "TMPDIR": self.directory.name, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", "run.py", self.url.rpartition(":")[2]], cwd=folder, env=env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ask("GET", "/api/templates/")
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the application did not start") from None
                time.sleep(0.05)
        for name in ("alice", "bob"):
            new = {"email": f"{name}@mail.example", "password": PASSWORD, "name": f"{name} tester"}
            assert self.ask("POST", "/api/auth/register/", body=new)[0] == 201
        for name, email in (("alice", "alice@mail.example"), ("bob", "bob@mail.example"), ("root", "root@notes.example")):
            self.tokens[name] = self.ask("POST", "/api/auth/token/", body={"email": email, "password": PASSWORD})[1]["access_token"]

    def ask(self, method, path, who=None, body=None):
        """Status and JSON of an answer."""
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if who:
            request.add_header("Authorization", f"Bearer {self.tokens.get(who, who)}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text) if text else None
        except json.JSONDecodeError:
            # A page about a fault: status 500 says it.
            return status, None

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.directory.cleanup()


def examine(app):
    """For each planted check and operation whether its attack works; and what must hold in any version."""
    ask = app.ask
    me = {name: ask("GET", "/api/me/", name)[1] for name in ("alice", "bob")}
    book = {who: ask("POST", "/api/notebooks/", who, {"title": f"Book of {who}", "owner": 102})[1] for who in me}
    at, his_at = (f"/api/notebooks/{book[who]['id']}/" for who in ("alice", "bob"))
    page = f"pages/{ask('POST', f'{at}pages/', 'alice', {'heading': 'Monday'})[1]['id']}/"
    note = ask("POST", "/api/notes/", "alice", {"title": "Door", "text": "4711"})[1]
    leaf = f"/api/notes/{note['id']}/"
    reminder = f"/api/reminders/{ask('POST', '/api/reminders/', 'alice', {'subject': 'Rent'})[1]['id']}/"
    contact = f"/api/contacts/{ask('POST', '/api/contacts/', 'alice', {'full_name': 'Doctor', 'phone': '1'})[1]['id']}/"
    label = ask("POST", "/api/labels/", "alice", {"caption": "urgent"})[1]
    tag = f"/api/labels/{label['id']}/"
    claims = jwt.decode(app.tokens["alice"], options={"verify_signature": False})
    forged = jwt.encode(claims, GUESSED_KEY, algorithm="HS256")
    expired = jwt.encode({**claims, "exp": int(time.time()) - 3600}, GUESSED_KEY, algorithm="HS256")
    template = {"title": "Agenda", "text": "One"}

    def ids(path, who):
        return {row["id"] for row in ask("GET", path, who)[1]}

    works = {
        ("authz/bola-read", "GET /api/notes/{id}/"): ask("GET", leaf, "bob")[0] == 200,
        ("authz/bola-write", "PATCH /api/notes/{id}/"): ask("PATCH", leaf, "bob", {"title": "Changed"})[0] == 200,
        ("authz/bola-nested", "GET /api/notebooks/{notebook_id}/pages/{page_id}/"): ask("GET", his_at + page, "bob")[0] == 200,
        ("authz/bola-write", "PUT /api/contacts/{id}/"): ask("PUT", contact, "bob", {"full_name": "Changed"})[0] == 200,
        ("authz/bola-list", "GET /api/labels/"): label["id"] in ids("/api/labels/", "bob"),
        ("authn/missing", "GET /api/contacts/{id}/card/"): ask("GET", f"{contact}card/")[0] == 200,
        ("property/mass-assignment", "POST /api/notes/"): ask("POST", "/api/notes/", "bob", {"title": "Mine", "featured": True})[1]["featured"],
        ("property/mass-assignment", "PATCH /api/me/"): ask("PATCH", "/api/me/", "bob", {"storage_quota_mb": 999})[1]["storage_quota_mb"] == 999,
        ("property/excessive-exposure", "GET /api/me/account/"): "password" in ask("GET", "/api/me/account/", "alice")[1],
        ("token/weak-secret", "GET /api/me/"): ask("GET", "/api/me/", forged)[0] == 200,
        ("token/expired-accepted", "GET /api/me/streak/"): ask("GET", "/api/me/streak/", expired)[0] == 200,
        ("authz/function-read", "GET /api/admin/members/"): ask("GET", "/api/admin/members/", "alice")[0] == 200,
        ("authz/function-write", "POST /api/admin/templates/"): ask("POST", "/api/admin/templates/", "alice", template)[0] == 201,
    }
    holds = {
        "the owner gets in": all(ask("GET", path, "alice")[0] == 200 for path in
                                 (at, at + "pages/", at + page, leaf, f"{contact}card/", reminder, contact, tag, "/api/me/", "/api/me/account/",
                                  "/api/me/streak/")),
        "the owner's lists have it": note["id"] in ids("/api/notes/", "alice") and label["id"] in ids("/api/labels/", "alice"),
        "the owner changes": ask("PATCH", leaf, "alice", {"text": "4712"})[1]["text"] == "4712"
            and ask("PATCH", at, "alice", {"title": "B"})[1]["title"] == "B"
            and ask("PUT", contact, "alice", {"full_name": "Nurse"})[1]["full_name"] == "Nurse"
            and ask("PATCH", "/api/me/", "alice", {"name": "Al"})[1]["name"] == "Al",
        "public templates": ask("GET", "/api/templates/1/")[0] == 200,
        "owner in a notebook is ignored": book["alice"]["owner"] == me["alice"]["id"],
        "foreign notebooks are closed": ask("GET", at, "bob")[0] == 404 and ask("PATCH", at, "bob", {"title": "x"})[0] == 404
            and ask("GET", f"{at}pages/", "bob")[0] == 404 and ask("DELETE", his_at + page, "bob")[0] == 404,
        "a foreign note is in no list": note["id"] not in ids("/api/notes/", "bob"),
        "a foreign reminder is not read": ask("GET", reminder, "bob")[0] == 404 and ask("PATCH", reminder, "bob", {"subject": "x"})[0] == 404,
        "a foreign label is refused": ask("GET", tag, "bob")[0] in (403, 404) and ask("DELETE", tag, "bob")[0] in (403, 404),
        "a foreign contact is not read": ask("GET", contact, "bob")[0] == 404,
        "204 without effect": ask("DELETE", contact, "bob")[0] == 204 and ask("GET", contact, "alice")[0] == 200,
        "the administrator gets in": ask("GET", "/api/admin/stats/", "root")[0] == 200 and ask("GET", "/api/admin/members/", "root")[0] == 200
            and ask("POST", "/api/admin/templates/", "root", template)[0] == 201,
        "members get no figures": ask("GET", "/api/admin/stats/", "alice")[0] == 403,
        "weak passwords are refused": ask("POST", "/api/auth/register/", body={"email": "w@mail.example", "password": "password", "name": "Weak"})[0] == 400,
        "an expired token is refused elsewhere": ask("GET", "/api/me/", expired)[0] == 401,
        "anonymous is refused": all(ask("GET", path)[0] == 401 for path in ("/api/me/", at, leaf, reminder, contact, tag, "/api/admin/stats/")),
    }
    works["authz/bola-delete", "DELETE /api/reminders/{id}/"] = ask("DELETE", reminder, "bob")[0] == 204 and ask("GET", reminder, "alice")[0] == 404
    works["authz/bola-delete", "DELETE /api/notes/{id}/"] = ask("DELETE", leaf, "bob")[0] == 204 and ask("GET", leaf, "alice")[0] == 404
    works["authz/role-escalation", "PATCH /api/me/"] = ask("PATCH", "/api/me/", "bob", {"role": "admin"}) and ask("GET", "/api/admin/stats/", "bob")[0] == 200
    return works, holds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repaired", type=Path, metavar="DIR", help="a copy that was patched")
    repaired = parser.parse_args().repaired
    planted = {(row["check"], row["operation"]) for row in json.loads((HERE / "PLANTED.json").read_text())["planted"]}
    app = App(repaired or HERE)
    try:
        works, holds = examine(app)
    finally:
        app.stop()
    assert set(works) == planted, f"PLANTED.json and this file differ: {set(works) ^ planted}"
    results = {f"{check} on {place}": bool(works[check, place]) != bool(repaired) for check, place in sorted(works)} | holds
    for what, good in results.items():
        print(f"{'ok  ' if good else 'FAIL'} {what}")
    sys.exit(0 if all(results.values()) else 1)


if __name__ == "__main__":
    main()
