"""FlowFuse on PostgreSQL with a driver that starts nothing: teams with applications, instances and devices; personal access tokens."""

import json

from bench import install, rows
from bench.app import App
from bench.caller import Caller, Setup, password
from bench.place import Launch

# Logs and what the server writes by itself.
OWN_TABLES = ["AuditLogs", "Sessions", "OAuthSessions", "SequelizeMeta", "MetaVersions"]
OWN_COLUMNS = ["updatedAt", "last_login", "lastSeenAt", "Users.sso_enabled"]


class FlowFuse(App):
    """Users see the teams that they belong to, with a role in each; the administrator sees everything."""

    def launch(self, place):
        modules = install.node(place.cache, "flowfuse", place.source, natives=("bcrypt",))
        database = place.postgres("flowfuse")
        for folder in ("etc", "var"):
            (place.work / folder).mkdir(exist_ok=True)
        settings = {
            "port": place.port, "host": "127.0.0.1", "base_url": place.base, "create_admin": True, "driver": {"type": "stub"},
            "db": {"type": "postgres", "host": "127.0.0.1", "port": int(database.port), "user": "postgres", "password": "x", "database": "flowfuse"},
            "telemetry": {"enabled": False}, "email": {"enabled": False}, "logging": {"level": "warn"},
        }
        # JSON is YAML.
        (place.work / "etc/flowforge.yml").write_text(json.dumps(settings))
        env = {"FLOWFORGE_HOME": place.work, "FF_ADMIN_PASSWORD": password("first"), "NODE_ENV": "production"}
        return Launch(["node", modules / "@flowfuse/flowfuse/forge/app.js"], "/api/json", env, seconds=180)

    def seed(self, place):
        admin = self.sign_in(place, "ff-admin", password("first"))
        admin.must("PUT", "/api/v1/user/change_password", {"old_password": password("first"), "password": password("admin")})
        admin = self.sign_in(place, "ff-admin", password("admin"))
        setup = Setup(place.base + "/api/json", place.base)
        for user in ("alice", "bob"):
            admin.must("POST", "/api/v1/users", {"username": user, "name": user, "email": f"{user}@example.com", "password": password(user),
                                                 "createDefaultTeam": True})
            caller = self.sign_in(place, user, password(user))
            self.fill(caller, user)
            self.add_identity(setup, user, "user", caller)
        self.add_identity(setup, "root", "admin", admin)
        return setup

    @staticmethod
    def sign_in(place, user: str, secret: str) -> Caller:
        """A caller with that user's session."""
        caller = Caller(place.base)
        caller.must("POST", "/account/login", {"username": user, "password": secret})
        return caller

    @staticmethod
    def add_identity(setup: Setup, name: str, role: str, caller: Caller) -> None:
        """Gives the scan a personal access token."""
        token = caller.must("POST", "/api/v1/user/tokens", {"name": f"scan of {name}", "scope": ""})["token"]
        setup.identity(name, role, 'bearer = { env = "{env}" }', token)

    @staticmethod
    def fill(caller: Caller, user: str) -> None:
        """An application and a device in the user's own team."""
        team = caller.must("GET", "/api/v1/user/teams")["teams"][0]["id"]
        caller.must("POST", "/api/v1/applications", {"name": f"application of {user}", "description": f"words of {user}", "teamId": team})
        caller.must("POST", "/api/v1/devices", {"name": f"device of {user}", "type": "small", "team": team})

    def rows(self, place):
        return rows.postgres(place.database, skip=OWN_TABLES, volatile=OWN_COLUMNS)


APP = FlowFuse()
