#!/usr/bin/env python3
"""Runs the protocol's public conformance suite against a built server, for both revisions of the protocol.

    python3 tests/clients/conformance/run.py --bin target/release/routewarden [--npm DIR] [--revision 2026-07-28]

What may fail is listed in REVISION.yml beside this file, with the fixture that it needs: anything else that fails, and
anything listed that passes, is a deviation. The suite knows no token, so it comes in through a door that adds it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import node_packages  # noqa: E402
from serving import open_door, serve  # noqa: E402

REVISIONS = ("2025-11-25", "2026-07-28")
RUN_SECONDS, SHOWN = 240, 3000
# Fewer scenarios than there are now mean that the suite gave up early.
LEAST_SCENARIOS = {"2025-11-25": 30, "2026-07-28": 45}


def run(options: argparse.Namespace, programs: Path, revision: str) -> bool:
    """Runs one revision's scenarios; true where they came out as listed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="routewarden-conformance-") as folder:
        results, empty = Path(folder, "results"), Path(folder, "project")
        empty.mkdir()
        with serve(options.bin, folder=empty, quiet=True, ROUTEWARDEN_DATA=str(Path(folder, "data"))) as served, open_door(served) as url:
            done = subprocess.run([str(programs / "node"), str(programs / "conformance"), "server", "--url", url, "--requirements", revision,
                                   "--expected-failures", str(HERE / f"{revision}.yml"), "--output-dir", str(results)],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
        found = [check["status"] for file in results.glob("*/checks.json") for check in json.loads(file.read_text())]
        scenarios = len(list(results.glob("*/checks.json")))
    counts = ", ".join(f"{found.count(status)} {status.lower()}" for status in sorted(set(found)))
    print(f"  {revision}: {scenarios} scenarios, checks: {counts}; {time.monotonic() - began:.0f} s", flush=True)
    holds = done.returncode == 0 and scenarios >= LEAST_SCENARIOS[revision]
    if not holds:
        print((done.stdout + done.stderr)[-SHOWN:], flush=True)
    return holds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--npm", type=lambda path: Path(path).resolve())
    parser.add_argument("--revision", choices=REVISIONS, action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="routewarden-npm-") as folder:
        if not (programs := node_packages.install(options.npm or Path(folder))):
            print("  SKIPPED: conformance")
            return 0
        deviating = [revision for revision in options.revision or REVISIONS if not run(options, programs, revision)]
    print(f"{len(deviating)} deviations")
    return 1 if deviating else 0


if __name__ == "__main__":
    sys.exit(main())
