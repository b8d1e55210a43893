"""Installs the clients of node/package-lock.json, exactly at its versions, and a Node that is new enough for them."""

import filecmp
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent / "node"
INSTALL_SECONDS, SHOWN = 300, 1500


def install(folder: Path) -> Path | None:
    """Installs into a folder, unless it was done before; gives the folder of the programs, or says why there is none."""
    if not shutil.which("npm"):
        print("  there is no npm", flush=True)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    programs, done = folder / "node_modules" / ".bin", folder / "installed-package-lock.json"
    # The scripts import the packages beside them.
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder / script.name)
    if done.exists() and filecmp.cmp(done, HERE / "package-lock.json", shallow=False):
        return programs
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    # Not `npm ci`, which refuses a list that lacks an optional package for another system; the versions are the list's here too.
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder)]
    try:
        ended = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        print(f"  npm did not install the clients within {INSTALL_SECONDS} s", flush=True)
        return None
    if ended.returncode or not (programs / "node").exists():
        print(f"  npm could not install the clients: {ended.stderr[-SHOWN:]}", flush=True)
        return None
    shutil.copy(HERE / "package-lock.json", done)
    return programs
