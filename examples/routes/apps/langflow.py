"""Langflow's server without its web client."""

import os
import tempfile

folder = tempfile.mkdtemp()
os.environ |= {"LANGFLOW_CONFIG_DIR": folder, "LANGFLOW_DATABASE_URL": f"sqlite:///{folder}/x.db"}

from langflow.main import create_app  # noqa: E402

app = create_app()
