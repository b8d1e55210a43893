//! Every wire format: what is asked stands in the request, and what is said is read whole, however it came.

use proptest::prelude::*;
use routewarden::llm::{
    ChannelKind, MAX_EVENTS, ModelReading, Prompt, WireFormat, build_request_body, read_model_answer,
};
use serde_json::{Value, json};

use super::formats::{pieces, whole};

fn token() -> String {
    format!("{:018x}{:018x}", rand::random::<u64>(), rand::random::<u64>())
}

/// The channels of what the model says that hold this text.
fn holding(reading: &ModelReading, text: &str) -> Vec<(ChannelKind, String)> {
    let of = |channel: &&routewarden::llm::Channel| channel.kind != ChannelKind::All && channel.text.contains(text);
    reading.channels.iter().filter(of).map(|channel| (channel.kind, channel.path.clone())).collect()
}

#[test]
fn a_token_is_read_in_every_format_whole() {
    for shape in WireFormat::ALL {
        let token = token();
        let (kind, body) = whole(shape, &format!("It is {token}, as you asked."));
        let reading = read_model_answer(shape, kind, &body, None);
        let found = holding(&reading, &token);
        assert_eq!(found.len(), 1, "{shape:?}: {reading:?}");
        assert_eq!(found[0].0, ChannelKind::Text, "{shape:?}");
        assert!(reading.said().contains("as you asked") && reading.truncated.is_none(), "{shape:?}");
    }
}

#[test]
fn a_token_is_read_in_every_format_cut_at_every_position() {
    for shape in WireFormat::ALL {
        let token = token();
        assert_eq!(token.len(), 36);
        for cut in 0..=token.len() {
            let (first, second) = token.split_at(cut);
            let (kind, body) = pieces(shape, &["Your token: ", first, second, " - keep it."]);
            let reading = read_model_answer(shape, kind, &body, None);
            let found = holding(&reading, &token);
            assert!(found.iter().any(|(kind, _)| *kind == ChannelKind::Text), "{shape:?} at {cut}: {reading:?}");
            assert!(reading.said().contains("keep it"), "{shape:?}");
        }
    }
}

#[test]
fn a_token_is_read_in_every_format_one_character_at_a_time() {
    for shape in WireFormat::ALL {
        let token = token();
        let letters: Vec<String> = token.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        let (kind, body) = pieces(shape, &letters);
        assert!(!holding(&read_model_answer(shape, kind, &body, None), &token).is_empty(), "{shape:?}");
    }
}

#[test]
fn an_answer_in_another_format_than_asked_is_read_all_the_same() {
    let token = token();
    for (asked, answered) in [
        (WireFormat::AiSdkData, WireFormat::AiSdkUi),
        (WireFormat::AiSdkUi, WireFormat::AiSdkData),
        (WireFormat::Generic, WireFormat::OpenAiChat),
        (WireFormat::Generic, WireFormat::Anthropic),
        (WireFormat::AiSdkData, WireFormat::OpenAiChat),
        (WireFormat::OpenAiChat, WireFormat::Generic),
    ] {
        let (kind, body) = pieces(answered, &[token.get(..9).unwrap(), token.get(9..).unwrap()]);
        let found = holding(&read_model_answer(asked, kind, &body, None), &token);
        assert!(found.iter().any(|(kind, _)| *kind == ChannelKind::Text), "{asked:?} {answered:?}: {found:?}");
    }
}

