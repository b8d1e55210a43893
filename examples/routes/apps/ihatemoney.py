"""ihatemoney, with a database in memory."""

import os
import tempfile

settings = tempfile.NamedTemporaryFile("w", suffix=".cfg", delete=False)
settings.write('SECRET_KEY = "x"\nSQLALCHEMY_DATABASE_URI = "sqlite://"\nSESSION_COOKIE_SECURE = False\nENABLE_ADMIN_DASHBOARD = True\nACTIVATE_DEMO_PROJECT = False\n')
settings.close()
os.environ["IHATEMONEY_SETTINGS_FILE_PATH"] = settings.name

from ihatemoney.run import create_app  # noqa: E402

app = create_app()
