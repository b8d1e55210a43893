"""A small API on loopback whose data, answers and life a trial controls: accounts, notes with an owner, counted ids.

Ids begin anew when the data is reset, so that another's rows stand where the scan's stood. `before` looks at every request
first and may upset it: see the names of the class `Upset`.
"""

import json
import socket
import struct
import threading
import time
from copy import deepcopy
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PEOPLE = {1: "ines", 2: "otto"}
HOLD_SECONDS = 600


class Upset(Enum):
    """What happens to a request in the place of its answer."""

    DIE = "the process ends: connections are refused"
    SILENCE = "the request is read, and nothing is answered"
    RESET = "the connection is reset"
    BUSY = "503"
    LIMIT = "429"
    FAULT = "500"
    DRIP = "a header, and then nothing"


def person(key: int, name: str) -> dict:
    return {"id": key, "username": name, "password": f"{name}-parole-1"}


def seeds() -> dict:
    notes = {key: {"id": key, "owner_id": 1 + key % 2, "title": f"Note {key}", "body": "a seed"} for key in (1, 2, 3, 4)}
    return {"users": {key: person(key, name) for key, name in PEOPLE.items()}, "notes": notes}


def others() -> dict:
    """Data of others under every id that a scan may have been given; the two people are still there."""
    users = {key: person(key, PEOPLE.get(key, f"colleague{key}")) for key in range(1, 200)}
    notes = {key: {"id": key, "owner_id": 10 + key % 90, "title": f"Of a colleague, {key}", "body": "not to be touched"}
             for key in range(1, 200)}
    return {"users": users, "notes": notes}


def document(base: str) -> dict:
    def content(schema: dict) -> dict:
        return {"content": {"application/json": {"schema": schema}}}

    def answer(schema: dict | None) -> dict:
        return {"description": "done"} | (content(schema) if schema else {})

    text, number = {"type": "string"}, {"type": "integer"}
    account = {"type": "object", "required": ["username", "password"],
               "properties": {"username": text, "password": {"type": "string", "format": "password"}}}
    user = {"type": "object", "properties": {"id": number, "username": text}}
    new = {"type": "object", "required": ["title"], "properties": {"title": text, "body": text}}
    note = {"type": "object", "properties": {"id": number, "owner_id": number, "title": text, "body": text}}
    key = [{"name": "id", "in": "path", "required": True, "schema": number}]
    token = {"type": "object", "properties": {"access_token": text}}
    return {
        "openapi": "3.0.3", "info": {"title": "Notes", "version": "1"}, "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/register": {"post": {"operationId": "register", "security": [], "requestBody": {"required": True, **content(account)},
                                   "responses": {"201": answer(user)}}},
            "/login": {"post": {"operationId": "login", "security": [], "requestBody": {"required": True, **content(account)},
                                "responses": {"200": answer(token)}}},
            "/me": {"get": {"operationId": "me", "responses": {"200": answer(user)}},
                    "delete": {"operationId": "leave", "responses": {"204": answer(None)}}},
            "/notes": {"get": {"operationId": "listNotes", "responses": {"200": answer({"type": "array", "items": note})}},
                       "post": {"operationId": "createNote", "requestBody": {"required": True, **content(new)},
                                "responses": {"201": answer(note)}}},
            "/notes/{id}": {
                "parameters": key,
                "get": {"operationId": "getNote", "responses": {"200": answer(note)}},
                "put": {"operationId": "updateNote", "requestBody": {"required": True, **content(new)},
                        "responses": {"200": answer(note)}},
                "delete": {"operationId": "deleteNote", "responses": {"204": answer(None)}}},
        },
    }


