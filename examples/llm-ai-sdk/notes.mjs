// Notes of two people, and the document of the whole API.
import { randomBytes } from "node:crypto";

const notes = new Map();

export const add = (owner, { title, text }) => {
  const note = { id: `note-${randomBytes(6).toString("hex")}`, owner, title: String(title), text: String(text) };
  notes.set(note.id, note);
  return note;
};
export const of = (owner) => [...notes.values()].filter((note) => note.owner === owner);
export const find = (id) => notes.get(id);
export const remove = (id) => notes.delete(id);

const text = { type: "string" };
const note = { type: "object", properties: { id: text, owner: text, title: text, text } };
const json = (schema) => ({ "application/json": { schema } });
const ok = (schema) => ({ description: "As asked", content: json(schema) });
const id = { name: "id", in: "path", required: true, schema: text };
const part = { type: "object", properties: { type: text, text }, required: ["type"] };
const message = { type: "object", properties: { id: text, role: text, parts: { type: "array", items: part } }, required: ["role", "parts"] };
const chat = (summary) => ({
  post: {
    summary,
    requestBody: {
      required: true,
      content: json({ type: "object", properties: { id: text, messages: { type: "array", items: message } }, required: ["messages"] }),
    },
    responses: { 200: { description: "A UI message stream", content: { "text/event-stream": { schema: text } } } },
  },
});

export const document = {
  openapi: "3.1.0",
  info: { title: "Notes with an assistant", version: "1.0.0" },
  servers: [{ url: "/" }],
  security: [{ bearer: [] }],
  components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
  paths: {
    "/api/notes": {
      get: { responses: { 200: ok({ type: "array", items: note }) } },
      post: {
        requestBody: { required: true, content: json({ type: "object", properties: { title: text, text }, required: ["title", "text"] }) },
        responses: { 201: ok(note) },
      },
    },
    "/api/notes/{id}": {
      get: { parameters: [id], responses: { 200: ok(note), 404: { description: "Not yours, or not there" } } },
      delete: { parameters: [id], responses: { 204: { description: "Gone" }, 404: { description: "Not yours, or not there" } } },
    },
    "/api/chat": chat("Chat with the assistant"),
    "/api/notes-chat": chat("Chat with the assistant that reads notes"),
  },
};
