#!/usr/bin/env python3
"""Runs a command while the built-in demo is up: with_demo.py --bin routewarden [--repaired] -- COMMAND {config} ...

`{config}` and `{base_url}` in the command stand for the demo's; its passwords are in the command's environment.
The demo ends with the command, whose exit code is handed on.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

END_SECONDS = 10


def passwords(file: Path) -> dict[str, str]:
    """The variables of a POSIX environment file."""
    pairs = (word.partition("=") for word in shlex.split(file.read_text(), comments=True))
    return {name: value for name, _, value in pairs}


def run(options: argparse.Namespace, data: str) -> int:
    arguments = [str(options.bin), "demo", "--serve", "--format", "json", *(["--repaired"] if options.repaired else [])]
    environment = {**os.environ, "ROUTEWARDEN_DATA": data}
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment, text=True) as demo:
        try:
            line = demo.stdout.readline()
            if not line:
                print(f"the demo did not start: exit code {demo.wait()}", file=sys.stderr)
                return 1
            whereabouts = json.loads(line)
            command = [part.replace("{config}", whereabouts["config"]).replace("{base_url}", whereabouts["base_url"])
                       for part in options.command]
            environment.update(passwords(Path(whereabouts["env_file"])))
            return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
        finally:
            demo.terminate()
            try:
                demo.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                demo.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--repaired", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="routewarden-e2e-") as data:
        return run(options, data)


if __name__ == "__main__":
    sys.exit(main())
