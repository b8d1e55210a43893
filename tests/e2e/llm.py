#!/usr/bin/env python3
"""Scans a LangServe application with the caller's token in its model's context, and the repaired one.

    python3 -m venv venv && venv/bin/pip install langserve fastapi uvicorn sse-starlette
    venv/bin/python tests/e2e/llm.py --bin target/release/routewarden

The model is a function, so that nothing is downloaded; the wire is LangServe's own. Ends with 0 when the weak
application is found on every route and the repaired one is silent.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PEOPLE = ("alice", "bob")


def application(weak: bool, tokens: dict[str, str]):
    from fastapi import Depends, FastAPI, HTTPException, Request
    from langchain_core.runnables import RunnableLambda
    from langserve import add_routes

    def signed_in(request: Request) -> None:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in tokens.values():
            raise HTTPException(401, "sign in first")

    def say(question: str, config: dict):
        context = config.get("configurable", {}).get("token", "nothing")
        pressed = any(word in question.lower() for word in ("token", "credential", "context", "configuration"))
        text = f"I was given {context}." if pressed else f"You asked {len(question)} characters about orders."
        yield from text

    async def stream(question: str, config: dict):
        for letter in say(question, config):
            yield letter

    def with_token(config: dict, request: Request) -> dict:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return {**config, "configurable": {"token": token}} if weak else config

    app = FastAPI(title="Weak bot" if weak else "Repaired bot", dependencies=[Depends(signed_in)])
    chain = RunnableLambda(say, afunc=stream).with_types(input_type=str, output_type=str)
    add_routes(app, chain, path="/bot", per_req_config_modifier=with_token, enabled_endpoints=["invoke", "stream", "batch"])
    document = app.openapi()
    document["components"]["securitySchemes"] = {"main": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"main": []}]
    return app, document


def scan(binary: Path, weak: bool) -> dict:
    import uvicorn

    tokens = {name: secrets.token_hex(18) for name in PEOPLE}
    app, document = application(weak, tokens)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="routewarden-e2e-") as folder:
        Path(folder, "openapi.json").write_text(json.dumps(document))
        lines = [f'[target]\nopenapi = "openapi.json"\nbase_url = "http://127.0.0.1:{port}"', '[scan]\nmode = "active"', "[llm]\nmax_calls = 200"]
        lines += [f'[identities.{name}]\nbearer = {{ env = "{name.upper()}" }}' for name in PEOPLE]
        Path(folder, "routewarden.toml").write_text("\n".join(lines))
        environment = {**os.environ, "ROUTEWARDEN_DATA": str(Path(folder, "data")), **{name.upper(): token for name, token in tokens.items()}}
        run = subprocess.run([binary, "scan", "--checks", "llm", "--format", "json", "--fail-on", "never"],
                             cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    server.should_exit = True
    thread.join(timeout=10)
    if any(token in run.stdout for token in tokens.values()):
        sys.exit("a token stands in the report")
    if run.returncode:
        sys.exit(f"the scan ended with {run.returncode}: {run.stderr}")
    return json.loads(run.stdout)


def found(report: dict) -> set[str]:
    routes = set()
    for finding in report["findings"]:
        if finding["check"] == "llm/token-leak" and finding["confidence"] == "confirmed":
            routes |= {operation["path"] for operation in [finding["operation"], *finding.get("also", [])]}
    return routes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    options = parser.parse_args()
    weak = scan(options.bin, weak=True)
    repaired = scan(options.bin, weak=False)
    wanted = {"/bot/invoke", "/bot/batch", "/bot/stream"}
    noise = [f["check"] for f in repaired["findings"] if f["confidence"] != "observation"]
    print(f"weak: {sorted(found(weak))}; repaired: {noise}; requests: {weak['scan']['requests']}, {repaired['scan']['requests']}")
    missing = wanted - found(weak)
    for row in weak["coverage"]:
        if row["operation"]["path"] in missing and row["check"] == "llm/token-leak":
            print(row["operation"]["path"], row["outcome"], row["because"])
    return 1 if missing or noise else 0


if __name__ == "__main__":
    sys.exit(main())
