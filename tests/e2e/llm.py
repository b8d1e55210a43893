#!/usr/bin/env python3
"""Scans applications around language models, weak and repaired, and holds the reports against what was planted.

The weak ones must be found out, with proof; the repaired ones must have been asked as thoroughly and be found clean. Then looks
for every token, password and key, in several codings, in whatever the scanner printed, logged or stored. The ends are those of
llm_ends.py; packages that cannot be installed are said, and their end is skipped. Ends only what it started.
"""

import argparse
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

# Modules of the same folder, not the packages.
from flask import FORMATS, SEVERITIES, WHOLE_TOKEN, Failed, codings, counts, free_port, places
from llm_ends import ENDS, End, NotInstalled, Place, install

START_SECONDS = 90
SCAN_SECONDS = 400
FAMILY = "llm/"
MAX_CALLS = 400
ANSWER_SECONDS = 60
# The sample of the format's makers, which applications quote: public, and no leak. Put together, so that no scanner trips.
SAMPLE_SUBJECT = base64.urlsafe_b64encode(b'{"sub":"1234567890","name":"John Doe","iat":1516239022}').rstrip(b"=")


class Server:
    """One end while it runs, in a process group of its own."""

    def __init__(self, end: End, place: Place, variant: str, log: Path):
        self.state_at, self.token = end.state, place.tokens["alice"]
        self.port, self.log = free_port(), log
        self.url = f"http://127.0.0.1:{self.port}"
        command, cwd, variables = end.start(place, variant, self.port)
        own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "LANGSMITH_TRACING": "false", **variables}
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **own}, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self) -> "Server":
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"it did not start:\n{self.log.read_text(errors='replace')[-1500:]}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue

    def state(self) -> dict:
        """What the end tells of itself; of a journal only how long it is."""
        if not self.state_at:
            return {}
        request = urllib.request.Request(self.url + self.state_at, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            total = answer.headers.get("X-Total-Count")
            return {"calls": int(total)} if total else json.load(answer)


def configuration(end: End, place: Place, url: str) -> str:
    """A file that names the document and the two callers, and holds no secret."""
    document = end.document or f"{url}/openapi.json"
    lines = ["[target]", f"openapi = {json.dumps(str(document))}", f"base_url = {json.dumps(url)}"]
    for name in place.tokens if end.credential else ():
        variable = f'env = "{name.upper()}_TOKEN"'
        how = f"bearer = {{ {variable} }}" if end.credential == "bearer" else f'api_key = {{ header = "{end.credential}", {variable} }}'
        lines += [f"[identities.{name}]", 'role = "user"', how]
    # Enough for every operation, as the usual budget is for one or two; and patience for a model on a busy machine.
    lines += ["[scan]", f"timeout_seconds = {ANSWER_SECONDS}", "[llm]", f"max_calls = {MAX_CALLS}"]
    return "\n".join(lines) + "\n"


def scan(binary: Path, end: End, place: Place, url: str, folder: Path) -> tuple[int, dict]:
    """One intrusive scan, in every format. Whatever is said goes below `said`."""
    said, cwd = folder / "said", folder / "empty"
    said.mkdir()
    cwd.mkdir()
    (cwd / "routewarden.toml").write_text(configuration(end, place, url))
    files = {form: said / f"report.{extension}" for form, extension in FORMATS.items()}
    outputs = [part for form, file in files.items() for part in ("--format", form, "-o", str(file))]
    accounts = [] if end.credential else ["--auto-accounts"]
    command = [str(binary), "--data", str(said / "data"), "scan", "--mode", "intrusive", "--verbose", *accounts, *outputs]
    keep = {"PATH": os.environ["PATH"], "HOME": str(cwd), "ROUTEWARDEN_LOG": "warn,routewarden=trace", **(place.variables() if end.credential else {})}
    with (said / "stdout").open("wb") as out, (said / "stderr").open("wb") as err:
        process = subprocess.Popen(command, cwd=cwd, env=keep, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            code = process.wait(SCAN_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"the scan took longer than {SCAN_SECONDS} s") from None
        finally:
            process.kill()
    if not files["json"].exists():
        raise Failed(f"exit code {code} and no report; it said:\n{(said / 'stderr').read_text(errors='replace')[-1500:]}")
    report = json.loads(files["json"].read_text())
    if report["scan"]["status"] != "complete":
        raise Failed(f"status {report['scan']['status']}: {report['scan'].get('untrusted_because')}")
    return code, report


def describe(finding: dict) -> str:
    return f"{finding['severity']} {finding['confidence']} {finding['check']} on {', '.join(sorted(places(finding)))}: {finding['claim']}"


def outcomes(report: dict, check: str, place: str) -> dict[str, set[str]]:
    """What became of a check on an operation, with the reasons."""
    found: dict[str, set[str]] = {}
    for row in report["coverage"]:
        if row["check"] == check and place == f"{row['operation']['method']} {row['operation']['path']}":
            found.setdefault(row["outcome"], set()).add(row["because"])
    return found


def check_weak(name: str, end: End, code: int, report: dict) -> list[str]:
    """Whatever was planted must be confirmed."""
    faults = [] if code == 1 else [f"exit code {code}, not 1"]
    found = [finding for finding in report["findings"] if counts(finding) and finding["check"].startswith(FAMILY)]
    for check, place in end.planted:
        if not any(it["check"] == check and place in places(it) and it["confidence"] == "confirmed" for it in found):
            sure = {it["confidence"] for it in found if it["check"] == check and place in places(it)}
            faults.append(f"missed: {check} on {place}: {', '.join(sure) or outcomes(report, check, place) or 'no coverage row'}")
    for finding in found:
        print(f"  {name}: {describe(finding)}")
    return faults


def check_repaired(name: str, end: End, code: int, report: dict) -> list[str]:
    """Nothing of medium severity or above, however sure; and what was planted in the other version was really looked for."""
    faults, medium = [], SEVERITIES.index("medium")
    for finding in report["findings"]:
        if counts(finding) and finding["check"].startswith(FAMILY):
            print(f"  {name}: {describe(finding)}")
            if SEVERITIES.index(finding["severity"]) >= medium:
                faults.append(f"false alarm: {describe(finding)}")
    accepted = ("held", "inconclusive") if end.rambles else ("held",)
    for check, place in end.planted:
        became = outcomes(report, check, place)
        if end.rambles:
            print(f"  {name}: {check} on {place}: {became}")
        if (check, place) not in end.gone and not any(word in became for word in accepted):
            faults.append(f"not looked for: {check} on {place}: {became or 'no coverage row'}")
    return faults


def forms(secret: str) -> dict[str, bytes]:
    """The secret in the codings that it may travel in, and in those that a model may have been asked for."""
    return {**codings(secret), "reversed": secret[::-1].encode(), "spaced": " ".join(secret).encode()}


def leaks(said: Path, hidden: dict[str, str]) -> list[str]:
    """Where a secret can be read. Of a token in parts the last is enough: the signature."""
    # Codings that change nothing are one needle, named after the first.
    needles: dict[bytes, str] = {}
    for what, secret in hidden.items():
        for part in (secret.rpartition(".")[2], secret):
            for coding, needle in forms(part).items():
                needles.setdefault(needle, f"{what} ({coding})")
    files = [path for path in sorted(said.rglob("*")) if path.is_file()]
    faults = [] if hidden else ["there was no secret to look for"]
    for file in files:
        content = file.read_bytes()
        faults += sorted({f"leak: {what} in {file.relative_to(said)}" for needle, what in needles.items() if needle in content})
        if any(SAMPLE_SUBJECT not in token for token in WHOLE_TOKEN.findall(content)):
            faults.append(f"leak: a whole token in {file.relative_to(said)}")
    return faults


def secrets_of(place: Place, end: End, state: dict) -> dict[str, str]:
    hidden = {f"token of {name}": token for name, token in place.tokens.items()} if end.credential else {}
    for kind in ("passwords", "tokens"):
        # Shorter ones are what a check for weak passwords tries; such words stand in every text.
        hidden |= {f"{kind[:-1]} {number}": word for number, word in enumerate(state.get(kind, [])) if len(word) >= 12}
    if "service_key" in state:
        hidden["service key"] = state["service_key"]
    return hidden


def try_variant(binary: Path, name: str, end: End, place: Place, variant: str, folder: Path) -> list[str]:
    folder.mkdir()
    full = f"{name} {variant}"
    try:
        with Server(end, place, variant, folder / "server.log") as server:
            began = time.monotonic()
            code, report = scan(binary, end, place, server.url, folder)
            seconds, state = time.monotonic() - began, server.state()
        judge = check_weak if variant == "weak" else check_repaired
        faults = judge(full, end, code, report)
        hidden = secrets_of(place, end, state)
        faults += leaks(folder / "said", hidden)
        calls = state.get("calls")
        asked = f"{sum(calls.values()) if isinstance(calls, dict) else calls} calls of the model, " if calls is not None else ""
        ours = sum(it["check"].startswith(FAMILY) for it in report["findings"])
        print(f"{full}: {asked}{report['scan']['requests']} requests in {seconds:.1f} s, exit code {code}, {ours} findings of {FAMILY}*, "
              f"{len(report['findings'])} in all, {len(hidden)} secrets looked for, {len(faults)} faults")
    except Failed as error:
        faults = [str(error)]
        print(f"{full}: failed")
    return [f"{full}: {fault}" for fault in faults]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--end", choices=ENDS, action="append", help="this end alone (repeatable)")
    parser.add_argument("--variant", choices=("weak", "repaired"), help="this version alone")
    parser.add_argument("--keep", action="store_true", help="keep reports and logs, and say where")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="routewarden-llm-"))
    faults, scanned = [], 0
    try:
        for name in options.end or [name for name, end in ENDS.items() if not end.on_request]:
            end = ENDS[name]
            (folder / name).mkdir()
            try:
                place = install(end, folder / name)
            except NotInstalled as error:
                print(f"!! SKIPPED: {name}: {error}", file=sys.stderr)
                continue
            for variant in end.variants:
                if options.variant in (None, variant):
                    scanned += 1
                    faults += try_variant(options.bin.resolve(), name, end, place, variant, folder / name / variant)
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if not scanned:
        faults.append("nothing was scanned")
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print("applications around models: " + (f"FAILED, {len(faults)} faults" if faults else f"{scanned} scans, as planted, and nothing leaked"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
