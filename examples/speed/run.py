#!/usr/bin/env python3
"""Times the reading of real applications beside semgrep, in one run.

    run.py [--work FOLDER] [--times N] [NAME==VERSION:PACKAGE...]

Installs the applications and semgrep from PyPI into virtual environments below FOLDER, builds the example `speed`, and
runs it on each application: files, parsing, routes and ownership, one edit, and semgrep with the rules of
`source/examples/speed/ownership.yaml`. Nothing of the applications is run. Exit 1 where a limit is not held: 300 ms for
1 MB of Python, 100 ms for an edit, 20 times as fast as semgrep.
"""

import argparse
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPLICATIONS = ["ihatemoney==7.2.1:ihatemoney", "lnbits==1.6.2:lnbits", "zou==1.0.97:zou"]
MILLISECONDS_A_MEGABYTE, MILLISECONDS_AN_EDIT, TIMES_SEMGREP = 300, 100, 20


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("applications", nargs="*", default=APPLICATIONS, help=f"default: {' '.join(APPLICATIONS)}")
    parser.add_argument("--work", type=Path, default=Path("/tmp/routewarden-speed"))
    parser.add_argument("--times", type=int, default=5, help="the best of so many readings counts")
    parser.add_argument("--speed", type=Path, help="a built example `speed`, so that none is built")
    return parser.parse_args()


def installed(work: Path, name: str, what: str) -> Path:
    """A virtual environment with a package; made once."""
    folder = work / name
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True, clear=True)
        # Compiled files are of no use: nothing of an application is run.
        command = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
        subprocess.run([*command, *(["--no-deps"] if name != "semgrep" else []), what], check=True)
        (folder / "done").touch()
    return folder


def measured(said: str) -> dict[str, float]:
    """The figures of one application, as `speed` prints them."""
    size = re.search(r"files of code, ([\d.]+) MB", said)
    seconds = {name: float(found) for name, found in re.findall(r"^  (all|one edit|semgrep) +([\d.]+) s wall", said, re.M)}
    return {"size": float(size[1]), **seconds}


def main() -> int:
    """Runs all, prints the figures and what is not held."""
    chosen = options()
    speed = chosen.speed or ROOT / "target/release/examples/speed"
    if chosen.speed is None:
        build = ["cargo", "build", "--release", "--locked", "-p", "routewarden-source", "--example", "speed"]
        subprocess.run(build, cwd=ROOT, check=True)
    semgrep = installed(chosen.work, "semgrep", "semgrep") / "bin/semgrep"
    faults = []
    for application in chosen.applications:
        requirement, package = application.split(":")
        name = requirement.split("==")[0]
        folder = next(installed(chosen.work, name, requirement).glob(f"lib/python3*/site-packages/{package}"))
        command = [speed, "--times", str(chosen.times), "--semgrep", semgrep, folder]
        run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
        print(run.stdout, flush=True)
        found = measured(run.stdout)
        of_megabyte, ratio = found["all"] * 1000 / found["size"], found["semgrep"] / found["all"]
        print(f"  {name}: {of_megabyte:.0f} ms for 1 MB, {found['one edit'] * 1000:.0f} ms an edit, semgrep takes {ratio:.0f} times as long\n")
        held = of_megabyte < MILLISECONDS_A_MEGABYTE and found["one edit"] * 1000 < MILLISECONDS_AN_EDIT
        if not held or ratio < TIMES_SEMGREP:
            faults.append(name)
    if faults:
        print("not held:", ", ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
