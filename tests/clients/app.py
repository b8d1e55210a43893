#!/usr/bin/env python3
"""Shows the view of scans (MCP App) in Chromium, with a real scan and with hostile text.

    python tests/clients/app.py --bin target/release/routewarden --config demo.toml [--npm DIR] [--pictures docs/pictures]

The target that the configuration names must be running; tests/e2e/with_demo.py runs it. Chromium is that of the system
(Debian: `apt-get install chromium`), playwright-core comes from npm. Without one of them it is skipped, and said. Ends with 1
when anything deviates.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import node_packages

RUN_SECONDS = 180
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def run(options: argparse.Namespace, scratch: Path) -> int:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        print("  SKIPPED: there is no Chromium", flush=True)
        return 0
    packages = options.npm or scratch / "npm"
    programs = node_packages.install(packages)
    if not programs:
        print("  SKIPPED: the packages of npm cannot be had", flush=True)
        return 0
    command = [str(programs / "node"), str(packages / "app.mjs"), str(options.bin), str(options.config.parent), browser]
    if options.pictures:
        command.append(str(options.pictures.resolve()))
    kept = {"ROUTEWARDEN_DATA": str(scratch / "data"), "NO_PROXY": "*"}
    return subprocess.run(command, env=dict(os.environ) | kept, stdin=subprocess.DEVNULL, timeout=RUN_SECONDS, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--config", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--npm", type=Path)
    parser.add_argument("--pictures", type=Path)
    with tempfile.TemporaryDirectory(prefix="routewarden-view-") as scratch:
        return run(parser.parse_args(), Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
