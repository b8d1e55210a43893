#!/usr/bin/env python3
"""Scans the Flask example, weak and repaired, as a user does, and holds the reports against PLANTED.json.

Then looks for the accounts' passwords, in several codings, in everything that was printed, logged or stored.
Every process that is started here is ended here. Needs the example's requirements, and nothing else.
"""

import argparse
import base64
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

FORMATS = {"json": "json", "sarif": "sarif", "junit": "xml", "html": "html", "markdown": "md", "text": "txt"}
SEVERITIES = ["info", "low", "medium", "high", "critical"]
START_SECONDS = 30
SCAN_SECONDS = 300
# Weaknesses of the whole application: whichever operation a finding names is right.
APP_WIDE = {"authn/challenge-missing", "token/weak-secret", "config/security-headers", "config/cors"}
# Header, payload and a signature: a token that would work. Redacted ones have no signature.
WHOLE_TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}")


class Failed(Exception):
    """Something does not hold; the text says what."""


def environment(example: Path) -> tuple[dict[str, str], list[str]]:
    """The variables that the example wants, with fresh passwords; and those passwords."""
    variables, passwords = {}, []
    for line in (example / ".env.example").read_text().splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if not separator or name.startswith("#"):
            continue
        variables[name] = value.strip().strip("\"'")
        if "PASSWORD" in name:
            # Characters that codings change, so that the codings are really looked for.
            variables[name] = f"Pw1-{secrets.token_hex(8)}+/&={secrets.token_hex(4)}"
            passwords.append(variables[name])
    if not passwords:
        raise Failed(f"{example}/.env.example names no password")
    return variables, passwords


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Application:
    """The example while it runs, in a process group of its own."""

    def __init__(self, example: Path, script: str, variables: dict[str, str], log: Path, port: int | None = None):
        self.port = port or free_port()
        self.script = script
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, script],
                cwd=example,
                env={**os.environ, **variables, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

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
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"{self.script} ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Failed(f"{self.script} did not listen on {self.port} within {START_SECONDS} s")

    def end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait(timeout=5)


class Scanner:
    """The binary, with a data folder of its own; keeps whatever it says."""

    def __init__(self, binary: Path, example: Path, variables: dict[str, str], folder: Path):
        self.binary, self.example, self.folder = binary, example, folder
        self.data = folder / "data"
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        log = {"ROUTEWARDEN_LOG": "warn,routewarden=trace"}
        self.environment = {**keep, **variables, **log, "ROUTEWARDEN_DATA": str(self.data)}
        self.calls = 0

    def run(self, *arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [str(self.binary), *arguments],
            cwd=self.example,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SCAN_SECONDS,
        )
        self.calls += 1
        (self.folder / f"call-{self.calls}.stdout").write_bytes(done.stdout)
        (self.folder / f"call-{self.calls}.stderr").write_bytes(done.stderr)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def scan(self, name: str, port: int) -> tuple[int, dict]:
        """Scans once and writes every format; exit code and JSON report."""
        files = {form: self.folder / f"{name}.{extension}" for form, extension in FORMATS.items()}
        outputs = [part for form, file in files.items() for part in ("--format", form, "-o", str(file))]
        began = time.monotonic()
        base = f"http://127.0.0.1:{port}"
        code, _, err = self.run("scan", "--config", "routewarden.toml", "--base-url", base, *outputs)
        print(f"{name}: exit code {code} after {time.monotonic() - began:.1f} s")
        missing = [form for form, file in files.items() if not file.exists() or file.stat().st_size == 0]
        if missing:
            raise Failed(f"{name}: no report in {', '.join(missing)}; stderr ended with:\n{err[-2000:]}")
        report = json.loads(files["json"].read_text())
        scan = report["scan"]
        if scan["status"] != "complete":
            raise Failed(f"{name}: status {scan['status']}: {scan.get('untrusted_because')}\n{err[-2000:]}")
        print(f"{name}: {scan['requests']} requests, {len(report['findings'])} findings, "
              f"grade {report['score']['grade']}, coverage {report['score']['coverage']:.0%}")
        return code, report


def places(finding: dict) -> set[str]:
    """The operations of a finding, as PLANTED.json spells them."""
    return {f"{place['method']} {place['path']}" for place in [finding["operation"], *finding["also"]]}


def counts(finding: dict) -> bool:
    return finding.get("suppressed") is None and finding["status"] != "fixed"


def is_shown(finding: dict) -> bool:
    return finding["confidence"] == "confirmed" or (finding["severity"], finding["confidence"]) == ("info", "observation")


def check_weak(code: int, report: dict, planted: list[list[str]]) -> list[str]:
    """Every planted weakness must be confirmed; one that is a mere fact may be an observation.

    What else is found is shown; it may be a weakness too.
    """
    faults = [] if code == 1 else [f"weak: exit code {code}, not 1"]
    findings = [finding for finding in report["findings"] if counts(finding)]
    expected = set()
    for check, place in planted:
        anywhere = check in APP_WIDE
        matching = [it for it in findings if it["check"] == check and (anywhere or place in places(it))]
        expected.update(finding["id"] for finding in matching)
        if not any(is_shown(finding) for finding in matching):
            confidences = sorted({finding["confidence"] for finding in matching}) or ["not found"]
            reasons = [f"{row['outcome']}: {row['because']}" for row in report["coverage"] if row["check"] == check
                       and (anywhere or place == f"{row['operation']['method']} {row['operation']['path']}")]
            faults.append(f"weak: {check} on {place}: {', '.join(confidences)}; {'; '.join(reasons[:5]) or 'no coverage row'}")
    for finding in findings:
        if finding["id"] not in expected:
            print(f"weak: beyond what was planted: {finding['severity']} {finding['confidence']} {finding['check']} "
                  f"on {', '.join(sorted(places(finding)))}: {finding['claim']}")
    print(f"weak: {len(planted) - len([it for it in faults if ' on ' in it])} of {len(planted)} planted weaknesses confirmed")
    return faults


def check_repaired(code: int, report: dict) -> list[str]:
    """Nothing of medium severity or above, however sure."""
    faults = [] if code == 0 else [f"repaired: exit code {code}, not 0"]
    for finding in report["findings"]:
        severe = SEVERITIES.index(finding["severity"]) >= SEVERITIES.index("medium")
        if counts(finding) and severe:
            faults.append(f"repaired: {finding['severity']} {finding['confidence']} {finding['check']} "
                          f"on {', '.join(sorted(places(finding)))}: {finding['claim']}")
    return faults


def codings(password: str) -> dict[str, bytes]:
    """The password in the codings that it may travel in."""
    raw = password.encode()
    found = {
        "plain": raw,
        "url": urllib.parse.quote(password, safe="").encode(),
        "hex": raw.hex().encode(),
        "json": json.dumps(password)[1:-1].replace("/", "\\/").encode(),
        "html": password.replace("&", "&amp;").encode(),
    }
    for shift in range(3):
        # Whatever stands before it, one of three alignments shows; the edges belong to the neighbours.
        coded = base64.b64encode(b"\0" * shift + raw)
        core = coded[4 if shift else 0 : -4]
        found[f"base64+{shift}"] = core
        found[f"base64url+{shift}"] = core.replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(folder: Path, passwords: list[str]) -> list[str]:
    """Where a password, or a token that would work, can be read."""
    faults, looked_at = [], 0
    needles = {(number, name): needle for number, password in enumerate(passwords)
               for name, needle in codings(password).items()}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        looked_at += 1
        shown = file.relative_to(folder)
        faults += [f"leak: password {number} ({name}) in {shown}"
                   for (number, name), needle in needles.items() if needle in content]
        if WHOLE_TOKEN.search(content):
            faults.append(f"leak: a whole token in {shown}")
    print(f"leaks: {looked_at} files looked at for {len(passwords)} passwords in {len(codings('x'))} codings")
    return faults


def scan_both(binary: Path, example: Path, folder: Path) -> list[str]:
    variables, passwords = environment(example)
    said = folder / "said"
    said.mkdir()
    scanner = Scanner(binary, example, variables, said)
    planted = json.loads((example / "PLANTED.json").read_text())
    faults = []
    # The applications' own logs are not the scanner's words; they stay out of the search.
    with Application(example, "app.py", variables, folder / "app.log") as weak:
        code, report = scanner.scan("weak", weak.port)
        faults += check_weak(code, report, planted)
        scanner.run("history", "--format", "json")
        for finding in report["findings"][:3]:
            scanner.run("explain", finding["id"], "--verbose")
            scanner.run("fix", finding["id"])
    with Application(example, "app_repaired.py", variables, folder / "app_repaired.log") as repaired:
        faults += check_repaired(*scanner.scan("repaired", repaired.port))
    if not any(scanner.data.rglob("*")):
        faults.append("nothing was stored in the data folder, so nothing was looked at there")
    return faults + leaks(said, passwords)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--example", type=Path, default=Path("examples/flask-invoices"))
    parser.add_argument("--keep", action="store_true", help="keep reports and logs, and say where")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="routewarden-flask-"))
    try:
        faults = scan_both(options.bin.resolve(), options.example.resolve(), folder)
    except (Failed, subprocess.TimeoutExpired) as error:
        faults = [str(error)]
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print("flask example: " + ("FAILED" if faults else "as planted, and nothing leaked"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
