#!/usr/bin/env python3
"""Prints the table of a running FastAPI or Starlette application as JSON lines.

    fastapi_table.py APP PACKAGE      APP: `module:name`, or a file that leaves it in `app`; PACKAGE: whose handlers count
"""

import inspect
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import handlers  # noqa: E402
import load  # noqa: E402


def flattened(routes):
    """Pairs of a route and its path; recent versions keep included routers as they are and work out their paths late."""
    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:
        return [(route, getattr(route, "path", "")) for route in routes]
    contexts = iter_route_contexts(routes)
    return [(context.original_route, getattr(context, "path", "") or getattr(context.original_route, "path", "")) for context in contexts]


def walk(routes, prefix=""):
    """Every route with its whole path, those of mounted applications too."""
    for route, own in flattened(routes):
        path = prefix + own
        inner = getattr(route, "routes", None)
        if inner is not None and not hasattr(route, "endpoint"):
            yield from walk(inner, path)
        elif getattr(route, "endpoint", None) is not None and "WebSocket" not in type(route).__name__:
            yield path, route


def answering(route):
    """Pairs of methods and the function that answers them."""
    endpoint = route.endpoint
    if inspect.isclass(endpoint):
        names = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [({name}, getattr(endpoint, name.lower())) for name in names if hasattr(endpoint, name.lower())]
    methods = set(route.methods or ())
    return [((methods - {"HEAD"}) or methods, endpoint)]


def main() -> None:
    """Prints a line for each route and each function that answers it."""
    app = load.application(sys.argv[1])
    root = load.package(sys.argv[2])
    for path, route in walk(app.routes):
        path = re.sub(r"{([^{}:]+):[^{}]*}", r"{\1}", path)
        path = re.sub(r"/{2,}", "/", path)
        for methods, function in answering(route):
            place = handlers.place(function, root)
            print(json.dumps({"path": path or "/", "methods": sorted(methods), **(place or {"file": None})}))


if __name__ == "__main__":
    main()
