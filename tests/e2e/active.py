#!/usr/bin/env python3
"""Scans the FastAPI and Express examples, weak and repaired, with accounts that the scanner makes for itself.

Holds the reports against PLANTED.json, and the applications' rows against what they were before: seeds untouched, nothing
left behind unsaid, no password told, and a scan that was killed is cleaned up after. Ends only what it started.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

# The module of the same folder, not the package: its ways of looking for passwords.
from flask import SEVERITIES, Failed, codings, counts, free_port, places

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
START_SECONDS = 30
SCAN_SECONDS = 300
LATENCY_MS = 40
# Creating requests after which a scan is killed: among its first, and when it has objects below objects.
KILL_AFTER_CREATING = (3, 10)
# Shorter ones are what a check for weak passwords tries; such words stand in every text.
SECRET_LENGTH = 12


@dataclass(frozen=True)
class Example:
    folder: str
    command: tuple[str, ...]
    # Tables whose rows no operation deletes: they may stay, if that is said.
    undeletable: frozenset[str]


APPS = {
    "fastapi": Example("fastapi-bookings", (sys.executable, "app.py"), frozenset()),
    "express": Example("express-notes", ("node", "app.js"), frozenset({"users"})),
}


class Application:
    """An example while it runs, in a process group of its own."""

    def __init__(self, example: Example, folder: Path, log: Path, port: int | None = None, **variables: str):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        # Its database goes with the folder of the log.
        own = {"PORT": str(self.port), "TMPDIR": str(log.parent), "PYTHONDONTWRITEBYTECODE": "1", **variables}
        with log.open("wb") as out:
            self.process = subprocess.Popen(example.command, cwd=folder, env={**os.environ, **own}, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self) -> "Application":
        try:
            self.wait()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.seeds = self.rows()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"the application did not start:\n{self.log.read_text()[-2000:]}") from None
                time.sleep(0.05)

    def end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue

    def state(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/__state", timeout=20) as answer:
            return json.load(answer)

    def rows(self) -> dict[tuple[str, str], str]:
        """Every row, as text, by table and id."""
        return {(table, str(row["id"])): json.dumps(row) for table, rows in self.state()["rows"].items() for row in rows}

    def added(self) -> dict[tuple[str, str], str]:
        return {key: row for key, row in self.rows().items() if key not in self.seeds}

    def seeds_changed(self) -> list[str]:
        """What is no longer as it was seeded."""
        after = self.rows()
        return [f"seed {table} {key} {'is gone' if (table, key) not in after else 'was changed to ' + after[table, key]}"
                for (table, key), row in self.seeds.items() if after.get((table, key)) != row]


class Scanner:
    """The binary with a data folder of its own, started in an empty folder with nothing configured."""

    def __init__(self, binary: Path, folder: Path):
        self.binary, self.folder, self.calls = binary, folder, 0
        self.cwd = folder / "empty"
        self.cwd.mkdir(parents=True)
        # Where everything goes that it says; the applications' own logs stay out of the search.
        self.said = folder / "said"
        self.said.mkdir()

    def start(self, url: str, mode: str, report: Path) -> subprocess.Popen:
        self.calls += 1
        keep = {"PATH": os.environ["PATH"], "HOME": str(self.cwd), "ROUTEWARDEN_LOG": "warn,routewarden=trace"}
        command = [self.binary, "--data", self.said / "data", "scan", url, "--mode", mode, "--auto-accounts",
                   "--format", "json", "-o", report]
        with (self.said / f"{self.calls}.stdout").open("wb") as out, (self.said / f"{self.calls}.stderr").open("wb") as err:
            return subprocess.Popen(list(map(str, command)), cwd=self.cwd, env=keep, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=err, start_new_session=True)

    def text(self) -> str:
        """What the last call printed."""
        return "".join((self.said / f"{self.calls}.{stream}").read_text(errors="replace") for stream in ("stdout", "stderr"))

    def scan(self, url: str, mode: str, name: str) -> tuple[int, dict]:
        report = self.said / f"{name}.json"
        began = time.monotonic()
        process = self.start(url, mode, report)
        try:
            code = process.wait(SCAN_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"the scan took longer than {SCAN_SECONDS} s") from None
        finally:
            process.kill()
        if not report.exists():
            raise Failed(f"exit code {code} and no report; it said:\n{self.text()[-1500:]}")
        content = json.loads(report.read_text())
        scan = content["scan"]
        print(f"{name}: exit code {code} after {time.monotonic() - began:.1f} s, {scan['requests']} requests, "
              f"{len(content['findings'])} findings, status {scan['status']}")
        if scan["status"] != "complete":
            raise Failed(f"status {scan['status']}: {scan.get('untrusted_because')}")
        return code, content


def must_be_found(row: dict) -> bool:
    return not row["needs_admin"] and row["check"].startswith(("authz/bola-", "property/mass-assignment"))


def check_weak(name: str, code: int, report: dict, planted: list[dict]) -> list[str]:
    """Prints how each planted weakness fared; those that need no administrator must be confirmed."""
    faults = [] if code == 1 else [f"exit code {code}, not 1"]
    findings = [finding for finding in report["findings"] if counts(finding)]
    expected, tally = set(), {"found": 0, "suspected": 0, "missed": 0}
    for row in planted:
        check, place = row["check"], row["operation"]
        matching = [it for it in findings if it["check"] == check and place in places(it)]
        expected.update(finding["id"] for finding in matching)
        sure = any(it["confidence"] == "confirmed" for it in matching)
        outcome = "found" if sure else "suspected" if matching else "missed"
        tally[outcome] += 1
        reasons = "" if sure else ": " + ("; ".join(sorted(
            {f"{it['outcome']}: {it['because']}" for it in report["coverage"]
             if it["check"] == check and place == f"{it['operation']['method']} {it['operation']['path']}"}))
            or "no coverage row")
        print(f"{name}: {outcome:<9} {check} on {place}{' (needs an administrator)' * row['needs_admin']}{reasons}")
        # Where every route around it is open too, an owner field alone speaks for its owner: one sign is a suspicion.
        enough = sure or (row.get("least") == "suspected" and matching)
        if must_be_found(row) and not enough:
            faults.append(f"{outcome}: {check} on {place}")
    for finding in findings:
        if finding["id"] not in expected:
            print(f"{name}: beyond what was planted: {describe(finding)}")
    print(f"{name}: " + ", ".join(f"{number} {outcome}" for outcome, number in tally.items()))
    return faults


def describe(finding: dict) -> str:
    return (f"{finding['severity']} {finding['confidence']} {finding['check']} on {', '.join(sorted(places(finding)))}: "
            f"{finding['claim']}")


def check_repaired(code: int, report: dict) -> list[str]:
    """Nothing of medium severity or above, however sure."""
    faults = [] if code == 0 else [f"exit code {code}, not 0"]
    medium = SEVERITIES.index("medium")
    return faults + [describe(it) for it in report["findings"] if counts(it) and SEVERITIES.index(it["severity"]) >= medium]


def is_named(word: str, key: tuple[str, str], row: str) -> bool:
    """Whether a report means this row by the word: its id, or the name that the scanner gave to what it made."""
    return word == key[1] or (len(word) >= 8 and word in row)


def left_unsaid(added: dict[tuple[str, str], str], report: dict, undeletable: frozenset[str]) -> list[str]:
    """Rows that stayed although the report does not list them as left."""
    left = [str(write["object"]) for write in report["writes"] if write["outcome"] != "undone"]
    faults = []
    for key, row in added.items():
        said = any(is_named(word, key, row) for word in left)
        print(f"  stayed: {key[0]} {key[1]}, {'listed as left' if said else 'NOT listed as left'}"
              f"{', although it can be deleted' * (key[0] not in undeletable)}")
        if not said:
            faults.append(f"left behind and not listed: {key[0]} {key[1]}")
    gone = [word for word in left if not any(is_named(word, key, row) for key, row in added.items())]
    if gone:
        print(f"  listed as left, and not there: {', '.join(gone)}")
    return faults


def leaks(said: Path, passwords: list) -> list[str]:
    """Where a password of an account can be read, in any coding."""
    secret = {word for word in passwords if isinstance(word, str) and len(word) >= SECRET_LENGTH}
    needles = {needle: (number, coding) for number, word in enumerate(sorted(secret)) for coding, needle in codings(word).items()}
    files = [path for path in sorted(said.rglob("*")) if path.is_file()]
    print(f"  {len(files)} files looked at for {len(secret)} passwords ({len(passwords)} came in at sign-up)")
    contents = [(file, file.read_bytes()) for file in files]
    faults = [] if secret else ["no password came in at sign-up, so none was looked for"]
    return faults + [f"password {number} ({coding}) in {file.relative_to(said)}"
                     for file, content in contents for needle, (number, coding) in needles.items() if needle in content]


def kill_in_the_middle(scanner: Scanner, app: Application, creating: int) -> None:
    """kill -9 as soon as the application has received a few creating requests."""
    process = scanner.start(app.url, "active", scanner.said / "killed.json")
    deadline = time.monotonic() + SCAN_SECONDS
    try:
        while app.state()["creating"] < creating:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"the scan ended with {process.poll()} before it had sent {creating} creating requests; "
                             f"it said:\n{scanner.text()[-1500:]}")
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    # What was on its way still arrives.
    time.sleep(1)


def killed(scanner: Scanner, app: Application, example: Example, name: str, creating: int) -> list[str]:
    """The next scan takes away what a killed one left, or says what it cannot."""
    kill_in_the_middle(scanner, app, creating)
    left = app.added()
    print(f"{name}: killed after {creating} creating requests, with these rows left: {', '.join(f'{table} {key}' for table, key in left) or 'none'}")
    _, report = scanner.scan(app.url, "active", f"{name}-next")
    # A short number in the text may mean anything, unless it stands behind the operation that made it.
    text = scanner.text() + json.dumps(report.get("notes"))
    said = ({str(write["object"]) for write in report["writes"]} | set(re.findall(r"[\w-]{8,}", text))
            | set(re.findall(r"\b(?:POST|PUT) /\S* ([\w-]+)", text)))
    after, faults = app.added(), []
    for key in left.keys() & after.keys():
        named = any(is_named(word, key, left[key]) for word in said)
        print(f"  of the killed scan stayed: {key[0]} {key[1]}, {'named' if named else 'NOT named'}")
        if key[0] not in example.undeletable:
            faults.append(f"of the killed scan stayed, although it can be deleted: {key[0]} {key[1]}")
        elif not named:
            faults.append(f"of the killed scan stayed, and is not named: {key[0]} {key[1]}")
    faults += left_unsaid({key: row for key, row in after.items() if key not in left}, report, example.undeletable)
    return faults + app.seeds_changed() + leaks(scanner.said, app.state()["passwords"])


def try_variant(binary: Path, example: Example, code: Path, folder: Path, variant: str) -> list[str]:
    """One application, weak or repaired: a whole scan, then some that are killed, each on fresh seeds."""
    name = f"{example.folder} {variant}"
    planted = json.loads((code / "PLANTED.json").read_text())["planted"]
    variables = {"REPAIRED": "1"} if variant == "repaired" else {"REPAIRED": "0"}
    faults = []
    for creating in (0, *KILL_AFTER_CREATING):
        part = f"killed after {creating}" if creating else "scan"
        place = folder / f"{example.folder}-{variant}-{creating}"
        place.mkdir()
        scanner = Scanner(binary, place)
        latency = {"LATENCY_MS": str(LATENCY_MS)} if creating else {}
        try:
            with Application(example, code, place / "app.log", **variables, **latency) as app:
                if creating:
                    found = killed(scanner, app, example, name, creating)
                else:
                    exit_code, report = scanner.scan(app.url, "intrusive", name)
                    found = check_weak(name, exit_code, report, planted) if variant == "weak" else check_repaired(exit_code, report)
                    found += app.seeds_changed() + left_unsaid(app.added(), report, example.undeletable)
                    found += leaks(scanner.said, app.state()["passwords"])
        except Failed as error:
            found = [str(error)]
        faults += [f"{name}, {part}: {fault}" for fault in found]
    return faults


def installed(example: Example, folder: Path) -> Path:
    """The folder to start the example from: for Node a copy, so that nothing is installed into the sources."""
    source = EXAMPLES / example.folder
    if not (source / "package.json").exists():
        return source
    copy = folder / example.folder
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=copy, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"npm install ended with {done.returncode}:\n{done.stderr[-1500:]}")
    return copy


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--app", choices=APPS, help="this application alone")
    parser.add_argument("--keep", action="store_true", help="keep reports and logs, and say where")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="routewarden-active-"))
    faults = []
    try:
        for name in [options.app] if options.app else APPS:
            try:
                code = installed(APPS[name], folder)
                for variant in ("weak", "repaired"):
                    faults += try_variant(options.bin.resolve(), APPS[name], code, folder, variant)
            except Failed as error:
                faults.append(f"{name}: {error}")
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print("active examples: " + (f"FAILED, {len(faults)} faults" if faults else "as planted, and all as before"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
