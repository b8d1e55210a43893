"""The Alerta server; its database is never asked."""

from unittest import mock

with mock.patch("alerta.database.base.Database.init_db"), mock.patch("alerta.models.alarms.AlarmModel.init_app", create=True):
    from alerta.app import create_app

    app = create_app()
