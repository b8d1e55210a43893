"""Runs the scanner and reads its report, of either schema version."""

import json
import os
import re
import subprocess
import tempfile
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .install import plain_env
from .place import DIRECT, Place

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LOUD = ("confirmed", "suspected")


def same_shape(path: str) -> str:
    """A path whose parameters have no names."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/") or "/"


def name_of(operation) -> str:
    """`METHOD /path/{}`, from either form that a report has."""
    if isinstance(operation, str):
        method, _, path = operation.partition(" ")
    else:
        method, path = operation["method"], operation["path"]
    return f"{method.upper()} {same_shape(path)}"


@dataclass
class Outcome:
    """One scan: what it cost, what it said, and what it did to the application."""

    label: str
    exit: object
    seconds: float
    report: dict | None
    trouble: str = ""
    harm: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    ended: str = ""
    operations: int = 0

    @property
    def scan(self) -> dict:
        """The report's `scan`."""
        return (self.report or {}).get("scan") or {}

    @property
    def score(self) -> dict:
        """The report's `score`."""
        return (self.report or {}).get("score") or {}

    @property
    def requests(self) -> int:
        """Requests sent."""
        return self.scan.get("requests") or 0

    @property
    def findings(self) -> list[dict]:
        """Findings that claim a weakness: confirmed and suspected, above the severity info."""
        found = (self.report or {}).get("findings") or []
        return [one for one in found if one.get("confidence") in LOUD and one.get("severity") != "info" and not one.get("suppressed")]

    @property
    def not_undone(self) -> list[dict]:
        """Writes that the report lists as still there."""
        writes = (self.report or {}).get("writes") or []
        return [one for one in writes if not (one.get("undone") or one.get("outcome") == "undone")]


def sites(finding: dict) -> list[str]:
    """Every operation that a finding names, the first one first."""
    return [name_of(one) for one in [finding["operation"], *(finding.get("also") or [])]]


def count_operations(place: Place) -> int:
    """Operations of the document that the scan reads."""
    address = tomllib.loads((place.work / "routewarden.toml").read_text())["target"]["openapi"]
    paths = json.loads(DIRECT.open(address, timeout=120).read()).get("paths") or {}
    return sum(method in METHODS for path in paths.values() for method in path)


def run(binary: Path, place: Place, mode: str, reports: Path, more: list[str], limit: float) -> Outcome:
    """Scans the running application with its configuration."""
    label = "-".join(part for part in (place.name, place.version, mode) if part)
    out = reports / f"{label}.json"
    out.unlink(missing_ok=True)
    secrets = json.loads((place.work / "secrets.json").read_text())
    elsewhere = tempfile.mkdtemp(prefix="scan-", dir=place.root)
    env = plain_env(ROUTEWARDEN_DATA=tempfile.mkdtemp(prefix="data-", dir=place.root), NO_COLOR="1", **secrets)
    operations = count_operations(place)
    command = [binary, "scan", "--config", place.work / "routewarden.toml", "--mode", mode,
               "--format", "json", "-o", out, "--no-progress", *more]
    began = time.monotonic()
    try:
        done = subprocess.run([os.fspath(word) for word in command], cwd=elsewhere, env=env, capture_output=True,
                              text=True, timeout=limit, check=False)
        code, said = done.returncode, done.stderr
    except subprocess.TimeoutExpired:
        code, said = "timeout", ""
    seconds = time.monotonic() - began
    (reports / f"{label}.stderr").write_text(said)
    trouble = "panicked" if "panicked" in said else ""
    try:
        report = json.loads(out.read_text())
    except (OSError, ValueError) as error:
        report, trouble = None, f"no valid report: {error}: {said.strip()[-300:]}"
    return Outcome(label, code, seconds, report, trouble, operations=operations)
