// Shows the view of scans in Chromium as a host does, with a real scan and with hostile text in every field.
//
//     node app.mjs routewarden FOLDER CHROMIUM [PICTURES]
//
// FOLDER has a routewarden.toml whose target runs. Ends with 1 when anything deviates.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [program, folder, executablePath, pictures] = process.argv.slice(2);
const VIEW = "ui://routewarden/scan", KIND = "text/html;profile=mcp-app";
const WIDTH = 760, WAIT = 15_000, PAUSE = 120, SOON = 2_000, MOST_PRESSED = 60;
let deviations = 0;

function expect(holds, what) {
  if (holds) return;
  deviations += 1;
  console.log(`  DEVIATION view: ${what}`);
}

/* The server, over a pipe. */
class Server {
  constructor() {
    this.child = spawn(program, ["mcp"], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
    this.waiting = new Map();
    this.last = 0;
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const message = JSON.parse(line);
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    });
  }
  request(method, params) {
    const id = ++this.last;
    const answer = new Promise((resolve) => this.waiting.set(id, resolve));
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return answer;
  }
  async greet(capabilities) {
    await this.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "host", version: "1" } });
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  }
  async call(name, args) {
    return (await this.request("tools/call", { name, arguments: args })).result;
  }
  async leave() {
    this.child.stdin.end();
    await new Promise((resolve) => this.child.once("exit", resolve));
  }
}

/* A host in a page: a sandboxed frame, and answers to what the view asks. */
const HOST = `<!doctype html><body style="margin:0"><script>
const frame = document.createElement("iframe");
let height = 0;
addEventListener("message", async ({ source, data }) => {
  if (data === "pwned" || data?.pwned) return window.host_report("pwned");
  if (source !== frame.contentWindow || data?.jsonrpc !== "2.0") return;
  if (data.method === "ui/notifications/size-changed") frame.style.height = (height = data.params.height) + "px";
  const result = await window.host_hear(data);
  if (data.id !== undefined) frame.contentWindow.postMessage({ jsonrpc: "2.0", id: data.id, result }, "*");
});
window.open_view = (html) => {
  frame.setAttribute("sandbox", "allow-scripts");
  frame.style.cssText = "border:0;width:100%;height:400px";
  frame.srcdoc = html;
  document.body.append(frame);
};
window.tell_view = (method, params) => frame.contentWindow.postMessage({ jsonrpc: "2.0", method, params }, "*");
</script></body>`;