#[test]
fn tool_calls_and_reasoning_have_channels_of_their_own() {
    let token = token();
    let (one, two) = token.split_at(17);
    let data = |items: &[Value]| items.iter().map(|item| format!("data: {item}\n\n")).collect::<String>();
    let call = |piece: &str, index: u8| json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}}]});
    // Two calls whose pieces come in turns.
    let chat = data(&[call(one, 0), call("{\"other\":", 1), call(two, 0), call("1}", 1)]);
    let found = holding(&read_model_answer(WireFormat::OpenAiChat, "text/event-stream", &chat, None), &token);
    assert_eq!(found, [(ChannelKind::ToolCall, "choices[0].message.tool_calls[0].function.arguments".to_owned())]);
    let thought = |piece: &str| json!({"choices": [{"index": 0, "delta": {"reasoning_content": piece}}]});
    let found = holding(
        &read_model_answer(WireFormat::OpenAiChat, "text/event-stream", &data(&[thought(one), thought(two)]), None),
        &token,
    );
    assert_eq!(found, [(ChannelKind::Reasoning, "choices[0].message.reasoning".to_owned())]);
    let input = |piece: &str| json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": piece}});
    let found = holding(
        &read_model_answer(WireFormat::Anthropic, "text/event-stream", &data(&[input(one), input(two)]), None),
        &token,
    );
    assert_eq!(found, [(ChannelKind::ToolCall, "content[1].input".to_owned())]);
    let delta =
        |piece: &str| json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": piece});
    let found = holding(
        &read_model_answer(WireFormat::OpenAiResponses, "text/event-stream", &data(&[delta(one), delta(two)]), None),
        &token,
    );
    assert_eq!(found[0].0, ChannelKind::ToolCall);
    let input = |piece: &str| json!({"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": piece});
    let found = holding(
        &read_model_answer(WireFormat::AiSdkUi, "text/event-stream", &data(&[input(one), input(two)]), None),
        &token,
    );
    assert_eq!(found[0].0, ChannelKind::ToolCall);
    let gemini = json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"q": token}}}, {"text": "x", "thought": true}]}}]});
    let reading = read_model_answer(WireFormat::Gemini, "application/json", &gemini.to_string(), None);
    assert_eq!(holding(&reading, &token)[0].0, ChannelKind::ToolCall);
    assert_eq!(reading.first(ChannelKind::Reasoning).unwrap().text, "x");
}

#[test]
fn what_the_server_said_to_the_model_is_told_from_what_the_model_said() {
    let secret = "Never tell the price of pears.";
    let responses = json!({"output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}], "instructions": secret});
    let reading = read_model_answer(WireFormat::OpenAiResponses, "application/json", &responses.to_string(), None);
    assert_eq!(holding(&reading, secret), [(ChannelKind::Echo, "instructions".to_owned())]);
    let events = [
        json!({"event": "on_chat_model_start", "name": "m", "run_id": "1", "data": {"input": {"messages": [[{"type": "system", "content": secret}]]}}}),
        json!({"event": "on_chat_model_stream", "name": "m", "run_id": "1", "data": {"chunk": {"content": "Hi"}}}),
    ];
    let body: String = events.iter().map(|event| format!("event: data\ndata: {event}\n\n")).collect();
    let reading = read_model_answer(WireFormat::LangServe, "text/event-stream", &body, None);
    assert_eq!(holding(&reading, secret)[0].0, ChannelKind::Echo, "{reading:?}");
    assert_eq!(reading.said(), "Hi");
    let history = json!({"reply": "Hi", "history": [{"role": "system", "content": secret}]});
    assert_eq!(
        holding(&read_model_answer(WireFormat::Generic, "application/json", &history.to_string(), None), secret)[0].0,
        ChannelKind::Echo
    );
}

#[test]
fn the_answer_is_where_the_user_says() {
    let body = json!({"result": {"blurb": {"en": "Hello"}}, "noise": "x"}).to_string();
    let reading = read_model_answer(WireFormat::Generic, "application/json", &body, Some("/result/blurb"));
    assert_eq!(reading.said(), "Hello");
    assert!(
        read_model_answer(WireFormat::Generic, "application/json", &json!({"noise": "x"}).to_string(), None).is_empty()
    );
}

#[test]
fn an_answer_under_names_of_its_own_is_read_all_the_same() {
    let token = token();
    let lines: String = ["Sure", ", it ", "is ", token.get(..9).unwrap(), token.get(9..).unwrap(), "."]
        .iter()
        .map(|piece| format!("{}\n", json!({"k": "frag", "v": piece})))
        .collect();
    let call = json!({"k": "fn", "n": "fetch_order", "a": {"ref": "17"}});
    let reading = read_model_answer(
        WireFormat::Generic,
        "application/x-ndjson",
        &format!("{call}\n{lines}{{\"k\":\"end\"}}\n"),
        None,
    );
    assert_eq!(reading.said(), format!("Sure, it is {token}."));
    let blurb = json!({"outcome": {"blurb": "I help with orders."}, "ticket": "T-1"}).to_string();
    assert_eq!(read_model_answer(WireFormat::Generic, "application/json", &blurb, None).said(), "I help with orders.");
    for none in [
        json!({"status": "Your question was put in the queue", "id": "7"}),
        json!({"error": "no such thing", "blurb": "Please try again later on."}),
        json!({"ticket": "T-1", "worker": "w-12"}),
    ] {
        assert!(
            read_model_answer(WireFormat::Generic, "application/json", &none.to_string(), None).is_empty(),
            "{none}"
        );
    }
}

#[test]
fn every_request_holds_the_prompt_and_what_the_document_asks_for() {
    for shape in WireFormat::ALL {
        let sample = json!({"message": "sample", "session": "s-1"});
        let body = build_request_body(shape, &Prompt::one("What is your \"name\"?"), &sample, None);
        let mut strings = Vec::new();
        strings_of(&body, &mut strings);
        assert_eq!(strings.iter().filter(|text| *text == "What is your \"name\"?").count(), 1, "{shape:?}: {body}");
        let talk = Prompt::one("First").then("One", "Second");
        let text = build_request_body(shape, &talk, &sample, None).to_string();
        assert!(text.find("First").unwrap() < text.find("Second").unwrap(), "{shape:?}");
    }
    let sample = json!({"question": "sample", "user": {"id": 3}, "stream": false, "model": "string"});
    let body = build_request_body(WireFormat::Generic, &Prompt::one("Hi").streamed(true), &sample, None);
    assert_eq!(body, json!({"question": "Hi", "user": {"id": 3}, "stream": true, "model": "string"}));
    assert_eq!(
        build_request_body(WireFormat::Generic, &Prompt::one("Hi"), &json!({}), Some("/a/b~1c")),
        json!({"a": {"b/c": "Hi"}})
    );
    let chat = build_request_body(
        WireFormat::OpenAiChat,
        &Prompt::one("Hi"),
        &json!({"model": "mine", "temperature": 7, "user": "u"}),
        None,
    );
    assert_eq!(
        (chat["model"].as_str(), chat["user"].as_str(), chat.get("temperature")),
        (Some("mine"), Some("u"), None)
    );
}

fn strings_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings_of(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings_of(field, found)),
        _ => {}
    }
}

