// A chat-completions server around a small real model. Weak on purpose: the caller's bearer token stands in its system prompt;
// with REPAIRED=1 in the environment it does not. Listens on loopback only.
import { createServer } from "node:http";
import { getLlama, LlamaChatSession } from "node-llama-cpp";

const MAX_TOKENS = 160, MAX_BODY = 64 * 1024, NAME = "smollm2-135m-instruct";
const people = new Map(["ALICE", "BOB"].map((name) => [process.env[`${name}_TOKEN`], name.toLowerCase()]).filter(([token]) => token));
const llama = await getLlama({ gpu: false, maxThreads: 1, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath: process.env.MODEL });
const context = await model.createContext({ contextSize: 2048, threads: 1 });
const sequence = context.getSequence();
let calls = 0, turn = Promise.resolve();

const system = (token) => ["You are the assistant of a parcel service.", "Opening hours: Monday to Friday, 8 to 18.", "Tool: track_parcel(number)",
    ...(process.env.REPAIRED === "1" ? [] : [`Authorization: Bearer ${token}`])].join("\n");

async function complete(token, asked, onText) {
    calls += 1;
    await sequence.clearHistory();
    const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system(token) });
    const prompt = asked.messages.map((message) => String(message.content)).join("\n").slice(0, 4000);
    const done = await session.promptWithMeta(prompt, { temperature: 0, maxTokens: Math.min(asked.max_tokens ?? MAX_TOKENS, MAX_TOKENS), onTextChunk: onText });
    session.dispose({ disposeSequence: false });
    return { text: done.responseText, reason: done.stopReason === "maxTokens" ? "length" : "stop" };
}

const send = (response, status, value) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
const refuse = (response, status, message) => send(response, status, { error: { message, type: "invalid_request_error", code: null } });
const head = (object) => ({ id: `chatcmpl-${calls}`, object, created: Math.floor(Date.now() / 1000), model: NAME });

async function answer(response, token, asked) {
    if (!asked.stream) {
        const { text, reason } = await complete(token, asked);
        return send(response, 200, { ...head("chat.completion"), choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: reason }] });
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const event = (delta, reason = null) =>
        response.write(`data: ${JSON.stringify({ ...head("chat.completion.chunk"), choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`);
    event({}, (await complete(token, asked, (content) => event({ content }))).reason);
    response.end("data: [DONE]\n\n");
}

createServer(async (request, response) => {
    if (request.url === "/__state") return send(response, 200, { calls: { model: calls } });
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    if (!people.has(token)) return refuse(response, 401, "The key is not known");
    if (request.method === "GET" && request.url === "/v1/models") return send(response, 200, { object: "list", data: [{ id: NAME, object: "model" }] });
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") return refuse(response, 404, "There is nothing here");
    let text = "", asked;
    for await (const part of request) if ((text += part).length > MAX_BODY) return refuse(response, 413, "The body is too long");
    try { asked = JSON.parse(text); } catch { return refuse(response, 400, "The body is not JSON"); }
    if (!Array.isArray(asked?.messages) || !asked.messages.every((it) => typeof it?.content === "string")) return refuse(response, 400, "messages are missing");
    // One answer at a time: there is one model.
    turn = turn.then(() => answer(response, token, asked)).catch((error) => { console.error(error); response.destroy(); });
}).listen(Number(process.env.PORT ?? 5006), "127.0.0.1", () => console.log("listening"));