class Host {
  static async open(browser, html, serve) {
    const host = new Host();
    Object.assign(host, { messages: [], calls: [], reports: [], requests: [], methods: [], sizes: 0 });
    host.page = await browser.newPage({ viewport: { width: WIDTH, height: 640 } });
    host.page.on("request", (request) => host.requests.push(request.url()));
    host.page.on("dialog", (dialog) => { host.reports.push("dialog"); dialog.dismiss(); });
    await host.page.exposeFunction("host_report", (what) => { host.reports.push(what); });
    await host.page.exposeFunction("host_hear", (message) => host.hear(message, serve));
    await host.page.setContent(HOST);
    const ready = new Promise((resolve) => { host.ready = resolve; });
    await host.page.evaluate((text) => window.open_view(text), html);
    await Promise.race([ready, new Promise((_, fail) => setTimeout(fail, WAIT, new Error("the view does not greet its host")))]);
    host.view = host.page.frames().find((frame) => frame !== host.page.mainFrame());
    return host;
  }
  async hear({ method, params }, serve) {
    this.methods.push(method);
    if (method === "ui/initialize") {
      expect(params.protocolVersion === "2026-01-26" && params.appInfo.name && params.appInfo.version && params.appCapabilities, `ui/initialize: ${JSON.stringify(params)}`);
      return { protocolVersion: "2026-01-26", hostInfo: { name: "host", version: "1" }, hostCapabilities: { serverTools: {} }, hostContext: { theme: "light" } };
    }
    if (method === "ui/notifications/initialized") this.ready();
    if (method === "ui/notifications/size-changed") this.sizes += 1;
    if (method === "ui/message") this.messages.push(params);
    if (method === "tools/call") { this.calls.push(params); return serve(params.name, params.arguments); }
    return {};
  }
  async give(result) {
    await this.page.evaluate((given) => { window.tell_view("ui/notifications/tool-input", { arguments: {} }); window.tell_view("ui/notifications/tool-result", given); }, result);
    await this.until("nothing is shown", async () => !(await this.view.textContent("#view")).includes("Waiting for the tool"));
  }
  press(name) {
    return this.view.getByRole("button", { name }).first().click({ timeout: WAIT });
  }
  count(selector) {
    return this.view.locator(selector).count();
  }
  async until(what, test) {
    const end = Date.now() + WAIT;
    while (!(await test())) {
      if (Date.now() > end) return expect(false, what);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  async picture(name) {
    if (!pictures) return;
    await this.page.evaluate(() => scrollTo(0, 0));
    await this.page.waitForTimeout(PAUSE);
    await this.page.screenshot({ path: `${pictures}/${name}.png`, clip: { x: 0, y: 0, width: WIDTH, height: 640 } });
  }
}

/* What a person does with a real scan. */
async function show_scan(browser, html, server) {
  const result = await server.call("scan_api", {}), scan = result.structuredContent;
  const host = await Host.open(browser, html, (name, args) => server.call(name, args));
  await host.give(result);
  expect(await host.count("article") === scan.findings.length, `${await host.count("article")} findings of ${scan.findings.length}`);
  expect((await host.view.locator("h1").textContent()).includes(scan.base_url), "the title does not name the target");
  await host.press(/^critical/);
  const critical = scan.findings.filter((row) => row.severity === "critical").length;
  expect(await host.count("article") === critical, `the filter leaves ${await host.count("article")} of ${critical}`);
  await host.press(/^critical/);

  const first = scan.findings[0];
  await host.press("Proof");
  await host.until("no proof is shown", async () => await host.count("td.yes") > 0 && await host.count("pre") > 2);
  expect(JSON.stringify(host.calls[0].arguments) === JSON.stringify({ finding_id: first.id, scan_id: scan.scan_id }), `asked: ${JSON.stringify(host.calls[0])}`);
  await host.picture("view-findings");
  await host.press("Fix this");
  await host.until("the assistant is not told", () => host.messages.length > 0);
  const [message] = host.messages, words = message?.content[0].text ?? "";
  expect(message?.role === "user" && words.includes(first.id) && words.includes("suggest_fix"), `told: ${JSON.stringify(message)}`);
  await host.press(/^Fix these/);
  await host.until("the assistant is not told of all", () => host.messages.length > 1);
  const confirmed = scan.findings.filter((row) => row.confidence === "confirmed");
  expect(confirmed.every((row) => host.messages[1]?.content[0].text.includes(row.id)), "not all confirmed findings are told");
  if (scan.next_cursor) {
    await host.press("More findings");
    await host.until("no further findings", async () => await host.count("article") > scan.findings.length);
  }
  await host.press("Ownership");
  await host.until("no matrix", async () => await host.count("td.enforced") > 0 && await host.count("td.broken") > 0);
  await host.picture("view-ownership");
  await host.press("Coverage");
  await host.until("no coverage", async () => (await host.view.textContent("body")).includes("operations:"));
  expect(host.sizes > 0, "the view does not tell its size");
  expect(host.reports.length === 0 && host.requests.length === 0, `reports ${host.reports}, requests ${host.requests}`);
  const explained = await server.call("explain_finding", { finding_id: first.id, scan_id: scan.scan_id });
  const matrix = await server.call("check_route_ownership", { scan_id: scan.scan_id });
  const alone = await Host.open(browser, html, () => ({}));
  await alone.give(explained);
  expect(await alone.count("article") === 1 && await alone.count("td.yes") > 0, "a proof alone is not shown");
  await alone.give({ content: [{ type: "text", text: "no such <b>scan</b>" }], isError: true });
  expect((await alone.view.textContent("body")).includes("no such <b>scan</b>"), "a fault is not shown");
  console.log(`  view: ${scan.findings.length} findings, a proof, ${matrix.structuredContent.routes.length} routes; messages carry ids alone`);
  return [result, explained, matrix].map((each) => each.structuredContent);
}

/* Text that would run, load or leave if it were anything but text. */
const SAY = "parent.postMessage('pwned','*')";
const HOSTILE = [`<img src=x onerror="${SAY}">`, `<script>${SAY}</script>`, `"><svg onload="${SAY}">`, `</p></main></script><iframe srcdoc="<script>parent.${SAY}</script>"></iframe>`,
  `javascript:${SAY}`, `<link rel=stylesheet href=http://127.0.0.1:9/x>`, "<style>*{background:url(http://127.0.0.1:9/y)}</style>", "</textarea><form action=http://127.0.0.1:9/><button>Fix this</button></form>",
  "critical\" onclick=\"" + SAY, "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/z'>", "__proto__", "<a href='http://127.0.0.1:9/'>Fix this</a>"];
// Of these, buttons and filters depend; one round leaves them as they are.
const KEPT = new Set(["id", "finding_id", "scan_id", "severity", "confidence", "status", "verdict", "next_cursor", "column", "holds"]);
const PLAIN = new Set(["main", "header", "h1", "h2", "p", "span", "div", "button", "article", "code", "pre", "table", "tr", "td", "th"]);

function poison(value, keep, name = "", at = { next: 0 }) {
  if (typeof value === "string") return keep && KEPT.has(name) ? value : `${HOSTILE[at.next++ % HOSTILE.length]} ${value}`;
  if (Array.isArray(value)) return value.map((each) => poison(each, keep, name, at));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, poison(each, keep, key, at)]));
  return value;
}

