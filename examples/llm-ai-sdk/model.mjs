// A scripted stand-in for a chat model, behind the AI SDK's own interface: it recites what it was told when asked for it,
// and calls the tool that reads notes where a note or a tool is spoken of.
import { MockLanguageModelV3, simulateReadableStream } from "ai/test";

const ASKS = /token|credential|word for word|system prompt|context|configuration|before this message|above/i;
const NOTE = /\bnote-[0-9a-f]{12}\b/;
// Asked for a tool, it calls the one that it has.
const TOOL = /\b(call|use)\b[^.]*\btools?\b/i;

export const calls = { model: 0 };

const textOf = (content) =>
  typeof content === "string" ? content : content.filter((part) => part.type === "text").map((part) => part.text).join(" ");

function reply(prompt, tools) {
  const last = prompt.at(-1);
  if (last.role === "tool") return { text: "That is what I found." };
  const asked = textOf(prompt.filter((turn) => turn.role === "user").at(-1).content);
  const note = NOTE.exec(asked)?.[0];
  const wanted = note ?? (TOOL.test(asked) ? "note-000000000000" : undefined);
  if (wanted && tools?.some((tool) => tool.name === "readNote")) return { call: { id: wanted } };
  if (ASKS.test(asked)) return { text: `I was told: ${prompt.filter((turn) => turn.role === "system").map((turn) => turn.content).join(" ")}` };
  return { text: `You asked with ${asked.length} characters. I can look up your notes.` };
}

// Four characters in a piece: nothing longer is ever whole.
function parts({ text, call }) {
  const usage = {
    inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 10, text: 10, reasoning: 0 },
  };
  const end = (unified) => ({ type: "finish", finishReason: { unified, raw: unified }, usage });
  const start = { type: "stream-start", warnings: [] };
  if (call) {
    return [start, { type: "tool-call", toolCallId: "call-1", toolName: "readNote", input: JSON.stringify(call) }, end("tool-calls")];
  }
  const pieces = text.match(/[\s\S]{1,4}/g) ?? [];
  return [
    start,
    { type: "text-start", id: "text-1" },
    ...pieces.map((delta) => ({ type: "text-delta", id: "text-1", delta })),
    { type: "text-end", id: "text-1" },
    end("stop"),
  ];
}

export const model = new MockLanguageModelV3({
  doStream: async ({ prompt, tools }) => {
    calls.model += 1;
    return { stream: simulateReadableStream({ chunks: parts(reply(prompt, tools)), initialDelayInMs: null, chunkDelayInMs: null }) };
  },
});
