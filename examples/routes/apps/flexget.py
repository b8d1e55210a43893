"""FlexGet's web server API, with every plugin that brings routes loaded."""

from flexget import plugin

plugin.load_plugins()

from flexget.api.app import api_app as app  # noqa: E402,F401