class Target:
    """The API while it runs."""

    def __init__(self, stays_signed_in: bool = False):
        self.data = seeds()
        # A token without a session behind it outlives a reset, and is then the token of whoever has the id.
        self.stays_signed_in = stays_signed_in
        self.sessions: dict[str, int] = {}
        self.requests: list[tuple[str, str]] = []
        self.before = lambda method, path, count: None
        self.after = lambda method, path: None
        self.lock = threading.RLock()
        self.awake = threading.Event()
        self.open: set[socket.socket] = set()
        self.start(0)

    def start(self, port: int) -> None:
        target = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                target.open.add(self.connection)

            def finish(self) -> None:
                target.open.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else b""
                target.answer(self, body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = handle_any

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> "Target":
        return self

    def __exit__(self, *_: object) -> None:
        self.awake.set()
        self.die()

    def die(self) -> None:
        """Ends as a process does: the port is closed, open connections break."""
        server, self.server = self.server, None
        if server is None:
            return
        threading.Thread(target=server.shutdown, daemon=True).start()
        server.socket.close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def come_back(self) -> None:
        """Answers again, with the data as it was."""
        self.before = lambda method, path, count: None
        self.after = lambda method, path: None
        self.awake.set()
        if self.server is None:
            deadline = time.monotonic() + 10
            while True:
                try:
                    self.start(self.port)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
        self.awake = threading.Event()

    def reset(self, data: dict) -> None:
        with self.lock:
            self.data = deepcopy(data)
            if not self.stays_signed_in:
                self.sessions.clear()

    def dump(self) -> dict:
        with self.lock:
            return deepcopy(self.data)

    def count(self, method: str, path: str = "") -> int:
        return sum(1 for one in self.requests if one[0] == method and one[1].startswith(path))

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        method, path = handler.command, handler.path.split("?")[0]
        with self.lock:
            self.requests.append((method, path))
            upset = self.before(method, path, len(self.requests))
        if upset is not None:
            return self.upset(handler, upset)
        with self.lock:
            status, content = self.route(method, path, handler.headers.get("authorization") or "", body)
        self.after(method, path)
        self.send(handler, status, content)

    def upset(self, handler: BaseHTTPRequestHandler, upset: Upset) -> None:
        statuses = {Upset.BUSY: 503, Upset.LIMIT: 429, Upset.FAULT: 500}
        if upset in statuses:
            return self.send(handler, statuses[upset], {"error": "not now"})
        handler.close_connection = True
        if upset is Upset.DIE:
            return self.die()
        if upset is Upset.DRIP:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n[")
            handler.wfile.flush()
        if upset in (Upset.SILENCE, Upset.DRIP):
            self.awake.wait(HOLD_SECONDS)
        if upset is Upset.RESET:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return None

    def send(self, handler: BaseHTTPRequestHandler, status: int, content: object) -> None:
        text = b"" if content is None else json.dumps(content).encode()
        try:
            handler.send_response(status)
            if content is not None:
                handler.send_header("content-type", "application/json")
            for name, value in (("x-content-type-options", "nosniff"), ("cache-control", "no-store"), ("content-length", str(len(text)))):
                handler.send_header(name, value)
            if status == 401:
                handler.send_header("www-authenticate", "Bearer")
            handler.end_headers()
            handler.wfile.write(text)
        except OSError:
            handler.close_connection = True

    def route(self, method: str, path: str, authorization: str, body: bytes) -> tuple[int, object]:
        if path == "/openapi.json":
            return 200, document(self.url)
        try:
            given = json.loads(body) if body else {}
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return 422, {"error": "an object is expected"}
        if (method, path) in (("POST", "/register"), ("POST", "/login")):
            return self.enter(path, given)
        me = self.caller(authorization)
        if me is None:
            return 401, {"error": "sign in first"}
        if path == "/me" and method in ("GET", "DELETE"):
            if method == "DELETE":
                del self.data["users"][me]
                return 204, None
            return 200, self.shown(me)
        parts = path.strip("/").split("/")
        if parts[0] != "notes" or len(parts) > 2:
            return 404, {"error": "not found"}
        return self.notes(method, parts[1] if len(parts) == 2 else None, me, given)

    def enter(self, path: str, given: dict) -> tuple[int, object]:
        name, password = given.get("username"), given.get("password")
        if not isinstance(name, str) or not isinstance(password, str) or len(password) < 8 or password.isdigit():
            return 422, {"error": "a name and a password of eight letters"}
        users = self.data["users"]
        known = next((user for user in users.values() if user["username"] == name), None)
        if path == "/register":
            if known:
                return 409, {"error": "already registered"}
            key = max(users, default=0) + 1
            users[key] = {"id": key, "username": name, "password": password}
            return 201, self.shown(key)
        if not known or known["password"] != password:
            return 401, {"error": "wrong name or password"}
        token = f"tok-{known['id']}-{len(self.sessions) + 7919}-notes-of-the-mill"
        self.sessions[token] = known["id"]
        return 200, {"access_token": token}

    def caller(self, authorization: str) -> int | None:
        key = self.sessions.get(authorization.removeprefix("Bearer "))
        return key if key in self.data["users"] else None

    def shown(self, key: int) -> dict:
        return {"id": key, "username": self.data["users"][key]["username"]}

    def notes(self, method: str, key: str | None, me: int, given: dict) -> tuple[int, object]:
        notes = self.data["notes"]
        if key is None:
            if method == "GET":
                return 200, [note for note in notes.values() if note["owner_id"] == me]
            if method != "POST":
                return 405, {"error": "not here"}
            if not isinstance(given.get("title"), str):
                return 422, {"error": "a title is needed"}
            number = max(notes, default=0) + 1
            notes[number] = {"id": number, "owner_id": me, "title": given["title"], "body": given.get("body")}
            return 201, notes[number]
        note = notes.get(int(key)) if key.isdigit() else None
        # Any caller may read, change and remove any note: the weakness that makes an id enough to do harm.
        if note is None:
            return 404, {"error": "not found"}
        if method == "PUT":
            note.update({name: given[name] for name in ("title", "body") if name in given})
        elif method == "DELETE":
            del notes[note["id"]]
            return 204, None
        elif method != "GET":
            return 405, {"error": "not here"}
        return 200, note
