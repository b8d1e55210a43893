"""A built server over HTTP for as long as a client needs it, and a door to it for clients that can send no token."""

import os
import re
import secrets
import select
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

END_SECONDS = 10
HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True)
class Served:
    """Where a server listens, and what it wants to see."""

    url: str
    token: str


@contextmanager
def serve(binary: Path, *arguments: str, folder: Path | None = None, quiet: bool = False, **more: str):
    """Serves on a free port of loopback; the server must end by itself when it is asked to."""
    token = secrets.token_hex(32)
    with subprocess.Popen([str(binary), "mcp", "--http", "127.0.0.1:0", *arguments], cwd=folder,
                          env=dict(os.environ) | {"ROUTEWARDEN_HTTP_TOKEN": token} | more,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield Served(read_address(server, quiet), token)
        except BaseException:
            server.kill()
            raise
        server.terminate()
        if (code := server.wait(timeout=END_SECONDS)) != 0:
            raise RuntimeError(f"the server ended with {code} after SIGTERM")


def read_address(server: subprocess.Popen, quiet: bool) -> str:
    """The address that the server says it listens at."""
    while line := server.stderr.readline():
        if not quiet:
            print(f"  server: {line.rstrip()}", flush=True)
        if found := re.search(r"http://\S+/mcp", line):
            # What is not read would block the server once the pipe is full.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return found.group(0)
    raise RuntimeError("the server ended before it told its address")


@contextmanager
def open_door(served: Served):
    """Gives an address that adds the token to each request and changes nothing else, its host and its origin least."""
    host, port = re.search(r"//([^/:]+):(\d+)", served.url).groups()
    listener = socket.create_server(("127.0.0.1", 0))
    inner = (host, int(port))
    threading.Thread(target=accept, args=(listener, inner, served.token), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        listener.close()


def accept(listener: socket.socket, inner, token: str) -> None:
    while True:
        try:
            outer, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=relay, args=(outer, inner, token), daemon=True).start()


def relay(outer: socket.socket, inner, token: str) -> None:
    """Relays one request and its answer; a side that leaves takes the other one along."""
    with outer, socket.create_connection(inner) as server:
        head = b""
        while b"\r\n" not in head:
            received = outer.recv(65536)
            if not received or len(head) > HEAD_LIMIT:
                return
            head += received
        first, rest = head.split(b"\r\n", 1)
        # One request for each connection: only the first one is read for the place of its headers.
        rest = re.sub(rb"(?im)^connection:[^\r\n]*\r\n", b"", rest)
        server.sendall(first + b"\r\nAuthorization: Bearer " + token.encode() + b"\r\nConnection: close\r\n" + rest)
        other = {outer: server, server: outer}
        while True:
            for side in select.select([outer, server], [], [])[0]:
                try:
                    received = side.recv(65536)
                    if not received:
                        return
                    other[side].sendall(received)
                except OSError:
                    return
