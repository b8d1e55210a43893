#!/usr/bin/env python3
"""Scans three applications in processes of their own, two with an SQLite file, and holds all their rows before and after
against each other: whole scans in every mode with throw-away and with configured accounts, then scans that are killed with
kill -9 at random points, each followed by a next start. (A third application that is killed is that of `upset.py --only
kill`: the Flask one lets a scan make nothing.)

After a whole scan every row of before is as it was, and every other row stands in the report as left. After a kill and the
next start the same holds, the next start being `undo` and another scan in turn. Tables that the server writes by itself (sessions, log-ins) are
left out. Needs the packages of the FastAPI and Flask examples, and npm. Exit code 1 when something does not hold.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scanner import Scanner, end, folder

EXAMPLES = Path(__file__).resolve().parents[1]
START_SECONDS = 40
SCAN_SECONDS = 300
# A shorter word names a row by its key alone.
LEAST_NAME = 8
SECRET = "Pw1-harm-bench-of-seeds"

LOGIN = """
[identities.{name}]
role = "{role}"
[identities.{name}.login]
operation = "{operation}"
token = {token}
body = {{ {field} = "{name}@{host}", password = {{ env = "{variable}_PASSWORD" }} }}
{send}
"""


@dataclass(frozen=True)
class App:
    folder: str
    command: tuple[str, ...]
    document: str
    operation: str
    token: str
    field: str
    host: str
    people: tuple[tuple[str, str], ...]
    signs_up: bool
    # How a configured person's token is sent, where it is not a bearer token.
    send: str = ""
    # What the server writes by itself.
    server_written: frozenset[str] = frozenset()
    # Tables of which the application removes no row: they may stay where that is said.
    undeletable: frozenset[str] = frozenset()


APPS = {
    "fastapi": App("fastapi-bookings", (sys.executable, "app.py"), "{url}/openapi.json", "POST /auth/token", '"/access_token"', "username",
                   "bookings.example", (("alma", "user"), ("bruno", "user")), True, server_written=frozenset({"tokens"})),
    "express": App("express-notes", ("node", "app.js"), "{url}/openapi.yaml", "POST /login", '{ cookie = "sid" }', "email", "notes.example",
                   (("alma", "user"), ("bruno", "user")), True, "Cookie: sid={token}", undeletable=frozenset({"users"})),
    "flask": App("flask-invoices", (sys.executable, "app.py"), "{code}/openapi.yaml", "POST /api/v1/auth/login", '"/data/token"', "email",
                 "freelance.example", (("alice", "user"), ("bob", "user"), ("root", "admin")), False, server_written=frozenset({"logins"})),
}


class Running:
    """An application while it runs, in a process group of its own, with data made anew."""

    def __init__(self, app: App, code: Path, place: Path, is_repaired: bool):
        # Apart from the scanner's folder, whose history is an SQLite file too.
        self.app, self.code, self.place = app, code, place / "app"
        self.place.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        passwords = {f"{name.upper()}_PASSWORD": SECRET for name in ("alma", "bruno", "alice", "bob", "root")}
        own = {"PORT": str(self.port), "TMPDIR": str(self.place), "PYTHONDONTWRITEBYTECODE": "1", "REPAIRED": "1" if is_repaired else "0"}
        command = list(app.command)
        if app.folder == "flask-invoices" and is_repaired:
            command[-1] = "app_repaired.py"
        with (self.place / "app.log").open("wb") as log:
            self.process = subprocess.Popen(command, cwd=code, env={**os.environ, **passwords, **own}, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self) -> "Running":
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"the application did not start: {(self.place / 'app.log').read_text()[-800:]}")
            time.sleep(0.1)
        self.before = self.rows()
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def rows(self) -> dict[tuple[str, str], str]:
        """Every row, as text, by table and key."""
        files = [file for end in ("db", "sqlite3") for file in self.place.rglob(f"*.{end}")]
        found = {}
        for table, rows in (from_file(files[0]) if files else self.from_route()).items():
            if table not in self.app.server_written:
                found.update({(table, str(row["id"])): json.dumps(row) for row in rows})
        return found

    def from_route(self) -> dict[str, list[dict]]:
        with urllib.request.urlopen(f"{self.url}/__state", timeout=20) as answer:
            return json.load(answer)["rows"]

    def config(self, mode: str, is_configured: bool) -> str:
        app = self.app
        document = app.document.format(url=self.url, code=self.code)
        text = f'[target]\nopenapi = "{document}"\nbase_url = "{self.url}"\n\n[scan]\nmode = "{mode}"\nrate = 200\n'
        text += f"auto_accounts = {str(not is_configured).lower()}\n"
        for name, role in app.people if is_configured else ():
            text += LOGIN.format(name=name, role=role, operation=app.operation, token=app.token, field=app.field, host=app.host,
                                 variable=name.upper(), send=f'send = "{app.send}"' if app.send else "")
        return text

    def faults(self, said: set[str]) -> list[str]:
        """What is not as before, and is not said."""
        after = self.rows()
        found = [f"{table} {key} {'was changed' if (table, key) in after else 'is gone'}"
                 for (table, key), row in self.before.items() if after.get((table, key)) != row]
        for (table, key), row in after.items():
            if (table, key) in self.before:
                continue
            is_said = any(word == key or (len(word) >= LEAST_NAME and word in row) for word in said)
            if not is_said:
                found.append(f"{table} {key} is left and not told")
            elif table not in self.app.undeletable:
                found.append(f"{table} {key} is left, although it can be removed")
        if self.process.poll() is not None:
            found.append("the process has ended")
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def from_file(file: Path) -> dict[str, list[dict]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as db:
        db.row_factory = sqlite3.Row
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        keyed = [name for name in names if any(column[1] == "id" for column in db.execute(f"PRAGMA table_info({name})"))]
        return {name: [dict(row) for row in db.execute(f"SELECT * FROM {name} ORDER BY id")] for name in keyed}


def left(report: dict) -> set[str]:
    return {str(write["object"]) for write in report.get("writes", []) if not write.get("undone") and write.get("because")}


def false_undone(running: Running, report: dict) -> list[str]:
    undone = {str(write["object"]) for write in report.get("writes", []) if write.get("undone")} - left(report)
    new = [(table, key) for table, key in running.rows() if (table, key) not in running.before]
    return [f"{table} {key} is called undone and is there" for table, key in new if key in undone]


def whole(app: App, code: Path, binary: Path, mode: str, is_configured: bool, is_repaired: bool) -> tuple[list[str], float]:
    """One whole scan, and how long it took."""
    with folder() as place, Running(app, code, Path(place), is_repaired) as running:
        scanner = Scanner(binary, Path(place) / "scanner", {f"{name.upper()}_PASSWORD": SECRET for name, _ in app.people})
        (scanner.cwd / "routewarden.toml").write_text(running.config(mode, is_configured))
        began = time.monotonic()
        code_, report = scanner.scan(seconds=SCAN_SECONDS)
        taken = time.monotonic() - began
        if not report:
            return [f"exit code {code_} and no report: {scanner.said()[-300:]}"], taken
        return running.faults(left(report)) + false_undone(running, report), taken


def killed(app: App, code: Path, binary: Path, at: float, starts: str, is_repaired: bool) -> list[str]:
    """A scan killed after so many seconds, and the next start."""
    with folder() as place, Running(app, code, Path(place), is_repaired) as running:
        scanner = Scanner(binary, Path(place) / "scanner", {f"{name.upper()}_PASSWORD": SECRET for name, _ in app.people})
        (scanner.cwd / "routewarden.toml").write_text(running.config("active", False))
        process = scanner.start("scan")
        try:
            process.wait(at)
        except subprocess.TimeoutExpired:
            pass
        finally:
            end(process)
        # What was on its way still arrives.
        time.sleep(0.5)
        stood = sum(key not in running.before for key in running.rows())
        # A scan that was over but for its output is in the history, with what it left.
        said, notes = left(scanner.stored()), ""
        if starts == "undo":
            scanner.undo()
        else:
            _, report = scanner.scan(seconds=SCAN_SECONDS)
            said |= left(report)
            notes = json.dumps(report.get("notes", []))
        text = (scanner.said() + notes).replace(",", " ").replace(";", " ").replace("`", " ")
        said |= {word.strip(".:()\"'") for word in text.split()}
        return [f"{fault} ({stood} rows stood at the kill)" for fault in running.faults(said)]


def installed(app: App, place: Path) -> Path:
    """The folder to start from: for Node a copy, so that nothing is installed into the sources."""
    source = EXAMPLES / app.folder
    if not (source / "package.json").exists():
        return source
    copy = place / app.folder
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=copy, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return copy


def try_app(name: str, code: Path, options: argparse.Namespace, tell) -> None:
    app, binary = APPS[name], options.bin.resolve()
    active = 5.0
    for is_repaired in (False, True):
        version = "repaired" if is_repaired else "weak"
        for mode in ("passive", "active", "intrusive"):
            for is_configured in (True, False):
                if is_configured or (mode != "passive" and app.signs_up):
                    accounts = "configured" if is_configured else "throw-away"
                    faults, taken = whole(app, code, binary, mode, is_configured, is_repaired)
                    tell(f"{name} {version} {mode} {accounts}", faults, f"{taken:.1f} s")
                    if mode == "active" and is_configured != app.signs_up:
                        active = taken
    for number in range(options.kills if app.signs_up else 0):
        rng = random.Random(f"{options.seed} {name} {number}")
        at = active * rng.uniform(0.05, 0.98)
        starts = ("undo", "scan")[number % 2]
        faults = killed(app, code, binary, at, starts, number % 4 > 1)
        tell(f"{name} kill {number}", faults, f"killed after {at:.2f} of {active:.1f} s, next start: {starts}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--app", choices=APPS, action="append", help="this application alone; may be repeated")
    parser.add_argument("--kills", type=int, default=10, help="killed scans of each application [default: 10]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the result as JSON too")
    options = parser.parse_args()
    rows = []

    def tell(what: str, faults: list[str], how: str) -> None:
        rows.append({"what": what, "how": how, "faults": faults})
        more = f" and {len(faults) - 4} more" if len(faults) > 4 else ""
        print(f"{what}: {'; '.join(faults[:4]) + more or 'held'} [{how}]", flush=True)

    with folder() as place:
        for name in options.app or APPS:
            try_app(name, installed(APPS[name], Path(place)), options, tell)
    held = sum(not row["faults"] for row in rows)
    print(f"{held} of {len(rows)} held (seed {options.seed})")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 0 if held == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
