"""LNbits, with its data in a temporary folder and its core routes registered as its start does."""

import importlib.util
import os
import tempfile
from pathlib import Path

folder = tempfile.mkdtemp()
# It mounts its static files by a relative path.
os.chdir(Path(importlib.util.find_spec("lnbits").origin).parent.parent)
os.environ |= {"LNBITS_DATA_FOLDER": folder, "LNBITS_EXTENSIONS_PATH": folder}

from lnbits.app import create_app, create_llms_txt_route, init_core_routers  # noqa: E402

app = create_app()
init_core_routers(app)
create_llms_txt_route(app)
