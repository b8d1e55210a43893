"""Starts the application weak and repaired, and shows by plain requests that each weakness is in the one and not in the other."""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
PASSWORD = f"Pw1{secrets.token_hex(8)}"
SEEDED = {"root": "root@bookings.example"}


class App:
    """The running application, and who is signed in there."""

    def __init__(self, repaired):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.tokens = {}
        self.directory = tempfile.TemporaryDirectory()
        env = {**os.environ, "REPAIRED": str(int(repaired)), "ROOT_PASSWORD": PASSWORD, "TMPDIR": self.directory.name}
        self.process = subprocess.Popen([sys.executable, "app.py", self.url.rpartition(":")[2]], cwd=HERE, env=env)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ask("GET", "/rooms")
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the application did not start") from None
                time.sleep(0.05)
        for name in ("alice", "bob"):
            new = {"email": f"{name}@mail.example", "password": PASSWORD, "full_name": f"{name} tester", "phone": "+4930123456"}
            assert self.ask("POST", "/auth/register", body=new)[0] == 201
        for name in ("alice", "bob", "root"):
            self.tokens[name] = self.sign_in(SEEDED.get(name, f"{name}@mail.example"), PASSWORD)[1]["access_token"]

    def ask(self, method, path, who=None, body=None, data=None):
        """Status and JSON of an answer."""
        request = urllib.request.Request(self.url + path, method=method, data=data)
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
        return status, json.loads(text) if text else None

    def sign_in(self, email, password):
        return self.ask("POST", "/auth/token", data=urllib.parse.urlencode({"username": email, "password": password}).encode())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.directory.cleanup()


