"""Judges findings by the `judged.toml` of an application.

A judgement is keyed by check and operation, which stay the same whatever fingerprint a finding has:

    [[judgement]]
    check = "authn/weak-password-accepted"
    operations = ["POST /accounts", "PUT /accounts/{}"]     # `*` stands for anything
    true = true
    reason = "any password is taken, of one character too"
"""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from .scan import name_of, sites


@dataclass
class Judgement:
    """What a person found out about one check on some operations."""

    check: str
    operations: list[str]
    true: bool
    reason: str

    def covers(self, check: str, operation: str) -> bool:
        """Whether it speaks of this check and operation. Braces of a path are no pattern."""
        return fnmatchcase(check, self.check) and any(fnmatchcase(operation, one) for one in self.operations)


def read(file: Path) -> list[Judgement]:
    """The judgements of a file; none where there is no file."""
    if not file.exists():
        return []
    rows = tomllib.loads(file.read_text()).get("judgement", [])
    return [Judgement(row["check"], [name_of(one) for one in row["operations"]], row["true"], row["reason"]) for row in rows]


def verdict(judgements: list[Judgement], finding: dict) -> tuple[str, str]:
    """`true`, `false` or `unjudged`, with the reason. A finding is as true as the worst operation that it names."""
    worst = ("true", "")
    for operation in sites(finding):
        found = next((one for one in judgements if one.covers(finding["check"], operation)), None)
        if not found:
            return "unjudged", f"{operation} has no judgement"
        if not found.true and worst[0] == "true" or not worst[1]:
            worst = ("true" if found.true else "false", found.reason)
    return worst
