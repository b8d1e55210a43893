"""Gramps Web's API. Its native picture libraries are not needed for its routes."""

import os
import sys
from unittest import mock

os.environ |= {"GRAMPSWEB_TREE": "*", "GRAMPSWEB_SECRET_KEY": "x" * 32, "GRAMPSWEB_USER_DB_URI": "sqlite://", "TREE": "*"}
for name in ("gi", "gi.repository"):
    sys.modules.setdefault(name, mock.MagicMock())

from gramps_webapi.app import create_app  # noqa: E402

app = create_app(config={"TREE": "*", "SECRET_KEY": "x" * 32, "USER_DB_URI": "sqlite://"})