def examine(app):
    """For each planted check and operation whether its attack works; and what must hold in both versions."""
    ask = app.ask
    room = ask("GET", "/rooms")[1][0]
    me = {name: ask("GET", "/me", name)[1]["id"] for name in ("alice", "bob")}

    def booking(who, **more):
        return ask("POST", "/bookings", who, {"room_id": room["id"], "arrives": "2032-06-01", "nights": 2, "remark": "quiet", **more})[1]

    def guest(who, below):
        return ask("POST", f"/bookings/{below}/guests", who, {"name": "Guest", "passport": "C01X00T47"})[1]

    hers, his = booking("alice"), booking("bob")
    at, his_at = f"/bookings/{hers['id']}", f"/bookings/{his['id']}"
    her_guest = guest("alice", hers["id"])["id"]
    changed = {"name": "Changed", "passport": "C01X00T48"}
    voucher = ask("POST", "/vouchers", "alice", {"code": "SPRING", "note": "mine", "role": "admin"})[1]
    ticket = f"/vouchers/{voucher['id']}"
    works = {
        ("authz/bola-read", "GET /bookings/{booking_id}"): ask("GET", at, "bob")[0] == 200,
        ("authz/bola-nested", "GET /bookings/{booking_id}/guests/{guest_id}"): ask("GET", f"{his_at}/guests/{her_guest}", "bob")[0] == 200,
        ("authz/bola-write", "PATCH /bookings/{booking_id}/guests/{guest_id}"):
            ask("PATCH", f"{at}/guests/{her_guest}", "bob", changed)[0] == 200
            and ask("GET", f"{at}/guests/{her_guest}", "alice")[1]["name"] == "Changed",
        ("authz/bola-list", "GET /vouchers"): voucher["id"] in {row["id"] for row in ask("GET", "/vouchers", "bob")[1]},
        ("authz/bola-body", "POST /vouchers"): ask("POST", "/vouchers", "bob", {"code": "FORGED", "owner_id": me["alice"]})[1]["owner_id"] == me["alice"],
        ("authn/missing", "GET /bookings/{booking_id}/receipt"): ask("GET", f"{at}/receipt")[0] == 200,
        ("authn/missing-write", "PUT /bookings/{booking_id}/arrival"):
            ask("PUT", f"{at}/arrival", body={"arrival_time": "11:11"})[0] == 200 and ask("GET", at, "alice")[1]["arrival_time"] == "11:11",
        ("property/mass-assignment", "POST /bookings"): booking("bob", price_cents=1)["price_cents"] == 1,
        ("property/mass-assignment", "PATCH /me"): ask("PATCH", "/me", "bob", {"verified": True})[1]["verified"],
    }
    new_room = {"name": "Cellar", "beds": 1, "night_cents": 2000}
    made = ask("POST", "/admin/rooms", "bob", new_room)
    works["authz/function-write", "POST /admin/rooms"] = made[0] == 201
    cellar = made[1] if made[0] == 201 else ask("POST", "/admin/rooms", "root", new_room)[1]
    works["authz/function-write", "DELETE /admin/rooms/{room_id}"] = ask("DELETE", f"/admin/rooms/{cellar['id']}", "bob")[0] == 204
    holds = {
        "the owner gets in": all(ask("GET", at + tail, "alice")[0] == 200 for tail in ("", "/receipt", "/guests")),
        "public rooms": ask("GET", f"/rooms/{room['id']}")[1] == room,
        "occupancy names nobody": {name for row in ask("GET", f"/rooms/{room['id']}/occupancy", "bob")[1] for name in row} == {"arrives"},
        "cards are for everybody": ask("GET", f"/users/{me['alice']}", "bob")[1].keys() == {"id", "full_name"},
        "owner_id in the query is ignored": hers["id"] not in {row["id"] for row in ask("GET", f"/bookings?owner_id={me['alice']}", "bob")[1]},
        "owner_id in a booking is ignored": booking("bob", owner_id=me["alice"])["owner_id"] == me["bob"],
        "a foreign booking is not changed": ask("PATCH", at, "bob", {"remark": "x"})[0] == 404,
        "foreign guests are closed": ask("GET", f"{at}/guests", "bob")[0] == 404,
        "echoed and not stored": voucher["role"] == "admin" and "role" not in ask("GET", ticket, "alice")[1],
        "200 without effect": ask("PUT", f"{ticket}/note", "bob", {"note": "x"})[0] == 200 and ask("GET", ticket, "alice")[1]["note"] == "mine",
        "204 without effect": ask("DELETE", ticket, "bob")[0] == 204 and ask("GET", ticket, "alice")[0] == 200,
        "the owner's note and deletion work": ask("PUT", f"{ticket}/note", "alice", {"note": "y"}) and ask("GET", ticket, "alice")[1]["note"] == "y"
            and ask("DELETE", ticket, "alice")[0] == 204 and ask("GET", ticket, "alice")[0] == 404,
        "the administrator gets in": ask("GET", "/admin/stats", "root")[0] == 200 and ask("GET", "/admin/stats", "alice")[0] == 403,
        "weak passwords are refused": ask("POST", "/auth/register", body={"email": "w@mail.example", "password": "password",
                                                                          "full_name": "Weak", "phone": "+4930123456"})[0] == 422,
        "an account with bookings stays": ask("DELETE", "/me", "alice")[0] == 409,
        "one refusal for all": app.sign_in("nobody@mail.example", "x") == app.sign_in("alice@mail.example", "x"),
        "guessing is slowed": [app.sign_in("nobody@mail.example", "x")[0] for _ in range(12)][-1] == 429,
        "anonymous is refused": all(ask("GET", path)[0] == 401 for path in ("/me", "/bookings", at, "/vouchers", "/admin/stats")),
    }
    works["authz/bola-delete", "DELETE /bookings/{booking_id}"] = ask("DELETE", at, "bob")[0] == 204 and ask("GET", at, "alice")[0] == 404
    works["authz/role-escalation", "PATCH /me"] = ask("PATCH", "/me", "bob", {"role": "admin"}) and ask("GET", "/admin/stats", "bob")[0] == 200
    ask("POST", "/auth/logout", "bob")
    works["token/logout-ineffective", "POST /auth/logout"] = ask("GET", "/me", "bob")[0] == 200
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
