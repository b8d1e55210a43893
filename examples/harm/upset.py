#!/usr/bin/env python3
"""Upsets a target while it is scanned, and looks at what the scan makes of that.

reset    The target's data is replaced in the middle of a scan, or before `undo`, by rows of others under the same ids: none
         of them may be removed or changed.
silent   The target stops answering once removals begin: the scan does not end with 0, and once the target is back, `undo`
         leaves everything as it was before.
signup   The scanner is killed between a sign-up and the sign-in: after the next start no account is left.
dying    The target dies, falls silent or refuses in the middle, in six ways, passive and active: never `complete`, never 0.
kill     The scanner is killed at a random request: after the next start everything is as before.

Needs the binary and nothing else. Ends only what it started. Exit code 1 when something does not hold.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from scanner import CONFIGURED, PASSWORDS, Scanner, end, folder
from target import Target, Upset, others, seeds

AUTO = ("--mode", "active", "--auto-accounts")
SCAN_SECONDS = 180


def difference(before: dict, after: dict, more_allowed: bool = False) -> list[str]:
    """Rows that are not as they were, and rows beside them."""
    faults = []
    for table, rows in before.items():
        left = after[table]
        faults += [f"{table} {key} {'was changed' if key in left else 'is gone'}" for key in rows if left.get(key) != rows[key]]
        if not more_allowed:
            faults += [f"{table} {key} is left" for key in left if key not in rows]
    return faults


def is_creating(method: str, path: str) -> bool:
    return method == "POST" and path in ("/register", "/notes")


def at(nth: int, wanted, action):
    """A hook that acts once, at the nth request that is wanted."""
    seen = [0]

    def hook(method: str, path: str, *_: int):
        if wanted(method, path):
            seen[0] += 1
            if seen[0] == nth:
                return action()
        return None

    hook.seen = seen
    return hook


def reset(number: int, rng: random.Random, scanner: Scanner) -> list[str]:
    in_scan, is_configured = number % 2 == 0, number % 4 in (1, 2)
    nth = rng.randint(1, 4 if is_configured else 7)
    with Target(stays_signed_in=number % 8 < 4) as target:
        if is_configured:
            (scanner.cwd / "routewarden.toml").write_text(CONFIGURED.format(url=target.url))
        how = ("--mode", "active") if is_configured else (target.url, *AUTO)
        if in_scan:
            target.after = hook = at(nth, is_creating, lambda: target.reset(others()))
            code, _ = scanner.scan(*how, seconds=SCAN_SECONDS)
        else:
            killed = {}
            target.after = hook = at(nth, is_creating, lambda: end(killed["process"]))
            killed["process"] = scanner.start("scan", *how)
            code = scanner.wait(killed["process"], SCAN_SECONDS)
            target.after = lambda method, path: None
            time.sleep(0.3)
            target.reset(others())
            scanner.undo()
        if hook.seen[0] < nth:
            return [f"only {hook.seen[0]} of {nth} creations were sent"]
        if in_scan and code is None:
            return ["the scan did not end"]
        faults = difference(others(), target.dump(), more_allowed=True)
        said = f"reset {'in the middle' if in_scan else 'before undo'}, creation {nth}, {'configured' if is_configured else 'throw-away'}"
        return [f"{fault} ({said})" for fault in faults]


def silent(number: int, rng: random.Random, scanner: Scanner) -> list[str]:
    ways = (Upset.SILENCE, Upset.DIE, Upset.BUSY, Upset.LIMIT, Upset.RESET)
    way, nth = ways[number % len(ways)], rng.randint(1, 6)
    with Target() as target:
        fallen = [0]

        def before(method: str, path: str, _: int):
            fallen[0] += method == "DELETE"
            return way if fallen[0] >= nth else None

        target.before = before
        code, report = scanner.scan(target.url, *AUTO, "--timeout", 1, seconds=SCAN_SECONDS)
        if fallen[0] < nth:
            return [f"only {fallen[0]} of {nth} removals were sent"]
        faults = [] if code not in (0, None) else [f"exit code {code}"]
        status = report.get("scan", {}).get("status")
        target.come_back()
        again = scanner.undo()
        faults += [] if again == 0 else [f"undo ended with {again}"]
        faults += difference(seeds(), target.dump())
        return [f"{fault} ({way.name.lower()} from removal {nth}, status {status})" for fault in faults]


def signup(number: int, rng: random.Random, scanner: Scanner) -> list[str]:
    nth, answered = rng.randint(1, 2), number % 2 == 1
    with Target() as target:
        killed = {}

        def kill() -> Upset:
            end(killed["process"])
            return Upset.RESET

        if answered:
            # The sign-up was answered; its sign-in has arrived and is not.
            target.before = at(nth, lambda method, path: (method, path) == ("POST", "/login"), kill)
            hook = target.before
        else:
            target.after = hook = at(nth, lambda method, path: (method, path) == ("POST", "/register"), kill)
        killed["process"] = scanner.start("scan", target.url, *AUTO)
        scanner.wait(killed["process"], SCAN_SECONDS)
        if hook.seen[0] < nth:
            return [f"only {hook.seen[0]} of {nth} came"]
        target.come_back()
        left = len(target.dump()["users"]) - len(seeds()["users"])
        starts = "undo" if number % 4 < 2 else "scan"
        if starts == "undo":
            scanner.undo()
        else:
            scanner.scan(target.url, *AUTO, seconds=SCAN_SECONDS)
        when = "before the sign-in's answer" if answered else "before the sign-up's answer"
        return [f"{fault} (killed {when}, account {nth}, {left} left; next start: {starts})"
                for fault in difference(seeds(), target.dump())]


def dying(number: int, rng: random.Random, scanner: Scanner) -> list[str]:
    ways = (Upset.DIE, Upset.SILENCE, Upset.RESET, Upset.FAULT, Upset.BUSY, Upset.DRIP)
    way, is_passive = ways[number // 2 % len(ways)], number % 2 == 0
    nth = rng.randint(12, 30)
    with Target() as target:
        (scanner.cwd / "routewarden.toml").write_text(CONFIGURED.format(url=target.url))
        target.before = lambda method, path, count: way if count >= nth else None
        mode = ("--mode", "passive") if is_passive else ("--mode", "active", "--auto-accounts")
        code, report = scanner.scan(*mode, "--timeout", 1, seconds=SCAN_SECONDS)
        after = len(target.requests) - nth
        status = report.get("scan", {}).get("status")
        faults = [] if code not in (0, None) else [f"exit code {code}"]
        faults += ["status complete"] if status == "complete" else []
        said = f"{way.name.lower()} from request {nth}, {mode[1]}, exit {code}, status {status}, {after} requests after it"
        return [f"{fault} ({said})" for fault in faults]


def kill(number: int, rng: random.Random, scanner: Scanner) -> list[str]:
    nth = rng.randint(5, 115)
    with Target() as target:
        killed = {}
        target.after = hook = at(nth, lambda method, path: True, lambda: end(killed["process"]))
        killed["process"] = scanner.start("scan", target.url, *AUTO)
        scanner.wait(killed["process"], SCAN_SECONDS)
        if hook.seen[0] < nth:
            return [f"only {hook.seen[0]} of {nth} requests came"]
        target.come_back()
        stood = sum(len(rows) for rows in target.dump().values()) - sum(len(rows) for rows in seeds().values())
        starts = ("undo", "scan")[number % 2]
        if starts == "undo":
            scanner.undo()
        else:
            scanner.scan(target.url, *AUTO, seconds=SCAN_SECONDS)
        said = f"killed at request {nth}, {stood} rows stood, next start: {starts}"
        return [f"{fault} ({said})" for fault in difference(seeds(), target.dump())]


FAMILIES = {"reset": (reset, 20), "silent": (silent, 10), "signup": (signup, 10), "dying": (dying, 12), "kill": (kill, 10)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--only", choices=FAMILIES, action="append", help="this family alone; may be repeated")
    parser.add_argument("--trials", type=int, help="trials of each family [default: 20, 10, 10, 12, 10]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the result as JSON too")
    options = parser.parse_args()
    binary, result = options.bin.resolve(), []
    for name in options.only or FAMILIES:
        trial, usual = FAMILIES[name]
        count = options.trials or usual
        held = 0
        for number in range(count):
            # A trial is the same whichever others run beside it.
            rng = random.Random(f"{options.seed} {name} {number}")
            began = time.monotonic()
            with folder() as place:
                try:
                    faults = trial(number, rng, Scanner(binary, Path(place), PASSWORDS))
                except (OSError, RuntimeError) as error:
                    faults = [f"the trial itself failed: {error}"]
            held += not faults
            result.append({"family": name, "trial": number, "faults": faults})
            more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
            print(f"{name} {number}: {'; '.join(faults[:3]) + more or 'held'} [{time.monotonic() - began:.1f} s]", flush=True)
        print(f"{name}: {held} of {count} held (seed {options.seed})", flush=True)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    return 1 if any(row["faults"] for row in result) else 0


if __name__ == "__main__":
    sys.exit(main())
