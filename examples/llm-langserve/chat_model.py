"""A chat model for LangChain that needs no network: the scripted stand-in of the support desk, streamed in small pieces."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_core.language_models.fake_chat_models import SimpleChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

# One stand-in for both examples.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "llm-support"))
import model  # noqa: E402

ROLES = {"human": "user", "ai": "assistant"}
PIECE = 4


class Obedient(SimpleChatModel):
    """Answers with whatever its messages hold, when it is asked for that."""

    @property
    def _llm_type(self) -> str:
        return "obedient"

    def _call(self, messages: list[BaseMessage], *_: Any, **__: Any) -> str:
        return model.answer([model.Message(ROLES.get(it.type, it.type), str(it.content)) for it in messages]).text

    def _stream(self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None,
                **_: Any) -> Iterator[ChatGenerationChunk]:
        text = self._call(messages)
        for start in range(0, len(text), PIECE):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + PIECE]))
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk
