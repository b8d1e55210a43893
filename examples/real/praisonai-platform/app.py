"""praisonai-platform on SQLite: workspaces with projects, issues, agents and labels; open sign-up."""

import json

from bench import install, rows
from bench.app import App
from bench.caller import Caller, Setup, bearer, password
from bench.place import Launch

API = "/api/v1"
INSIDE = API + "/workspaces/{}"
CHILDREN = {"projects": "title", "issues": "title", "agents": "name", "labels": "name"}


class Platform(App):
    """The membership guard checks the workspace; the handlers of the weak version load the child by its id alone."""

    weak, fixed = "0.1.1", "0.1.4"

    def launch(self, place):
        binaries = install.python(place.cache, f"{place.name}-{place.version}", place.source / f"pins-{place.version}.txt")
        database = f"sqlite+aiosqlite:///{place.work}/app.db"
        # The two versions read the address under different names.
        env = {"DATABASE_URL": database, "PLATFORM_DATABASE_URL": database, "PLATFORM_JWT_SECRET": "k3Jf92mQx7LrT0vW8zYb5nPcD4sGhA1e"}
        return Launch([binaries / "python", "-m", "praisonai_platform", "--host", "127.0.0.1", "--port", place.port], "/openapi.json", env)

    def seed(self, place):
        setup = Setup(place.base + "/openapi.json", place.base)
        for user in ("alice", "bob", "carol"):
            caller = self.sign_up(place, user)
            self.fill(caller, user)
            if user != "carol":
                setup.identity(user, "user", 'bearer = { env = "{env}" }', caller.headers["authorization"].split()[1])
        return setup

    @staticmethod
    def sign_up(place, user: str) -> Caller:
        """A new user, signed in."""
        answer = Caller(place.base).must("POST", API + "/auth/register", {"email": f"{user}@example.org", "password": password(user), "name": user})
        return Caller(place.base, bearer(answer["token"]))

    @staticmethod
    def fill(caller: Caller, user: str) -> dict[str, str]:
        """A workspace full of things; returns its path and their ids."""
        space = f"{API}/workspaces/" + caller.must("POST", API + "/workspaces/", {"name": user, "slug": user})["id"]
        made = {"space": space}
        for kind, path, body in (("projects", "/projects/", {"title": f"{user} project"}), ("agents", "/agents/", {"name": f"{user} agent"}),
                                 ("labels", "/labels", {"name": f"{user} label", "color": "#ff0000"}),
                                 ("issues", "/issues/", {"title": f"{user} issue", "description": f"private to {user}"}),
                                 ("second", "/issues/", {"title": f"{user} second issue", "description": f"private to {user}"})):
            made[kind] = caller.must("POST", space + path, body)["id"]
        caller.must("POST", f"{space}/issues/{made['issues']}/comments", {"content": f"comment of {user}"})
        caller.must("POST", f"{space}/issues/{made['issues']}/labels/{made['labels']}")
        return made

    def rows(self, place):
        """The first membership of a workspace is born with it; the log goes with everything."""
        for table, key, row in rows.sqlite(place.work / "app.db", skip=["alembic_version", "activity_logs"]):
            yield ("+members" if table == "members" else table), key, row

    def verify(self, place):
        """Bob asks for Alice's things under his own workspace, then as a plain member of hers."""
        alice, bob = self.sign_up(place, "alice"), self.sign_up(place, "bob")
        hers, his = self.fill(alice, "alice"), self.fill(bob, "bob")
        seen: dict[str, bool] = {}
        self.verify_reads(seen, alice, bob, hers, his)
        self.verify_writes(seen, alice, bob, hers, his)
        self.verify_removals(seen, alice, bob, hers, his)
        self.verify_members(seen, alice, bob, hers)
        return seen

    @staticmethod
    def verify_reads(seen, alice, bob, hers, his) -> None:
        issue = f"/issues/{hers['issues']}"
        dependency = alice.must("POST", f"{hers['space']}{issue}/dependencies/", {"depends_on_issue_id": hers["second"]})["id"]
        for path, shape, mark in (
            (f"/projects/{hers['projects']}", "/projects/{}", "alice project"), (issue, "/issues/{}", "alice issue"),
            (f"/agents/{hers['agents']}", "/agents/{}", "alice agent"), (f"/projects/{hers['projects']}/stats", "/projects/{}/stats", ""),
            (issue + "/comments", "/issues/{}/comments", "comment of alice"), (issue + "/labels", "/issues/{}/labels", hers["labels"]),
            (issue + "/activity", "/issues/{}/activity", hers["issues"]), (issue + "/dependencies/", "/issues/{}/dependencies/", dependency),
        ):
            status, answer = bob.ask("GET", his["space"] + path)
            seen[f"GET {INSIDE}{shape}"] = status == 200 and mark in json.dumps(answer)

    @staticmethod
    def verify_writes(seen, alice, bob, hers, his) -> None:
        def shown(path: str) -> str:
            return json.dumps(alice.ask("GET", hers["space"] + path)[1])
        for kind, name in CHILDREN.items():
            bob.ask("PATCH", f"{his['space']}/{kind}/{hers[kind]}", {name: "changed by bob"})
            seen[f"PATCH {INSIDE}/{kind}/{{}}"] = "changed by bob" in shown("/labels" if kind == "labels" else f"/{kind}/{hers[kind]}")
        issue = f"/issues/{hers['issues']}"
        bob.ask("POST", f"{his['space']}{issue}/comments", {"content": "words of bob"})
        seen[f"POST {INSIDE}/issues/{{}}/comments"] = "words of bob" in shown(issue + "/comments")
        bob.ask("POST", f"{his['space']}{issue}/labels/{his['labels']}")
        seen[f"POST {INSIDE}/issues/{{}}/labels/{{}}"] = his["labels"] in shown(issue + "/labels")
        bob.ask("POST", f"{his['space']}/issues/{hers['second']}/dependencies/", {"depends_on_issue_id": his["issues"]})
        seen[f"POST {INSIDE}/issues/{{}}/dependencies/"] = his["issues"] in shown(f"/issues/{hers['second']}/dependencies/")

    @staticmethod
    def verify_removals(seen, alice, bob, hers, his) -> None:
        def shown(path: str) -> str:
            return json.dumps(alice.ask("GET", hers["space"] + path)[1])
        issue = f"/issues/{hers['issues']}"
        bob.ask("DELETE", f"{his['space']}{issue}/labels/{hers['labels']}")
        seen[f"DELETE {INSIDE}/issues/{{}}/labels/{{}}"] = hers["labels"] not in shown(issue + "/labels")
        dependency = alice.must("GET", f"{hers['space']}{issue}/dependencies/")[0]["id"]
        bob.ask("DELETE", f"{his['space']}{issue}/dependencies/{dependency}")
        seen[f"DELETE {INSIDE}/issues/{{}}/dependencies/{{}}"] = dependency not in shown(issue + "/dependencies/")
        for kind in ("agents", "labels", "projects", "issues"):
            bob.ask("DELETE", f"{his['space']}/{kind}/{hers[kind]}")
            gone = hers[kind] not in shown("/labels") if kind == "labels" else alice.ask("GET", f"{hers['space']}/{kind}/{hers[kind]}")[0] == 404
            seen[f"DELETE {INSIDE}/{kind}/{{}}"] = gone

    @staticmethod
    def verify_members(seen, alice, bob, hers) -> None:
        space = hers["space"]
        for path in ("", "/members", "/projects/", "/issues/", "/agents/", "/labels", "/activity"):
            seen[f"GET {INSIDE}{path}"] = bob.ask("GET", space + path)[0] == 200
        her_id, his_id = (caller.must("GET", API + "/auth/me")["id"] for caller in (alice, bob))
        alice.must("POST", space + "/members", {"user_id": his_id, "role": "member"})
        seen[f"PATCH {INSIDE}/members/{{}}"] = bob.ask("PATCH", f"{space}/members/{his_id}", {"role": "owner"})[0] < 300
        bob.ask("PATCH", space, {"name": "changed by bob"})
        seen[f"PATCH {INSIDE}"] = alice.ask("GET", space)[1].get("name") == "changed by bob"
        removed = bob.ask("DELETE", f"{space}/members/{her_id}")[0] < 300
        seen[f"DELETE {INSIDE}/members/{{}}"] = removed and alice.ask("GET", space)[0] == 403
        seen[f"DELETE {INSIDE}"] = bob.ask("DELETE", space)[0] < 300


APP = Platform()
