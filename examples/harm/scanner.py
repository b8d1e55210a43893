"""The scanner as a process: started in an empty folder with data of its own, watched, ended."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path


class Scanner:
    """The binary with a data folder of its own."""

    def __init__(self, binary: Path, folder: Path, variables: dict[str, str] | None = None):
        self.binary, self.folder = binary, folder
        self.cwd = folder / "project"
        self.cwd.mkdir(parents=True)
        self.variables = variables or {}
        self.calls = 0
        self.peak_kib = 0

    def start(self, *arguments: object) -> subprocess.Popen:
        self.calls += 1
        keep = {"PATH": os.environ["PATH"], "HOME": str(self.cwd), **self.variables}
        command = [str(self.binary), "--data", str(self.folder / "data"), *map(str, arguments)]
        with (self.folder / f"{self.calls}.out").open("wb") as out, (self.folder / f"{self.calls}.err").open("wb") as err:
            return subprocess.Popen(command, cwd=self.cwd, env=keep, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                    start_new_session=True)

    def said(self) -> str:
        """What the last call printed."""
        return "".join((self.folder / f"{self.calls}.{end}").read_text(errors="replace") for end in ("out", "err"))

    def wait(self, process: subprocess.Popen, seconds: float, most_kib: int = 1 << 40) -> int | None:
        """Its exit code; `None` when it had to be killed, for time or for memory. Notes the peak of its memory."""
        deadline = time.monotonic() + seconds
        self.peak_kib = 0
        while process.poll() is None:
            self.peak_kib = max(self.peak_kib, peak_of(process.pid))
            if time.monotonic() > deadline or self.peak_kib > most_kib:
                end(process)
                return None
            time.sleep(0.02)
        return process.returncode

    def scan(self, *arguments: object, seconds: float = 240) -> tuple[int | None, dict]:
        """Exit code and report (empty where there is none)."""
        report = self.folder / f"report-{self.calls + 1}.json"
        code = self.wait(self.start("scan", *arguments, "--format", "json", "-o", report), seconds)
        return code, read(report)

    def knows(self, option: str) -> bool:
        """Whether `scan` has this option."""
        told = subprocess.run([self.binary, "scan", "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return option in told.stdout

    def stored(self) -> dict:
        """The report of the latest scan in the history (empty where there is none)."""
        report = self.folder / f"report-{self.calls + 1}.json"
        self.wait(self.start("report", "--format", "json", "-o", report), 60)
        return read(report)

    def undo(self, seconds: float = 120) -> int | None:
        return self.wait(self.start("undo"), seconds)


def read(report: Path) -> dict:
    try:
        return json.loads(report.read_text())
    except (OSError, ValueError):
        return {}


def end(process: subprocess.Popen) -> None:
    """kill -9, of this process alone."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def peak_of(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return 0


def folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="routewarden-harm-", ignore_cleanup_errors=True)


CONFIGURED = """
[target]
openapi = "{url}/openapi.json"
base_url = "{url}"

[scan]
timeout_seconds = 2

[identities.ines]
role = "user"
[identities.ines.login]
operation = "POST /login"
token = "/access_token"
body = {{ username = "ines", password = {{ env = "INES" }} }}

[identities.otto]
role = "user"
[identities.otto.login]
operation = "POST /login"
token = "/access_token"
body = {{ username = "otto", password = {{ env = "OTTO" }} }}
"""
PASSWORDS = {"INES": "ines-parole-1", "OTTO": "otto-parole-1"}
