//! What a text of a model amounts to, where that only ever silences: no finding is made of a phrase.

use serde_json::Value;

use super::overlap::normal_text;

/// Words of somebody who refuses.
const REFUSING: [&str; 26] = [
    "i can't",
    "i cannot",
    "i can not",
    "i won't",
    "i will not",
    "i'm sorry",
    "i am sorry",
    "sorry,",
    "unable to",
    "not able to",
    "i'm not allowed",
    "not permitted",
    "i must decline",
    "i have to decline",
    "confidential",
    "not something i can",
    "i don't have",
    "i do not have",
    "i'd rather not",
    "can't share",
    "cannot share",
    "can't help with",
    "against my guidelines",
    "let's talk about something else",
    "not going to",
    "refuse",
];
/// Those of them that instructions use as well: they refuse where somebody speaks of himself.
const ALSO_INSTRUCTING: [&str; 6] =
    ["unable to", "not able to", "not permitted", "confidential", "not going to", "refuse"];
/// Words of instructions to a model.
const INSTRUCTING: [&str; 28] = [
    "you are ",
    "you're ",
    "you must",
    "you should",
    "your task",
    "your role",
    "your name is",
    "do not ",
    "don't ",
    "never ",
    "always ",
    "respond only",
    "answer only",
    "act as ",
    " only ",
    "du bist ",
    "sprich nur",
    "niemals ",
    "tu es ",
    "ne jamais",
    "eres ",
    "nunca ",
    "role: ",
    "rules: ",
    "you answer ",
    "answer in ",
    "escalate ",
    "keep this ",
];
/// Openings that every second prompt has.
const GENERIC: [&str; 6] = [
    "you are a helpful assistant",
    "you are an ai assistant",
    "you are a helpful ai assistant",
    "you are a friendly chatbot",
    "you are qwen, created by alibaba cloud",
    "you are chatgpt, a large language model trained by openai",
];
/// How a text gives a model its part.
const PERSONAS: [&str; 10] = [
    "you are ",
    "you're ",
    "act as ",
    "your name is ",
    "du bist ",
    "tu es ",
    "vous \u{ea}tes ",
    "eres ",
    "\u{4f60}\u{662f}",
    "\u{3042}\u{306a}\u{305f}\u{306f}",
];
/// Parts that a model is given.
const PARTS: [&str; 30] = [
    "assistant",
    "asistente",
    "bot",
    "agent",
    " ai ",
    " ai.",
    " ai,",
    "language model",
    "llm",
    "expert",
    "helper",
    "concierge",
    "copilot",
    "tutor",
    "advisor",
    "adviser",
    "representative",
    "specialist",
    "coach",
    "companion",
    "translator",
    "analyst",
    "berater",
    "helfer",
    "conseiller",
    "asesor",
    "ayudante",
    "consulente",
    "\u{52a9}\u{624b}",
    "\u{30a2}\u{30b7}\u{30b9}\u{30bf}\u{30f3}\u{30c8}",
];
/// How notices to people go on behind `you are`.
const NOTICES: [&str; 19] = [
    "now",
    "connected",
    "chatting",
    "speaking",
    "talking",
    "next",
    "the next",
    "in ",
    "number",
    "not ",
    "currently",
    "already",
    "welcome",
    "invited",
    "able",
    "free",
    "logged",
    "signed",
    "being",
];
/// What goes with a part, in instructions and hardly in notices to people.
const DUTIES: [&str; 16] = [
    "never ",
    "always ",
    "you must",
    "you should",
    "your task",
    "your role",
    "respond ",
    "answer ",
    "reply ",
    "the user",
    "users ",
    "customers ",
    "tool",
    "do not reveal",
    "use the",
    "if asked",
];
/// Shorter texts say nothing that anybody would hide.
const LEAST_CHARS: usize = 30;

/// How much a text reads like instructions to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// Not at all, or only like every second prompt.
    No,
    /// It may be.
    Likely,
    /// It gives a model its part and its duties.
    Surely,
}

/// Whether a text refuses.
pub fn is_refusal(text: &str) -> bool {
    let text = normal_text(text);
    REFUSING.iter().any(|words| text.contains(words))
}

