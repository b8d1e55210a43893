"""Label Studio on SQLite: annotation projects in one organisation whose members share them; open sign-up by a form."""

from bench import install, rows
from bench.app import App
from bench.caller import Caller, Setup, password
from bench.place import Launch


class LabelStudio(App):
    """Everyone of an organisation sees and changes its projects, tasks and annotations; tokens and the account are each user's own."""

    def launch(self, place):
        binaries = install.python(place.cache, "label-studio", place.source / "pins.txt")
        env = {
            "BASE_DATA_DIR": place.work / "data", "LATEST_VERSION_CHECK": "false", "COLLECT_ANALYTICS": "false", "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "", "DEBUG": "false", "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true", "SECRET_KEY": "f0f1a6d2b5c84e7793c1d8e2a4b6079c",
        }
        command = [binaries / "label-studio", "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", place.port,
                   "--data-dir", place.work / "data"]
        return Launch(command, "/health", env, seconds=240)

    def seed(self, place):
        setup = Setup(place.base + "/docs/api/schema/json/", place.base)
        for user in ("admin", "alice", "bob"):
            caller = self.sign_up(place, user)
            if user != "admin":
                self.fill(caller, user)
            # No role is given to the one that made the organisation: its members are equals in this edition.
            token = caller.must("GET", "/api/current-user/token")["token"]
            setup.identity("carol" if user == "admin" else user, "user", 'header = { name = "Authorization", value = "Token {secret}", env = "{env}" }', token)
        return setup

    @staticmethod
    def sign_up(place, user: str) -> Caller:
        """A new user with a session; later calls carry the CSRF token that the form came with."""
        caller = Caller(place.base, {"referer": place.base + "/user/signup/"})
        caller.must("GET", "/user/signup/")
        form = {"csrfmiddlewaretoken": caller.cookie("csrftoken"), "email": f"{user}@example.com", "password": password(user), "allow_newsletters": "false"}
        caller.must("POST", "/user/signup/", form=form)
        caller.must("GET", "/api/current-user/whoami")
        caller.headers["x-csrftoken"] = caller.cookie("csrftoken")
        return caller

    @staticmethod
    def fill(caller: Caller, user: str) -> None:
        """A project with tasks and an annotation."""
        labels = '<View><Text name="text" value="$text"/><Choices name="kind" toName="text"><Choice value="good"/><Choice value="bad"/></Choices></View>'
        project = caller.must("POST", "/api/projects/", {"title": f"project of {user}", "label_config": labels})["id"]
        caller.must("POST", f"/api/projects/{project}/import", [{"text": f"words of {user} {n}"} for n in range(3)])
        task = caller.must("GET", f"/api/tasks/?project={project}")["tasks"][0]["id"]
        result = [{"from_name": "kind", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}]
        caller.must("POST", f"/api/tasks/{task}/annotations/", {"result": result})

    def rows(self, place):
        return rows.sqlite(place.work / "data/label_studio.sqlite3", skip=["django_session", "django_migrations", "core_asyncmigrationstatus"],
                           volatile=["htx_user.last_activity", "htx_user.last_login", "htx_user.activity_at"])


APP = LabelStudio()
