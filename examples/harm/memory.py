#!/usr/bin/env python3
"""Scans a target whose 42 routes all answer 2 MiB, of five kinds, and measures the scanner's memory and time.

Kinds: `[{"a":1},...]`, `[0,0,...]`, `[[],...]`, a text in hex, and base64 within base64. A scan must stay below 300 MB, and
end by itself with a report. It is killed when it takes more than the cap, so that the machine comes to no harm.
Needs the binary and nothing else. Exit code 1 when something does not hold.
"""

import argparse
import base64
import json
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from scanner import Scanner, folder, read

MIB = 1 << 20
ROUTES = 42
MOST_MB = 300
CAP_MB = 1200
# What a scan is given for itself, where it takes a bound.
BOUND_SECONDS = 120


def nested(size: int, rng: random.Random) -> bytes:
    """Base64 of base64 of ... random bytes, a few layers deep, as a JSON text."""
    layers = 6
    raw = rng.randbytes(int((size - 2) * 0.75 ** layers))
    for _ in range(layers):
        raw = base64.b64encode(raw)
    return b'"' + raw[: size - 2] + b'"'


KINDS = {
    "objects": lambda size, rng: b"[" + b",".join([b'{"a":1}'] * ((size - 1) // 8)) + b"]",
    "zeros": lambda size, rng: b"[" + b",".join([b"0"] * ((size - 1) // 2)) + b"]",
    "arrays": lambda size, rng: b"[" + b",".join([b"[]"] * ((size - 1) // 3)) + b"]",
    "hex": lambda size, rng: b'"' + rng.randbytes((size - 2) // 2).hex().encode() + b'"',
    "base64": nested,
}


def document() -> dict:
    anything = {"200": {"description": "done", "content": {"application/json": {"schema": {}}}}}
    paths = {f"/lists/{number}": {"get": {"operationId": f"list{number}", "responses": anything}} for number in range(ROUTES)}
    return {"openapi": "3.0.3", "info": {"title": "Large answers", "version": "1"}, "paths": paths,
            "security": [{"bearer": []}], "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}}


def serve(body: bytes) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            is_document = self.path == "/openapi.json"
            known = is_document or (self.headers.get("authorization") or "").startswith("Bearer tok-")
            text = json.dumps(document()).encode() if is_document else body if known else b'{"error":"sign in"}'
            try:
                self.send_response(200 if known else 401)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


CONFIG = """
[target]
openapi = "{url}/openapi.json"
base_url = "{url}"

[identities.ines]
role = "user"
bearer = {{ env = "INES" }}

[identities.otto]
role = "user"
bearer = {{ env = "OTTO" }}
"""


def trial(kind: str, binary: Path, seconds: float, seed: int) -> dict:
    body = KINDS[kind](2 * MIB, random.Random(seed))
    server = serve(body)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    variables = {"INES": "tok-ines-5f2c1d8a90be7741", "OTTO": "tok-otto-c0a4e8b3317d92f6"}
    try:
        with folder() as place:
            scanner = Scanner(binary, Path(place), variables)
            (scanner.cwd / "routewarden.toml").write_text(CONFIG.format(url=url))
            report = Path(place) / "report.json"
            began = time.monotonic()
            bound = ("--max-seconds", BOUND_SECONDS) if scanner.knows("--max-seconds") else ()
            process = scanner.start("scan", "--mode", "passive", *bound, "--format", "json", "-o", report)
            code = scanner.wait(process, seconds, CAP_MB * 1000)
            taken = time.monotonic() - began
            status = read(report).get("scan", {}).get("status")
            peak = scanner.peak_kib * 1024 / 1e6
    finally:
        server.shutdown()
        server.server_close()
    faults = []
    if peak > MOST_MB:
        faults.append(f"{peak:.0f} MB" + (", and it was killed for that" if code is None and peak > CAP_MB else ""))
    elif code is None:
        faults.append(f"no end after {seconds:.0f} s")
    if code is not None and status is None:
        faults.append(f"exit code {code} and no report")
    return {"kind": kind, "bytes": len(body), "peak_mb": round(peak), "seconds": round(taken, 1), "exit": code, "status": status,
            "faults": faults}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("target/release/routewarden"))
    parser.add_argument("--kind", choices=KINDS, action="append", help="this kind alone; may be repeated")
    parser.add_argument("--seconds", type=float, default=BOUND_SECONDS + 30, help="longest time for one scan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the result as JSON too")
    options = parser.parse_args()
    rows = []
    for kind in options.kind or KINDS:
        row = trial(kind, options.bin.resolve(), options.seconds, options.seed)
        rows.append(row)
        print(f"{kind:<8} {row['bytes']} bytes on {ROUTES} routes: peak {row['peak_mb']} MB, {row['seconds']} s, exit {row['exit']}, "
              f"status {row['status']}: {'; '.join(row['faults']) or 'held'}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 1 if any(row["faults"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
