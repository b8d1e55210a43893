"""A language model that follows a script, on loopback: it lists what it is offered, scans, explains, and asks for a fix.

It speaks what the hosts speak: Anthropic's messages, OpenAI's responses and chat completions, and Gemini's
generateContent, all of them as streams. What to do next follows from the conversation alone, so that a request which is
repeated gets the same answer.
"""

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOOLS = ("scan_api", "explain_finding", "check_route_ownership", "suggest_fix")
# More turns than the script has mean that a host repeats itself.
MOST_TURNS = 30


@dataclass
class Turn:
    """One request: the tools it offers, by the name that the host gave them, and the results of the calls so far."""

    tools: dict = field(default_factory=dict)
    results: list = field(default_factory=list)
    # A call that makes the host offer tools that it has only named so far.
    search: dict | None = None


@dataclass
class Seen:
    """What the model saw over all requests."""

    offered: set = field(default_factory=set)
    turns: int = 0
    calls: list = field(default_factory=list)
    results: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    requests: list = field(default_factory=list)


def own_name(name: str):
    """The server's own name of a tool that a host renamed: `mcp__routewarden__scan_api`, `routewarden-scan_api`."""
    return next((tool for tool in TOOLS if name == tool or name.endswith(("_" + tool, "-" + tool))), None)


def answer_of(text: str):
    """The JSON object in a result, also where a host puts words of its own around it, gives the whole MCP result, or cuts
    out its middle: then what a model would still make out, the first value of each name."""
    start = text.find("{")
    if start < 0:
        return {}
    try:
        answer = json.JSONDecoder().raw_decode(text[start:])[0]
    except ValueError:
        pairs = re.findall(r'"(\w+)":"([^"]*)"(?=[,}\]])', text.replace('\\"', '"'))
        findings = [{"id": value} for name, value in pairs if name == "id" and value.startswith("rw-")]
        return dict(reversed(pairs)) | ({"findings": findings} if findings else {})
    if isinstance(answer.get("content"), list):
        return answer_of(text_of(answer["content"]))
    return answer


def next_step(results: list):
    """The next call of the script, or the words that end it; decided by the answers so far."""
    answers = [answer_of(result) for result in results]
    scans = [answer for answer in answers if answer.get("scan_id")]
    if not results:
        return "scan_api", {}
    if not scans:
        return None, "the scan gave no answer"
    if scans[-1].get("status") == "running":
        return "scan_api", {"scan_id": scans[-1]["scan_id"]}
    found = next((answer["findings"] for answer in scans if answer.get("findings")), None)
    if not found:
        return None, "the scan found nothing"
    finding, scan = found[0]["id"], scans[-1]["scan_id"]
    after = len(results) - max(index for index, answer in enumerate(answers) if answer.get("status")) - 1
    if after == 0:
        return "explain_finding", {"finding_id": finding, "scan_id": scan}
    if after == 1:
        return "suggest_fix", {"finding_id": finding}
    return None, f"explained {finding} and asked for its fix"


# Each interface: what a request says, and how an answer is streamed.

def read_anthropic(body):
    names = [tool.get("name", "") for tool in body.get("tools", [])]
    turn, called = Turn({own_name(name): name for name in names if own_name(name)}), {}
    for message in body.get("messages", []):
        for block in message["content"] if isinstance(message["content"], list) else []:
            if block.get("type") == "tool_use":
                called[block["id"]] = block["name"]
            elif block.get("type") == "tool_result" and own_name(called.get(block["tool_use_id"], "")):
                turn.results.append(text_of(block.get("content")))
    deferred = sorted(set(re.findall(r"mcp__routewarden__\w+", json.dumps(body.get("messages", [])))))
    if "ToolSearch" in names and "ToolSearch" not in called.values() and deferred:
        turn.search = {"name": "ToolSearch", "arguments": {"query": "select:" + ",".join(deferred)}}
    return turn


