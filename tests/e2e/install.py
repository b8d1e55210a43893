#!/usr/bin/env python3
"""Packs a binary for this platform, installs each package from the local files as a user would, and talks MCP to it.

    python3 tests/e2e/install.py --bin target/release/routewarden [--keep DIR]

npm: `npx -y routewarden` against a registry on loopback; signals, exit codes, and the message without a program.
Wheel: `pip install` into a fresh environment. MCP bundle: validated, packed, unpacked, started as its manifest says.
Archive: its checksum, and the names that `cargo binstall` will ask for. Ends with 1 when anything deviates. What cannot be
tried (no npm; a bundle without the program that packs it) is skipped, and said.
"""

import argparse
import base64
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.parse
import venv
import zipfile
from pathlib import Path

import npm_registry

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "clients"), str(ROOT / "tools" / "package")]
import build as packing  # noqa: E402
import startup  # noqa: E402
from formats import npm_platform_name  # noqa: E402
from platforms import PLATFORMS  # noqa: E402

SECONDS = 110
FAULT = 3


class Trial:
    """The packages in a folder, and what deviated."""

    def __init__(self, binary: Path, folder: Path):
        self.binary, self.folder, self.deviations = binary, folder, []
        self.dist, self.version = folder / "dist", packing.own_version()
        self.platform = PLATFORMS[this_platform()]
        # Nothing of the user's: no configuration of npm or pip, no stored scans.
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "ROUTEWARDEN_DATA": str(folder / "data"),
                    "npm_config_cache": str(folder / "npm-cache"), "npm_config_update_notifier": "false"}

    def expect(self, holds, what):
        if not holds:
            self.deviations.append(what)
            print(f"  DEVIATION: {what}", flush=True)

    def run(self, command, **more):
        more = {"env": self.env, "cwd": self.folder} | more
        return subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, check=False, **more)

    def speaks(self, what, command, **more):
        """The version is the packed one, and the server lists its tools."""
        more = {"env": self.env, "cwd": self.folder} | more
        said = self.run([*command, "--version"], **more)
        self.expect(said.stdout == f"routewarden {self.version}\n", f"{what} --version: {said.stdout!r} {said.stderr[-500:]!r}")
        listed, ended = startup.once([str(part) for part in [*command, "mcp"]], **more)
        print(f"  {what}: tools listed after {listed:.0f} ms, ended {ended:.0f} ms after its input", flush=True)


def this_platform() -> str:
    cpu = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine().lower()]
    return f"{sys.platform}-{cpu}"


def pack(trial: Trial, mcpb):
    """Packs for this platform; for the others, packages with an empty program show that npm leaves them out."""
    only = ["archive", "npm", "wheel", "server", *(["mcpb"] if mcpb else [])]
    command = [sys.executable, ROOT / "tools/package/build.py", "--out", trial.dist, *(f"--only={kind}" for kind in only),
               "--binary", f"{trial.platform.name}={trial.binary}", *([f"--mcpb={mcpb}"] if mcpb else [])]
    done = trial.run(command)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    print(done.stdout, end="", flush=True)
    empty = trial.folder / "empty"
    empty.touch()
    for other in PLATFORMS.values():
        if other != trial.platform:
            packing.formats.write_npm_platform(packing.formats.Build(other, empty, trial.version, trial.dist))


