"""What a folder's `app.py` says of its application, and how it is found."""

import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path

from .caller import Setup
from .place import Launch, Place
from .rows import Row


class App:
    """One application: how it is installed, started, filled and read. A folder's `app.py` names an instance `APP`."""

    about = ""
    weak = fixed = ""           # the two versions of a pair; both empty for a sound application
    settle_seconds = 2.0        # what the application still writes by itself after a start or a scan

    def launch(self, place: Place) -> Launch:
        """Installs what is missing, and says how the server is started."""
        raise NotImplementedError

    def seed(self, place: Place) -> Setup:
        """Makes two ordinary users, an administrator and their objects; returns what a scan is given."""
        raise NotImplementedError

    def rows(self, place: Place) -> Iterable[Row]:
        """Every row of the application's database."""
        raise NotImplementedError

    def verify(self, place: Place) -> dict[str, bool]:
        """A pair's truth by plain requests: operation -> whether it is weak."""
        return {}


def names(root: Path) -> list[str]:
    """The folders that hold an application."""
    return sorted(path.parent.name for path in root.glob("*/app.py") if path.parent.name != "bench")


def load(folder: Path) -> App:
    """The application of a folder."""
    spec = importlib.util.spec_from_file_location("app_" + folder.name.replace("-", "_"), folder / "app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.APP


def truth(folder: Path) -> dict:
    """The truth file of a pair."""
    return json.loads((folder / "truth.json").read_text())
