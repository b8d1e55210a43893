"""LNbits, with its data in a temporary folder."""

import importlib.util
import os
import tempfile
from pathlib import Path

folder = tempfile.mkdtemp()
os.chdir(Path(importlib.util.find_spec("lnbits").origin).parent.parent)
os.environ |= {"LNBITS_DATA_FOLDER": folder, "LNBITS_EXTENSIONS_PATH": folder}

from lnbits.app import create_app  # noqa: E402

app = create_app()
