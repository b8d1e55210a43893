#!/usr/bin/env python3
"""Compares the routes that are read from source with the framework's own table at runtime.

    compare.py FOLDER TABLE.jsonl [--routes BIN] [--extra]

A line of the table counts where its handler stands in the folder. It is met where the source has the same path, every one
of its methods, and the handler's file and line. Exit 0 from 98 % on.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ENOUGH = 0.98


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--routes", type=Path, default=Path("target/release/examples/routes"), help="cargo build --release -p routewarden-source --example routes")
    parser.add_argument("--extra", action="store_true", help="list what is read and not in the table, too")
    return parser.parse_args()


def lines(text: str) -> list:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def keys(route: dict) -> set:
    """What is compared: one for each method. HEAD comes with GET, OPTIONS with everything, unless they stand alone."""
    methods = [method for method in route["methods"] if method not in ("HEAD", "OPTIONS")] or route["methods"] or ["*"]
    return {(route["path"], method, route["file"], route["line"]) for method in methods}


def main() -> int:
    """Compares, prints what is missed, and the figures."""
    chosen = options()
    run = subprocess.run([chosen.routes, chosen.folder], capture_output=True, text=True, check=True, timeout=300)
    read = lines(run.stdout)
    have = set().union(*(keys(route) for route in read)) if read else set()
    table = lines(chosen.table.read_text())
    own = [route for route in table if route["file"] is not None]
    unique = {tuple(sorted(keys(route))): route for route in own}
    missed = [route for route in unique.values() if not keys(route) <= have]
    for route in missed:
        near = sorted({key for key in have if key[0] == route["path"] or key[2:] == (route["file"], route["line"])})
        print("missed", ",".join(route["methods"]), route["path"], f"{route['file']}:{route['line']}", "near:", near[:3])
    wanted = set().union(*(keys(route) for route in own)) if own else set()
    extra = sorted(have - wanted)
    for key in extra if chosen.extra else []:
        print("extra", *key)
    met = len(unique) - len(missed)
    share = met / max(1, len(unique))
    print(f"{met} of {len(unique)} ({share:.1%}), {len(extra)} more in the source, {len(table) - len(own)} not the application's own")
    print(run.stderr.strip().splitlines()[-1])
    return 0 if share >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