// A page that was led away answers nothing any more.
const soon = (promise, otherwise) => Promise.race([promise.catch(() => otherwise), new Promise((resolve) => setTimeout(resolve, SOON, otherwise))]);

/* Shows a hostile answer and presses everything; gives what went wrong, and what was said. */
async function attack(browser, html, answers, which, keep) {
  const poisoned = answers.map((answer) => poison(answer, keep));
  const serve = (name) => ({ content: [], structuredContent: poisoned[["scan_api", "explain_finding", "check_route_ownership"].indexOf(name)] });
  const host = await Host.open(browser, html, serve), faults = [];
  await soon(host.give({ content: [], structuredContent: poisoned[which] }));
  for (let round = 0; round < 3; round += 1) {
    // Within the page, since what is pressed may take the page away.
    await soon(host.view.evaluate((most) => [...document.querySelectorAll("button")].slice(0, most).forEach((each) => each.click()), MOST_PRESSED));
    await host.page.waitForTimeout(PAUSE);
  }
  const tags = await soon(host.view.evaluate(() => [...document.getElementById("view").querySelectorAll("*")].map((each) => each.localName)), ["the view is gone"]);
  const attributes = await soon(host.view.evaluate(() => [...document.getElementById("view").querySelectorAll("*")].flatMap((each) => each.getAttributeNames())), []);
  faults.push(...host.reports, ...host.requests, ...new Set(tags.filter((tag) => !PLAIN.has(tag))), ...new Set(attributes.filter((name) => !["class", "type", "aria-pressed"].includes(name))));
  faults.push(...host.messages.map((message) => message.content[0].text).filter((words) => !/^[A-Za-z0-9 ,.:'_-]+$/.test(words) || words.includes("pwned")));
  const seen = await soon(host.view.textContent("body"), "");
  if (!HOSTILE.slice(0, 3).some((text) => seen.includes(text))) faults.push("the text is not shown as it is");
  await soon(host.page.close());
  return { faults, told: host.messages.length };
}

async function show_hostile(browser, html, answers) {
  let told = 0, shown = 0;
  for (const keep of [true, false])
    for (const which of answers.keys()) {
      const { faults, told: more } = await attack(browser, html, answers, which, keep);
      expect(faults.length === 0, `hostile answer ${which}, ${keep ? "ids kept" : "all hostile"}: ${faults.slice(0, 6).join(" | ")}`);
      if (keep) told += more;
      else expect(more === 0, "an id that is none was told to the assistant");
      shown += 1;
    }
  expect(told > 0, "no button was there to press: the attack shows nothing");

  // That the attack is one: the same view with markup in place of text, and without its policy.
  const open = html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "").replace("element.append(...inside", "element.innerHTML = inside.flat().map((each) => each?.outerHTML ?? each).join(''); (() => {})(...inside");
  expect(open !== html && (await attack(browser, open, answers, 0, true)).faults.includes("pwned"), "the attack does not even reach a view that takes markup");
  // And that the policy holds by itself where the text did not.
  const script = (page) => page.match(/<script[^>]*>(.*?)<\/script>/s)[1], digest = (page) => createHash("sha256").update(script(page)).digest("base64");
  const markup = html.replace("element.append(...inside", "element.innerHTML = inside.join(''); (() => {})(...inside"), policed = markup.replace(digest(html), digest(markup));
  expect(policed !== markup, "the policy does not name the script of the page");
  const { faults } = await attack(browser, policed, answers, 0, true);
  expect(!faults.includes("pwned") && !faults.some((fault) => fault.startsWith("http")), `the policy lets through: ${faults}`);
  console.log(`  view: ${shown} hostile answers are text, ${told} messages carry ids alone; without policy and text the same attack runs`);
}

async function main() {
  const server = new Server();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    await server.greet({ extensions: { "io.modelcontextprotocol/ui": { mimeTypes: [KIND] } } });
    const { tools } = (await server.request("tools/list", {})).result;
    const linked = tools.filter((tool) => tool._meta?.ui?.resourceUri === VIEW).map((tool) => tool.name);
    expect(linked.join() === "scan_api,explain_finding,check_route_ownership", `tools with the view: ${linked}`);
    const [page] = (await server.request("resources/read", { uri: VIEW })).result.contents;
    expect(page.mimeType === KIND && page._meta.ui.csp.connectDomains.length === 0, `the page is ${page.mimeType}`);
    const answers = await show_scan(browser, page.text, server);
    await show_hostile(browser, page.text, answers);
  } finally {
    await browser.close();
    await server.leave();
  }
  process.exitCode = deviations ? 1 : 0;
}

await main();
