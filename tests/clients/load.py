"""Measures the HTTP server: time of a call, memory of sessions that are left, and clients that do not finish a request.

    python load.py --bin target/release/routewarden [--calls 300] [--sessions 1000] [--half-open 1200]

Needs Python alone. Ends with 1 when a limit is passed; memory is measured where /proc is.
"""

import argparse
import http.client
import json
import re
import secrets
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

LEGACY, MODERN = "2025-11-25", "2026-07-28"
MEDIAN_MS, MOST_MB, HALF_OPEN_S = 3.0, 100.0, 30.0
# Times that the sessions are opened and ended again.
ROUNDS = 4
ACCEPT = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


class Server:
    """A server on a free port."""

    def __init__(self, process, url, token):
        self.process, self.token = process, token
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port

    def connect(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def post(self, connection, message, **headers):
        """Status, headers and text of one answer."""
        body = json.dumps({"jsonrpc": "2.0"} | message)
        connection.request("POST", "/mcp", body, ACCEPT | {"Authorization": f"Bearer {self.token}"} | headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def megabytes(self):
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found.group(1)) / 1024 if found else None


@contextmanager
def serve(binary):
    token = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="routewarden-load-") as folder:
        process = subprocess.Popen(
            [str(binary), "--data", f"{folder}/data", "mcp", "--http", "127.0.0.1:0"], cwd=folder,
            env={"ROUTEWARDEN_HTTP_TOKEN": token}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            url = None
            while url is None:
                line = process.stderr.readline()
                if not line:
                    raise RuntimeError("the server ended before it told its address")
                found = re.search(r"http://\S+/mcp", line)
                url = found and found.group(0)
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield Server(process, url, token)
        finally:
            process.terminate()
            process.wait(timeout=15)


def begin_session(server, connection):
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "load", "version": "0"}}
    status, headers, text = server.post(connection, {"id": 0, "method": "initialize", "params": params})
    return status, headers.get("Mcp-Session-Id"), text


def end_session(server, session):
    connection = server.connect()
    connection.request("DELETE", "/mcp", headers={"Authorization": f"Bearer {server.token}", "Mcp-Session-Id": session})
    status = connection.getresponse().status
    connection.close()
    return status


def median_call(server, calls, params, headers):
    """Milliseconds of a call, on one connection."""
    connection, times = server.connect(), []
    for number in range(calls):
        began = time.perf_counter()
        status, _, text = server.post(connection, {"id": number + 1, "method": "tools/call", "params": params}, **headers)
        times.append((time.perf_counter() - began) * 1000)
        if status != 200 or "explain_finding" not in text and "rw-ffff" not in text:
            raise RuntimeError(f"a call was answered with {status}: {text[:200]}")
    connection.close()
    return statistics.median(times)


def latency(server, calls):
    call = {"name": "explain_finding", "arguments": {"finding_id": "rw-ffffffffffffffff"}}
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
    modern = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "explain_finding"}
    yield "modern", median_call(server, calls, call | {"_meta": meta}, modern)
    connection = server.connect()
    _, session, _ = begin_session(server, connection)
    legacy = {"MCP-Protocol-Version": LEGACY, "Mcp-Session-Id": session}
    server.post(connection, {"method": "notifications/initialized"}, **legacy)
    connection.close()
    yield "legacy", median_call(server, calls, call, legacy)
    end_session(server, session)


def leave_sessions(server, count):
    """Opens sessions and leaves them. The sessions, and what the others were told."""
    opened, refused = [], []
    for _ in range(count):
        connection = server.connect()
        status, session, text = begin_session(server, connection)
        connection.close()
        opened += [session] if status == 200 else []
        refused += [(status, text)] if status != 200 else []
    return opened, refused


def used_after_round(server, count):
    """Memory after so many sessions were opened and ended."""
    for session in leave_sessions(server, count)[0]:
        end_session(server, session)
    return server.megabytes()


def half_open(server, count):
    """Seconds until every connection that sends half of its headers is closed."""
    waiting = selectors.DefaultSelector()
    for _ in range(count):
        half = socket.create_connection((server.host, server.port))
        half.sendall(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        waiting.register(half, selectors.EVENT_READ)
    began = time.monotonic()
    while waiting.get_map() and time.monotonic() - began < 2 * HALF_OPEN_S:
        for key, _ in waiting.select(timeout=1):
            try:
                ended = not key.fileobj.recv(4096)
            except ConnectionError:
                ended = True
            if ended:
                waiting.unregister(key.fileobj)
                key.fileobj.close()
    return time.monotonic() - began, len(waiting.get_map())


def measure(options):
    faults = []

    def expect(holds, what):
        print(("ok     " if holds else "FAULT  ") + what, flush=True)
        faults.extend([] if holds else [what])

    with serve(options.bin) as server:
        for era, median in latency(server, options.calls):
            expect(median < MEDIAN_MS, f"{era}: {median:.2f} ms a call, median of {options.calls} (limit {MEDIAN_MS})")
        before = server.megabytes()
        opened, refused = leave_sessions(server, options.sessions)
        full = server.megabytes()
        expect(refused or len(opened) == options.sessions, f"{len(opened)} sessions opened, {len(refused)} refused")
        for status, text in refused[:1]:
            expect(status == 503 and "sessions are open" in text, f"beyond the cap: {status} {text[:160]}")
        answers = {end_session(server, session) for session in opened}
        expect(answers <= {204}, f"DELETE is answered with {sorted(answers)}")
        again, _ = leave_sessions(server, 1)
        expect(len(again) == 1, "there is room again after DELETE")
        for session in again:
            end_session(server, session)
        if before is not None:
            rounds = [used_after_round(server, len(opened)) for _ in range(ROUNDS)]
            figures = f"{before:.1f} MB before, {full:.1f} with sessions left, then {', '.join(f'{used:.1f}' for used in rounds)}"
            # An allocator keeps what was freed. Memory that was not freed would grow as much in the last round as in the first.
            grown = rounds[-1] - rounds[-2]
            expect(max(full, *rounds) < MOST_MB and grown < (full - before) / 4, f"memory: {figures} (limit {MOST_MB})")
        seconds, left = half_open(server, options.half_open)
        expect(not left and seconds < HALF_OPEN_S + 5, f"{options.half_open} half-open connections: gone after {seconds:.1f} s, {left} left")
        status, _, _ = begin_session(server, server.connect())
        expect(status == 200, "the server serves on")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--half-open", type=int, default=1200)
    sys.exit(1 if measure(parser.parse_args()) else 0)


if __name__ == "__main__":
    main()
