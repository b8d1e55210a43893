"""What the kits of Flask, FastAPI and Django share: samples become modules, and the modules that they import are made up."""

import importlib
import os
import sys
import types
from pathlib import Path

import cases


class Kit:
    """Runs the samples of one framework."""

    admin_path = "/admin/users"
    api_path = ""
    name_field = "name"
    page_path = "/pages"
    size_field = "limit"
    https = {}

    def __init__(self, samples):
        self.samples = Path(samples)
        os.environ.update(cases.ENVIRONMENT)
        self.made_up = []

    def text(self, remedy):
        return (self.samples / f"{remedy}.txt").read_text(encoding="utf-8")

    def run(self, remedy, **environment):
        """Runs a sample as a module of its own."""
        os.environ.update(cases.ENVIRONMENT | environment)
        module = self.make_up("sample_" + remedy.replace("-", "_"))
        exec(compile(self.text(remedy), f"{remedy}.py", "exec"), module.__dict__)
        return module

    def make_up(self, name, **contents):
        module = types.ModuleType(name)
        module.__dict__.update(contents)
        sys.modules[name] = module
        self.made_up.append(name)
        return module

    def forget(self):
        for name in self.made_up:
            sys.modules.pop(name, None)
        self.made_up.clear()
        importlib.invalidate_caches()


def complete(*given, **bounds):
    """A model that says all it was given, and uses its tool."""
    tools = next((part for part in given if isinstance(part, dict)), {})
    used = [tool("all") for tool in tools.values()]
    return f"{given!r} {used!r}"


def assistant():
    return {"complete": complete, "history": lambda _user: []}


def find_orders(user, _query):
    return f"orders of {getattr(user, 'pk', user)}"


def run_all(kit, only):
    """Runs every case, and prints a line for each: its name, and what is wrong."""
    for name, case in cases.CASES.items():
        if only and name not in only:
            continue
        try:
            case(kit)
            print(f"{name}\tok", flush=True)
        except BaseException as error:  # a sample may do anything, SystemExit among it
            print(f"{name}\t{type(error).__name__}: {str(error)[:600]!r}", flush=True)
        finally:
            kit.forget()
