"""Measures how long an assistant waits for the tools: process start to the answer of tools/list, on raw stdio.

    python3 startup.py --bin target/release/routewarden [--runs 30] [--limit-ms 15]

Ends with 1 when the median is above the limit. Needs nothing but Python.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "startup", "version": "0"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}


def once(command, **more):
    """Milliseconds from process start to the list, and from the end of input to the end of the process."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more) as server:
        send(server, INITIALIZE)
        receive(server, 1)
        send(server, READY)
        send(server, LIST)
        tools = receive(server, 2)["result"]["tools"]
        listed = time.perf_counter()
        if len(tools) != 4:
            sys.exit(f"{len(tools)} tools")
        server.stdin.close()
        rest = server.stdout.read()
        code = server.wait()
        ended = time.perf_counter()
        if rest or code != 0:
            sys.exit(f"ended with {code} and {rest!r} after the end of input")
    return (listed - start) * 1000, (ended - listed) * 1000


def send(server, message):
    server.stdin.write(json.dumps(message).encode() + b"\n")
    server.stdin.flush()


def receive(server, request):
    line = server.stdout.readline()
    if not line:
        sys.exit(f"the server ended with {server.wait()} instead of answering")
    message = json.loads(line)
    if message.get("id") != request or "result" not in message:
        sys.exit(f"unexpected answer {message}")
    return message


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--limit-ms", type=float, default=15)
    options = parser.parse_args()
    listed, ended = zip(*(once([options.bin, "mcp"]) for _ in range(options.runs)))
    median = statistics.median(listed)
    print(f"start to tools/list: median {median:.1f} ms, best {min(listed):.1f}, worst {max(listed):.1f}, of {options.runs}")
    print(f"end of input to exit: median {statistics.median(ended):.1f} ms, worst {max(ended):.1f}")
    sys.exit(1 if median > options.limit_ms else 0)


if __name__ == "__main__":
    main()
