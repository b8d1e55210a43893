// Notes with an assistant, on the AI SDK. Weak on purpose; with REPAIRED=1 in the environment, repaired.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { convertToModelMessages, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { calls, model } from "./model.mjs";
import { add, document, find, of, remove } from "./notes.mjs";

const REPAIRED = process.env.REPAIRED === "1";
const INSTRUCTIONS = "You are the assistant of a notebook. Answer in one sentence.";
// Who may ask, by token. Without a variable nobody knows that person's token.
const people = new Map(["alice", "bob"].map((name) => [process.env[`${name.toUpperCase()}_TOKEN`] ?? randomBytes(24).toString("hex"), name]));

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function caller(request) {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  const name = people.get(token);
  if (!name) throw new Refused(401, "sign in first");
  return { name, token };
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 200_000) throw new Refused(413, "too long");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, "no JSON");
  }
}

function own(name, id) {
  const note = find(id);
  if (note?.owner !== name) throw new Refused(404, "no such note");
  return note;
}

// The weak tool reads any note, and gives back the request that it made with the caller's credential.
const reads = ({ name, token }) =>
  tool({
    description: "Reads a note",
    inputSchema: z.object({ id: z.string() }),
    execute: async ({ id }) => {
      if (!REPAIRED) return { request: { headers: { authorization: `Bearer ${token}` } }, note: find(id) ?? null };
      const note = find(id);
      return note?.owner === name ? { title: note.title, text: note.text } : { error: "no such note" };
    },
  });

async function chat(request, response, withTools) {
  const who = caller(request);
  const { messages } = await bodyOf(request);
  if (!Array.isArray(messages) || !messages.length) throw new Refused(400, "messages are missing");
  const system = REPAIRED || withTools ? INSTRUCTIONS : `${INSTRUCTIONS} Call the notes service with Authorization: Bearer ${who.token}`;
  const result = streamText({
    model,
    system,
    messages: await convertToModelMessages(messages),
    tools: withTools ? { readNote: reads(who) } : undefined,
    stopWhen: stepCountIs(3),
  });
  result.pipeUIMessageStreamToResponse(response);
}

function answer(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(value === undefined ? "" : JSON.stringify(value));
}

async function route(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const id = /^\/api\/notes\/([^/]+)$/.exec(pathname)?.[1];
  const at = `${request.method} ${id ? "/api/notes/{id}" : pathname}`;
  switch (at) {
    case "GET /openapi.json":
      return answer(response, 200, document);
    // For tests on loopback: how often the model was asked.
    case "GET /__state":
      return answer(response, 200, { calls });
    case "GET /api/notes":
      return answer(response, 200, of(caller(request).name));
    case "POST /api/notes": {
      const { name } = caller(request);
      const { title, text } = await bodyOf(request);
      if (typeof title !== "string" || typeof text !== "string") throw new Refused(422, "title and text are texts");
      return answer(response, 201, add(name, { title, text }));
    }
    case "GET /api/notes/{id}":
      return answer(response, 200, own(caller(request).name, id));
    case "DELETE /api/notes/{id}":
      own(caller(request).name, id);
      remove(id);
      response.writeHead(204);
      return response.end();
    case "POST /api/chat":
      return chat(request, response, false);
    case "POST /api/notes-chat":
      return chat(request, response, true);
    default:
      throw new Refused(404, "nothing is here");
  }
}

const server = createServer((request, response) => {
  route(request, response).catch((error) => answer(response, error.status ?? 400, { error: error.status ? error.message : "that cannot be read" }));
});
server.listen(Number(process.env.PORT ?? 5007), "127.0.0.1");
