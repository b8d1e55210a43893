"""Starts the application weak and repaired, and shows by plain requests that each weakness is in the one and not in the other.

Needs Node and `npm install` in this folder.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
PASSWORD = f"Pw1{secrets.token_hex(8)}"


class App:
    """The running application, and the cookies of who is signed in there."""

    def __init__(self, repaired):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.cookies = {}
        people = {f"{name}_PASSWORD": PASSWORD for name in ("ALMA", "BRUNO", "ROOT")}
        self.process = subprocess.Popen(["node", "app.js", self.url.rpartition(":")[2]], cwd=HERE,
                                        env={**os.environ, **people, "REPAIRED": str(int(repaired))})
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ask("GET", "/templates")
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the application did not start; was `npm install` run?") from None
                time.sleep(0.05)
        for name in ("alice", "bob"):
            assert self.sign_up(name, PASSWORD, name)[0] == 201
        for name in ("alma", "bruno", "root"):
            assert self.ask("POST", "/login", name, {"email": f"{name}@notes.example", "password": PASSWORD})[0] == 200

    def ask(self, method, path, who=None, body=None):
        """Status and JSON of an answer; a cookie that it sets is kept for whoever asked."""
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if who in self.cookies:
            request.add_header("Cookie", self.cookies[who])
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            cookie, text = answer.headers.get("Set-Cookie", "").split(";")[0], answer.read()
        if who and cookie.removeprefix("sid="):
            self.cookies[who] = cookie
        return answer.status, json.loads(text) if text else None

    def sign_up(self, name, password, who=None):
        return self.ask("POST", "/signup", who, {"email": f"{name}@mail.example", "password": password, "displayName": name})

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def examine(app):
    """For each planted check and operation whether its attack works; and what must hold in both versions."""
    ask = app.ask
    me = {name: ask("GET", "/me/settings", name)[1]["id"] for name in ("alice", "bob", "bruno")}
    book = {name: ask("POST", "/notebooks", name, {"title": f"Book of {name}"})[1]["id"] for name in ("alice", "bob")}
    note = {name: ask("POST", f"/notebooks/{book[name]}/notes", name, {"title": "Mine", "text": f"{name} only"})[1]["id"] for name in book}
    hers = f"/notes/{note['alice']}"
    share = ask("POST", f"{hers}/shares", "alice", {"email": "bruno@notes.example"})[1]["id"]
    forged = ask("POST", f"/notebooks/{book['bob']}/notes", "bob", {"title": "x", "text": "y", "ownerId": me["alice"]})[1]
    holds = {
        "public templates": ask("GET", "/templates/1") == ask("GET", "/templates/1", "bob"),
        "a shared note is readable": ask("GET", hers, "bruno")[0] == 200,
        "an unshared note is not": ask("GET", hers, "bob")[0] == 404,
        "200 without effect": ask("PATCH", f"/notebooks/{book['alice']}", "bob", {"title": "Stolen"})[0] == 200
            and ask("GET", f"/notebooks/{book['alice']}", "alice")[1]["title"] == "Book of alice",
        "the owner's change works": ask("PATCH", f"/notebooks/{book['alice']}", "alice", {"title": "New"})[0] == 200
            and ask("GET", f"/notebooks/{book['alice']}", "alice")[1]["title"] == "New",
        "204 without effect": ask("DELETE", hers, "bob")[0] == 204 and ask("GET", hers, "alice")[0] == 200,
        "echoed and not stored": ask("PUT", "/me/avatar", "bob", {"seed": "1", "role": "admin"})[1]["role"] == "admin"
            and ask("GET", "/me/settings", "bob")[1]["role"] == "user",
        "shared with nobody": ask("POST", f"{hers}/shares", "alice", {"email": "nobody@mail.example"})[1]["withUserId"] is None,
        "foreign notebooks stay closed inside": ask("GET", f"/notebooks/{book['alice']}/notes", "bob")[0] == 404,
        "statistics are the administrator's": ask("GET", "/admin/stats", "root")[0] == 200 and ask("GET", "/admin/stats", "bob")[0] == 403,
        "the administrator gets in": ask("GET", "/admin/users", "root")[0] == 200,
        "anonymous is refused": all(ask("GET", path)[0] == 401 for path in ("/notebooks", hers, "/me/settings", "/admin/users")),
    }
    works = {
        ("authz/bola-read", "GET /notebooks/{notebookId}"): ask("GET", f"/notebooks/{book['alice']}", "bob")[0] == 200,
        ("authz/bola-write", "PUT /notes/{noteId}"): ask("PUT", hers, "bob", {"title": "Hers", "text": "Changed"})[0] == 200
            and ask("GET", hers, "alice")[1]["text"] == "Changed",
        ("authz/bola-list", "GET /notes"): note["alice"] in {row["id"] for row in ask("GET", "/notes", "bob")[1]},
        ("authz/bola-body", "POST /notebooks/{notebookId}/notes"): forged["ownerId"] == me["alice"],
        ("authz/bola-delete", "DELETE /shares/{shareId}"): ask("DELETE", f"/shares/{share}", "bob")[0] == 204
            and share not in {row["id"] for row in ask("GET", f"{hers}/shares", "alice")[1]},
        ("authz/function-read", "GET /admin/users"): ask("GET", "/admin/users", "bob")[0] == 200,
        ("authz/function-write", "PUT /admin/users/{userId}/credits"): ask("PUT", f"/admin/users/{me['alice']}/credits", "bob", {"credits": 1})[0] == 200
            and ask("GET", "/me/settings", "alice")[1]["credits"] == 1,
        ("authn/missing-write", "PUT /notes/{noteId}/pin"): ask("PUT", f"{hers}/pin", None, {"pinned": True})[0] == 200
            and ask("GET", hers, "alice")[1]["pinned"],
        ("authn/weak-password-accepted", "POST /signup"): app.sign_up("weak", "123456")[0] == 201,
        ("authn/user-enumeration", "POST /login"): ask("POST", "/login", None, {"email": "nobody@mail.example", "password": "x"})
            != ask("POST", "/login", None, {"email": "alice@mail.example", "password": "x"}),
        ("authn/no-throttling", "POST /login"): 429 not in {
            ask("POST", "/login", None, {"email": "alice@mail.example", "password": f"x{number}"})[0] for number in range(20)},
        ("property/mass-assignment", "PATCH /me/settings"): ask("PATCH", "/me/settings", "bob", {"credits": 9999})[1]["credits"] == 9999,
        ("authz/role-escalation", "PATCH /me/settings"): ask("PATCH", "/me/settings", "bob", {"role": "admin"})[0] == 200
            and ask("GET", "/admin/stats", "bob")[0] == 200,
    }
    kept = app.cookies["bob"]
    holds["signing out answers"] = ask("POST", "/logout", "bob")[0] == 204
    app.cookies["bob"] = kept
    works["token/logout-ineffective", "POST /logout"] = ask("GET", "/me/settings", "bob")[0] == 200
    return works, holds


def main():
    planted = {(row["check"], row["operation"]) for row in json.loads((HERE / "PLANTED.json").read_text())["planted"]}
    failed = 0
    for name, repaired in (("weak", False), ("repaired", True)):
        app = App(repaired)
        try:
            works, holds = examine(app)
        finally:
            app.stop()
        assert set(works) == planted, f"PLANTED.json and this file differ: {set(works) ^ planted}"
        results = {f"{check} on {place}": bool(works[check, place]) != repaired for check, place in sorted(works)} | holds
        for what, good in results.items():
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {name:<8} {what}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
