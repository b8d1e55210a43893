"""Arize Phoenix with authentication on; its database is never asked."""

import os
import tempfile
from unittest import mock

os.environ["PHOENIX_WORKING_DIR"] = tempfile.mkdtemp()

from phoenix.server.app import create_app  # noqa: E402
from pydantic import SecretStr  # noqa: E402

app = create_app(db=mock.MagicMock(), authentication_enabled=True, secret=SecretStr("x1" * 40), serve_ui=False)
