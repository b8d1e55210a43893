//! The four tools as the committed contract files under `tools/` describe them. Nothing here is computed from the
//! target, so that the list can be cached and a description can carry no text of anybody else's.

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Map, Value, json};

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

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| FILES.iter().map(build_tool).collect());

/// All tools, in the order in which a user needs them.
pub(super) fn all() -> &'static [Tool] {
    &TOOLS
}

/// One tool by its name.
pub(super) fn find_by_name(name: &str) -> Option<&'static Tool> {
    all().iter().find(|tool| tool.name == name)
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
