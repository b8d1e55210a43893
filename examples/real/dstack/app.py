"""dstack on SQLite: projects with members, secrets, volumes and fleets; every operation is a POST (`/list`, `/get`, `/delete`)."""

from bench import install, rows
from bench.app import App
from bench.caller import Caller, Setup, bearer
from bench.place import Launch

ADMIN_TOKEN = "9f1c5f58-4b7a-4a39-9d3d-1f0f4f0b7c11"


class Dstack(App):
    """Users see the projects that they are members of; the administrator makes users. Nothing is ever provisioned: no backend is set."""

    def launch(self, place):
        binaries = install.python(place.cache, "dstack", place.source / "pins.txt")
        env = {
            "DSTACK_SERVER_DIR": place.work / "server", "DSTACK_SERVER_ADMIN_TOKEN": ADMIN_TOKEN, "DSTACK_SERVER_CONFIG_DISABLED": "1",
            "DSTACK_DEFAULT_CREDS_DISABLED": "1", "DSTACK_SERVER_BACKGROUND_PROCESSING_DISABLED": "1",
        }
        return Launch([binaries / "dstack", "server", "--host", "127.0.0.1", "--port", place.port, "--no"], "/openapi.json", env)

    def seed(self, place):
        setup = Setup(place.base + "/openapi.json", place.base)
        admin = Caller(place.base, bearer(ADMIN_TOKEN))
        for user in ("alice", "bob"):
            admin.must("POST", "/api/users/create", {"username": user, "global_role": "user", "email": f"{user}@example.com"})
            token = admin.must("POST", "/api/users/get_user", {"username": user})["creds"]["token"]
            self.fill(Caller(place.base, bearer(token)), user)
            setup.identity(user, "user", 'bearer = { env = "{env}" }', token)
        setup.identity("root", "admin", 'bearer = { env = "{env}" }', ADMIN_TOKEN)
        return setup

    @staticmethod
    def fill(caller: Caller, user: str) -> None:
        """A project of the user's own, with secrets."""
        caller.must("POST", "/api/projects/create", {"project_name": f"{user}-lab"})
        for n in range(2):
            caller.must("POST", f"/api/project/{user}-lab/secrets/create_or_update", {"name": f"{user}_secret_{n}", "value": f"words of {user} {n}"})

    def rows(self, place):
        """The first membership of a project is born with it."""
        for table, key, row in rows.sqlite(place.work / "server/data/sqlite.db", skip=["alembic_version", "events", "event_targets"]):
            yield ("+members" if table == "members" else table), key, row


APP = Dstack()
