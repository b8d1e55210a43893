"""Loads an application: `module:name`, or a file that leaves it in `app`."""

import importlib.util
import os
import runpy
import sys
from pathlib import Path


def application(named: str):
    """The application of that name. Nothing that it prints gets among the lines of the table."""
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        if named.endswith(".py"):
            return runpy.run_path(named)["app"]
        module, _, name = named.partition(":")
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)


def package(name: str) -> Path:
    """The folder of an installed package."""
    spec = importlib.util.find_spec(name)
    return Path(next(iter(spec.submodule_search_locations)))
