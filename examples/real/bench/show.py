"""Prints findings and summaries as tables."""

import json
import textwrap

from .judge import Judgement, verdict
from .scan import Outcome, sites

VERDICTS = ("true", "false", "unjudged")


def table(head: list[str], rows: list[list]) -> str:
    """Columns aligned, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    right = [bool(rows) and all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(head))]
    lines = ["  ".join(cell.rjust(width) if aligned else cell.ljust(width) for cell, width, aligned in zip(row, widths, right)).rstrip()
             for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def merged(outcomes: list[Outcome]) -> list[tuple[dict, list[str]]]:
    """Findings of all scans of one application, each once, with the modes that reported it; the surest copy is kept."""
    found: dict[tuple, tuple[dict, list[str]]] = {}
    for outcome in outcomes:
        mode = outcome.label.rsplit("-", 1)[-1]
        for finding in outcome.findings:
            key = (finding["check"], sites(finding)[0], finding.get("site"))
            old, modes = found.get(key, (finding, []))
            surer = finding if (finding["confidence"], old["confidence"]) == ("confirmed", "suspected") else old
            found[key] = (surer, [*modes, mode] if mode not in modes else modes)
    return sorted(found.values(), key=lambda pair: (pair[0]["confidence"], pair[0]["check"], sites(pair[0])[0]))


def findings(name: str, outcomes: list[Outcome], judgements: list[Judgement], explain: bool) -> str:
    """Every finding with its judgement."""
    rows, notes = [], []
    for finding, modes in merged(outcomes):
        judged, reason = verdict(judgements, finding)
        places = sites(finding)
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        rows.append([judged, finding["confidence"], finding["severity"], finding["check"], places[0] + more, ",".join(modes), finding["title"][:70]])
        notes.append(f"{finding['check']} {places[0]}: {judged}: {reason}" + (explained(finding) if explain else ""))
    if not rows:
        return f"{name}: no finding above observation"
    head = ["judged", "confidence", "severity", "check", "operation", "modes", "title"]
    return table(head, rows) + "\n\n" + "\n".join(notes)


def explained(finding: dict) -> str:
    """The claim, the clauses and the requests of a finding."""
    lines = [finding["claim"], *(f"also {operation}" for operation in sites(finding)[1:])]
    lines += [f"clause {one['name']}: {json.dumps(one.get('holds'))}: {one['because']}" for one in finding.get("clauses", [])]
    for one in finding.get("exchanges", []):
        request, answer = one.get("request") or {}, one.get("response") or {}
        if isinstance(request, dict) and isinstance(answer, dict):
            lines.append(f"{one.get('role')}: {one.get('identity') or ''} {request.get('method')} {request.get('url') or request.get('path')} "
                         f"{str(request.get('body') or '')[:200]} -> {answer.get('status')} {str(answer.get('body') or '')[:300]}")
    return "\n" + textwrap.indent("\n".join(lines), "    ")


def statements(outcome: Outcome) -> str:
    """What a report says beside its findings: notes, next steps, and outcomes by check."""
    report = outcome.report or {}
    lines = [f"note: {note}" for note in report.get("notes") or []]
    lines += [f"next step ({step.get('operations', '?')} operations): {step.get('action')}" for step in report.get("next_steps") or []]
    lines += [f"not undone: {write.get('operation')} as {write.get('identity')}, object {write.get('object') or '?'}" for write in outcome.not_undone]
    counted: dict[str, dict[str, int]] = {}
    for row in report.get("coverage") or []:
        outcomes = counted.setdefault(row["check"], {})
        outcomes[str(row.get("outcome"))] = outcomes.get(str(row.get("outcome")), 0) + 1
    lines += [f"{check}: " + ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items())) for check, outcomes in sorted(counted.items())]
    return f"-- {outcome.label}\n" + "\n".join(lines)


def counts(outcome: Outcome, judgements: list[Judgement]) -> dict[tuple[str, str], int]:
    """Findings by confidence and judgement."""
    counted = {(confidence, judged): 0 for confidence in ("confirmed", "suspected") for judged in VERDICTS}
    for finding in outcome.findings:
        counted[finding["confidence"], verdict(judgements, finding)[0]] += 1
    return counted


def summary_row(outcome: Outcome, judgements: list[Judgement]) -> list:
    """One scan in one line."""
    counted, operations = counts(outcome, judgements), outcome.operations
    triple = {confidence: "/".join(str(counted[confidence, judged]) for judged in VERDICTS) for confidence in ("confirmed", "suspected")}
    state = "server ended" if outcome.ended else f"{len(outcome.harm)} changed" if outcome.harm else "kept"
    said = len(outcome.not_undone) if outcome.report else "?"
    signed = outcome.scan.get("identities", [])
    return [outcome.label, triple["confirmed"], triple["suspected"], outcome.requests, operations,
            round(outcome.requests / operations, 1) if operations else 0.0, round(outcome.seconds, 1), state,
            f"{len(outcome.left)}/{said}", f"{outcome.score.get('coverage', 0) * 100:.0f} %", str(outcome.score.get("grade")),
            str(outcome.scan.get("status", outcome.trouble or "none")), str(outcome.exit),
            f"{sum(bool(one['signed_in']) for one in signed)}/{len(signed)}"]


SUMMARY_HEAD = ["scan", "confirmed t/f/u", "suspected t/f/u", "requests", "operations", "per op", "seconds", "state",
                "left/said", "coverage", "grade", "status", "exit", "signed in"]
