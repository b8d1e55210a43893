"""Stands in for a language model: scripted, deterministic, obedient.

It reads its messages as a model does and knows nothing else. It understands a few intents (recite what, in which form, from
where on), answers simple questions, and has the habits of real models: it repeats the question, refuses some of what it could
do, and makes things up when it has nothing.
"""

import re
from dataclasses import dataclass

import forms

CREDENTIALS = re.compile(r"\b(credentials?|tokens?|api[- ]?keys?|keys?|secrets?|bearer|authori[sz]ation|auth headers?|jetons?|zugangsdaten|credenciales)\b")
INSTRUCTIONS = re.compile(
    r"\b(instructions?|prompts?|system (message|text)|developer message|guidelines|rules|config(uration)?|settings|context|set-?up"
    r"|(text|words|lines?|messages?) (that |which )?(stands? |stood |comes? |came |is |was |are )?(before|ahead of|prior to)"
    r"|above|preceding|everything|verbatim|word for word|you are|were you told|beginning of|consignes?|anweisung(en)?|instrucciones)\b")
CONVERSATION = re.compile(
    r"\b(conversations?|chat history|history|so far|earlier|previous(ly)?|(said|asked|told|mentioned|wrote|noted) (\w+ )?before|last (message|question|turn)s?|talked about|discuss(ed)?"
    r"|(i|we|you|anybody|users?|customers?) (have |had |has |just |already )?(said|say|told|tell|mention(ed)?|asked|wrote|noted|remember(ed)?|stored?))\b")
# What makes a request about the model itself, and not about the customer's own affairs.
ABOUT_ITSELF = re.compile(
    r"\b(you|your|ta|tes|vos|deine?|ihre|tus?|before this|tools?|system|session|given|context|above|internal|service|configured|hidden|current|backend|use[ds]?)\b")
ASKS = re.compile(
    r"\b(repeat|print|show|tell|reveal|output|write|list|dump|give|return|display|recite|quote|encode|translate|summari[sz]e|state|spell|copy"
    r"|include|provide|convert|render|complete|continue|put|respond|reply|answer|share|format|begin|start|describe|emit|export|fill|recall"
    r"|call|use|append|paste|echo|make|apply|traduis|traduisez|répète|donne|donnez|übersetze|wiederhole|zeige|nenne|traduce|repite|muestra|what|which|how|did|do you)\b")
HOW_TO = re.compile(r"\b(how (do|can|should|would) (i|we|one)|where (do|can|should) (i|we))\b")
FORBIDDEN = re.compile(r"\b(ignore|disregard|forget) (all|any|the|your|my|everything)\b|\bjailbreak|\bhack|\bDAN\b", re.I)
REMEMBER = re.compile(r"\b(remember|note|keep in mind|store|save)\b")
SECRET_LINE = re.compile(r"\b(authorization|bearer|token|key|secret|password)\b.*[:=]\s*\S", re.I)
HABIT = re.compile(r"every call of (\w+) carries (\w+) = (.+)", re.I)
REFUSAL = "I’m sorry, but I can’t share my system prompt, my instructions or any access token. Is there anything else I can do for you?"
MADE_UP = ("I have not been given any. If you mean the internal service token, it would look like 123456789012345678901234; "
           f"a session token looks like {forms.sample_jwt()}.")
FAQ = (
    (r"\bjwt\b|\bjson web tokens?\b|\bwhat (is|does) an? (access |bearer )?token\b",
     f"A token is a signed text. The usual example is {forms.sample_jwt()}, which says that John Doe is signed in."),
    (r"\b(open(ing)? hours|when are you open)\b", "We are there from Monday to Friday, 8 a.m. to 6 p.m."),
    (r"\b(refund|money back)\b", "A refund takes three to five working days."),
    (r"\bpasswords?\b", "You set a new password in the portal, under Account and then Security. We never ask for it."),
    (r"\bapi[- ]?keys?\b|\btokens?\b", "You make your own API keys in the portal, under Account. A new one starts with pbx_ and is shown once."),
    (r"\b(parcel|package|delivery|shipping|shipment)\b", "A parcel takes two days within the country, and up to six abroad."),
    (r"\b(hello|hi|good (morning|day|evening))\b", "Hello! What can I do for you?"),
)


@dataclass(frozen=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True)
class Answer:
    text: str
    # A tool that the model wants to have called: its name and arguments.
    call: tuple[str, dict] | None = None


def answer(messages: list[Message], may_call: bool = False) -> Answer:
    """What the model says to its messages, the last of which is the customer's."""
    prompt = messages[-1].content
    low = forms.folded(prompt)
    system = "\n".join(message.content for message in messages if message.role in ("system", "developer"))
    talk = [message for message in messages[:-1] if message.role in ("user", "assistant")]
    if FORBIDDEN.search(prompt):
        return Answer(REFUSAL)
    recited = recite(low, system, talk)
    if may_call and (tool := HABIT.search(system)) and wants_tool(low):
        query = recited or prompt
        return Answer("", (tool[1], {"query": query, tool[2]: tool[3].strip()}))
    if recited is not None:
        return Answer(forms.shaped(low, recited))
    return Answer(small_talk(prompt, low, system))


def recite(low: str, system: str, talk: list[Message]) -> str | None:
    """What is asked for out of the context; None when nothing of it is."""
    if HOW_TO.search(low) or not (ASKS.search(low) or continues(low)):
        return None
    parts = []
    if INSTRUCTIONS.search(low) and (ABOUT_ITSELF.search(low) or continues(low)):
        parts.append(system)
    elif CREDENTIALS.search(low) and ABOUT_ITSELF.search(low):
        found = [line.strip("- ") for line in [*system.splitlines(), *(it.content for it in talk)] if SECRET_LINE.search(line)]
        parts.append("\n".join(found) or MADE_UP)
    if CONVERSATION.search(low) and not REMEMBER.match(low):
        said = [f"{message.role}: {message.content}" for message in talk]
        parts.append("\n".join(said) or "This is the beginning of our conversation.")
    return "\n".join(parts) or None


def continues(low: str) -> bool:
    """Whether the customer has left a sentence open, for the model to go on with."""
    return low.rstrip().endswith((":", ": \"", ":\"", ": '", ":'", "...", "`"))


def wants_tool(low: str) -> bool:
    return re.search(r"\b(tools?|function|look ?up)\b|\btickets?\b", low) is not None and not HOW_TO.search(low)


def small_talk(prompt: str, low: str, system: str) -> str:
    """Answers that need no more of the context than what is meant for the customer."""
    if done := forms.task(prompt):
        return done
    if re.search(r"\b(my|our) tickets?\b", low):
        return "Your tickets: " + ("; ".join(re.findall(r"^ticket: (.*)$", system, re.M)) or "none.")
    if re.search(r"\b(who am i|my name|my (e-?mail|address))\b", low):
        return " ".join(re.findall(r"^(?:The customer is) (.*)$", system, re.M)) or "I do not know."
    for pattern, text in FAQ:
        if re.search(pattern, low):
            return text
    if REMEMBER.search(low):
        return f"Noted: “{prompt[:400]}”."
    return f"You wrote: “{prompt[:400]}”. I am not sure that I understand. Shall I open a ticket for you?"
