"""The dstack server, with its routes registered and nothing else started."""

import os
import tempfile

os.environ["DSTACK_SERVER_DIR"] = tempfile.mkdtemp()

from dstack._internal.server.app import create_app, register_routes  # noqa: E402

app = create_app()
register_routes(app)
