"""Compares the scans of a weak and of a repaired version with the pair's truth file.

`weak` names the operations that are weak in the weak version and the checks that may say so; `never` those that are right in
both; `known_on_fixed` and `known_on_weak` what is true beside that. On the repaired version every other confirmed or suspected
finding of medium severity or above is false, on the weak one those on `never` operations are.
"""

import argparse
import tempfile
from pathlib import Path

from . import app, show
from .judge import Judgement
from .place import Place
from .scan import Outcome, name_of, sites

RANKS = ("info", "low", "medium", "high", "critical")


def keyed(rows: list[dict]) -> list[tuple[str, list[str], bool]]:
    """The rows of a truth file: operation, checks, and whether it must be found."""
    return [(name_of(f"{row['m']} {row['p']}"), row.get("any", []), not row.get("optional")) for row in rows]


def named(rows: list, finding: dict) -> bool:
    """Whether a row of the truth file accounts for a finding."""
    return any(finding["check"] in checks and (operation.startswith("*") or operation in sites(finding)) for operation, checks, _ in rows)


def judgements(truth: dict, known: tuple[str, ...]) -> list[Judgement]:
    """The truth file as judgements: what `known` lists name is true, what must stay silent is false."""
    true = [Judgement(check, [operation], True, "truth.json") for name in known for operation, checks, _ in keyed(truth.get(name, [])) for check in checks]
    return true + [Judgement("*", [operation], False, "truth.json") for operation, _, _ in keyed(truth["never"])]


def loud(outcome: Outcome) -> list[dict]:
    """Findings of medium severity or above."""
    return [one for one in outcome.findings if RANKS.index(one["severity"]) >= RANKS.index("medium")]


def line(finding: dict) -> str:
    """A finding in one line."""
    also = len(sites(finding)) - 1
    return f"{finding['confidence']} {finding['severity']} {finding['check']} {sites(finding)[0]}{f' and {also} more' if also else ''}"


def why_missed(outcome: Outcome, operation: str, checks: list[str]) -> str:
    """What the coverage says of an operation that should have been reported."""
    rows = [row for row in (outcome.report or {}).get("coverage") or [] if name_of(row["operation"]) == operation and row["check"] in checks]
    return "; ".join(f"{row['check']} {row['outcome']}: {row.get('because', '')}" for row in rows)[:400] or "not in the coverage"


def compare(truth: dict, weak: Outcome, fixed: Outcome) -> tuple[list[str], list]:
    """The lines that tell what was missed and what is false, and the figures of the summary."""
    rows, known = keyed(truth["weak"]), keyed(truth["weak"]) + keyed(truth.get("known_on_weak", []))
    need = [row for row in rows if row[2]]
    confirmed = [one for one in weak.findings if one["confidence"] == "confirmed"]
    found = [row for row in need if any(named([row], one) for one in confirmed)]
    suspected = [row for row in need if row not in found and any(named([row], one) for one in loud(weak))]
    never = {operation for operation, _, _ in keyed(truth["never"])}
    false_weak = [one for one in loud(weak) if never & set(sites(one)) and not named(known, one)]
    false_fixed = [one for one in loud(fixed) if not named(keyed(truth.get("known_on_fixed", [])), one)]
    other = [one for one in loud(weak) if one not in false_weak and not named(rows, one)]
    lines = [f"missed: {row[0]}  [{why_missed(weak, row[0], row[1])}]" for row in need if row not in found and row not in suspected]
    lines += [f"only suspected: {row[0]}" for row in suspected]
    lines += [f"false on the repaired version: {line(one)}: {one['title']}" for one in false_fixed]
    lines += [f"false on the weak version: {line(one)}: {one['title']}" for one in false_weak]
    lines += [f"also reported on the weak version, not judged: {line(one)}" for one in other]
    return lines, [f"{len(found)}/{len(need)}", len(suspected), len(false_weak), len(false_fixed)]


HEAD = ["pair", "confirmed", "suspected", "false on weak", "false on fixed", "changed", "requests", "seconds"]


def bench(root: Path, scan_all, name: str, chosen: argparse.Namespace, summary: list) -> bool:
    """Scans both versions of a pair in each mode; returns whether nothing false was said and nothing changed."""
    one, truth = app.load(root / name), app.truth(root / name)
    places = [Place(name, root / name, chosen.cache, Path(tempfile.mkdtemp(prefix=f"real-{name}-")), version) for version in (one.weak, one.fixed)]
    if chosen.verify:
        return verify(one, truth, places)
    modes = [mode for mode in (chosen.modes or "active").split(",") if mode]
    weak, fixed = (scan_all(one, place, modes, chosen) for place in places)
    good, figures = True, []
    for before, after in zip(weak, fixed):
        lines, row = compare(truth, before, after)
        print(f"\n== {name}, {before.label.rsplit('-', 1)[-1]}\n" + "\n".join(lines))
        harm = sum(len(outcome.harm) + bool(outcome.ended) for outcome in (before, after))
        figures.append([before.label, *row, harm, f"{before.requests}/{after.requests}", f"{before.seconds:.1f}/{after.seconds:.1f}"])
        good = good and not (row[2] or row[3] or harm) and bool(before.report and after.report)
    print("\n" + show.table(HEAD, figures) + "\n", flush=True)
    summary += [show.summary_row(outcome, judgements(truth, ("weak", "known_on_weak"))) for outcome in weak]
    summary += [show.summary_row(outcome, judgements(truth, ("known_on_fixed",))) for outcome in fixed]
    return good


def verify(one: app.App, truth: dict, places: list[Place]) -> bool:
    """Whether plain requests find weak exactly what the truth file calls weak."""
    good = True
    for place, expected in zip(places, ("weak", "known_on_fixed")):
        place.fresh()
        try:
            place.start(one.launch(place))
            seen = {name_of(operation) for operation, weak in one.verify(place).items() if weak}
        finally:
            place.remove()
        wanted = {operation for operation, _, _ in keyed(truth.get(expected, []))}
        print(f"{place.name} {place.version}: {len(seen)} weak; {'as truth.json says' if seen == wanted else f'differs: {sorted(seen ^ wanted)}'}", flush=True)
        good = good and seen == wanted
    return good
