"""Customer support with an assistant. Weak on purpose, see PLANTED.json; with REPAIRED=1 in the environment, repaired."""

import os
import sys

import uvicorn
from fastapi import FastAPI, Request

import accounts
import assistant
import completions
import store
import tickets

app = FastAPI(title="Postbox support", version="1.4.0", servers=[{"url": "/"}])
for module in (accounts, tickets, assistant, completions):
    app.include_router(module.router)


@app.middleware("http")
async def around(request: Request, answer):
    response = await answer(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.get("/__state", include_in_schema=False)
def state():
    """For tests on loopback: what came in, what was made, and how often the model was asked."""
    return {"passwords": accounts.passwords, "tokens": accounts.tokens, "service_key": assistant.SERVICE_KEY, "calls": assistant.calls,
            "users": list(store.users), "tickets": list(store.tickets)}


if __name__ == "__main__":
    store.create()
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5004"))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