def check_archive(trial: Trial):
    """The checksums hold, and the archive has the name and the inner path of the templates in Cargo.toml."""
    for line in (trial.dist / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        trial.expect(hashlib.sha256((trial.dist / name).read_bytes()).hexdigest() == digest, f"checksum of {name}")
    package = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
    binstall = package["metadata"]["binstall"]
    for target in (trial.platform.target, trial.platform.target.replace("musl", "gnu")):
        settings = binstall | binstall["overrides"].get(target, {})
        values = {"name": "routewarden", "version": trial.version, "target": target, "bin": "routewarden",
                  "binary-ext": trial.platform.suffix, "repo": package["repository"]}
        url, inner = (re.sub(r"\{ ([a-z-]+) \}", lambda found: values[found[1]], settings[key]) for key in ("pkg-url", "bin-dir"))
        archive = trial.dist / url.rsplit("/", 1)[1]
        trial.expect(archive.is_file(), f"cargo binstall asks for {archive.name}")
        into = trial.folder / f"unpacked-{target}"
        shutil.unpack_archive(archive, into, **({"format": "gztar", "filter": "data"} if archive.suffix == ".tgz" else {}))
        trial.expect(os.access(into / inner, os.X_OK), f"{inner} can be run")
    trial.speaks("archive", [into / inner])


def check_npm(trial: Trial):
    project = trial.folder / "npm-project"
    project.mkdir()
    with npm_registry.serve(trial.dist) as address:
        env = trial.env | {"npm_config_registry": address}
        trial.speaks("npx -y routewarden", ["npx", "-y", "routewarden"], env=env, cwd=project)
        done = trial.run(["npm", "install", "--no-audit", "--no-fund", "routewarden"], env=env, cwd=project)
        trial.expect(done.returncode == 0, f"npm install: {done.stderr[-800:]}")
    scope = project / "node_modules" / "@routewarden"
    installed = sorted(path.name for path in scope.iterdir())
    trial.expect(installed == [f"cli-{trial.platform.name}"], f"npm installed the programs {installed}")
    manifest = npm_registry.read_manifest(trial.dist / f"routewarden-{trial.version}.tgz")
    trial.expect("scripts" not in manifest, "the package runs nothing when it is installed")
    names = [npm_platform_name(each) for each in PLATFORMS.values()]
    trial.expect(sorted(manifest["optionalDependencies"]) == sorted(names), "every platform is an optional dependency")
    wrapper = project / "node_modules" / ".bin" / "routewarden"
    trial.speaks("installed with npm", [wrapper])
    check_wrapper(trial, wrapper)
    shutil.rmtree(scope)
    said = trial.run([wrapper, "--version"])
    told = said.stderr.startswith("routewarden: the package @routewarden/cli-") and "--include=optional" in said.stderr
    trial.expect(said.returncode == FAULT and told and not said.stdout, f"without its program: {said}")


def check_wrapper(trial: Trial, wrapper: Path):
    """Arguments, exit codes and signals pass through."""
    for arguments in (["checks", "no/such-check"], ["--no-such-option"], ["checks"]):
        ours, own = (trial.run([program, *arguments]) for program in (wrapper, trial.binary))
        same = (ours.returncode, ours.stdout, ours.stderr) == (own.returncode, own.stdout, own.stderr)
        trial.expect(same, f"{arguments}: {ours.returncode} and {ours.stderr[-300:]!r}, not {own.returncode} and {own.stderr[-300:]!r}")
    for number in (signal.SIGTERM, signal.SIGINT):
        ours, own = (ended_by(trial, program, number) for program in (wrapper, trial.binary))
        trial.expect(ours == own, f"after {number.name} the wrapper ends with {ours}, the program with {own}")


def ended_by(trial: Trial, program: Path, number: signal.Signals) -> int:
    """How a served demo ends after a signal to this process alone; that it ended is seen by its closed output."""
    command = [str(program), "demo", "--serve", "--format", "json"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env=trial.env, cwd=trial.folder, text=True) as demo:
        demo.stdout.readline()
        demo.send_signal(number)
        demo.communicate(timeout=SECONDS)
        return demo.returncode


def check_wheel(trial: Trial):
    folder = trial.folder / "venv"
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    done = trial.run([scripts / "python", "-m", "pip", "--disable-pip-version-check", "install", "--no-index",
                      "--find-links", trial.dist, "routewarden"])
    trial.expect(done.returncode == 0, f"pip install: {done.stderr[-800:]}")
    trial.speaks("installed with pip", [scripts / trial.platform.executable])
    shown = trial.run([scripts / "python", "-m", "pip", "show", "--files", "routewarden"]).stdout
    trial.expect("licenses/LICENSE-MIT" in shown and f"Version: {packing.formats.python_version(trial.version)}\n" in shown, f"pip show: {shown}")
    if uvx := find_uvx(trial, scripts):
        wheel = next(trial.dist.glob("*.whl"))
        trial.speaks("uvx", [uvx, "--offline", "--no-python-downloads", "--from", wheel, "routewarden"])
    else:
        print("  SKIPPED: uvx, which is not installed and cannot be; it runs what pip installed", flush=True)


def find_uvx(trial: Trial, scripts: Path):
    """The system's uvx, or that of PyPI beside what was installed."""
    if found := shutil.which("uvx"):
        return found
    # With the user's settings for pip, which say where packages come from.
    done = subprocess.run([scripts / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "uv"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    return scripts / "uvx" if done.returncode == 0 else None


def check_bundle(trial: Trial, mcpb: str):
    bundle = trial.dist / packing.formats.bundle_name(trial.version, trial.platform)
    into = trial.folder / "bundle"
    done = trial.run([*mcpb.split(), "unpack", bundle, into])
    trial.expect(done.returncode == 0, f"mcpb unpack: {done.stdout} {done.stderr}")
    manifest = json.loads((into / "manifest.json").read_text())
    trial.expect(manifest["version"] == trial.version, f"the bundle says version {manifest['version']}")
    project = trial.folder / "bundled-project"
    project.mkdir()
    (project / "routewarden.toml").write_text('[identities.alice]\nbearer = { env = "ALICE_TOKEN" }\n')
    values = {key: str(setting.get("default", "")) for key, setting in manifest["user_config"].items()}
    values |= {"project": str(project)}
    fill = lambda text: re.sub(r"\$\{user_config\.(\w+)\}", lambda found: values[found[1]], text).replace("${__dirname}", str(into))
    start = manifest["server"]["mcp_config"]
    command = [fill(part) for part in [start["command"], *start["args"]]]
    # A host does as the zip archive says; the unpacking program does not keep who may run a file.
    with zipfile.ZipFile(bundle) as packed:
        mode = packed.getinfo(manifest["server"]["entry_point"]).external_attr >> 16
        trial.expect(mode & 0o111, f"the program of the bundle cannot be run: {mode:o}")
    Path(command[0]).chmod(mode & 0o777)
    env = trial.env | {name: fill(value) for name, value in start["env"].items()}
    startup.once(command, env=env, cwd=trial.folder)
    listed = {tool["name"] for tool in manifest["tools"]}
    trial.expect(len(listed) == 4, f"the manifest names {listed}")
    print(f"  MCP bundle: {command[0].removeprefix(str(trial.folder))} {' '.join(start['args'])} lists its tools", flush=True)


def check_server(trial: Trial, bundled: bool):
    server = json.loads((trial.dist / "server.json").read_text())
    kinds = [package["registryType"] for package in server["packages"]]
    trial.expect(kinds == ["npm", "pypi", "oci", *(["mcpb"] if bundled else [])], f"server.json names {kinds}")
    wheel_about = (ROOT / "tools/package/about.md").read_text()
    trial.expect(f"mcp-name: {server['name']}" in wheel_about, "the description of the wheel does not name the server")
    committed = json.loads((ROOT / "tools/server.json").read_text())
    bundles = [package["identifier"].rsplit("/", 1)[1] for package in committed["packages"] if package["registryType"] == "mcpb"]
    expected = [packing.formats.bundle_name(committed["version"], each) for each in PLATFORMS.values()]
    trial.expect(bundles == expected, f"tools/server.json names the bundles {bundles}")


def check_links(trial: Trial):
    """The buttons of the documentation install what the ready files say, by npm."""
    page = (ROOT / "docs/assistants.md").read_text()
    for host, decode in (("vscode.dev", lambda text: text), ("cursor.com", base64.b64decode)):
        link = re.search(rf"https://[a-z.]*{re.escape(host)}/[a-z/-]*install[a-z-]*\?name=routewarden&config=([^)]+)\)", page)
        settings = json.loads(decode(urllib.parse.unquote(link[1]))) if link else {}
        command = [settings.get("command"), *settings.get("args", [])]
        expected = ["npx", "-y", "routewarden", "mcp", "--project", "${workspaceFolder}"]
        trial.expect(command == expected, f"the button for {host} installs {command}")


def mcpb_command(trial: Trial):
    """The program that packs bundles: from the path, or from npm; nothing where neither can be had."""
    if shutil.which("mcpb"):
        return "mcpb"
    prefix = trial.folder / "mcpb"
    package = packing.MCPB.rsplit(" ", 1)[1]
    # With the user's own registry and cache.
    done = trial.run(["npm", "install", "--prefix", prefix, "--no-audit", "--no-fund", package], env=dict(os.environ))
    return str(prefix / "node_modules" / ".bin" / "mcpb") if done.returncode == 0 else None


def run(trial: Trial):
    has_npm = bool(shutil.which("npm"))
    mcpb = mcpb_command(trial) if has_npm else None
    pack(trial, mcpb)
    check_archive(trial)
    check_wheel(trial)
    check_server(trial, bool(mcpb))
    check_links(trial)
    if has_npm:
        check_npm(trial)
    else:
        print("  SKIPPED: the npm packages, as there is no npm", flush=True)
    if mcpb:
        check_bundle(trial, mcpb)
    else:
        print("  SKIPPED: the MCP bundle, as @anthropic-ai/mcpb could not be had from npm", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--keep", type=lambda path: Path(path).resolve(), help="a folder for all of it, kept afterwards")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True)
        trial = Trial(options.bin, options.keep)
        run(trial)
    else:
        with tempfile.TemporaryDirectory(prefix="routewarden-install-") as folder:
            trial = Trial(options.bin, Path(folder))
            run(trial)
    print(f"{len(trial.deviations)} deviations")
    return 1 if trial.deviations else 0


if __name__ == "__main__":
    sys.exit(main())
