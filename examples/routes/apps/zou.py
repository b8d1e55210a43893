"""Zou, the API of Kitsu; its services are never asked."""

import os
from unittest import mock

os.environ["SECRET_KEY"] = "x" * 40

with mock.patch("redis.StrictRedis"), mock.patch("redis.Redis"):
    from zou.app import create_app

    app = create_app()
