#!/usr/bin/env python3
"""Drives a built server with the public clients: the TypeScript SDKs v1 and v2, FastMCP and the Inspector.

    python tests/clients/all.py --bin target/release/routewarden --config demo.toml [--npm DIR]

The Python SDK is driven by drive.py. The target that the configuration names must be running; tests/e2e/with_demo.py runs
it. The interpreter must have the packages of requirements.txt; those of node/package-lock.json go into DIR, or into a
temporary folder. What cannot be had is skipped, and said. Ends with 1 when anything deviates.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Callable

import node_packages
from drive import slowed
from serving import Served, serve

HERE = Path(__file__).resolve().parent
RUN_SECONDS, AT_A_TIME, SHOWN = 120, 3, 1500
# The versions of an SDK, and the eras of the protocol that it is told to speak.
TYPESCRIPT = (("v1", "legacy"), ("v2", "legacy"), ("v2", "auto"), ("v2", "modern"))
FASTMCP = ("auto", "legacy")
INSPECTOR = ("legacy", "modern")
NOWHERE = Served("", "")


@dataclass(frozen=True)
class Run:
    """One client over one transport."""

    label: str
    transport: str
    # The command, by where the server listens; a client over a pipe starts a server itself.
    command: Callable[[Served], list[str]]
    # What must be in its output, for a client that cannot judge what it sees.
    wanted: str = ""


def perform(run: Run, options: argparse.Namespace) -> list[str]:
    """Runs one client with a history of its own, and gives what deviated."""
    folder = options.config.parent
    with tempfile.TemporaryDirectory(prefix="routewarden-client-") as data:
        kept = {"ROUTEWARDEN_DATA": data}
        more = ["--legacy-sse"] if run.transport == "sse" else []
        serving = nullcontext(NOWHERE) if run.transport == "stdio" else serve(options.bin, *more, folder=folder, quiet=True, **kept)
        with serving as served:
            served = replace(served, url=re.sub("/mcp$", "/sse", served.url)) if more else served
            try:
                done = subprocess.run(run.command(served), cwd=folder, env=dict(os.environ) | kept, stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
            except subprocess.TimeoutExpired:
                return [f"{run.label}: no end within {RUN_SECONDS} s"]
    if done.returncode or run.wanted not in done.stdout:
        return [f"{run.label}: ended with {done.returncode}: {(done.stdout + done.stderr)[-SHOWN:]}"]
    print(f"  {run.label}" if run.wanted else done.stdout.rstrip(), flush=True)
    return []


def plan_sdk(label: str, transport: str, command: list[str], about: dict[str, str]) -> Run:
    """A program that does all that a client does, and judges it."""
    def build(served: Served) -> list[str]:
        return [*command, json.dumps(about | {"transport": transport, "url": served.url, "token": served.token})]
    return Run(f"{label} {transport}/{about['era']}", transport, build)


def plan_inspector(program: list[str], transport: str, era: str, options: argparse.Namespace) -> list[Run]:
    """The strictest look at the schemas; its command line answers no questions and cancels nothing."""
    plan = json.dumps({"config": str(options.config), "dry_run": True})
    steps = (("list", ["tools/list", "--strict"], "suggest_fix"),
             ("call", ["tools/call", "--tool-name", "scan_api", "--tool-args-json", plan], "planned"),
             ("view", ["tools/call", "--tool-name", "scan_api", "--app-info", "--advertise-apps"], "ui://routewarden/scan"),
             ("resource", ["resources/read", "--uri", "routewarden://checks/authz/bola-read"], "authz/bola-read"),
             ("prompt", ["prompts/get", "--prompt-name", "review-route", "--prompt-args", "route=GET /x"], "check_route_ownership"))

    def build(method: list[str]) -> Callable[[Served], list[str]]:
        def command(served: Served) -> list[str]:
            header = ["--transport", transport, "--header", f"Authorization: Bearer {served.token}"]
            to = [str(options.bin), "mcp"] if transport == "stdio" else [served.url, *header]
            return [*program, "--cli", *to, "--protocol-era", era, "--method", *method]
        return command
    return [Run(f"Inspector {transport}/{era}: {name}", transport, build(method), wanted) for name, method, wanted in steps]


def plan(options: argparse.Namespace, programs: Path | None, slow: Path) -> list[Run]:
    """All runs, those first that take longest."""
    about = {"bin": str(options.bin), "config": str(options.config), "slow": str(slow), "folder": str(options.config.parent)}
    transports, runs = ("stdio", "http"), []
    if programs:
        node = str(programs / "node")
        runs += [plan_sdk(f"TypeScript {sdk}", transport, [node, str(programs.parents[1] / "sdk.mjs")], about | {"sdk": sdk, "era": era})
                 for transport in transports for sdk, era in TYPESCRIPT]
        runs += [plan_sdk(f"TypeScript {sdk}", "sse", [node, str(programs.parents[1] / "sdk.mjs")], about | {"sdk": sdk, "era": "legacy"})
                 for sdk in ("v1", "v2")]
        # Over a pipe each step starts a server: one era tells as much.
        eras = [("stdio", INSPECTOR[0]), ("sse", INSPECTOR[0]), *(("http", era) for era in INSPECTOR)]
        inspector = [node, str(programs / "mcp-inspector")]
        runs += [run for transport, era in eras for run in plan_inspector(inspector, transport, era, options)]
    else:
        print("  SKIPPED: the TypeScript SDKs and the Inspector", flush=True)
    if find_spec("fastmcp"):
        runs += [plan_sdk("FastMCP", transport, [sys.executable, str(HERE / "fast.py")], about | {"era": era})
                 for transport in transports for era in FASTMCP]
        runs.append(plan_sdk("FastMCP", "sse", [sys.executable, str(HERE / "fast.py")], about | {"era": "legacy"}))
    else:
        print("  SKIPPED: FastMCP, which this interpreter does not have", flush=True)
    return runs


def run_all(options: argparse.Namespace, npm: Path) -> list[str]:
    programs = node_packages.install(npm)
    began = time.monotonic()
    with slowed(options.config) as slow, ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = plan(options, programs, slow)
        deviations = [each for found in pool.map(lambda run: perform(run, options), runs) for each in found]
    print(f"{len(runs)} runs in {time.monotonic() - began:.0f} s", flush=True)
    return deviations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--config", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--npm", type=lambda path: Path(path).resolve())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="routewarden-npm-") as folder:
        deviations = run_all(options, options.npm or Path(folder))
    for deviation in deviations:
        print(f"  DEVIATION {deviation}", file=sys.stderr)
    print(f"{len(deviations)} deviations")
    return 1 if deviations else 0


if __name__ == "__main__":
    sys.exit(main())
