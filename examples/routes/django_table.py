#!/usr/bin/env python3
"""Prints the routes that a Django application resolves at runtime, as JSON lines.

    django_table.py SETTINGS FOLDER

SETTINGS is the module of the settings, FOLDER what is read: it is put before everything else that is imported. A handler
that stands outside of the folder has no file. Paths of formats (`/orders.json` beside `/orders/`) are the same operation
in another form, and left out.
"""

import ast
import functools
import inspect
import json
import os
import re
import sys
from pathlib import Path

METHODS = ("get", "post", "put", "patch", "delete")
ACTIONS = ("list", "create", "retrieve", "update", "partial_update", "destroy")
FORMAT = re.compile(r"\(\?P<format>|<drf_format_suffix")


def unwrapped(function):
    """The function behind what decorators put around it."""
    seen = 0
    while seen < 20:
        seen += 1
        if isinstance(function, functools.partial):
            function = function.func
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif inspect.ismethod(function):
            function = function.__func__
        else:
            break
    return function


class Places:
    """Where functions and classes stand in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.trees: dict = {}

    def inside(self, name):
        """The path within the folder; nothing where it is outside."""
        try:
            return str(Path(name).resolve().relative_to(self.folder))
        except (ValueError, TypeError):
            return None

    def nodes(self, name):
        """The definitions of a file."""
        if name not in self.trees:
            self.trees[name] = list(ast.walk(ast.parse((self.folder / name).read_text())))
        return self.trees[name]

    def function(self, function, depth=0):
        """File and line of a function's `def`, or of what it closes over where it stands outside."""
        function = unwrapped(function)
        code = getattr(function, "__code__", None)
        if code is None:
            return None
        name = self.inside(code.co_filename)
        if name is None:
            cells = [cell.cell_contents for cell in function.__closure__ or () if callable(cell.cell_contents)]
            found = [self.function(cell, depth + 1) for cell in cells if depth < 4 and not inspect.isclass(cell)]
            return next((place for place in found if place), None)
        # A decorator of the project that does not say what it wraps: the view is what its wrapper calls.
        wrapped = self.wrapped(function) if depth < 4 else None
        if wrapped:
            return self.function(wrapped, depth + 1) or (name, code.co_firstlineno)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        for node in self.nodes(name):
            if isinstance(node, kinds):
                first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
                if first == code.co_firstlineno and getattr(node, "name", "<lambda>") == code.co_name:
                    return name, node.lineno
        return name, code.co_firstlineno

    def wrapped(self, function):
        """The one function that a wrapper closes over, where it takes what a view takes."""
        named = zip(function.__code__.co_freevars, function.__closure__ or ())
        names = ("f", "fn", "func", "function", "method", "view", "view_func", "wrapped")
        return next((cell.cell_contents for name, cell in named if name in names and callable(cell.cell_contents)), None)

    def klass(self, klass):
        """File and line of a class's `class`."""
        name = self.inside(getattr(sys.modules.get(klass.__module__), "__file__", None))
        if name is None:
            return None
        lines = [node.lineno for node in self.nodes(name) if isinstance(node, ast.ClassDef) and node.name == klass.__name__]
        return (name, lines[0]) if lines else None

    def method(self, klass, method, actions):
        """Where the class serves a method of HTTP: its own method, the action that an outside one runs, or the class."""
        name = actions.get(method, method) if actions else method
        for _ in range(4):
            function = getattr(klass, name, None)
            place = self.function(function) if function is not None else None
            if place:
                return place
            code = getattr(unwrapped(function), "__code__", None)
            ran = [inner for inner in code.co_names if inner in ACTIONS] if code else []
            if not ran:
                break
            name = ran[0]
        return self.klass(klass)


def of_regex(parsed) -> str:
    """The longest way to write what a regular expression matches: groups are parameters, the first alternative counts."""
    made = ""
    for kind, value in parsed:
        kind = str(kind)
        if kind == "LITERAL":
            made += chr(value)
        elif kind == "SUBPATTERN":
            group, inner = value[0], value[-1]
            names = {number: name for name, number in parsed.state.groupdict.items()}
            made += of_regex(inner) if group is None else "{" + names.get(group, "var") + "}"
        elif kind in ("MAX_REPEAT", "MIN_REPEAT"):
            inner = of_regex(value[2])
            made += "{var}" if inner == "." and str(value[2][0][0]) == "ANY" else inner
        elif kind == "BRANCH":
            made += of_regex(value[1][0])
        elif kind == "ANY":
            # Almost always meant as a dot.
            made += "."
        elif kind in ("IN", "NOT_LITERAL", "CATEGORY"):
            made += "{var}"
    return made


def path_of(pattern) -> str:
    """One pattern as clients write it."""
    regex = getattr(pattern, "_regex", None)
    if regex is not None and not hasattr(pattern, "_route"):
        return of_regex(re._parser.parse(str(regex)))
    return re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", str(pattern))


def walked(patterns, before="/"):
    """Path and view of each route, without those of formats."""
    for pattern in patterns:
        path = before + path_of(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from walked(pattern.url_patterns, path)
        elif not FORMAT.search(str(pattern.pattern)):
            yield path, pattern.callback


def named_methods(function, places: Places) -> list:
    """The methods that decorators of a function name."""
    while function is not None:
        code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None) or ()
        if code and "request_method_list" in code.co_freevars:
            return list(cells[code.co_freevars.index("request_method_list")].cell_contents)
        function = getattr(function, "__wrapped__", None) or (places.wrapped(function) if code else None)
    return []


def behind(view, places: Places):
    """The view of a class behind functions that do not say what they wrap."""
    inner = view
    for _ in range(6):
        if hasattr(inner, "cls") or hasattr(inner, "view_class"):
            return inner
        inner = getattr(inner, "__wrapped__", None) or (places.wrapped(inner) if inspect.isfunction(inner) else None)
    return view


def routes(path: str, view, places: Places):
    """The lines of one pattern."""
    view = behind(view, places)
    klass = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if klass is None:
        found = places.function(view) or (None, None)
        methods = [method for method in named_methods(view, places) if method not in ("HEAD", "OPTIONS")]
        yield {"methods": sorted(methods), "path": path, "file": found[0], "line": found[1]}
        return
    given = getattr(view, "initkwargs", None) or getattr(view, "view_initkwargs", None) or {}
    allowed = [name.lower() for name in given.get("http_method_names", klass.http_method_names)]
    actions = getattr(view, "actions", None) or {}
    served = [method for method in METHODS if (method in actions if actions else hasattr(klass, method))]
    served = [method for method in served if method in allowed]
    for method in served:
        found = places.method(klass, method, actions) or (None, None)
        yield {"methods": [method.upper()], "path": path, "file": found[0], "line": found[1]}
    if not served:
        # It answers by a way of its own.
        found = places.function(klass.dispatch) or places.klass(klass) or (None, None)
        yield {"methods": [], "path": path, "file": found[0], "line": found[1]}


def main() -> int:
    """Loads the application and prints its routes."""
    settings, folder = sys.argv[1:3]
    folder = Path(folder).resolve()
    # The folder of this script is no place to import from.
    sys.path[0] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django
    from django.urls import get_resolver

    django.setup()
    places = Places(folder)
    for path, view in walked(get_resolver().url_patterns):
        for line in routes(path, view, places):
            print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
