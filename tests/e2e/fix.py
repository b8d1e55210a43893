#!/usr/bin/env python3
"""From findings to repairs, as a user goes: scan an example, take one patch for all that is confirmed, apply it with git,
restart, and have the same proofs run again. The owner must still be served, and the second patch must be empty.

Works on a copy of the example in a repository of its own. Ends only what it started.
"""

import argparse
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

# The modules of the same folder: how the examples are started, and how passwords are made.
import active
import flask
import unswitched

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCAN_SECONDS = 300
# Remedies for which a patch is made; the others are advice.
PATCHED = {
    "object-ownership", "owner-from-session", "scoped-list", "require-authentication", "role-check", "field-allow-list",
    "verify-signature", "enforce-expiry", "response-schema", "cors-origins", "throttle-sign-in", "model-context",
}


@dataclass
class Example:
    name: str
    folder: str
    # Files that are no part of the weak application.
    left_out: tuple[str, ...] = ()
    mode: str = "active"
    # Findings of which at least this share must be patched, and of the patched ones rechecked as fixed, in percent.
    least_patched: int = 90
    least_fixed: int = 90
    # Of the offered regression tests, those that fail before the repair and pass after it, in percent.
    least_held: int = 90
    # Whether the switch that repairs is taken out first.
    unswitched: bool = False
    # The command that starts it, where it is none of the examples of the active scan.
    command: tuple[str, ...] = ()
    # How the seeded administrator signs in, for a configuration; functions of a role are judged only with one.
    administrator: str = ""


TOKEN = '''operation = "{operation}"
body = {{ email = "{email}", password = {{ env = "ROOT_PASSWORD" }} }}
token = "/access_token"
'''
FORM = '''operation = "POST /auth/token"
body = { username = "root@bookings.example", password = { env = "ROOT_PASSWORD" } }
content_type = "form"
token = "/access_token"
'''
COOKIE = '''operation = "POST /login"
body = { email = "root@notes.example", password = { env = "ROOT_PASSWORD" } }
token = { cookie = "sid" }
'''
APPS = {
    "flask": Example("flask", "flask-invoices", ("app_repaired.py",), mode="passive"),
    "fastapi": Example("fastapi", "fastapi-bookings"),
    "express": Example("express", "express-notes"),
    "fastapi-unswitched": Example("fastapi-unswitched", "fastapi-bookings", unswitched=True, command=(sys.executable, "app.py"), administrator=FORM),
    "express-unswitched": Example("express-unswitched", "express-notes", unswitched=True, command=("node", "app.js"), administrator=COOKIE),
    "flask-orders": Example("flask-orders", "flask-orders", command=(sys.executable, "-W", "ignore", "app.py"),
                            administrator=TOKEN.format(operation="POST /auth/login", email="root@shop.example")),
    "django-notes": Example("django-notes", "django-notes", command=(sys.executable, "-W", "ignore", "run.py"),
                            administrator=TOKEN.format(operation="POST /api/auth/token/", email="root@notes.example")),
}


def git(folder: Path, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess:
    """Git in the copy, with nobody's own settings."""
    settings = ["-c", "user.name=example", "-c", "user.email=example@localhost", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *settings, *arguments], cwd=folder, input=text, capture_output=True, text=True, timeout=60)


