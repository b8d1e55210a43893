"""Drives a built server with the Python SDK, as an assistant would, and says where it deviates.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python drive.py --bin target/release/routewarden --config examples/routewarden.toml [--http] [--mode active]

Ends with 1 when anything deviates. The target that the configuration names must be running.
"""

import argparse
import json
import os
import re
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import ElicitResult, PromptReference, ResourceTemplateReference

from serving import serve

TOOLS = ["scan_api", "explain_finding", "check_route_ownership", "suggest_fix"]
# Requests a second of the scan that is cancelled.
SLOW_RATE = 20
LIST_CAP, ANSWER_CAP, TEXT_CAP = 8 * 1024, 12 * 1024, 2048
# What the usual answers take of a model's context, for the built-in demo: for its worst finding, and for any other.
DEMO_CAPS = {"scan_api": (6500, 6500), "explain_finding": (4900, 7000), "check_route_ownership": (1100, 1200), "suggest_fix": (1900, 1900)}
HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff]")


class Drive:
    """One run over one transport: what was seen, and what deviated."""

    def __init__(self, label, options):
        self.label, self.options, self.deviations, self.notes = label, options, [], []
        # What the user says when asked, and what was asked.
        self.agrees, self.asked = True, []

    def expect(self, holds, what):
        if not holds:
            self.deviations.append(what)
            print(f"  DEVIATION {self.label}: {what}", flush=True)
        return holds

    def note(self, what):
        self.notes.append(what)
        print(f"  {self.label}: {what}", flush=True)

    async def answer(self, client, tool, arguments, **more):
        """Calls a tool that must succeed, and gives its answer."""
        result = await client.call_tool(tool, arguments, **more)
        text = result.content[0].text if result.content else ""
        if not self.expect(not result.is_error, f"{tool} {arguments}: {text[:400]}"):
            return {}
        answer = result.structured_content
        self.expect(json.loads(text) == answer, f"{tool}: text and structured content differ")
        size = bytes_of(answer)
        self.expect(size <= ANSWER_CAP, f"{tool}: an answer of {size} bytes")
        self.expect(not HIDDEN.search(text), f"{tool}: hidden characters in the answer")
        return answer

    async def fault(self, client, tool, arguments, *parts):
        """Calls a tool that must refuse with a text that names these parts."""
        result = await client.call_tool(tool, arguments)
        text = result.content[0].text if result.content else ""
        self.expect(result.is_error, f"{tool} {arguments} was not refused")
        for part in parts:
            self.expect(part in text, f"{tool} {arguments}: no {part!r} in {text[:300]!r}")

    async def lists(self, client):
        tools = (await client.list_tools()).tools
        self.expect([tool.name for tool in tools] == TOOLS, f"tools are {[tool.name for tool in tools]}")
        size = sum(len(tool.model_dump_json(by_alias=True, exclude_none=True).encode()) for tool in tools)
        self.expect(size < LIST_CAP, f"tools/list has {size} bytes")
        for tool in tools:
            self.expect(len(tool.description) < TEXT_CAP, f"{tool.name}: description too long")
            self.expect(tool.annotations is not None, f"{tool.name}: no annotations")
        self.expect(0 < len(client.instructions or "") < TEXT_CAP, "instructions are absent or too long")
        self.note(f"protocol {client.protocol_version}, {len(tools)} tools in {size} bytes")

    def scan_arguments(self):
        arguments = {"config": str(self.options.config)} if self.options.config else {}
        if self.options.target:
            arguments["target"] = self.options.target
        if self.options.mode:
            arguments["mode"] = self.options.mode
        return arguments

    async def scan(self, client):
        seen = []

        async def progress(done, total, message):
            seen.append((done, total, message))

        answer = await self.answer(client, "scan_api", self.scan_arguments(), progress_callback=progress)
        while answer.get("status") == "running":
            answer = await self.answer(client, "scan_api", {"scan_id": answer["scan_id"]}, progress_callback=progress)
        numbers = [done for done, _, _ in seen]
        self.expect(seen, "no progress was told")
        self.expect(all(one < other for one, other in zip(numbers, numbers[1:])), f"progress does not rise: {numbers}")
        self.expect(all(total is None or done <= total for done, total, _ in seen), f"progress beyond its total: {seen}")
        self.expect(answer.get("status") == "complete", f"the scan ended as {answer.get('status')}")
        found = answer.get("findings_total", 0)
        self.expect(found >= self.options.min_findings, f"{found} findings, at least {self.options.min_findings} expected")
        self.note(f"scan: {answer.get('requests')} requests, {found} findings {answer.get('counts')}, {len(seen)} progress notes")
        return answer

    async def pages(self, client, answer):
        ids, pages, merged = [row["id"] for row in answer.get("findings", [])], 1, 0
        merged += sum(row.get("merged", 0) for row in answer.get("findings", []))
        while answer.get("next_cursor"):
            answer = await self.answer(client, "scan_api", {"scan_id": answer["scan_id"], "cursor": answer["next_cursor"]})
            ids += [row["id"] for row in answer.get("findings", [])]
            merged += sum(row.get("merged", 0) for row in answer.get("findings", []))
            pages += 1
        self.expect(len(ids) == len(set(ids)) == answer.get("findings_total") - merged, f"paging gave {len(ids)} ids and {merged} merged")
        self.note(f"paging: {len(ids)} rows for {len(ids) + merged} findings on {pages} pages")

    async def finding(self, client, scan):
        if not scan.get("findings"):
            return
        first = scan["findings"][0]
        explained = await self.answer(client, "explain_finding", {"finding_id": first["id"], "scan_id": scan["scan_id"]})
        self.expect(explained.get("finding_id") == first["id"], "another finding was explained")
        self.expect(explained.get("manual"), "no manual page")
        by_beginning = await self.answer(client, "explain_finding", {"finding_id": first["id"]})
        self.expect(by_beginning.get("check") == first["check"], "the latest scan does not have the finding")
        fix = await self.answer(client, "suggest_fix", {"finding_id": first["id"]})
        self.expect(fix.get("verify") and (fix.get("diff") or fix.get("code") or fix.get("guidance")), "an empty fix")
        recheck = await self.answer(client, "scan_api", {"scan_id": scan["scan_id"], "recheck": [first["id"]]})
        while recheck.get("status") == "running":
            recheck = await self.answer(client, "scan_api", {"scan_id": recheck["scan_id"]})
        outcomes = [row["outcome"] for row in recheck.get("recheck", [])]
        self.expect(outcomes == ["still_vulnerable"], f"recheck of an unrepaired finding: {outcomes}")
        self.note(f"finding {first['id']} ({first['check']}): fix for {fix.get('framework')}, recheck {outcomes}")

    async def sizes(self, client, scan):
        """The usual answers stay as short as they are, for all findings of the demo's first page."""
        taken = {"scan_api": [bytes_of(scan)]}
        for row in scan["findings"]:
            for tool, arguments in (("explain_finding", {"finding_id": row["id"]}), ("suggest_fix", {"finding_id": row["id"]}),
                                    ("check_route_ownership", {"scan_id": scan["scan_id"], "route": row["operation"]})):
                taken.setdefault(tool, []).append(bytes_of(await self.answer(client, tool, arguments)))
        for tool, caps in DEMO_CAPS.items():
            sizes = taken[tool][0], max(taken[tool])
            self.expect(all(size <= cap for size, cap in zip(sizes, caps)), f"{tool} answers with {sizes} bytes, at most {caps}")
            self.note(f"{tool} answers with {sizes[0]} bytes for the worst finding, {sizes[1]} at most")

    async def ownership(self, client):
        arguments = {key: value for key, value in self.scan_arguments().items() if key != "target"}
        matrix = await self.owned(client, arguments)
        routes = matrix.get("routes", [])
        self.expect(routes, "an empty matrix")
        if routes:
            route = routes[0]["route"]
            one = await self.owned(client, arguments | {"route": route})
            self.expect([row["route"] for row in one.get("routes", [])] == [route], f"asked for {route}: {one.get('routes')}")
        self.note(f"ownership: {matrix.get('counts')}")

    async def owned(self, client, arguments):
        """The matrix; the question is asked again while the work goes on."""
        while True:
            result = await client.call_tool("check_route_ownership", arguments)
            if result.is_error and "same arguments" in result.content[0].text:
                continue
            self.expect(not result.is_error, f"check_route_ownership: {result.content[0].text[:300]}")
            return result.structured_content or {}

    async def wrong_calls(self, client):
        await self.fault(client, "scan_api", {"targte": "x"}, "`targte`", "`target`")
        await self.fault(client, "scan_api", {"mode": "agressive"}, "`mode`", "passive, active, intrusive")
        await self.fault(client, "scan_api", {"token": "x"}, "environment variable")
        await self.fault(client, "scan_api", {"cursor": "f15"}, "scan_id")
        await self.fault(client, "scan_api", {"scan_id": "0" * 32}, "scan")
        await self.fault(client, "explain_finding", {}, "`finding_id`")
        await self.fault(client, "explain_finding", {"finding_id": "rw-ffffffffffffffff"})
        await self.fault(client, "suggest_fix", {}, "finding_id")
        try:
            result = await client.call_tool("scan", {})
            self.expect(False, f"an unknown tool answered {result}")
        except Exception as error:  # the SDK's error type differs between its versions
            self.expect("scan_api" in str(error), f"unknown tool: {error}")

    async def dry_run(self, client):
        plan = await self.answer(client, "scan_api", self.scan_arguments() | {"dry_run": True})
        self.expect(plan.get("status") == "planned", f"a dry run has status {plan.get('status')}")
        self.expect(plan.get("plan", {}).get("operations", 0) > 0, "an empty plan")

    async def resources(self, client, scan):
        templates = (await client.list_resource_templates()).resource_templates
        self.expect(len(templates) == 7, f"{len(templates)} resource templates")
        listed = [str(resource.uri) for resource in (await client.list_resources()).resources]
        self.expect("routewarden://scans" in listed, f"resources: {listed}")
        uris = ["routewarden://scans", "routewarden://checks/authz/bola-read"]
        if scan.get("scan_id"):
            base = f"routewarden://scans/{scan['scan_id']}"
            uris += [base] + [f"{base}/report.{end}" for end in self.options.formats.split(",")]
        if scan.get("findings"):
            uris.append(f"routewarden://findings/{scan['findings'][0]['id']}")
        for uri in uris:
            try:
                contents = (await client.read_resource(uri)).contents
                self.expect(contents and contents[0].text, f"{uri} is empty")
            except Exception as error:
                self.expect(False, f"{uri}: {error}")
        try:
            await client.read_resource("routewarden://scans/nothing")
            self.expect(False, "a resource that is not there was read")
        except Exception:
            pass

    async def prompts(self, client):
        names = sorted(prompt.name for prompt in (await client.list_prompts()).prompts)
        self.expect(names == ["review-route", "scan-and-fix"], f"prompts are {names}")
        prompt = await client.get_prompt("review-route", {"route": "GET /x"})
        self.expect("check_route_ownership" in prompt.messages[0].content.text, "the prompt names no tool")

    async def ask(self, context, params):
        self.asked.append(params.message)
        if not self.agrees:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"confirm": True})

    async def consent(self, client):
        """Active mode, which the configuration does not name, needs the user's word."""
        if self.options.mode:
            return
        arguments = self.scan_arguments() | {"mode": "active", "checks": ["authz/bola-read"]}
        self.agrees, self.asked = False, []
        await self.fault(client, "scan_api", arguments, "did not agree")
        self.agrees = True
        answer = await self.answer(client, "scan_api", arguments)
        while answer.get("status") == "running":
            answer = await self.answer(client, "scan_api", {"scan_id": answer["scan_id"]})
        self.expect(answer.get("mode") == "active", f"after consent the scan is {answer.get('mode')}")
        self.expect(len(self.asked) == 2 and all("mode active" in asked for asked in self.asked), f"asked: {self.asked}")
        await self.answer(client, "scan_api", arguments | {"dry_run": True})
        self.expect(len(self.asked) == 2, f"asked again: {self.asked[2:]}")
        self.note("elicitation: declined, then accepted once")

    async def completion(self, client, scan):
        reference = ResourceTemplateReference(type="ref/resource", uri="routewarden://scans/{scan_id}")
        found = await client.complete(reference, {"name": "scan_id", "value": scan.get("scan_id", "")[:8]})
        self.expect(scan.get("scan_id") in found.completion.values, f"completion of a scan: {found.completion.values[:5]}")
        found = await client.complete(PromptReference(type="ref/prompt", name="review-route"), {"name": "route", "value": "GET"})
        self.expect(found.completion.values, "no route is proposed")

    async def cancel(self, client):
        with slowed(self.options.config) as config:
            arguments = self.scan_arguments() | ({"config": str(config)} if config else {})
            with anyio.move_on_after(self.options.cancel_after) as scope:
                await client.call_tool("scan_api", arguments)
        if not self.expect(scope.cancelled_caught, "the scan ended before it could be cancelled: --cancel-after"):
            return
        with anyio.fail_after(5):
            await client.list_tools()
        status = None
        with anyio.move_on_after(10):
            while status != "interrupted":
                contents = (await client.read_resource("routewarden://scans", cache_mode="bypass")).contents
                rows = json.loads(contents[0].text)
                status = rows[0]["status"] if rows else None
                await anyio.sleep(0.1)
        if self.expect(status == "interrupted", f"the latest scan after a cancelled call is {status}"):
            self.note("cancelled call: the scan stopped and was stored")

    async def all(self, client):
        await self.lists(client)
        await self.wrong_calls(client)
        await self.prompts(client)
        await self.dry_run(client)
        scan = await self.scan(client)
        await self.pages(client, scan)
        await self.finding(client, scan)
        if self.options.demo:
            await self.sizes(client, scan)
        await self.ownership(client)
        await self.resources(client, scan)
        await self.completion(client, scan)
        await self.cancel(client)
        await self.consent(client)

    async def deadline(self, client):
        """With a soft deadline of a moment every scan outlives its call."""
        answer = await self.answer(client, "scan_api", self.scan_arguments())
        self.expect(answer.get("status") == "running", f"at the deadline the scan is {answer.get('status')}")
        calls = 0
        with anyio.fail_after(self.options.timeout):
            while answer.get("status") == "running":
                answer, calls = await self.answer(client, "scan_api", {"scan_id": answer["scan_id"]}), calls + 1
                await anyio.sleep(0.05)
        self.expect(answer.get("status") == "complete", f"waited for, the scan is {answer.get('status')}")
        self.note(f"deadline: complete after {calls} more calls")


