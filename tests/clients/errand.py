"""Acts on the tools' answers alone, as an assistant does: scans, takes one patch for all that is confirmed, applies it, has
the proofs run again. Counts calls and what the answers cost.

    python errand.py --bin BIN --example examples/flask-invoices [--whole] [--most-calls 12] [--most-tokens 12000]

With --whole it goes all the steps of the prompt scan-and-fix: it also has the worst finding explained, and asks for tests.

Works on a copy of the example, and ends only what it started.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import flask  # noqa: E402  (the module of tests/e2e, not the package)

# Characters of English and code that a token stands for, as usual tokenizers count.
CHARACTERS = 4


class Errand:
    """One conversation with the server, and what it cost."""

    def __init__(self, client):
        self.client, self.calls, self.characters = client, 0, 0

    async def ask(self, tool, **arguments):
        result = await self.client.call_tool(tool, arguments)
        text = result.content[0].text if result.content else ""
        self.calls += 1
        self.characters += len(text) + len(json.dumps(arguments))
        if result.is_error:
            raise flask.Failed(f"{tool}: {text[:600]}")
        return result.structured_content

    async def scan(self, **arguments):
        answer = await self.ask("scan_api", **arguments)
        while answer["status"] == "running":
            answer = await self.ask("scan_api", scan_id=answer["scan_id"])
        return answer


async def converse(client, copy, start, stop, whole):
    errand = Errand(client)
    answer = await errand.scan()
    findings = list(answer["findings"])
    while answer.get("next_cursor"):
        answer = await errand.ask("scan_api", scan_id=answer["scan_id"], cursor=answer["next_cursor"])
        findings += answer["findings"]
    confirmed = [finding for finding in findings if finding["confidence"] == "confirmed"]
    ids = [finding["id"] for finding in confirmed]
    if whole:
        explained = await errand.ask("explain_finding", finding_id=ids[0])
        if not explained["exchanges"]:
            raise flask.Failed("the explanation has no exchange")
    fix = await errand.ask("suggest_fix", finding_ids=ids, with_test=whole)
    if whole and not (fix.get("tests") or any("regression tests" in line for line in fix.get("left_out", []))):
        raise flask.Failed(f"neither tests nor a word on them; left out: {fix.get('left_out')}")
    if not fix.get("diff"):
        raise flask.Failed(f"no diff; left out: {fix.get('left_out')}")
    done = subprocess.run(["git", "apply", "-"], cwd=copy, input=fix["diff"], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise flask.Failed(f"the diff of the answer does not apply: {done.stderr[:400]}")
    patched = [finding["id"] for finding in confirmed if any(
        step.startswith("patched") and finding["id"] in step for step in fix["steps"])]
    stop()
    start()
    again = await errand.scan(recheck=patched)
    outcomes = {row["finding_id"]: row["outcome"] for row in again["recheck"]}
    fixed = [finding for finding in patched if outcomes.get(finding) == "fixed"]
    return errand, confirmed, patched, fixed, outcomes


async def run(options):
    folder = Path(tempfile.mkdtemp(prefix="routewarden-errand-"))
    copy = folder / "copy"
    shutil.copytree(options.example, copy, ignore=shutil.ignore_patterns("__pycache__", "app_repaired.py"))
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True, timeout=60)
    variables, _ = flask.environment(options.example)
    running = []

    def start():
        port = running[-1].port if running else None
        application = flask.Application(copy, "app.py", variables, folder / "app.log", port)
        application.wait()
        running.append(application)

    try:
        start()
        config = copy / "routewarden.toml"
        config.write_text(config.read_text().replace("5001", str(running[-1].port)))
        server = StdioServerParameters(command=str(options.bin), args=["--data", str(folder / "data"), "mcp"], cwd=copy,
                                       env={**flask.os.environ, **variables})
        async with Client(server, mode="auto", read_timeout_seconds=120) as client:
            return await converse(client, copy, start, lambda: running[-1].end(), options.whole)
    finally:
        for application in running:
            application.end()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--example", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--whole", action="store_true", help="all the steps of the prompt scan-and-fix")
    parser.add_argument("--most-calls", type=int, default=12)
    parser.add_argument("--most-tokens", type=int, default=12_000)
    options = parser.parse_args()
    errand, confirmed, patched, fixed, outcomes = anyio.run(run, options)
    tokens = errand.characters // CHARACTERS
    print(f"{len(confirmed)} confirmed, {len(patched)} patched, {len(fixed)} fixed; {errand.calls} calls, about {tokens} tokens")
    faults = [f"{finding}: {outcome}" for finding, outcome in outcomes.items() if outcome != "fixed"]
    if errand.calls > options.most_calls:
        faults.append(f"{errand.calls} calls, more than {options.most_calls}")
    if tokens > options.most_tokens:
        faults.append(f"about {tokens} tokens, more than {options.most_tokens}")
    if not patched:
        faults.append("nothing was patched")
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
