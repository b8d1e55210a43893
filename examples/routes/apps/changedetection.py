"""changedetection.io, with a datastore in a temporary folder and no worker."""

import tempfile
from unittest import mock

folder = tempfile.mkdtemp()
with mock.patch("threading.Thread.start"):
    from changedetectionio import store
    from changedetectionio.flask_app import changedetection_app

    config = {"datastore_path": folder}
    app = changedetection_app(config, store.ChangeDetectionStore(datastore_path=folder, version_tag="0"))