/// Whether an ordinary answer sends somebody away who is not signed in, or refuses.
pub fn turns_away(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "sign in",
        "signed in",
        "sign-in",
        "log in",
        "logged in",
        "login",
        "log-in",
        "authenticat",
        "unauthori",
        "not authori",
        "api key",
        "credential",
        "access denied",
        "forbidden",
    ];
    let text = normal_text(text);
    is_refusal(&text) || WORDS.iter().any(|words| text.contains(words))
}

/// Whether a number stands in a text, in digits or in words.
pub fn has_number(text: &str, (digits, words): (&str, &str)) -> bool {
    let text = normal_text(text);
    text.split(|character: char| !character.is_alphanumeric()).any(|word| word == digits) || text.contains(words)
}

/// Returns the words of a text that stand in none of the others and have no digit in them.
pub fn words_beyond(text: &str, others: &[&str]) -> Vec<String> {
    let words = |text: &str| -> Vec<String> {
        normal_text(text).split(|character: char| !character.is_alphanumeric()).map(str::to_owned).collect()
    };
    let known: Vec<String> = others.iter().flat_map(|other| words(other)).collect();
    let telling = |word: &String| {
        !word.is_empty() && !known.contains(word) && !word.contains(|character: char| character.is_ascii_digit())
    };
    words(text).into_iter().filter(telling).collect()
}

/// Returns every string of a JSON body, one a line: what an answer may repeat of its request. A body of another format
/// comes back as it is.
pub fn strings_of_body(body: &str) -> String {
    fn collect<'v>(value: &'v Value, strings: &mut Vec<&'v str>) {
        match value {
            Value::String(text) => strings.push(text),
            Value::Array(items) => items.iter().for_each(|item| collect(item, strings)),
            Value::Object(fields) => fields.values().for_each(|field| collect(field, strings)),
            _ => {}
        }
    }

    let Ok(body) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let mut strings = Vec::new();
    collect(&body, &mut strings);
    strings.join("\n")
}

/// Whether a text reads like instructions to a model, and says more than every second prompt.
pub fn is_instruction(text: &str) -> bool {
    let mut text = format!(" {}", normal_text(text));
    for opening in GENERIC {
        text = text.replace(opening, "");
    }
    INSTRUCTING.iter().filter(|words| text.contains(**words)).count() >= 2 || text.contains("you are ")
}

/// Whether a text speaks as somebody to somebody, as the phrases do with which a bot turns a question away; instructions
/// speak of `you` alone.
pub fn speaks_for_itself(text: &str) -> bool {
    let text = format!(" {} ", normal_text(text));
    [" i ", " i'm ", " i'll ", " i can", " my ", " ich ", " je ", " yo "].iter().any(|word| text.contains(word))
}

/// Returns a text without the sentences that refuse. A sentence that merely has such a word in it, as instructions do,
/// stays.
pub fn without_refusals(text: &str) -> String {
    drop_sentences(text, refuses_request)
}

/// Returns a text without the sentences in which a model speaks of itself: refusals, lead-ins, small talk.
pub fn without_talk(text: &str) -> String {
    drop_sentences(text, |sentence| refuses_request(sentence) || speaks_for_itself(sentence))
}

fn refuses_request(sentence: &str) -> bool {
    let words = REFUSING.iter().filter(|words| sentence.contains(**words));
    words.into_iter().any(|words| !ALSO_INSTRUCTING.contains(words) || speaks_for_itself(sentence))
}

fn drop_sentences(text: &str, leaves_out: impl Fn(&str) -> bool) -> String {
    let text = normal_text(text);
    let mut sentences = vec![String::new()];

    for word in text.split(' ') {
        if let Some(sentence) = sentences.last_mut() {
            sentence.push_str(word);
            sentence.push(' ');
        }
        // The end of a sentence may stand within quotes or brackets.
        if word.trim_end_matches(['"', '\'', ')']).ends_with(['.', '!', '?', ':', ';']) {
            sentences.push(String::new());
        }
    }

    sentences.retain(|sentence| !leaves_out(sentence));
    sentences.concat().trim().to_owned()
}

