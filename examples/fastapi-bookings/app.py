"""Room bookings. Weak on purpose, see PLANTED.json; with REPAIRED=1 in the environment, repaired."""

import asyncio
import os
import sys

import uvicorn
from fastapi import FastAPI, Request

import accounts
import bookings
import store
import vouchers

app = FastAPI(title="Room bookings", version="2.1.0", servers=[{"url": "/"}])
for module in (accounts, bookings, vouchers):
    app.include_router(module.router)
LATENCY_SECONDS = int(os.environ.get("LATENCY_MS", "0")) / 1000
creating = 0


@app.middleware("http")
async def around(request: Request, answer):
    """Counts what creates, and waits as a slow network would."""
    global creating
    if not request.url.path.startswith("/__"):
        creating += request.method == "POST" and request.url.path not in ("/auth/token", "/auth/logout")
        await asyncio.sleep(LATENCY_SECONDS)
    response = await answer(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.get("/__state", include_in_schema=False)
def state():
    """For tests on loopback: every row, and what came in."""
    rows = {table: store.rows(f"SELECT * FROM {table} ORDER BY rowid") for table in store.TABLES}
    return {"rows": rows, "creating": creating, "passwords": accounts.passwords}


if __name__ == "__main__":
    store.create()
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5002"))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
