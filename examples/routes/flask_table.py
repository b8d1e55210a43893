#!/usr/bin/env python3
"""Prints the table of a running Flask application as JSON lines.

    flask_table.py APP PACKAGE      APP: `module:name`, or a file that leaves it in `app`; PACKAGE: whose handlers count
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import handlers  # noqa: E402
import load  # noqa: E402

IMPLIED = {"HEAD", "OPTIONS"}


def answering(view, methods):
    """Pairs of methods and the function that answers them: a class-based view has one for each."""
    kind = getattr(view, "view_class", None)
    if kind is None:
        return [(methods, view)]
    own = [(method, getattr(kind, method.lower(), None)) for method in sorted(methods)]
    own = [({method}, function) for method, function in own if function is not None]
    return own or [(methods, kind.dispatch_request)]


def main() -> None:
    """Prints a line for each rule and each function that answers it."""
    app = load.application(sys.argv[1])
    app = getattr(app, "app", app)
    root = load.package(sys.argv[2])
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>]*:)?([^<>:]+)>", r"{\1}", rule.rule)
        path = re.sub(r"/{2,}", "/", path)
        # HEAD comes with GET, OPTIONS with everything, unless they are all that there is.
        methods = (rule.methods - IMPLIED) or rule.methods
        for answered, function in answering(app.view_functions[rule.endpoint], methods):
            place = handlers.place(function, root)
            line = {"path": path, "methods": sorted(answered), "endpoint": rule.endpoint, **(place or {"file": None})}
            print(json.dumps(line))


if __name__ == "__main__":
    main()
