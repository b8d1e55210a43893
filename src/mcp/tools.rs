//! The four tools as the committed contract files under `tools/` describe them. Nothing here is computed from the
//! target, so that the list can be cached and a description can carry no text of anybody else's.

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::model::Mode;

/// The files of one tool.
struct ToolFiles {
    name: &'static str,
    tool: &'static str,
    description: &'static str,
    input: &'static str,
    output: &'static str,
}

macro_rules! files {
    ($name:literal) => {
        ToolFiles {
            name: $name,
            tool: include_str!(concat!("../../tools/", $name, "/tool.json")),
            description: include_str!(concat!("../../tools/", $name, "/description.md")),
            input: include_str!(concat!("../../tools/", $name, "/input.schema.json")),
            output: include_str!(concat!("../../tools/", $name, "/output.schema.json")),
        }
    };
}

const FILES: [ToolFiles; 4] =
    [files!("scan_api"), files!("explain_finding"), files!("check_route_ownership"), files!("suggest_fix")];

/// `tool.json`.
#[derive(Deserialize)]
struct ToolFile {
    title: String,
    annotations: ToolAnnotations,
}

/// The lists of servers that may do so much at most.
static PASSIVE: LazyLock<Vec<Tool>> = LazyLock::new(|| build_tools(Mode::Passive));
static ACTIVE: LazyLock<Vec<Tool>> = LazyLock::new(|| build_tools(Mode::Active));
static INTRUSIVE: LazyLock<Vec<Tool>> = LazyLock::new(|| build_tools(Mode::Intrusive));

/// All tools, in the order in which a user needs them, as a server has them that may do `most`.
pub(super) fn all(most: Mode) -> &'static [Tool] {
    match most {
        Mode::Passive => &PASSIVE,
        Mode::Active => &ACTIVE,
        Mode::Intrusive => &INTRUSIVE,
    }
}

/// One tool by its name.
pub(super) fn find_by_name(most: Mode, name: &str) -> Option<&'static Tool> {
    all(most).iter().find(|tool| tool.name == name)
}

fn build_tools(most: Mode) -> Vec<Tool> {
    FILES.iter().map(|files| limit_tool(build_tool(files), most)).collect()
}

/// Leaves a tool that scans the modes up to `most`, and says by its hints what it can do then.
fn limit_tool(mut tool: Tool, most: Mode) -> Tool {
    let schema = Arc::make_mut(&mut tool.input_schema);
    let modes = schema.get_mut("properties").and_then(|all| all.get_mut("mode")).and_then(|mode| mode.get_mut("enum"));
    let Some(modes) = modes.and_then(Value::as_array_mut) else { return tool };
    modes.retain(|name| Mode::deserialize(name).is_ok_and(|mode| mode <= most));

    // A passive scan signs in and reads. Any other one removes and changes things, though they are its own.
    let reads = most == Mode::Passive;
    let hints = tool.annotations.unwrap_or_default();
    tool.annotations = Some(hints.read_only(reads).destructive(!reads));
    tool
}

fn build_tool(files: &ToolFiles) -> Tool {
    let tool = Tool::new(files.name, files.description.trim_end(), parse_object(files.input))
        .with_raw_output_schema(Arc::new(outline_schema(&parse_object(files.output))));
    // The files are part of the program and a test reads every one; a broken file leaves out what cannot be read.
    match serde_json::from_str::<ToolFile>(files.tool) {
        Ok(file) => tool.with_title(file.title).with_annotations(file.annotations),
        Err(_) => tool,
    }
}

/// The output schema as the list carries it: the names and types of the answer's fields, their insides left open.
/// Every session pays for every byte of the list; the committed file has the whole.
fn outline_schema(schema: &JsonObject) -> JsonObject {
    let mut outline = schema.clone();
    outline.remove("required");

    for property in outline.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        let kind = property.get("type").cloned().unwrap_or_default();
        *property = json!({ "type": kind });
    }
    outline
}

fn parse_object(text: &str) -> Arc<JsonObject> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Arc::new(object),
        _ => Arc::new(JsonObject::new()),
    }
}
