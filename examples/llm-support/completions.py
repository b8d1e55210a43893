"""The same model for programs, in the shape of OpenAI's chat completions."""

import json
import secrets
import time
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

import assistant
import model
from accounts import Bearer, User

router = APIRouter(prefix="/v1", tags=["completions"])
NAME = "postbox-support"


class ChatMessage(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str = Field(max_length=4000)


class CompletionRequest(BaseModel):
    model: str = Field(NAME, max_length=80)
    messages: list[ChatMessage] = Field(min_length=1, max_length=40)
    stream: bool = False
    max_tokens: int = Field(512, ge=1, le=2048)


class FunctionCall(BaseModel):
    name: str
    arguments: str = Field(description="JSON in a text")


class ToolCall(BaseModel):
    id: str
    type: str = "function"
    function: FunctionCall


class ReplyMessage(BaseModel):
    role: str = "assistant"
    content: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(BaseModel):
    index: int = 0
    message: ReplyMessage
    finish_reason: str


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    id: str
    object: str = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


@router.get("/models")
def models(_: User) -> dict:
    return {"object": "list", "data": [{"id": NAME, "object": "model", "created": 1764000000, "owned_by": "postbox"}]}


@router.post("/chat/completions", responses={200: {"content": {"text/event-stream": {}}}})
def complete(asked: Annotated[CompletionRequest, Body()], user: User, token: Bearer) -> Completion:
    """Plain, or with `stream` as server-sent events."""
    assistant.calls["completions"] += 1
    system = model.Message("system", assistant.context(user, token))
    answer = model.answer([system, *(model.Message(it.role, it.content) for it in asked.messages)], may_call=True)
    most = asked.max_tokens * 4
    text, reason = answer.text[:most], "length" if len(answer.text) > most else "stop"
    message = ReplyMessage(content=text)
    if answer.call:
        # In the weak version the arguments carry the caller's token.
        name, arguments = answer.call
        message = ReplyMessage(tool_calls=[ToolCall(id=f"call_{secrets.token_hex(8)}", function=FunctionCall(name=name, arguments=json.dumps(arguments)))])
        reason = "tool_calls"
    used = [sum(len(it.content) for it in asked.messages) // 4 + 1, len(text) // 4 + 1]
    whole = Completion(id=f"chatcmpl-{secrets.token_hex(10)}", created=int(time.time()), model=asked.model,
                       choices=[Choice(message=message, finish_reason=reason)],
                       usage=Usage(prompt_tokens=used[0], completion_tokens=used[1], total_tokens=sum(used)))
    return StreamingResponse(chunks(whole), media_type="text/event-stream") if asked.stream else whole


def chunks(whole: Completion) -> Iterator[str]:
    """The completion as chunks, the way OpenAI cuts it."""
    head = {"id": whole.id, "object": "chat.completion.chunk", "created": whole.created, "model": whole.model}

    def chunk(delta: dict, reason: str | None = None) -> str:
        return f"data: {json.dumps({**head, 'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}]})}\n\n"

    choice = whole.choices[0]
    yield chunk({"role": "assistant"})
    for piece in assistant.pieces(choice.message.content or ""):
        yield chunk({"content": piece})
    for number, call in enumerate(choice.message.tool_calls or []):
        yield chunk({"tool_calls": [{"index": number, "id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": ""}}]})
        for piece in assistant.pieces(call.function.arguments):
            yield chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
    yield chunk({}, choice.finish_reason)
    yield "data: [DONE]\n\n"
