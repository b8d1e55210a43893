//! Answers of every wire format as a server would write them: whole, and in pieces. Written from the vendors'
//! documentation, not from the reader.

use routewarden::llm::WireFormat;
use serde_json::{Value, json};

/// Content type and body of an answer.
pub type Body = (&'static str, String);

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Events with a name each where there is one.
fn events(items: &[(&str, Value)], end: &str) -> Body {
    let one = |(event, value): &(&str, Value)| {
        let name = if event.is_empty() { String::new() } else { format!("event: {event}\n") };
        format!("{name}data: {value}\n\n")
    };
    (EVENTS, format!("{}{end}", items.iter().map(one).collect::<String>()))
}

/// A whole answer that says this.
pub fn whole(shape: WireFormat, said: &str) -> Body {
    let value = match shape {
        WireFormat::OpenAiChat => {
            json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}], "usage": {"total_tokens": 9}})
        }
        WireFormat::OpenAiResponses => {
            json!({"id": "resp_1", "object": "response", "status": "completed", "instructions": null, "model": "m-1", "output": [{"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": said, "annotations": []}]}], "tools": [], "metadata": {}})
        }
        WireFormat::Anthropic => {
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "content": [{"type": "text", "text": said}], "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2}})
        }
        WireFormat::OllamaChat => {
            json!({"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": said}, "done_reason": "stop", "done": true})
        }
        WireFormat::OllamaGenerate => {
            json!({"model": "m", "created_at": "2026-01-01T00:00:00Z", "response": said, "done": true, "context": [1, 2]})
        }
        WireFormat::Gemini => {
            json!({"candidates": [{"content": {"parts": [{"text": said}], "role": "model"}, "finishReason": "STOP", "index": 0}], "modelVersion": "m-1"})
        }
        WireFormat::Bedrock => {
            json!({"output": {"message": {"role": "assistant", "content": [{"text": said}]}}, "stopReason": "end_turn", "usage": {"inputTokens": 1}})
        }
        WireFormat::LangServe => {
            json!({"output": {"content": said, "type": "ai", "id": "run-1"}, "metadata": {"run_id": "1-2"}})
        }
        WireFormat::LangServeBatch => json!({"output": [said], "metadata": {"run_ids": ["1-2"]}}),
        WireFormat::AiSdkData => json!({"messages": [{"role": "assistant", "content": said}]}),
        WireFormat::AiSdkUi => json!({"text": said}),
        WireFormat::Gradio => return events(&[("complete", json!([said]))], ""),
        WireFormat::Tgi => json!({"generated_text": said}),
        WireFormat::Generic => json!({"reply": said, "session_id": "s"}),
    };
    (JSON, value.to_string())
}

/// An answer that says these pieces one after the other.
pub fn pieces(shape: WireFormat, said: &[&str]) -> Body {
    let all = said.concat();
    match shape {
        WireFormat::OpenAiChat => {
            let mut items: Vec<(&str, Value)> = said
                .iter()
                .map(|piece| ("", json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m-1", "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null}]})))
                .collect();
            items.push((
                "",
                json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            ));
            events(&items, "data: [DONE]\n\n")
        }
        WireFormat::OpenAiResponses => {
            let mut items = vec![(
                "response.created",
                json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}}),
            )];
            items.extend(said.iter().map(|piece| ("response.output_text.delta", json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": piece}))));
            events(&items, "")
        }
        WireFormat::Anthropic => {
            let mut items = vec![
                (
                    "message_start",
                    json!({"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "content": []}}),
                ),
                (
                    "content_block_start",
                    json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                ),
            ];
            items.extend(said.iter().map(|piece| {
                (
                    "content_block_delta",
                    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}),
                )
            }));
            items.push(("message_delta", json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})));
            events(&items, "")
        }
        WireFormat::OllamaChat | WireFormat::OllamaGenerate => {
            let line = |piece: &str, done: bool| {
                let value = if shape == WireFormat::OllamaChat {
                    json!({"model": "m", "message": {"role": "assistant", "content": piece}, "done": done})
                } else {
                    json!({"model": "m", "response": piece, "done": done})
                };
                format!("{value}\n")
            };
            let body: String = said.iter().map(|piece| line(piece, false)).collect();
            ("application/x-ndjson", body + &line("", true))
        }
        WireFormat::Gemini => {
            let chunk = |piece: &&str| json!({"candidates": [{"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}]});
            (JSON, Value::Array(said.iter().map(chunk).collect()).to_string())
        }
        WireFormat::Bedrock => whole(shape, &all),
        WireFormat::LangServe | WireFormat::LangServeBatch => {
            let mut items = vec![("metadata", json!({"run_id": "1-2"}))];
            items.extend(
                said.iter().map(|piece| ("data", json!({"content": piece, "type": "AIMessageChunk", "id": "run-1"}))),
            );
            events(&items, "event: end\n\n")
        }
        WireFormat::AiSdkData => {
            let body: String = said.iter().map(|piece| format!("0:{}\n", json!(piece))).collect();
            ("text/plain; charset=utf-8", body + "d:{\"finishReason\":\"stop\"}\n")
        }
        WireFormat::AiSdkUi => {
            let mut items = vec![("", json!({"type": "start"})), ("", json!({"type": "text-start", "id": "t1"}))];
            items.extend(said.iter().map(|piece| ("", json!({"type": "text-delta", "id": "t1", "delta": piece}))));
            items.push(("", json!({"type": "text-end", "id": "t1"})));
            events(&items, "data: [DONE]\n\n")
        }
        WireFormat::Gradio => {
            let mut shown = String::new();
            let mut items = Vec::new();
            for piece in said {
                shown.push_str(piece);
                items.push(("generating", json!([shown.clone()])));
            }
            items.push(("complete", json!([shown])));
            events(&items, "")
        }
        WireFormat::Tgi => {
            let items: Vec<(&str, Value)> = said
                .iter()
                .enumerate()
                .map(|(at, piece)| {
                    ("", json!({"index": at, "token": {"id": at, "text": piece}, "generated_text": null}))
                })
                .collect();
            events(&items, "")
        }
        WireFormat::Generic => {
            let items: Vec<(&str, Value)> = said.iter().map(|piece| ("", json!({"token": piece}))).collect();
            events(&items, "")
        }
    }
}
