//! Prompts as models take them: turns joined to one text, with the marks of a model's family around each.

/// What opens the system's part, and what closes it.
const MARKS: [(&str, &[&str]); 9] = [
    ("<|im_start|>system", &["<|im_end|>", "<|im_start|>"]),
    ("<|start_header_id|>system<|end_header_id|>", &["<|eot_id|>", "<|start_header_id|>"]),
    ("<<SYS>>", &["<</SYS>>"]),
    ("<|start|>system<|message|>", &["<|end|>", "<|start|>"]),
    ("<|start|>developer<|message|>", &["<|end|>", "<|start|>"]),
    ("[SYSTEM_PROMPT]", &["[/SYSTEM_PROMPT]"]),
    ("<start_of_turn>system", &["<end_of_turn>"]),
    ("<|system|>", &["<|end|>", "</s>", "<|user|>"]),
    ("<|SYSTEM|>", &["<|USER|>", "<|ASSISTANT|>"]),
];
/// How turns are written where no model's marks are used, the system's first.
const LINES: [(&str, &[&str]); 2] = [
    ("System:", &["\nHuman:", "\nUser:", "\nAssistant:", "\nAI:"]),
    ("### System", &["\n### User", "\n### Human", "\n### Assistant", "\n### Instruction"]),
];

/// What the system's part of an assembled prompt says; `None` for any other text, and for templates, which have places
/// to fill instead of words.
pub(super) fn system_part(text: &str) -> Option<String> {
    if text.contains("{%") || text.contains("{{") {
        return None;
    }
    let marked = MARKS.iter().find_map(|(open, closes)| {
        let (_, rest) = text.split_once(open)?;
        // A prompt that is cut before its end mark is the system's up to the cut.
        Some(text_until(rest, closes).unwrap_or(rest))
    });
    // Two turns at least, or it is a text that begins with this word.
    let lined = || {
        LINES.iter().find_map(|(open, closes)| {
            let at = text
                .find(open)
                .filter(|at| *at == 0 || text.get(..*at).is_some_and(|before| before.ends_with('\n')))?;
            text_until(text.get(at + open.len()..)?, closes)
        })
    };

    let part = marked.or_else(lined)?.trim_matches([':', ' ', '\n', '\r']).trim();
    (!part.is_empty()).then(|| part.to_owned())
}

fn text_until<'t>(text: &'t str, closes: &[&str]) -> Option<&'t str> {
    let end = closes.iter().filter_map(|close| text.find(close)).min()?;
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_part_is_cut_out() {
        for text in [
            "<|im_start|>system\nYou are Marla.<|im_end|>\n<|im_start|>user\nHi<|im_end|>",
            "<s>[INST] <<SYS>>\nYou are Marla.\n<</SYS>>\nHi [/INST]",
            "System: You are Marla.\nHuman: Hi",
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nYou are Marla.<|eot_id|>",
            "failed with this prompt:\nSystem: You are Marla.\nUser: Hi",
        ] {
            assert_eq!(system_part(text).as_deref(), Some("You are Marla."), "{text}");
        }
        for text in [
            "{% if x %}<|im_start|>system\n{{ system }}<|im_end|>{% endif %}",
            "System: all services are up",
            "Operating System: Linux\nUser: root",
            "",
        ] {
            assert_eq!(system_part(text), None, "{text}");
        }
    }
}
