// Drives a built server with one of the TypeScript SDKs over one transport, as an assistant would, and says where it deviates.
//
//     node sdk.mjs '{"sdk": "v2", "era": "auto", "transport": "stdio", "bin": ..., "config": ..., "slow": ..., "url": ..., "token": ...}'

const options = JSON.parse(process.argv[2]);
const label = `TypeScript ${options.sdk} ${options.transport}/${options.era}`;
const TOOLS = ['scan_api', 'explain_finding', 'check_route_ownership', 'suggest_fix'];
const SETTLE_MS = 20_000;
let deviations = 0;

function expect(holds, what) {
  if (!holds) {
    deviations += 1;
    console.log(`  DEVIATION ${label}: ${what}`);
  }
  return holds;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the two SDKs do differently: how a client is made, and how a tool is called. */
async function load() {
  if (options.sdk === 'v1') {
    const [{ Client }, stdio, http, sse, types] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/stdio.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
      import('@modelcontextprotocol/sdk/client/sse.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    return {
      client: (capabilities) => new Client({ name: 'drive', version: '1' }, { capabilities }),
      onElicit: (client, answer) => client.setRequestHandler(types.ElicitRequestSchema, answer),
      call: (client, params, more) => client.callTool(params, undefined, more),
      // Told over HTTP alone, where each request needs it.
      version: (client) => client.transport?.protocolVersion ?? '2025-11-25',
      ...stdio, ...http, ...sse,
    };
  }
  const [module, stdio] = await Promise.all([
    import('@modelcontextprotocol/client'),
    import('@modelcontextprotocol/client/stdio'),
  ]);
  const versionNegotiation = { mode: options.era === 'modern' ? { pin: '2026-07-28' } : options.era };
  return {
    client: (capabilities) => new module.Client({ name: 'drive', version: '2' }, { capabilities, versionNegotiation }),
    onElicit: (client, answer) => client.setRequestHandler('elicitation/create', answer),
    call: (client, params, more) => client.callTool(params, more),
    version: (client) => client.getNegotiatedProtocolVersion(),
    ...module, ...stdio,
  };
}

function transport(sdk) {
  const requestInit = { headers: { Authorization: `Bearer ${options.token}` } };
  if (options.transport === 'http') return new sdk.StreamableHTTPClientTransport(new URL(options.url), { requestInit });
  if (options.transport === 'sse') return new sdk.SSEClientTransport(new URL(options.url), { requestInit });
  return new sdk.StdioClientTransport({
    command: options.bin, args: ['mcp'], cwd: options.folder, env: process.env, stderr: 'ignore',
  });
}

/** Calls a tool that must succeed, and gives its answer. */
async function answer(sdk, client, name, args, more) {
  const result = await sdk.call(client, { name, arguments: args }, more);
  const text = result.content?.[0]?.text ?? '';
  if (!expect(!result.isError, `${name}: ${text.slice(0, 300)}`)) return {};
  expect(JSON.stringify(JSON.parse(text)) === JSON.stringify(result.structuredContent), `${name}: text and structured content differ`);
  return result.structuredContent;
}

async function list(sdk, client) {
  const { tools } = await client.listTools();
  expect(JSON.stringify(tools.map((tool) => tool.name)) === JSON.stringify(TOOLS), `tools are ${tools.map((tool) => tool.name)}`);
  expect(client.getInstructions()?.length > 0, 'no instructions');
}

async function scan(sdk, client) {
  const seen = [];
  const more = { onprogress: (progress) => seen.push(progress.progress), resetTimeoutOnProgress: true };
  let found = await answer(sdk, client, 'scan_api', { config: options.config }, more);
  while (found.status === 'running') found = await answer(sdk, client, 'scan_api', { scan_id: found.scan_id }, more);
  expect(seen.length > 0 && seen.every((value, at) => at === 0 || value > seen[at - 1]), `progress: ${seen}`);
  expect(found.status === 'complete' && found.findings_total > 0, `the scan ended as ${found.status} with ${found.findings_total} findings`);
  return found;
}

async function resources(sdk, client, found) {
  const { resources: listed } = await client.listResources();
  expect(listed.some((resource) => resource.uri === 'routewarden://scans'), `resources: ${listed.map((resource) => resource.uri)}`);
  expect((await client.listResourceTemplates()).resourceTemplates.length > 0, 'no templates');
  for (const uri of ['routewarden://scans', `routewarden://scans/${found.scan_id}/report.md`, 'routewarden://checks/authz/bola-read']) {
    const { contents } = await client.readResource({ uri });
    expect(contents[0]?.text?.length > 0, `${uri} is empty`);
  }
}

async function prompts(sdk, client, found) {
  expect((await client.listPrompts()).prompts.length === 2, 'there are not two prompts');
  const prompt = await client.getPrompt({ name: 'review-route', arguments: { route: 'GET /x' } });
  expect(prompt.messages[0].content.text.includes('check_route_ownership'), 'the prompt names no tool');
  const completed = await client.complete({
    ref: { type: 'ref/resource', uri: 'routewarden://scans/{scan_id}' },
    argument: { name: 'scan_id', value: found.scan_id.slice(0, 8) },
  });
  expect(completed.completion.values.includes(found.scan_id), `completion: ${completed.completion.values}`);
}

/** Active mode, which the configuration does not name, needs the user's word. */
async function elicit(sdk, client, user) {
  const args = { config: options.config, mode: 'active', checks: ['authz/bola-read'], operations: ['GET /invoices/{invoice_id}'] };
  user.agrees = false;
  const refused = await sdk.call(client, { name: 'scan_api', arguments: args });
  expect(refused.isError && refused.content[0].text.includes('did not agree'), `declined: ${refused.content[0]?.text}`);
  user.agrees = true;
  const agreed = await answer(sdk, client, 'scan_api', args);
  expect(agreed.status === 'running' || agreed.mode === 'active', `after consent the scan is ${agreed.mode}`);
  expect(user.asked.length === 2 && user.asked.every((asked) => asked.includes('mode active')), `asked: ${user.asked}`);
}

/** Waits until the latest scan has this status, and gives what it has in the end. */
async function latest(client, wanted) {
  const until = Date.now() + SETTLE_MS;
  let status;
  while (status !== wanted && Date.now() < until) {
    const { contents } = await client.readResource({ uri: 'routewarden://scans' }, { cacheMode: 'bypass' });
    status = JSON.parse(contents[0].text)[0]?.status;
    await pause(20);
  }
  return status;
}

async function cancel(sdk, client) {
  const aborter = new AbortController();
  const ended = sdk.call(client, { name: 'scan_api', arguments: { config: options.slow } }, { signal: aborter.signal })
    .then(() => 'an answer', () => 'cancelled');
  const before = await latest(client, 'running');
  aborter.abort();
  expect(await ended === 'cancelled', `the call could not be cancelled; its scan was ${before}`);
  const after = await latest(client, 'interrupted');
  expect(after === 'interrupted', `the latest scan after a cancelled call is ${after}`);
}

async function main() {
  const sdk = await load();
  const client = sdk.client({ elicitation: {} });
  const user = { agrees: true, asked: [] };
  sdk.onElicit(client, (request) => {
    user.asked.push(request.params.message);
    return user.agrees ? { action: 'accept', content: { confirm: true } } : { action: 'decline' };
  });
  const began = Date.now();
  await client.connect(transport(sdk));
  const version = sdk.version(client);
  expect(version === (options.era === 'legacy' ? '2025-11-25' : '2026-07-28'), `the protocol is ${version}`);
  try {
    await list(sdk, client);
    const found = await scan(sdk, client);
    await resources(sdk, client, found);
    await prompts(sdk, client, found);
    await cancel(sdk, client);
    await elicit(sdk, client, user);
  } finally {
    await client.close();
  }
  console.log(`  ${label}: ${version} list, call, progress, resource, prompt, completion, cancel, elicit in ${Date.now() - began} ms`);
}

try {
  await main();
} catch (error) {
  expect(false, `${error?.stack ?? error}`);
}
process.exit(deviations ? 1 : 0);
