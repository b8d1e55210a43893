#!/usr/bin/env python3
"""Runs real assistants against the demo, with a scripted model on loopback: list, scan, explain, fix.

    python3 tests/clients/hosts/drive.py --bin target/release/routewarden [--npm DIR] [--host codex ...]

Each is set up with the file of tools/clients that its users are given. The passwords of two users come through the host's
own means for the environment, and that of the third from `.env` beside routewarden.toml. `--npm` is a folder into which
the packages of package.json are, or will be, installed; without it they go to a temporary one (about 1.2 GB).
Copilot CLI and Cline run with `--host copilot-cli --host cline`. What cannot be run is skipped, and said.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import scripted_model
from hosts import HOSTS, NOT_DRIVEN, Host, Place, clean_environment

HERE = Path(__file__).resolve().parent
DEFAULT = ("claude-code", "codex", "gemini-cli", "opencode")
INSTALL_SECONDS, HOST_SECONDS, END_SECONDS = 420, 150, 10
SHOWN = 1500


@contextmanager
def demo(binary: Path, data: Path):
    """The demo API while it is up: its configuration's text, and the passwords of its users."""
    environment = {"PATH": os.environ["PATH"], "ROUTEWARDEN_DATA": str(data)}
    with subprocess.Popen([str(binary), "demo", "--serve", "--format", "json"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, env=environment, text=True) as served:
        try:
            whereabouts = json.loads(served.stdout.readline())
            lines = shlex.split(Path(whereabouts["env_file"]).read_text())
            passwords = dict(line.split("=", 1) for line in lines)
            yield Path(whereabouts["config"]).read_text(), passwords
        finally:
            served.terminate()
            try:
                served.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                served.kill()


def make_project(place: Place, config: str, passwords: dict[str, str]) -> dict[str, str]:
    """Writes the project's files, and gives the variables that a user would have set."""
    place.home.mkdir()
    place.project.mkdir()
    (place.project / "routewarden.toml").write_text(config.replace("DEMO_", ""))
    variables = {name.removeprefix("DEMO_"): value for name, value in passwords.items()}
    env_file = place.project / ".env"
    env_file.touch(mode=0o600)
    env_file.write_text(f"ROOT_PASSWORD='{variables.pop('ROOT_PASSWORD')}'\n")
    return variables


def drive(host: Host, binary: Path, programs: Path, folder: Path) -> list[str]:
    """Runs one host, and gives what deviated."""
    with demo(binary, folder / "demo-data") as (config, passwords), scripted_model.serve() as (model, seen):
        place = Place(folder / "home", folder / "project", model)
        variables = make_project(place, config, passwords)
        arguments, more = host.set_up(place)
        environment = clean_environment(place, binary, programs) | variables | more
        began = time.monotonic()
        try:
            done = subprocess.run([host.program, *arguments], cwd=place.project, env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=HOST_SECONDS, check=False)
            ended = f"ended with {done.returncode}"
            said = (done.stdout + done.stderr)[-SHOWN:]
        except subprocess.TimeoutExpired as late:
            done, ended = None, f"did not end within {HOST_SECONDS} s"
            said = str(late.stdout or b"")[-SHOWN:]
    deviations = list(seen.faults)
    if done is None or done.returncode:
        deviations.append(ended)
    deviations += check(seen, passwords)
    print(f"  {host.name}: {seen.turns} turns, {len(seen.results)} results, {time.monotonic() - began:.1f} s", flush=True)
    if deviations:
        print(f"  it said: {said}", flush=True)
    return [f"{host.name}: {deviation}" for deviation in deviations]


def check(seen: scripted_model.Seen, passwords: dict[str, str]) -> list[str]:
    """What the model saw must be the four tools, and an answer of substance from each of the three that it called."""
    deviations = []
    if seen.offered != set(scripted_model.TOOLS):
        deviations.append(f"the model was offered {sorted(seen.offered)}")
    answers = [scripted_model.answer_of(result) for result in seen.results]
    scan = next((answer for answer in answers if answer.get("status") == "complete"), {})
    finding = (scan.get("findings") or [{}])[0].get("id")
    if not finding:
        return [*deviations, f"no complete scan with findings: {[result[:200] for result in seen.results]}"]
    about = [answer for answer in answers if answer.get("finding_id") == finding]
    if not any(answer.get("claim") and answer.get("severity") for answer in about):
        deviations.append("no explanation of the finding")
    if not any(answer.get("remedy") and (answer.get("diff") or answer.get("code") or answer.get("guidance")) for answer in about):
        deviations.append("no fix of the finding")
    whole = json.dumps(seen.requests)
    deviations += [f"the password of {name} reached the model" for name, value in passwords.items() if value in whole]
    return deviations


def install(npm: Path, wanted: list[Host]) -> bool:
    """Installs the packages that are not there yet; says why where that fails."""
    packages = json.loads((HERE / "package.json").read_text())
    packages["dependencies"] = {host.package: packages["dependencies"][host.package] for host in wanted}
    (npm / "package.json").write_text(json.dumps(packages))
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(npm)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        print(f"  SKIPPED: npm did not install the assistants within {INSTALL_SECONDS} s", flush=True)
        return False
    if done.returncode:
        print(f"  SKIPPED: npm could not install the assistants: {done.stderr[-SHOWN:]}", flush=True)
    return done.returncode == 0


def run(options: argparse.Namespace, npm: Path) -> list[str]:
    wanted = [HOSTS[name] for name in options.host or DEFAULT]
    if not install(npm, wanted):
        return []
    deviations, programs = [], npm / "node_modules" / ".bin"
    for host in wanted:
        if not (programs / host.program).exists():
            print(f"  SKIPPED: {host.name}, whose program {host.program} its package does not have here", flush=True)
            continue
        with tempfile.TemporaryDirectory(prefix="routewarden-host-") as folder:
            deviations += drive(host, options.bin, programs, Path(folder))
    for name in HOSTS.keys() - {host.name for host in wanted}:
        print(f"  not run: {name}; --host {name} runs it", flush=True)
    for name, reason in NOT_DRIVEN.items():
        print(f"  not run: {name}: {reason}", flush=True)
    return deviations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--npm", type=lambda path: Path(path).resolve())
    parser.add_argument("--host", choices=HOSTS, action="append")
    options = parser.parse_args()
    if not shutil.which("npm"):
        print("  SKIPPED: all assistants, as there is no npm")
        return 0
    if options.npm:
        options.npm.mkdir(parents=True, exist_ok=True)
        deviations = run(options, options.npm)
    else:
        with tempfile.TemporaryDirectory(prefix="routewarden-hosts-") as npm:
            deviations = run(options, Path(npm))
    for deviation in deviations:
        print(f"  DEVIATION {deviation}", file=sys.stderr)
    print(f"{len(deviations)} deviations")
    return 1 if deviations else 0


if __name__ == "__main__":
    sys.exit(main())