class Case:
    """One example with its copy, its application and its scanner."""

    def __init__(self, example: Example, binary: Path, folder: Path, modules: Path | None):
        self.example, self.binary, self.folder = example, binary, folder
        # The same at a restart: what is rechecked is where it was.
        self.port = flask.free_port()
        self.copy = folder / "copy"
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", *example.left_out)
        shutil.copytree(EXAMPLES / example.folder, self.copy, ignore=ignored)
        self.install(modules or EXAMPLES / example.folder / "node_modules")
        if example.unswitched:
            unswitched.resolve_switch(self.copy, example.folder)
        (self.copy / ".gitignore").write_text("node_modules\n__pycache__\nroutewarden.toml\n")
        self.variables = flask.environment(EXAMPLES / example.folder)[0] if example.name == "flask" else {}
        if example.administrator:
            self.variables["ROOT_PASSWORD"] = f"Pw1{secrets.token_hex(8)}"
            # Beside the accounts that the scan makes for itself.
            text = f'[identities.root]\nrole = "admin"\n[identities.root.login]\n{example.administrator}'
            (self.copy / "routewarden.toml").write_text(text)
        for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "weak")):
            done = git(self.copy, *arguments)
            if done.returncode:
                raise flask.Failed(f"git {arguments[0]}: {done.stderr}")
        self.calls, self.bytes = 0, 0

    def install(self, modules: Path) -> None:
        """What a Node example needs: linked if it is somewhere, else fetched."""
        if not (self.copy / "package.json").exists():
            return
        if modules.is_dir():
            (self.copy / "node_modules").symlink_to(modules.resolve())
            return
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], cwd=self.copy, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SCAN_SECONDS)
        if done.returncode:
            raise flask.Failed(f"npm install ended with {done.returncode}:\n{done.stderr[-1500:]}")

    def start(self):
        log = self.folder / "app.log"
        if self.example.name == "flask":
            return flask.Application(self.copy, "app.py", self.variables, log, self.port)
        example = active.APPS.get(self.example.name) or active.Example(self.example.folder, self.example.command, frozenset())
        return active.Application(example, self.copy, log, self.port, **self.variables)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        command = [str(self.binary), "--data", str(self.folder / "data"), *arguments]
        done = subprocess.run(command, cwd=self.copy, env={**keep, **self.variables}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SCAN_SECONDS)
        self.calls += 1
        self.bytes += len(done.stdout)
        return done.returncode, done.stdout, done.stderr

    def scan(self, app) -> dict:
        report = self.folder / "report.json"
        base = f"http://127.0.0.1:{app.port}"
        arguments = ["--base-url", base] if self.example.name == "flask" else [base, "--source", ".", "--auto-accounts"]
        # What shows every row, for tests, would make each object look like one that is shared with all.
        arguments += ["--exclude", "GET /__state", "--mode", self.example.mode]
        code, _, err = self.run("scan", *arguments, "--format", "json", "-o", str(report))
        if not report.exists():
            raise flask.Failed(f"exit code {code} and no report:\n{err[-1500:]}")
        content = json.loads(report.read_text())
        if content["scan"]["status"] != "complete":
            raise flask.Failed(f"status {content['scan']['status']}: {content['scan'].get('untrusted_because')}")
        return content

    def recheck(self, app, ids: list[str]) -> list[dict]:
        base = f"http://127.0.0.1:{app.port}"
        _, out, err = self.run("recheck", *ids, "--base-url", base, "--format", "json")
        try:
            return json.loads(out)["recheck"]
        except (json.JSONDecodeError, KeyError):
            raise flask.Failed(f"the recheck gave no rows:\n{err[-1500:]}") from None


def tell_missed(example: Example, report: dict) -> None:
    """Prints which planted weaknesses are not confirmed, and why: they cannot be repaired."""
    content = json.loads((EXAMPLES / example.folder / "PLANTED.json").read_text())
    rows = content["planted"] if isinstance(content, dict) else [{"check": check, "operation": place} for check, place in content]
    for row in rows:
        same = [it for it in report["findings"] if it["check"] == row["check"] and row["operation"] in flask.places(it)]
        if any(it["confidence"] == "confirmed" for it in same):
            continue
        because = {f"{it['outcome']}: {it['because']}" for it in report["coverage"] if it["check"] == row["check"]
                   and it.get("operation") and row["operation"] == f"{it['operation']['method']} {it['operation']['path']}"}
        what = "only suspected" if same else "not found"
        print(f"{example.name}: {what}: {row['check']} on {row['operation']}: {'; '.join(sorted(because))[:300]}")


