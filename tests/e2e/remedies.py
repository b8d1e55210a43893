#!/usr/bin/env python3
"""Runs the samples of the remedies for Flask, FastAPI, Django REST framework and Express, and asserts what each is for: that a
stranger is refused and the owner served, that headers are there, that an expired token is refused, and so on.

    python remedies.py [--framework flask] [--npm FOLDER] [REMEDY ...]

Frameworks whose packages are not installed are skipped, and that is said. For Express, `--npm` names a folder with
node_modules; without it they are installed into a folder of its own for the run.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
KITS = HERE / "remedies"
REMEDIES = HERE.parents[1] / "src" / "remedy" / "data"
PACKAGES = {
    "flask": "flask, flask_jwt_extended, flask_sqlalchemy, flask_limiter, flask_cors, flask_smorest",
    "fastapi": "fastapi, httpx, sqlalchemy, jwt, limits, python_multipart",
    "django-rest": "django, rest_framework, rest_framework_simplejwt, corsheaders, drf_spectacular, jwt",
    "express": "jwt",
}
SECONDS = 300


def samples(framework, folder):
    """Writes each remedy's sample for the framework into a file; returns the names of those that have none."""
    missing = []
    for path in sorted(REMEDIES.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        found = re.search(rf"^## {framework}\n```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        if found:
            (folder / f"{path.stem}.txt").write_text(found[1], encoding="utf-8")
        else:
            missing.append(path.stem)
    return missing


def absent(framework):
    """Why the framework cannot be run here; None where it can."""
    names = [name.strip() for name in PACKAGES[framework].split(",")]
    look = f"import importlib.util as u; print(*[n for n in {names!r} if u.find_spec(n) is None])"
    missing = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout.split()
    if missing:
        return f"not installed: {', '.join(missing)}"
    if framework == "express" and not shutil.which("node"):
        return "there is no node"
    return None


def node_packages(named, folder):
    """The folder that has node_modules, or None."""
    if named:
        return named if (Path(named) / "node_modules" / "express").is_dir() else None
    if not shutil.which("npm"):
        return None
    shutil.copy(KITS / "package.json", folder)
    # The prebuilt part of bcrypt comes with it; no script of a package is run.
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    return folder if done.returncode == 0 else None


def run(framework, only, npm):
    """Runs the samples of one framework; returns how many held, and what did not. None where it is skipped."""
    with tempfile.TemporaryDirectory() as work:
        folder, place = Path(work, "samples"), Path(work, "place")
        folder.mkdir(), place.mkdir()
        why = absent(framework)
        packages = []
        if not why and framework == "express":
            found = node_packages(npm, place)
            packages = [str(found)]
            why = None if found else "its packages are not there"
        if why:
            print(f"!! SKIPPED: samples for {framework} ({why})", file=sys.stderr)
            return None
        faults = [f"{name}: no sample" for name in samples(framework, folder) if not only or name in only]
        (place / "common-passwords.txt").write_text("password1\n123456789\n", encoding="utf-8")
        kit = KITS / f"{framework.split('-')[0]}_kit.py"
        environment = os.environ | {"PYTHONPATH": str(KITS), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(kit), str(folder), *packages, *only]
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=SECONDS)
        lines = [line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line]
        faults += [f"{name}: {outcome}" for name, outcome in lines if outcome != "ok"]
        wanted = {path.stem for path in folder.glob("*.txt") if not only or path.stem in only}
        unrun = wanted - {name for name, _ in lines}
        faults += [f"{name}: was not run" for name in sorted(unrun)]
        if done.returncode:
            faults.append(f"the kit ended with {done.returncode}: {done.stderr[-800:]}")
        return sum(outcome == "ok" for _, outcome in lines), faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=sorted(PACKAGES), action="append")
    parser.add_argument("--npm", help="a folder with node_modules")
    parser.add_argument("remedy", nargs="*")
    arguments = parser.parse_args()
    failed = False
    for framework in arguments.framework or PACKAGES:
        began = time.monotonic()
        outcome = run(framework, arguments.remedy, arguments.npm)
        if outcome is None:
            continue
        held, faults = outcome
        print(f"{framework}: {held} samples hold ({time.monotonic() - began:.0f} s)", flush=True)
        for fault in faults:
            print(f"  {fault}")
        failed |= bool(faults) or held == 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
