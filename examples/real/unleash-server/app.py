"""Unleash on PostgreSQL: feature flags, users with root roles, sign-in by session cookie."""

from bench import install, rows
from bench.app import App
from bench.caller import Caller, Setup, password
from bench.place import Launch

SIGN_IN = '''[identities.{name}.login]
operation = "POST /auth/simple/login"
body = { username = "{user}", password = { env = "{env}" } }
token = { cookie = "unleash-session" }'''

# Counters, logs and what the server writes by itself.
OWN_TABLES = [
    "events", "unleash_session", "migrations", "login_history", "client_.*", "stat_.*", "request_count", "unique_connections", "edge_.*",
    "frontend_api_.*", ".*_metrics.*", "signals", "last_seen_.*", "project_stats", "feature_lifecycles?", "onboarding_events_.*", "user_trends",
    "production_changes", "licensed_users", "jobs", "used_passwords",
]
OWN_COLUMNS = ["seen_at", "last_seen_at", "users.login_attempts", "users.updated_at", "projects.updated_at", "projects.health"]


class Unleash(App):
    """Users are of the root role Editor, to whom the application gives nearly all of `/api/admin`."""

    def launch(self, place):
        modules = install.node(place.cache, "unleash-server", place.source)
        env = {
            "DATABASE_URL": place.postgres("unleash").url, "DATABASE_SSL": "false", "UNLEASH_DEFAULT_ADMIN_USERNAME": "admin",
            "UNLEASH_DEFAULT_ADMIN_PASSWORD": password("admin"), "HTTP_PORT": place.port, "HTTP_HOST": "127.0.0.1", "CHECK_VERSION": "false",
            "SEND_TELEMETRY": "false", "ENABLE_OAS": "true", "NODE_ENV": "production", "LOG_LEVEL": "error",
        }
        return Launch(["node", modules / "unleash-server/dist/server.js"], "/health", env)

    def seed(self, place):
        admin = self.sign_in(place, "admin")
        editor = next(role["id"] for role in admin.must("GET", "/api/admin/user-admin")["rootRoles"] if role["name"] == "Editor")
        for user in ("alice", "bob"):
            admin.must("POST", "/api/admin/user-admin", {"username": user, "name": user, "email": f"{user}@example.com",
                                                         "password": password(user), "rootRole": editor, "sendEmail": False})
            caller = self.sign_in(place, user)
            caller.must("POST", "/api/admin/projects/default/features", {"name": f"{user}-flag", "type": "release", "description": f"flag of {user}"})
            caller.must("POST", "/api/admin/user/tokens", {"description": f"laptop of {user}", "expiresAt": "2031-01-01T00:00:00.000Z"})
        setup = Setup(place.base + "/docs/openapi.json", place.base)
        setup.people({"alice": ("user", "alice"), "bob": ("user", "bob"), "root": ("admin", "admin")}, SIGN_IN)
        return setup

    @staticmethod
    def sign_in(place, user: str) -> Caller:
        """A caller with that user's session."""
        caller = Caller(place.base)
        caller.must("POST", "/auth/simple/login", {"username": user, "password": password(user)})
        return caller

    def rows(self, place):
        return rows.postgres(place.database, skip=OWN_TABLES, volatile=OWN_COLUMNS)


APP = Unleash()
