"""Sign-up, sign-in, sign-out and the caller's own profile."""

import re
import secrets
import time
from collections import defaultdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict, Field, field_validator

import store
from store import REPAIRED

router = APIRouter()
scheme = OAuth2PasswordBearer(tokenUrl="auth/token", auto_error=False)
# For tests: the passwords that came in at sign-up. Never leaves loopback, see /__state.
passwords: list[str] = []
failures: dict[str, list[float]] = defaultdict(list)
TRIES, WINDOW_SECONDS = 10, 60


def optional_user(token: Annotated[str | None, Depends(scheme)]) -> dict | None:
    """Whoever the token belongs to, if anybody."""
    return store.row("SELECT users.* FROM users JOIN tokens ON user_id = users.id WHERE token = ?", token or "")


def current_user(user: Annotated[dict | None, Depends(optional_user)]) -> dict:
    if user is None:
        raise HTTPException(401, "Sign in first", {"WWW-Authenticate": "Bearer"})
    return user


Visitor = Annotated[dict | None, Depends(optional_user)]
User = Annotated[dict, Depends(current_user)]


def admin_user(user: User) -> dict:
    if user["role"] != "admin":
        raise HTTPException(403, "Administrators only")
    return user


Admin = Annotated[dict, Depends(admin_user)]


class Registration(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$", max_length=120)
    password: str = Field(min_length=10, max_length=72, description="At least 10 characters, a capital letter and a digit among them",
                          json_schema_extra={"format": "password"})
    full_name: str = Field(min_length=2, max_length=80)
    phone: str = Field(pattern=r"^\+[0-9]{7,15}$", examples=["+4930123456"])

    @field_validator("password")
    @classmethod
    def strong(cls, value: str) -> str:
        if not (re.search("[A-Z]", value) and re.search("[0-9]", value)):
            raise ValueError("a capital letter and a digit are needed")
        return value


class Profile(BaseModel):
    id: UUID
    email: str
    full_name: str
    phone: str
    role: str
    verified: bool


class Card(BaseModel):
    id: UUID
    full_name: str


class ProfileChange(BaseModel):
    """property/mass-assignment, authz/role-escalation: the weak version takes every field that comes."""

    model_config = ConfigDict(extra="ignore" if REPAIRED else "allow")
    full_name: str | None = Field(None, min_length=2, max_length=80)
    phone: str | None = Field(None, pattern=r"^\+[0-9]{7,15}$")


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


@router.post("/auth/register", status_code=201, tags=["auth"])
def register(new: Registration) -> Profile:
    passwords.append(new.password)
    if store.row("SELECT id FROM users WHERE email = ?", new.email):
        raise HTTPException(409, "This address cannot be used")
    return store.insert("users", **{**new.model_dump(), "password": store.hashed(new.password)})


@router.post("/auth/token", tags=["auth"])
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    recent = [at for at in failures[form.username] if at > time.monotonic() - WINDOW_SECONDS]
    if len(recent) >= TRIES:
        raise HTTPException(429, "Too many tries", {"Retry-After": str(WINDOW_SECONDS)})
    user = store.row("SELECT * FROM users WHERE email = ?", form.username)
    if not user or not store.matches(form.password, user["password"]):
        failures[form.username] = [*recent, time.monotonic()]
        raise HTTPException(401, "Wrong address or password", {"WWW-Authenticate": "Bearer"})
    token = secrets.token_urlsafe(32)
    store.run("INSERT INTO tokens VALUES (?, ?)", token, user["id"])
    return Token(access_token=token)


@router.post("/auth/logout", status_code=204, tags=["auth"])
def sign_out(user: User, token: Annotated[str, Depends(scheme)]) -> None:
    # token/logout-ineffective: the weak version leaves it to the browser to forget the token.
    if REPAIRED:
        store.run("DELETE FROM tokens WHERE token = ?", token)


@router.get("/me", tags=["me"])
def read_me(user: User) -> Profile:
    return user


@router.patch("/me", tags=["me"])
def change_me(change: ProfileChange, user: User) -> Profile:
    fields = change.model_dump(exclude_unset=True, exclude_none=True)
    fields.pop("password", None)
    return store.update("users", user["id"], fields)


@router.delete("/me", status_code=204, tags=["me"], responses={409: {"description": "There are bookings or vouchers left"}})
def delete_me(user: User) -> Response:
    for table in ("bookings", "vouchers"):
        if store.row(f"SELECT id FROM {table} WHERE owner_id = ?", user["id"]):
            raise HTTPException(409, f"There are {table} left")
    store.run("DELETE FROM users WHERE id = ?", user["id"])
    return Response(status_code=204)


@router.get("/users/{user_id}", tags=["me"])
def read_card(user_id: UUID, _: User) -> Card:
    """The name that hosts and guests see of each other: for everybody who is signed in."""
    return store.row("SELECT id, full_name FROM users WHERE id = ?", str(user_id)) or missing()


def missing():
    raise HTTPException(404, "There is no such thing")
