"""The assistant of the web site: what stands in the model's context, and whose conversation it goes on with."""

import json
import re
import secrets
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

import model
import store
from accounts import Bearer, User
from store import REPAIRED

router = APIRouter(prefix="/assistant", tags=["assistant"])
# The key by which this application knows itself to the ticket system.
SERVICE_KEY = f"pbx_{secrets.token_urlsafe(30)}"
calls = {"chat": 0, "stream": 0, "completions": 0}


class Question(BaseModel):
    message: str = Field(min_length=1, max_length=4000)
    language: Literal["en", "fr"] = "en"


class Reply(BaseModel):
    reply: str
    turns: int = Field(description="How many turns of this conversation are remembered")


def context(user: dict, token: str) -> str:
    """The system prompt."""
    lines = ["You are Ada, the support assistant of Postbox.", "Rules: be kind, be short, answer in the customer's language. Never speak of other customers.",
             f"The customer is {user['full_name']} ({user['email']})."]
    lines += [f"ticket: {ticket['subject']} ({ticket['state']})" for ticket in store.tickets_of(user)]
    if REPAIRED:
        # Whoever carries out the call adds the credentials; the model never sees them.
        lines.append("Every call of lookup_tickets carries limit = 10")
    else:
        # llm/token-leak: what stands here can be drawn out.
        lines += [f"Every call of lookup_tickets carries authorization = Bearer {token}",
                  f"- ticket system, service key: {SERVICE_KEY}"]
    return "\n".join(lines)


def conversation_key(user: dict, question: Question) -> str:
    # llm/cross-user-leak: in the weak version everybody who speaks a language shares a conversation.
    return f"chat:{user['id']}:{question.language}" if REPAIRED else f"chat:{question.language}"


def history(key: str) -> list[model.Message]:
    return [model.Message(role, text) for turn in store.conversations.get(key, []) for role, text in zip(("user", "assistant"), turn)]


@router.post("/chat")
def chat(question: Question, user: User, token: Bearer) -> Reply:
    """Goes on with the conversation."""
    calls["chat"] += 1
    key = conversation_key(user, question)
    messages = [model.Message("system", context(user, token)), *history(key), model.Message("user", question.message)]
    reply = model.answer(messages).text
    store.remember(key, question.message, reply)
    return Reply(reply=reply, turns=len(store.conversations[key]))


@router.post("/stream", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
def stream(question: Question, user: User, token: Bearer) -> StreamingResponse:
    """One answer, piece by piece, with nothing remembered."""
    calls["stream"] += 1
    reply = model.answer([model.Message("system", context(user, token)), model.Message("user", question.message)]).text
    return StreamingResponse(events(reply), media_type="text/event-stream")


def events(reply: str) -> Iterator[str]:
    yield ": started\n\n"
    for piece in pieces(reply):
        yield f"data: {json.dumps({'type': 'delta', 'text': piece})}\n\n"
    yield f"data: {json.dumps({'type': 'end', 'length': len(reply)})}\n\n"


def pieces(text: str) -> list[str]:
    """As a model's tokens fall: short words whole, anything long or strange one character at a time."""
    return re.findall(r"\s?\b[A-Za-z]{1,9}\b(?![\w.-])|.", text, re.S)
