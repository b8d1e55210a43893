"""langflow-base 0.5: the helper that loads a flow asks for its owner only where automatic sign-in is on."""

import json

from bench.langflow import API, Langflow

FLOW = API + "/flows/{}"


class Flows(Langflow):
    """Each user has a project and two flows."""

    weak, fixed = "0.5.0", "0.5.1"

    def fill(self, caller, user):
        data = {"nodes": [], "edges": [], "viewport": {"x": 0, "y": 0, "zoom": 1}}
        made = {f"flow{n}": caller.must("POST", API + "/flows/", {"name": f"{user} flow {n}", "description": f"private to {user}", "data": data})["id"]
                for n in (1, 2)}
        made["project"] = caller.must("POST", API + "/projects/", {"name": f"{user} project", "description": f"private to {user}"})["id"]
        return made

    def verify(self, place):
        """Bob asks for Alice's flows and project; judged by content and by what Alice sees afterwards."""
        alice, bob = self.sign_up(place, "alice"), self.sign_up(place, "bob")
        hers = self.fill(alice, "alice")
        self.fill(bob, "bob")
        flow, her_id = f"{API}/flows/{hers['flow1']}", alice.must("GET", API + "/users/whoami")["id"]
        seen = {f"GET {FLOW}": "private to alice" in json.dumps(bob.ask("GET", flow)[1])}
        bob.ask("PATCH", flow, {"name": "changed by bob"})
        seen[f"PATCH {FLOW}"] = "changed by bob" in json.dumps(alice.ask("GET", flow)[1])
        bob.ask("DELETE", flow)
        seen[f"DELETE {FLOW}"] = alice.ask("GET", flow)[0] == 404
        seen[f"GET {API}/flows/"] = "private to alice" in json.dumps(bob.ask("GET", API + "/flows/?get_all=true")[1])
        bob.ask("DELETE", API + "/flows/", [hers["flow2"]])
        seen[f"DELETE {API}/flows/"] = alice.ask("GET", f"{API}/flows/{hers['flow2']}")[0] == 404
        seen[f"GET {API}/projects/"] = "alice project" in json.dumps(bob.ask("GET", API + "/projects/")[1])
        change = {"name": "changed by bob", "components": [], "flows": []}
        for method, body in (("GET", None), ("PATCH", change), ("DELETE", None)):
            seen[f"{method} {API}/projects/{{}}"] = bob.ask(method, f"{API}/projects/{hers['project']}", body)[0] < 300
        for method, body in (("PATCH", {"profile_image": "x"}), ("DELETE", None)):
            seen[f"{method} {API}/users/{{}}"] = bob.ask(method, f"{API}/users/{her_id}", body)[0] < 300
        seen[f"GET {API}/users/"] = bob.ask("GET", API + "/users/")[0] < 300
        self.verify_both(seen, alice, bob, her_id)
        return seen

    @staticmethod
    def verify_both(seen, alice, bob, her_id) -> None:
        """What is weak in both versions."""
        key = alice.must("POST", API + "/api_key/", {"name": "key of alice"})["id"]
        bob.ask("DELETE", f"{API}/api_key/{key}")
        seen[f"DELETE {API}/api_key/{{}}"] = key not in json.dumps(alice.ask("GET", API + "/api_key/")[1])
        body = {"name": "planted by bob", "data": {"nodes": [], "edges": []}, "user_id": her_id}
        planted = bob.ask("POST", API + "/flows/", body)[1] or {}
        seen[f"POST {API}/flows/"] = (alice.ask("GET", f"{API}/flows/{planted.get('id')}")[1] or {}).get("user_id") == her_id
        signed_out = bob.ask("POST", API + "/logout")[0] < 300
        seen[f"POST {API}/logout"] = signed_out and bob.ask("GET", API + "/users/whoami")[0] == 200


APP = Flows()
