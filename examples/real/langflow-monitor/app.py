"""langflow-base 0.8: seven routes of the monitor ask for a signed-in user and never whose flow it is."""

import json
import time

from bench.install import Failed
from bench.langflow import API, Langflow

MONITOR = API + "/monitor"
COMPONENT = '''
from lfx.custom.custom_component.component import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message

class Note(Component):
    display_name = "Note"
    name = "Note"
    inputs = [MessageTextInput(name="text", display_name="Text", value="words")]
    outputs = [Output(name="message", display_name="Message", method="make")]

    async def make(self) -> Message:
        m = await Message.create(text=self.text, sender="User", sender_name="User", session_id=self.graph.session_id, flow_id=self.graph.flow_id)
        return await self.send_message(m)
'''


class Monitor(Langflow):
    """Each user has a flow that has run once, so that it has builds, transactions and a message."""

    weak, fixed = "0.8.4", "0.9.0"

    def fill(self, caller, user):
        node = caller.must("POST", API + "/custom_component", {"code": COMPONENT})["data"]
        node["template"]["text"]["value"] = f"secret words of {user}"
        # The id makes it an input of the chat, whose messages are kept.
        inner = {"id": "ChatInput-aaaaa", "type": "ChatInput", "node": node}
        data = {"nodes": [{"id": "ChatInput-aaaaa", "type": "genericNode", "position": {"x": 0, "y": 0}, "data": inner}], "edges": []}
        flow, session = caller.must("POST", API + "/flows/", {"name": f"{user} flow", "data": data})["id"], f"session-{user}"
        self.run(caller, flow, session)
        messages = caller.ask("GET", f"{MONITOR}/messages?flow_id={flow}")[1]
        if not messages:
            raise Failed(f"set-up: the flow of {user} left no message")
        return {"flow": flow, "session": session, "message": messages[0]["id"]}

    @staticmethod
    def run(caller, flow: str, session: str) -> None:
        """Runs the flow and waits for its build."""
        caller.ask("POST", f"{API}/build/{flow}/flow?event_delivery=direct", {"inputs": {"input_value": "hello", "session": session, "client_request_time": 0}})
        for _ in range(60):
            if caller.ask("GET", f"{MONITOR}/builds?flow_id={flow}")[1].get("vertex_builds"):
                return
            time.sleep(0.25)
        raise Failed(f"set-up: no build of flow {flow}")

    def owns(self, made):
        return f'owns = {{ flow_id = ["{made["flow"]}"], message_id = ["{made["message"]}"], session_id = ["{made["session"]}"] }}'

    def verify(self, place):
        """Bob asks for what Alice's flow has left behind; judged by content and by what Alice sees afterwards."""
        alice, bob = self.sign_up(place, "alice"), self.sign_up(place, "bob")
        hers = self.fill(alice, "alice")
        self.fill(bob, "bob")
        flow, session, seen = hers["flow"], hers["session"], {}
        for path in ("builds", "transactions", "messages", "messages/sessions"):
            text = json.dumps(bob.ask("GET", f"{MONITOR}/{path}?flow_id={flow}")[1])
            seen[f"GET {MONITOR}/{path}"] = "words of alice" in text or session in text
        self.verify_messages(seen, alice, bob, hers)
        bob.ask("DELETE", f"{MONITOR}/builds?flow_id={flow}")
        seen[f"DELETE {MONITOR}/builds"] = not alice.ask("GET", f"{MONITOR}/builds?flow_id={flow}")[1]["vertex_builds"]
        for method, body in (("GET", None), ("PATCH", {"name": "changed by bob"}), ("DELETE", None)):
            seen[f"{method} {API}/flows/{{}}"] = bob.ask(method, f"{API}/flows/{flow}", body)[0] < 300
        seen[f"GET {API}/flows/"] = "alice flow" in json.dumps(bob.ask("GET", API + "/flows/")[1])
        return seen

    def verify_messages(self, seen, alice, bob, hers) -> None:
        def messages() -> list:
            return alice.ask("GET", f"{MONITOR}/messages?flow_id={hers['flow']}")[1]
        bob.ask("PUT", f"{MONITOR}/messages/{hers['message']}", {"text": "changed by bob"})
        seen[f"PUT {MONITOR}/messages/{{}}"] = "changed by bob" in json.dumps(messages())
        bob.ask("PATCH", f"{MONITOR}/messages/session/{hers['session']}?new_session_id=taken")
        taken = '"taken"' in json.dumps(messages())
        seen[f"PATCH {MONITOR}/messages/session/{{}}"] = taken
        bob.ask("DELETE", f"{MONITOR}/messages/session/{'taken' if taken else hers['session']}")
        seen[f"DELETE {MONITOR}/messages/session/{{}}"] = not messages()
        if not messages():
            self.run(alice, hers["flow"], hers["session"])
        ids = [message["id"] for message in messages()]
        bob.ask("DELETE", MONITOR + "/messages", ids)
        seen[f"DELETE {MONITOR}/messages"] = bool(ids) and not messages()


APP = Monitor()
