"""Drives a built server with FastMCP's client over one transport, and says where it deviates.

    python fast.py '{"transport": "stdio", "era": "auto", "bin": ..., "folder": ..., "config": ..., "slow": ..., "url": ..., "token": ...}'
"""

import json
import os
import sys
import time

import anyio
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from mcp.types import ResourceTemplateReference

TOOLS = ["scan_api", "explain_finding", "check_route_ownership", "suggest_fix"]
SETTLE_SECONDS = 20


class Drive:
    def __init__(self, options):
        self.options, self.deviations = options, 0
        self.label = f"FastMCP {options['transport']}/{options['era']}"
        # What the user says when asked, and what was asked.
        self.agrees, self.asked = True, []

    def expect(self, holds, what):
        if not holds:
            self.deviations += 1
            print(f"  DEVIATION {self.label}: {what}", flush=True)
        return holds

    def transport(self):
        headers = {"Authorization": f"Bearer {self.options['token']}"}
        if self.options["transport"] == "http":
            return StreamableHttpTransport(self.options["url"], headers=headers)
        if self.options["transport"] == "sse":
            return SSETransport(self.options["url"], headers=headers)
        return StdioTransport(self.options["bin"], ["mcp"], env=dict(os.environ), cwd=self.options["folder"], keep_alive=False)

    async def ask(self, message, *_):
        self.asked.append(message)
        return ElicitResult(action="accept", content={"confirm": True}) if self.agrees else ElicitResult(action="decline")

    async def answer(self, client, arguments, **more):
        result = await client.call_tool("scan_api", arguments, raise_on_error=False, **more)
        self.expect(not result.is_error, f"scan_api: {result.content[0].text[:300]}")
        answer = result.structured_content or {}
        while answer.get("status") == "running":
            answer = (await client.call_tool("scan_api", {"scan_id": answer["scan_id"]}, **more)).structured_content
        return answer

    async def scan(self, client):
        seen = []

        async def progress(done, _total, _message):
            seen.append(done)

        answer = await self.answer(client, {"config": self.options["config"]}, progress_handler=progress)
        self.expect(seen and all(one < other for one, other in zip(seen, seen[1:])), f"progress: {seen}")
        self.expect(answer.get("status") == "complete" and answer.get("findings_total"), f"the scan ended as {answer.get('status')}")
        return answer["scan_id"]

    async def reads(self, client, scan_id):
        listed = [str(resource.uri) for resource in await client.list_resources()]
        self.expect("routewarden://scans" in listed, f"resources: {listed}")
        for uri in ("routewarden://scans", f"routewarden://scans/{scan_id}/report.md", "routewarden://checks/authz/bola-read"):
            self.expect((await client.read_resource(uri))[0].text, f"{uri} is empty")
        self.expect(len(await client.list_prompts()) == 2, "there are not two prompts")
        prompt = await client.get_prompt("review-route", {"route": "GET /x"})
        self.expect("check_route_ownership" in prompt.messages[0].content.text, "the prompt names no tool")
        reference = ResourceTemplateReference(type="ref/resource", uri="routewarden://scans/{scan_id}")
        found = await client.complete(reference, {"name": "scan_id", "value": scan_id[:8]})
        self.expect(scan_id in found.values, f"completion: {found.values}")

    async def latest(self, client, wanted):
        """Waits until the latest scan has this status, and gives what it has in the end."""
        status, until = None, time.monotonic() + SETTLE_SECONDS
        while status != wanted and time.monotonic() < until:
            rows = json.loads((await client.read_resource("routewarden://scans"))[0].text)
            status = rows[0]["status"] if rows else None
            await anyio.sleep(0.02)
        return status

    async def cancel(self, client):
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "scan_api", {"config": self.options["slow"]})
            before = await self.latest(client, "running")
            self.expect(before == "running", f"the scan is {before} before it is cancelled")
            group.cancel_scope.cancel()
        after = await self.latest(client, "interrupted")
        self.expect(after == "interrupted", f"the latest scan after a cancelled call is {after}")

    async def elicit(self, client):
        """Active mode, which the configuration does not name, needs the user's word."""
        arguments = {"config": self.options["config"], "mode": "active", "checks": ["authz/bola-read"],
                     "operations": ["GET /invoices/{invoice_id}"]}
        self.agrees = False
        refused = await client.call_tool("scan_api", arguments, raise_on_error=False)
        self.expect(refused.is_error and "did not agree" in refused.content[0].text, f"declined: {refused.content[0].text[:300]}")
        self.agrees = True
        answer = await self.answer(client, arguments)
        self.expect(answer.get("mode") == "active", f"after consent the scan is {answer.get('mode')}")
        self.expect(len(self.asked) == 2 and all("mode active" in asked for asked in self.asked), f"asked: {self.asked}")

    async def all(self):
        began = time.monotonic()
        async with Client(self.transport(), mode=self.options["era"], elicitation_handler=self.ask) as client:
            names = [tool.name for tool in await client.list_tools()]
            self.expect(names == TOOLS, f"tools are {names}")
            await self.reads(client, await self.scan(client))
            await self.cancel(client)
            await self.elicit(client)
            version = client.protocol_version
            self.expect(version == ("2026-07-28" if self.options["era"] == "auto" else "2025-11-25"), f"the protocol is {version}")
        took = round((time.monotonic() - began) * 1000)
        print(f"  {self.label}: {version} list, call, progress, resource, prompt, completion, cancel, elicit in {took} ms", flush=True)


def main():
    drive = Drive(json.loads(sys.argv[1]))
    try:
        anyio.run(drive.all)
    except Exception as error:
        drive.expect(False, f"{type(error).__name__}: {error}")
    sys.exit(1 if drive.deviations else 0)


if __name__ == "__main__":
    main()
