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
GUESSED_KEY = "secret"


class App:
    """The running application, and who is signed in there."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.tokens = {}
        self.directory = tempfile.TemporaryDirectory()
        env = {**os.environ, "ROOT_PASSWORD": PASSWORD, "TMPDIR": self.directory.name, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", "app.py", self.url.rpartition(":")[2]], cwd=folder, env=env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ask("GET", "/products")
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the application did not start") from None
                time.sleep(0.05)
        for name in ("alice", "bob"):
            new = {"email": f"{name}@mail.example", "password": PASSWORD, "name": f"{name} tester"}
            assert self.ask("POST", "/auth/register", body=new)[0] == 201
        for name, email in (("alice", "alice@mail.example"), ("bob", "bob@mail.example"), ("root", "root@shop.example")):
            self.tokens[name] = self.ask("POST", "/auth/login", body={"email": email, "password": PASSWORD})[1]["access_token"]

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
    me = {name: ask("GET", "/me", name)[1] for name in ("alice", "bob")}
    order = {who: ask("POST", "/orders", who, {"reference": f"Order of {who}", "note": "quiet", "status": "paid"})[1] for who in me}
    at, his_at = (f"/orders/{order[who]['id']}" for who in ("alice", "bob"))
    line = ask("POST", f"{at}/lines", "alice", {"article": "Lamp", "quantity": 1})[1]
    address = ask("POST", "/addresses", "alice", {"street": "1 Her Street", "city": "Leipzig"})[1]
    place = f"/addresses/{address['id']}"
    ticket = ask("POST", "/tickets", "alice", {"subject": "Late", "body": "Where?"})[1]
    paper = f"/tickets/{ticket['id']}"
    claims = jwt.decode(app.tokens["alice"], options={"verify_signature": False})
    past = int(time.time()) - 3600
    forged = jwt.encode(claims, GUESSED_KEY, algorithm="HS256")
    expired = jwt.encode({**claims, "exp": past}, GUESSED_KEY, algorithm="HS256")
    product = {"name": "Rug", "price_cents": 100}
    works = {
        ("authz/bola-read", "GET /orders/{order_id}"): ask("GET", at, "bob")[0] == 200,
        ("authz/bola-nested", "GET /orders/{order_id}/lines/{line_id}"): ask("GET", f"{his_at}/lines/{line['id']}", "bob")[0] == 200,
        ("authz/bola-list", "GET /addresses"): address["id"] in {row["id"] for row in ask("GET", "/addresses", "bob")[1]},
        ("authz/bola-write", "PUT /addresses/{address_id}"): ask("PUT", place, "bob", {"street": "2 Other Street", "city": "Jena"})[0] == 200,
        ("authn/missing", "GET /orders/{order_id}/summary"): ask("GET", f"{at}/summary")[0] == 200,
        ("property/mass-assignment", "POST /tickets"):
            ask("POST", "/tickets", "bob", {"subject": "Money", "refund_approved": True})[1]["refund_approved"],
        ("property/mass-assignment", "PATCH /me"): ask("PATCH", "/me", "bob", {"name": "bob tester", "credit_cents": 99})[1]["credit_cents"] == 99,
        ("property/excessive-exposure", "GET /me/account"): "password_hash" in ask("GET", "/me/account", "alice")[1],
        ("token/weak-secret", "GET /me"): ask("GET", "/me", forged)[0] == 200,
        ("token/expired-accepted", "GET /me/points"): ask("GET", "/me/points", expired)[0] == 200,
        ("authz/function-read", "GET /admin/users"): ask("GET", "/admin/users", "alice")[0] == 200,
        ("authz/function-write", "POST /admin/products"): ask("POST", "/admin/products", "alice", product)[0] == 201,
    }
    holds = {
        "the owner gets in": all(ask("GET", path, "alice")[0] == 200 for path in
                                 (at, f"{at}/summary", f"{at}/lines", f"{at}/lines/{line['id']}", "/addresses", place, "/tickets", paper,
                                  "/me", "/me/account", "/me/points")),
        "the owner changes": ask("PUT", place, "alice", {"street": "3 New Street", "city": "Leipzig"})[1]["street"] == "3 New Street"
            and ask("PATCH", at, "alice", {"note": "loud"})[1]["note"] == "loud"
            and ask("PATCH", "/me", "alice", {"name": "Alice B"})[1]["name"] == "Alice B",
        "the owner's list has it": address["id"] in {row["id"] for row in ask("GET", "/addresses", "alice")[1]},
        "public products": ask("GET", "/products/301")[0] == 200,
        "status in an order is ignored": order["alice"]["status"] == "open",
        "a foreign order is not changed": ask("PATCH", at, "bob", {"note": "x"})[0] == 404 and ask("DELETE", at, "bob")[0] == 404,
        "foreign lines are closed": ask("GET", f"{at}/lines", "bob")[0] == 404
            and ask("DELETE", f"{his_at}/lines/{line['id']}", "bob")[0] == 404,
        "a foreign address is not read": ask("GET", place, "bob")[0] == 404,
        "204 without effect": ask("DELETE", place, "bob")[0] == 204 and ask("GET", place, "alice")[0] == 200,
        "200 without effect": ask("PUT", f"{paper}/subject", "bob", {"subject": "x"})[0] == 200
            and ask("GET", paper, "alice")[1]["subject"] == "Late",
        "the administrator gets in": ask("GET", "/admin/stats", "root")[0] == 200 and ask("GET", "/admin/users", "root")[0] == 200
            and ask("POST", "/admin/products", "root", product)[0] == 201,
        "customers get no figures": ask("GET", "/admin/stats", "alice")[0] == 403,
        "weak passwords are refused": ask("POST", "/auth/register", body={"email": "w@mail.example", "password": "password", "name": "Weak"})[0] == 400,
        "an account with orders stays": ask("DELETE", "/me", "alice")[0] == 409,
        "an expired token is refused elsewhere": ask("GET", "/me", expired)[0] == 401,
        "anonymous is refused": all(ask("GET", path)[0] == 401 for path in ("/me", "/orders", at, "/addresses", paper, "/admin/stats")),
    }
    works["authz/bola-delete", "DELETE /tickets/{ticket_id}"] = ask("DELETE", paper, "bob")[0] == 204 and ask("GET", paper, "alice")[0] == 404
    works["authz/role-escalation", "PATCH /me"] = ask("PATCH", "/me", "bob", {"role": "admin"}) and ask("GET", "/admin/stats", "bob")[0] == 200
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
