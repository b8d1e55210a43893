"""Users, tickets and conversations, in memory and gone with the process."""

import hashlib
import os
import secrets
import uuid

REPAIRED = os.environ.get("REPAIRED") == "1"
users: dict[str, dict] = {}
tickets: dict[str, dict] = {}
# Turns of a conversation by its key, oldest first.
conversations: dict[str, list[tuple[str, str]]] = {}
KEPT_TURNS = 12
KEPT_CHARACTERS = 600


def insert(table: dict[str, dict], **fields) -> dict:
    """Adds a row under a new id, and answers with it."""
    row = {"id": str(uuid.uuid4()), **fields}
    table[row["id"]] = row
    return row


def user_by_email(email: str) -> dict | None:
    return next((user for user in users.values() if user["email"] == email), None)


def tickets_of(user: dict) -> list[dict]:
    return [ticket for ticket in tickets.values() if ticket["owner_id"] == user["id"]]


def remember(key: str, prompt: str, reply: str) -> None:
    turns = conversations.setdefault(key, [])
    turns.append((prompt[:KEPT_CHARACTERS], reply[:KEPT_CHARACTERS]))
    del turns[:-KEPT_TURNS]


def hashed(password: str, salt: str | None = None) -> str:
    salt = salt or secrets.token_hex(8)
    return f"{salt}${hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()}"


def matches(password: str, stored: str) -> bool:
    return secrets.compare_digest(hashed(password, stored.split("$")[0]), stored)


def create() -> None:
    """Seeds. Passwords of the seeded people come from the environment; without one nobody knows them."""
    for name in ("alma", "bruno"):
        password = os.environ.get(f"{name.upper()}_PASSWORD") or secrets.token_urlsafe(24)
        user = insert(users, email=f"{name}@postbox.example", password=hashed(password), full_name=f"{name.title()} Seed")
        insert(tickets, owner_id=user["id"], subject=f"Parcel of {name}", text="It has not come yet.", state="open")