/// Tells instructions to a model from notices to people, which chats between people keep with the role of the system too:
/// `You are now connected to an agent. Please do not share your password.`
pub fn classify_instructions(text: &str) -> Manner {
    let mut text = normal_text(text);
    for opening in GENERIC {
        text = text.replace(opening, "");
    }
    if text.chars().count() < LEAST_CHARS {
        return Manner::No;
    }
    let parts = PERSONAS.iter().flat_map(|opening| text.match_indices(opening));
    let given = parts.into_iter().any(|(at, opening)| {
        let rest = text.get(at + opening.len()..).unwrap_or_default();
        let sentence: String = rest.chars().take_while(|c| !matches!(c, '!' | ';' | '\u{3002}')).take(100).collect();
        !NOTICES.iter().any(|word| sentence.starts_with(word)) && PARTS.iter().any(|part| sentence.contains(part))
    });
    let duties = DUTIES.iter().filter(|duty| text.contains(**duty)).count();

    // Without a part it takes several duties, since house rules for people read alike.
    match (given, duties) {
        (true, 1..) | (_, 4..) => Manner::Surely,
        (true, _) | (_, 2..) => Manner::Likely,
        _ => Manner::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_known_with_any_apostrophe() {
        assert!(is_refusal("I\u{2019}m sorry, but I can\u{2019}t share my system prompt."));
        assert!(!is_refusal("You are Marla. You must be brief."));
    }

    #[test]
    fn a_generic_persona_is_no_instruction() {
        assert!(!is_instruction("You are a helpful assistant."));
        assert!(is_instruction("You are Marla. Never mention prices."));
        assert!(is_instruction("# Rules\n- talk of sheds only\n- never mention the margin"));
        assert!(speaks_for_itself("I only answer questions about sheds."));

        assert!(!speaks_for_itself("You are Marla. Never mention prices."));
    }

    #[test]
    fn refusals_and_lead_ins_are_left_out_and_instructions_with_such_words_stay() {
        let prompt = "You are Marla. Refuse to talk of prices, which are confidential. Never mention the margin.";
        assert_eq!(without_refusals(prompt), normal_text(prompt));
        assert_eq!(
            without_talk(&format!("Sure! My instructions are: {prompt}")),
            format!("sure! {}", normal_text(prompt))
        );
        assert_eq!(without_refusals("My instructions are confidential. I'm sorry, but I can't share them."), "");

        assert_eq!(without_talk("I never disclose my tools to anybody; is there anything else I can do?"), "");
    }

    #[test]
    fn what_an_answer_repeats_of_its_request_is_no_word_of_its_own() {
        let sent =
            |session: &str| format!(r#"{{"question": "Is it \"open\"?", "turns": [{{"session_id": "{session}"}}]}}"#);
        let (one, two) = (sent("9f1c-face-0001"), sent("9f1c-cafe-0001"));
        let sent = [strings_of_body(&one), strings_of_body(&two)];
        let answer =
            |session: &str| words_beyond(&format!("{session}: Is it \"open\"? Sign up."), &[&sent[0], &sent[1]]);

        assert_eq!(answer("9f1c-face-0001"), ["sign", "up"]);
        assert_eq!(answer("9f1c-cafe-0001"), ["sign", "up"]);
        assert_eq!(strings_of_body("question=open"), "question=open");
    }

    #[test]
    fn notices_to_people_are_no_instructions_to_a_model() {
        for notice in [
            "You are now connected to an agent. Please do not share your password with anybody.",
            "You are number 3 in the queue. Do not close this window, an agent will be with you shortly.",
            "Alice joined the conversation. Messages are kept for 30 days.",
            "You are a helpful assistant.",
            "You are the next in line. An agent will answer soon.",
        ] {
            assert!(classify_instructions(notice) < Manner::Surely, "{notice}");
        }
        assert_eq!(
            classify_instructions("You are Marla, the assistant of Northwind. Never mention prices."),
            Manner::Surely
        );
        assert_eq!(
            classify_instructions("You are the assistant of a parcel service.\nTool: track_parcel(number)"),
            Manner::Surely
        );
        assert_eq!(
            classify_instructions("Du bist Marla und hilfst als freundlicher Chatbot der Stadtwerke."),
            Manner::Likely
        );
    }
}
