#!/usr/bin/env python3
"""Scans real applications from the registries and judges every finding.

    run.py kinto lnbits                          sound applications, in all three modes
    run.py praisonai-platform                    a pair: its weak and its repaired version, compared with truth.json
    run.py --all                                 every sound application
    run.py kinto --modes active --explain        one mode, with claims, clauses and requests

Each application is installed once into the cache folder (exact versions), started on a free port of loopback, filled with
two ordinary users and an administrator, and scanned; every scan meets the same data. All rows of its database are compared
before and after. Exit 0 only where no confirmed and at most one suspected finding is false or unjudged, and nothing changed
that the scans had not made.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from bench import app, install, judge, pairs, rows, scan, show  # noqa: E402
from bench.place import Place  # noqa: E402

MODES = "passive,active,intrusive"


def options() -> argparse.Namespace:
    """The command line."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "routewarden-real"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="folders beside this file: " + ", ".join(app.names(HERE)))
    parser.add_argument("--all", action="store_true", help="every sound application")
    parser.add_argument("--modes", default="", help=f"of {MODES}; a pair is scanned in active mode alone unless told otherwise")
    parser.add_argument("--cache", type=Path, default=cache, help="where applications are installed (default: %(default)s)")
    parser.add_argument("--reports", type=Path, help="where reports are kept (default: a temporary folder, named at the end)")
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"), help="the scanner (default: %(default)s)")
    parser.add_argument("--exclude", default="", help="operations to keep out of the scans: 'POST /x,GET /y'")
    parser.add_argument("--scan-args", default="", help="more options for the scanner: --scan-args=--auto-accounts")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a scan is ended (default: %(default)s)")
    parser.add_argument("--explain", action="store_true", help="print claims, clauses and requests of every finding")
    parser.add_argument("--statements", action="store_true", help="print notes, next steps and outcomes by check of every report")
    parser.add_argument("--install", action="store_true", help="install and start once, and end")
    parser.add_argument("--verify", action="store_true", help="prove a pair's truth.json by plain requests, and end")
    chosen = parser.parse_args()
    chosen.cache, chosen.bin = chosen.cache.resolve(), chosen.bin.resolve()
    unknown = set(chosen.names) - set(app.names(HERE))
    if unknown or not (chosen.names or chosen.all):
        parser.error(f"no such application: {', '.join(unknown)}" if unknown else "name an application, or --all")
    if not (chosen.install or chosen.verify or chosen.bin.exists()):
        parser.error(f"no scanner at {chosen.bin}: cargo build --release, or --bin")
    return chosen


def prepare(one: app.App, place: Place, exclude: str) -> None:
    """Starts an application on empty data, fills it, and keeps the result."""
    place.fresh()
    began = time.monotonic()
    place.start(one.launch(place))
    setup = one.seed(place)
    if exclude:
        setup.text += f"[scan]\nexclude = {exclude.split(',')}\n".replace("'", '"')
    setup.write(place.work)
    time.sleep(one.settle_seconds)
    place.stop()
    place.save()
    print(f"{place.name} {place.version}: ready in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def scan_once(one: app.App, place: Place, mode: str, chosen: argparse.Namespace) -> scan.Outcome:
    """One scan of the kept data, with the rows before and after."""
    place.restore()
    place.start(one.launch(place))
    time.sleep(one.settle_seconds)
    before = rows.picture(one.rows(place))
    outcome = scan.run(chosen.bin, place, mode, chosen.reports, chosen.scan_args.split(), chosen.limit)
    time.sleep(one.settle_seconds)
    if place.has_ended():
        outcome.ended = place.log_tail(6)
    after = rows.picture(one.rows(place))
    place.stop()
    outcome.harm, outcome.left = rows.harm(before, after), rows.left(before, after)
    return outcome


def scan_all(one: app.App, place: Place, modes: list[str], chosen: argparse.Namespace) -> list[scan.Outcome]:
    """The scans of one application at one version; prints what each did to the data."""
    outcomes = []
    try:
        prepare(one, place, chosen.exclude)
        for mode in modes if not chosen.install else []:
            outcome = scan_once(one, place, mode, chosen)
            outcomes.append(outcome)
            print_effects(outcome)
    finally:
        place.remove()
    return outcomes


def print_effects(outcome: scan.Outcome) -> None:
    """Prints what a scan did to the data beyond what its report says."""
    if outcome.trouble:
        print(f"{outcome.label}: {outcome.trouble}")
    if outcome.ended:
        print(f"{outcome.label}: the server has ended: {outcome.ended}")
    for line in outcome.harm[:20]:
        print(f"{outcome.label}: changed: {line}")
    if len(outcome.left) != len(outcome.not_undone):
        for line in outcome.left[:15]:
            print(f"{outcome.label}: left behind: {line}")
        for write in outcome.not_undone[:15]:
            print(f"{outcome.label}: the report lists: {write.get('operation')} as {write.get('identity')}, object {write.get('object') or '?'}")
    sys.stdout.flush()


def bench_sound(name: str, chosen: argparse.Namespace, summary: list) -> bool:
    """Scans one sound application; returns whether it met the bar."""
    judgements = judge.read(HERE / name / "judged.toml")
    place = Place(name, HERE / name, chosen.cache, Path(tempfile.mkdtemp(prefix=f"real-{name}-")))
    modes = [mode for mode in (chosen.modes or MODES).split(",") if mode]
    outcomes = scan_all(app.load(HERE / name), place, modes, chosen)
    if chosen.install:
        return True
    if chosen.statements:
        print("\n".join(show.statements(outcome) for outcome in outcomes))
    print(f"\n== {name}\n{show.findings(name, outcomes, judgements, chosen.explain)}\n", flush=True)
    summary += [show.summary_row(outcome, judgements) for outcome in outcomes]
    return all(meets_bar(outcome, judgements) for outcome in outcomes)


def meets_bar(outcome: scan.Outcome, judgements: list[judge.Judgement]) -> bool:
    """No false confirmed, at most one false suspected, nothing changed, a whole and complete report."""
    counted = show.counts(outcome, judgements)
    wrong = {kind: counted[kind, "false"] + counted[kind, "unjudged"] for kind in ("confirmed", "suspected")}
    whole = bool(outcome.report) and not outcome.trouble and outcome.scan.get("status") == "complete"
    return whole and not wrong["confirmed"] and wrong["suspected"] <= 1 and not outcome.harm and not outcome.ended


def main() -> int:
    """Runs what the command line names."""
    chosen = options()
    chosen.reports = (chosen.reports or Path(tempfile.mkdtemp(prefix="real-reports-"))).resolve()
    chosen.reports.mkdir(parents=True, exist_ok=True)
    sound = [name for name in app.names(HERE) if not app.load(HERE / name).weak]
    # Ended from outside, it ends the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    summary, good = [], True
    for name in chosen.names or sound:
        bench = bench_sound if name in sound else lambda *given: pairs.bench(HERE, scan_all, *given)
        try:
            good = bench(name, chosen, summary) and good
        except install.Failed as failed:
            print(f"{name}: {failed}", flush=True)
            good = False
    if summary:
        print(show.table(show.SUMMARY_HEAD, summary))
        print(f"\nt/f/u: judged true, judged false, not judged. left/said: rows left behind, and writes that the report lists as such.\nreports: {chosen.reports}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