def write_anthropic(call, text):
    block = ({"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}} if call
             else {"type": "text", "text": ""})
    delta = ({"type": "input_json_delta", "partial_json": json.dumps(call["arguments"])} if call
             else {"type": "text_delta", "text": text})
    usage = {"input_tokens": 10, "output_tokens": 10}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [], "stop_reason": None,
               "stop_sequence": None, "usage": usage}
    events = [{"type": "message_start", "message": message},
              {"type": "content_block_start", "index": 0, "content_block": block},
              {"type": "content_block_delta", "index": 0, "delta": delta},
              {"type": "content_block_stop", "index": 0},
              {"type": "message_delta", "usage": usage,
               "delta": {"stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None}},
              {"type": "message_stop"}]
    return [(event["type"], event) for event in events]


def read_responses(body):
    turn = Turn()
    for tool in body.get("tools", []):
        members = tool["tools"] if tool.get("type") == "namespace" else [tool]
        for member in members:
            if (own := own_name(member.get("name", ""))):
                turn.tools[own] = (tool["name"] if tool.get("type") == "namespace" else None, member["name"])
    for item in body.get("input", []):
        if item.get("type") == "function_call_output":
            turn.results.append(text_of(item.get("output")))
    return turn


def write_responses(call, text):
    if call:
        namespace, name = call["name"]
        item = {"type": "function_call", "call_id": call["id"], "name": name, "arguments": json.dumps(call["arguments"])}
        item |= {"namespace": namespace} if namespace else {}
    else:
        item = {"type": "message", "role": "assistant", "id": "m1", "content": [{"type": "output_text", "text": text}]}
    usage = {"input_tokens": 10, "input_tokens_details": None, "output_tokens": 10, "output_tokens_details": None, "total_tokens": 20}
    events = [{"type": "response.created", "response": {"id": "r1"}},
              {"type": "response.output_item.done", "item": item},
              {"type": "response.completed", "response": {"id": "r1", "usage": usage}}]
    return [(event["type"], event) for event in events]


def read_chat(body):
    names = [tool["function"]["name"] for tool in body.get("tools", [])]
    turn = Turn({own_name(name): name for name in names if own_name(name)})
    turn.results = [text_of(message.get("content")) for message in body.get("messages", []) if message.get("role") == "tool"]
    return turn


def write_chat(call, text):
    delta = {"role": "assistant", "content": text}
    if call:
        function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
        delta = {"role": "assistant", "tool_calls": [{"index": 0, "id": call["id"], "type": "function", "function": function}]}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    events = [chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}, chunk | {"choices": [end], "usage": usage}]
    return [(None, event) for event in events] + [(None, "[DONE]")]


def read_gemini(body):
    turn = Turn()
    for tool in body.get("tools", []):
        for function in tool.get("functionDeclarations", []):
            if (own := own_name(function["name"])):
                turn.tools[own] = function["name"]
    for content in body.get("contents", []):
        for part in content.get("parts", []):
            if "functionResponse" in part:
                response = part["functionResponse"].get("response", {})
                turn.results.append(text_of(response.get("output", response)))
    return turn


def write_gemini(call, text):
    part = {"functionCall": {"id": call["id"], "name": call["name"], "args": call["arguments"]}} if call else {"text": text}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    return [(None, {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"})]


INTERFACES = (("/messages", read_anthropic, write_anthropic), ("/responses", read_responses, write_responses),
              ("/chat/completions", read_chat, write_chat), (":streamGenerateContent", read_gemini, write_gemini))


def text_of(content) -> str:
    """The text of a result, as one string or as parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return json.dumps(content)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        path = self.path.split("?")[0]
        found = next(((read, write) for ending, read, write in INTERFACES if path.endswith(ending)), None)
        self.server.seen.requests.append((path, body))
        if not found:
            return self.answer_once(200, {"input_tokens": 10, "totalTokens": 10})
        read, write = found
        with self.server.lock:
            events = write(*self.decide(read(body)))
        self.stream(events)

    def decide(self, turn: Turn):
        """The call or the words that follow; a host's own questions, which offer none of the tools, get a word."""
        seen = self.server.seen
        if not turn.tools and turn.search:
            return turn.search | {"id": "call_search"}, ""
        if not turn.tools:
            return None, "a scan"
        seen.offered |= set(turn.tools)
        seen.turns += 1
        seen.results = turn.results
        if seen.turns > MOST_TURNS:
            seen.faults.append("the host goes round in circles")
            return None, "enough"
        name, step = next_step(turn.results)
        if name is None:
            return None, step
        seen.calls.append(name)
        return {"id": f"call_{len(turn.results)}", "name": turn.tools[name], "arguments": step}, ""

    def do_GET(self):
        self.answer_once(200, {"data": [], "models": []})

    do_HEAD = do_GET

    def stream(self, events):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for kind, event in events:
            data = event if isinstance(event, str) else json.dumps(event)
            self.wfile.write(((f"event: {kind}\n" if kind else "") + f"data: {data}\n\n").encode())
        self.close_connection = True

    def answer_once(self, status, value):
        body = b"" if self.command == "HEAD" else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serve():
    """Serves the model on a free port of loopback; gives its address and what it sees."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.lock = Seen(), threading.Lock()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.seen
    finally:
        server.shutdown()
        server.server_close()