def examine(case: Case, patched: set[str]) -> list[str]:
    """The example's own plain requests against the patched copy: what must hold anyway, and the weaknesses that were patched."""
    script = EXAMPLES / case.example.folder / "check.py"
    if "--repaired" not in script.read_text():
        return []
    done = subprocess.run([sys.executable, "-W", "ignore", str(script), "--repaired", str(case.copy)], capture_output=True, text=True,
                          timeout=SCAN_SECONDS)
    planted = {f"{row['check']} on {row['operation']}" for row in json.loads(script.with_name("PLANTED.json").read_text())["planted"]}
    lines = [line.strip() for line in done.stdout.splitlines()]
    if not lines:
        return [f"{case.example.name}: check.py said nothing about the copy: {done.stderr[-800:]}"]
    failed = [line.removeprefix("FAIL").strip() for line in lines if line.startswith("FAIL")]
    print(f"{case.example.name}: by plain requests {len(lines) - len(failed)} of {len(lines)} hold in the copy; not: {'; '.join(failed) or 'none'}")
    return [f"{case.example.name}: by plain requests: {what}" for what in failed if what not in planted or what in patched]


def write_tests(case: Case, tests: list[dict]) -> dict[str, str]:
    """Writes the offered tests into the copy; how each is run, by its path."""
    for test in tests:
        path = case.copy / test["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(test["text"])
    return {test["path"]: test["run"] for test in tests}


def run_tests(case: Case, tests: dict[str, str]) -> set[str] | None:
    """Which of them pass; nothing at all where what runs them is not installed."""
    by_pytest = {path for path, run in tests.items() if "pytest" in run.split()[:3]}
    if by_pytest and importlib.util.find_spec("pytest") is None:
        print(f"{case.example.name}: regression tests are not run: pytest is not installed")
        return None
    others = {path: run.split() for path, run in tests.items() if path not in by_pytest}
    with ThreadPoolExecutor(4) as pool:
        done = dict(zip(others, pool.map(lambda command: run_one(case, command), others.values())))
    return run_pytest(case, by_pytest) | {path for path, code in done.items() if code == 0}


def run_one(case: Case, command: list[str]) -> int:
    if command[0] == "python":
        # The one that has the example's packages.
        command = [sys.executable, *command[1:]]
    done = subprocess.run(command, cwd=case.copy, env={**os.environ, **case.variables}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    if done.returncode and "--keep" in sys.argv:
        print(f"{' '.join(command)}: {done.stdout[-600:]}")
    return done.returncode


def run_pytest(case: Case, paths: set[str]) -> set[str]:
    """All of them in one process, as a project runs its tests: which files have passing tests alone."""
    if not paths:
        return set()
    results = case.folder / "pytest.xml"
    run_one(case, [sys.executable, "-m", "pytest", "-q", f"--junitxml={results}", *sorted(paths)])
    passed, failed = set(), set()
    for test in ElementTree.parse(results).iter("testcase"):
        # One that cannot be imported has its module for a name.
        name = (test.get("classname") or test.get("name") or "").replace(".", "/") + ".py"
        (failed if test.find("failure") is not None or test.find("error") is not None else passed).add(name)
    return {path for path in paths if path in passed - failed}


def share(part: int, whole: int) -> int:
    return 100 if whole == 0 else 100 * part // whole


def repair(case: Case) -> list[str]:
    example, faults = case.example, []
    with case.start() as app:
        report = case.scan(app)
        confirmed = [it for it in report["findings"] if it["confidence"] == "confirmed" and it.get("suppressed") is None]
        located = [it for it in confirmed if it.get("code")]
        print(f"{example.name}: {len(confirmed)} confirmed findings, {len(located)} with their handler")
        tell_missed(example, report)
        # What is there for tests alone must stay open, or nothing could be seen of the rows.
        wanted = [it["id"] for it in confirmed if it["remedy"] in PATCHED and not it["operation"]["path"].startswith("/__")]
        code, out, err = case.run("fix", *wanted, "--test", "--format", "json")
        if code:
            return [f"{example.name}: fix ended with {code}: {err[-800:]}"]
        fix = json.loads(out)
        patched = {step["finding_id"] for step in fix.get("steps", []) if step["outcome"] == "patched"}
        for step in fix.get("steps", []):
            print(f"{example.name}: {step['outcome']:<7} {step['check']} on {step['route']} ({step.get('code')}): {step['because'][:160]}")
        print(f"{example.name}: {len(patched)} of {len(wanted)} findings of such remedies get a patch")
        if share(len(patched), len(wanted)) < example.least_patched:
            faults.append(f"{example.name}: only {len(patched)} of {len(wanted)} get a patch")
    diff = fix.get("diff") or ""
    applied = git(case.copy, "apply", "--check", "-", text=diff)
    if applied.returncode or not diff:
        return [*faults, f"{example.name}: git does not take the diff: {applied.stderr[:400]}\n{diff[:1500]}"]
    offered = {test["finding_id"] for test in fix.get("tests", [])}
    print(f"{example.name}: {len(offered & patched)} of {len(patched)} patched findings get a regression test")
    for line in fix.get("needs_review", []):
        if line.startswith("no test for "):
            print(f"{example.name}: {line[:200]}")
    tests = write_tests(case, [test for test in fix.get("tests", []) if test["finding_id"] in patched])
    passed_weak = run_tests(case, tests)
    code, _, err = case.run("fix", *wanted, "--apply", "--test")
    if code:
        return [*faults, f"{example.name}: fix --apply ended with {code}: {err[-500:]}"]
    # Their names differ by now: files of these names were written above.
    printed = err.count("(run with: ")
    if printed < len(offered):
        faults.append(f"{example.name}: fix --apply --test prints {printed} of {len(offered)} regression tests")
    code, _, err = case.run("fix", *wanted, "--apply")
    if code == 0:
        faults.append(f"{example.name}: fix --apply wrote over changes that are not committed")
    print(git(case.copy, "diff", "--stat").stdout.rstrip())
    if passed_weak is not None:
        passed_mended = run_tests(case, tests)
        held = [name for name in tests if name not in passed_weak and name in passed_mended]
        print(f"{example.name}: {len(held)} of {len(tests)} regression tests fail before the repair and pass after it"
              f"{''.join(f'; not: {name}' for name in tests if name not in held)}")
        if share(len(held), len(tests)) < example.least_held:
            faults.append(f"{example.name}: only {len(held)} of {len(tests)} regression tests hold")
    with case.start() as app:
        rows = case.recheck(app, sorted(patched))
    checks = {it["id"]: f"{it['check']} on {it['operation']['method']} {it['operation']['path']}" for it in confirmed}
    fixed = [row for row in rows if row["outcome"] == "fixed"]
    for row in rows:
        if row["outcome"] != "fixed":
            print(f"{example.name}: {row['outcome']}: {checks.get(row['finding_id'])}: {row['because'][:300]}")
        if row["outcome"] == "broken":
            faults.append(f"{example.name}: the owner is refused too: {checks.get(row['finding_id'])}")
    print(f"{example.name}: {len(fixed)} of {len(patched)} patched findings are rechecked as fixed")
    if share(len(fixed), len(patched)) < example.least_fixed:
        faults.append(f"{example.name}: only {len(fixed)} of {len(patched)} patched findings are fixed")
    return faults + examine(case, {checks[key] for key in patched})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--app", choices=[*APPS, "all"], default="all")
    parser.add_argument("--node-modules", type=Path, help="installed packages for the Express example; else they are fetched")
    parser.add_argument("--keep", action="store_true", help="keep copies and reports, and say where")
    options = parser.parse_args()
    faults = []
    for name in APPS if options.app == "all" else [options.app]:
        folder = Path(tempfile.mkdtemp(prefix=f"routewarden-fix-{name}-"))
        began = time.monotonic()
        try:
            faults += repair(Case(APPS[name], options.bin.resolve(), folder, options.node_modules))
        except (flask.Failed, subprocess.TimeoutExpired, OSError, ValueError) as error:
            faults.append(f"{name}: {error}")
        finally:
            print(f"{name}: {time.monotonic() - began:.0f} s" + (f", kept: {folder}" if options.keep else ""))
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print("repairs: " + ("FAILED" if faults else "as they should be"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
