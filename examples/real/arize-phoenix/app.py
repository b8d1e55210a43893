"""Phoenix on SQLite: projects, datasets, prompts and spans that all users share; API keys and the account are each user's own."""

from bench import install, rows
from bench.app import App
from bench.caller import Caller, Setup, bearer, password
from bench.place import Launch, free_port


class Phoenix(App):
    """Members may read and write all of the workspace; administrators alone keep users, system keys and secrets."""

    def launch(self, place):
        binaries = install.python(place.cache, "arize-phoenix", place.source / "pins.txt")
        (place.work / "data").mkdir(exist_ok=True)
        env = {
            "PHOENIX_WORKING_DIR": place.work / "data", "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": place.port, "PHOENIX_GRPC_PORT": free_port(),
            "PHOENIX_ENABLE_AUTH": "true", "PHOENIX_SECRET": "k3Jf92mQx7LrT0vW8zYb5nPcD4sGhA1e", "PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD": password("admin"),
            "PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false", "PHOENIX_DISABLE_AGENT_ASSISTANT": "true",
            "PHOENIX_AGENTS_DISABLE_WEB_ACCESS": "true",
        }
        return Launch([binaries / "phoenix", "serve"], "/healthz", env, seconds=240)

    def seed(self, place):
        setup = Setup(place.base + "/openapi.json", place.base)
        admin = self.sign_in(place, "admin@localhost", "admin")
        for user in ("alice", "bob"):
            account = {"email": f"{user}@example.com", "username": user, "role": "MEMBER", "password": password(user), "auth_method": "LOCAL"}
            admin.must("POST", "/v1/users", {"user": account, "send_welcome_email": False})
        for name, role, email in (("alice", "user", "alice@example.com"), ("bob", "user", "bob@example.com"), ("root", "admin", "admin@localhost")):
            user = "admin" if role == "admin" else name
            caller = self.sign_in(place, email, user)
            key = caller.must("POST", "/v1/user/api_keys", {"data": {"name": f"laptop of {user}"}})["data"]["key"]
            if role == "user":
                self.fill(Caller(place.base, bearer(key)), user)
            setup.identity(name, role, 'bearer = { env = "{env}" }', key)
        return setup

    @staticmethod
    def sign_in(place, email: str, user: str) -> Caller:
        """A caller with that user's session cookies."""
        caller = Caller(place.base)
        caller.must("POST", "/auth/login", {"email": email, "password": password(user)})
        return caller

    @staticmethod
    def fill(caller: Caller, user: str) -> None:
        """A project and a dataset."""
        caller.must("POST", "/v1/projects", {"name": f"project of {user}", "description": f"words of {user}"})
        caller.must("POST", "/v1/datasets/upload?sync=true", {"action": "create", "name": f"dataset of {user}", "inputs": [{"q": f"question of {user}"}],
                                                              "outputs": [{"a": "answer"}], "metadata": [{}]})

    def rows(self, place):
        return rows.sqlite(place.work / "data/phoenix.db", skip=["alembic_version", "access_tokens", "refresh_tokens"])


APP = Phoenix()
