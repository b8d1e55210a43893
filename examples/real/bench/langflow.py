"""What both pairs of langflow share: how it is started, how users sign up."""

from . import install, rows
from .app import App
from .caller import Caller, Setup, bearer, password
from .place import Launch

API = "/api/v1"


class Langflow(App):
    """langflow-base on SQLite without automatic sign-in; new users are active at once."""

    # Ten seconds after each start it sets `auth_settings` of every folder that has none.
    settle_seconds = 13.0

    def launch(self, place):
        # Both folders use the same releases of one package, each with the versions that it was verified with.
        binaries = install.python(place.cache, f"langflow-base-{place.version}", place.source / f"pins-{place.version}.txt")
        (place.work / "conf").mkdir(exist_ok=True)
        env = {
            "LANGFLOW_CONFIG_DIR": place.work / "conf", "LANGFLOW_DATABASE_URL": f"sqlite:///{place.work}/lf.db", "LANGFLOW_AUTO_LOGIN": "false",
            "LANGFLOW_SUPERUSER": "root", "LANGFLOW_SUPERUSER_PASSWORD": password("root"), "LANGFLOW_NEW_USER_IS_ACTIVE": "true",
            "LANGFLOW_SECRET_KEY": "k3Jf92mQx7LrT0vW8zYb5nPcD4sGhA1ek3Jf92mQx7L", "LANGFLOW_DO_NOT_TRACK": "true", "LANGFLOW_STORE": "false",
            "LANGFLOW_LAZY_LOAD_COMPONENTS": "true", "LANGFLOW_CREATE_STARTER_PROJECTS": "false",
        }
        command = [binaries / "python", "-m", "langflow", "run", "--host", "127.0.0.1", "--port", place.port, "--backend-only", "--no-open-browser",
                   "--workers", "1"]
        return Launch(command, "/openapi.json", env, seconds=240)

    @staticmethod
    def sign_up(place, user: str) -> Caller:
        """A new user, signed in."""
        Caller(place.base).must("POST", API + "/users/", {"username": user, "password": password(user)})
        token = Caller(place.base).must("POST", API + "/login", form={"username": user, "password": password(user)})["access_token"]
        return Caller(place.base, bearer(token))

    def fill(self, caller: Caller, user: str) -> dict[str, str]:
        """The user's objects."""
        raise NotImplementedError

    def owns(self, made: dict[str, str]) -> str:
        """Lines of the identity that name its objects."""
        return ""

    def seed(self, place):
        setup = Setup(place.base + "/openapi.json", place.base)
        for user in ("alice", "bob", "carol"):
            caller = self.sign_up(place, user)
            made = self.fill(caller, user)
            if user != "carol":
                setup.identity(user, "user", 'bearer = { env = "{env}" }\n' + self.owns(made), caller.headers["authorization"].split()[1])
        return setup

    def rows(self, place):
        volatile = ["user.last_login_at", "user.updated_at", "apikey.last_used_at"]
        for table, key, row in rows.sqlite(place.work / "lf.db", skip=["alembic_version"], volatile=volatile):
            # Each user's file of servers is written anew, under another id, whenever a project comes or goes: it is the same
            # row as long as it is the user's and says the same.
            if table == "file" and row["name"].startswith("_mcp_servers_"):
                stored = place.work / "conf" / row["path"]
                key, row = row["name"], {"user_id": row["user_id"], "text": stored.read_text() if stored.exists() else None}
            yield table, key, row
