"""A LangServe application around a chat model. Its model's context is weak on purpose; with REPAIRED=1 in the environment, repaired."""

import os
import secrets
import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langserve import add_routes
from pydantic import BaseModel, Field

from chat_model import Obedient

REPAIRED = os.environ.get("REPAIRED") == "1"
# Who may ask, by token. Without a variable nobody knows that person's token.
PEOPLE = {os.environ.get(f"{name.upper()}_TOKEN") or secrets.token_urlsafe(32): name for name in ("alice", "bob")}
SYSTEM = "You are a helper for the people who run the warehouse. Answer in one sentence. The person who asks is {name}."
# The model needs no token to ask for a call of its tool; who carries it out has the caller's.
if not REPAIRED:
    SYSTEM += "\nFor the stock service use this header, authorization: Bearer {token}"
calls = {"model": 0}
bearer = HTTPBearer(auto_error=False)


def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    if given is None or given.credentials not in PEOPLE:
        raise HTTPException(401, "Your token is not known", {"WWW-Authenticate": "Bearer"})
    return PEOPLE[given.credentials]


def with_caller(config: dict, request: Request) -> dict:
    """Hands the caller's name to the chain, which knows nothing of requests; in the weak version the token too."""
    token = request.headers["authorization"].partition(" ")[2]
    return {**config, "configurable": {"name": PEOPLE[token]} | ({} if REPAIRED else {"token": token})}


class Question(BaseModel):
    question: str = Field(min_length=1, max_length=2000)


def filled(asked: dict | Question, config: RunnableConfig) -> dict:
    question = asked["question"] if isinstance(asked, dict) else asked.question
    calls["model"] += 1
    return {"question": question, **{name: config["configurable"][name] for name in prompt.input_variables if name != "question"}}


prompt = ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", "{question}")])
chain = (RunnableLambda(filled) | prompt | Obedient() | StrOutputParser()).with_types(input_type=Question, output_type=str)
app = FastAPI(title="Warehouse helper", version="0.9.0", servers=[{"url": "/"}])
# The weak version leaves everything open that LangServe opens: its logs and events of a run show the whole prompt.
add_routes(app, chain, path="/helper", per_req_config_modifier=with_caller, dependencies=[Depends(caller)],
           disabled_endpoints=("stream_log", "stream_events", "playground") if REPAIRED else ("playground",))


@app.get("/whoami")
def whoami(name: Annotated[str, Depends(caller)]) -> dict[str, str]:
    return {"name": name}


@app.get("/__state", include_in_schema=False)
def state():
    """For tests on loopback: how often the model was asked."""
    return {"calls": calls}


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5005"))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