def bytes_of(answer):
    return len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())


@contextmanager
def slowed(config):
    """A copy of a configuration beside it whose scan takes seconds, so that it is still on its way when cancelled."""
    if not config:
        yield None
        return
    lines = [line for line in config.read_text().splitlines() if not re.match(r"rate\s*=", line)]
    if "[scan]" not in lines:
        lines += ["[scan]"]
    lines.insert(lines.index("[scan]") + 1, f"rate = {SLOW_RATE}")
    copy = config.with_name(f"slowed-{config.name}")
    copy.write_text("\n".join(lines) + "\n")
    try:
        yield copy
    finally:
        copy.unlink()


def environment(**more):
    return dict(os.environ) | more


def stdio(options, mode, ask=None, **more):
    folder = options.config.parent if options.config else None
    server = StdioServerParameters(command=str(options.bin), args=["mcp"], cwd=folder, env=environment(**more))
    return Client(server, mode=mode, read_timeout_seconds=options.timeout, elicitation_callback=ask)


@asynccontextmanager
async def http(options, mode, ask=None):
    """A server on a free port, ended with the connection."""
    folder = options.config.parent if options.config else None
    with serve(options.bin, folder=folder) as served:
        async with create_mcp_http_client(headers={"Authorization": f"Bearer {served.token}"}) as http_client:
            transport = streamable_http_client(served.url, http_client=http_client)
            async with Client(transport, mode=mode, elicitation_callback=ask) as client:
                yield client


def plainly(error):
    """An error with the errors that a task group wraps."""
    inner = getattr(error, "exceptions", None)
    return "; ".join(plainly(one) for one in inner) if inner else f"{type(error).__name__}: {error}"


async def run(options):
    drives = []
    for mode in ("auto", "legacy"):
        drive = Drive(f"{'http' if options.http else 'stdio'}/{mode}", options)
        drives.append(drive)
        try:
            async with (http if options.http else stdio)(options, mode, drive.ask) as client:
                await drive.all(client)
        except Exception as error:
            drive.expect(False, plainly(error))
    if not options.http:
        drive = Drive("stdio/deadline", options)
        drives.append(drive)
        try:
            async with stdio(options, "auto", ROUTEWARDEN_SOFT_DEADLINE_MS="1") as client:
                await drive.deadline(client)
        except Exception as error:
            drive.expect(False, plainly(error))
    return drives


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--config", type=lambda path: Path(path).resolve())
    parser.add_argument("--target")
    parser.add_argument("--mode", choices=["passive", "active", "intrusive"])
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--demo", action="store_true", help="the target is the built-in demo: hold the sizes of its answers")
    parser.add_argument("--formats", default="json,sarif,html,md", help="report formats that must be readable")
    parser.add_argument("--min-findings", type=int, default=1)
    parser.add_argument("--cancel-after", type=float, default=0.3, help="seconds")
    parser.add_argument("--timeout", type=float, default=300, help="seconds")
    options = parser.parse_args()
    drives = anyio.run(run, options)
    deviations = sum(len(drive.deviations) for drive in drives)
    print(f"{len(drives)} drives, {deviations} deviations")
    sys.exit(1 if deviations else 0)


if __name__ == "__main__":
    main()