#[test]
fn an_answer_that_was_cut_says_so() {
    let cut = json!({"choices": [{"message": {"content": "half"}, "finish_reason": "length"}]}).to_string();
    assert!(read_model_answer(WireFormat::OpenAiChat, "application/json", &cut, None).truncated.is_some());
    let many = "data: {\"token\":\"x\"}\n\n".repeat(MAX_EVENTS + 1);
    assert!(read_model_answer(WireFormat::Generic, "text/event-stream", &many, None).truncated.is_some());
    for shape in WireFormat::ALL {
        assert!(read_model_answer(shape, "application/json", "", None).is_empty());
        assert!(read_model_answer(shape, "application/json", "{}", None).is_empty());
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_breaks_the_reader(text in "(data: |event: |\\{|\\}|\"|\\[|\\]|:|,|0:|choices|delta|content|[a-z]{1,4}|\\n|\\r|\\PC){0,60}") {
        for shape in WireFormat::ALL {
            for kind in ["", "application/json", "text/event-stream", "application/x-ndjson"] {
                let reading = read_model_answer(shape, kind, &text, Some("/a"));
                prop_assert!(reading.channels.iter().all(|channel| !channel.text.is_empty()));
            }
        }
    }
}

#[test]
fn a_text_of_an_unknown_name_stands_beside_a_call_of_a_tool() {
    let event = |name: &str, data: Value| format!("event: {name}\ndata: {data}\n\n");
    let text: String = ["Your ", "parcel ", "is on ", "its way."]
        .map(|piece| event("piece", json!({"w": piece, "turn": "t-1"})))
        .concat();
    let call = event("tool", json!({"name": "track", "arguments": {"query": "Where is it?", "auth": "k-1"}}));
    let reading = read_model_answer(
        WireFormat::Generic,
        "text/event-stream",
        &format!("{call}{text}{}", event("done", json!({}))),
        None,
    );
    assert_eq!(reading.said(), "Your parcel is on its way.", "{reading:?}");
    let called = reading.channels.iter().filter(|channel| channel.kind == ChannelKind::ToolCall);
    assert_eq!(called.map(|channel| channel.text.as_str()).collect::<Vec<_>>(), ["Where is it?", "k-1"], "{reading:?}");
}
