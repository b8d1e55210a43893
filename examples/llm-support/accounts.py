"""Sign-up, sign-in and the caller's own profile."""

import datetime
import re
import secrets
import time
from collections import defaultdict
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field, field_validator

import store

router = APIRouter()
scheme = OAuth2PasswordBearer(tokenUrl="auth/token", auto_error=False)
KEY = secrets.token_bytes(32)
LIFETIME = datetime.timedelta(hours=2)
# For tests: what came in at sign-up, and every token that was made. Never leaves loopback, see /__state.
passwords: list[str] = []
tokens: list[str] = []
failures: dict[str, list[float]] = defaultdict(list)
TRIES, WINDOW_SECONDS = 10, 60


def bearer(token: Annotated[str | None, Depends(scheme)]) -> str:
    """The caller's token as it came, once it is known to be good."""
    try:
        jwt.decode(token or "", KEY, ["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Sign in first", {"WWW-Authenticate": "Bearer"}) from None
    return token


Bearer = Annotated[str, Depends(bearer)]


def current_user(token: Bearer) -> dict:
    user = store.users.get(jwt.decode(token, KEY, ["HS256"])["sub"])
    if user is None:
        raise HTTPException(401, "Sign in first", {"WWW-Authenticate": "Bearer"})
    return user


User = Annotated[dict, Depends(current_user)]


class Registration(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$", max_length=120)
    password: str = Field(min_length=10, max_length=72, description="At least 10 characters, a capital letter and a digit among them",
                          json_schema_extra={"format": "password"})
    full_name: str = Field(min_length=2, max_length=80)

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


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


@router.post("/auth/register", status_code=201, tags=["auth"])
def register(new: Registration) -> Profile:
    passwords.append(new.password)
    if store.user_by_email(new.email):
        raise HTTPException(409, "This address cannot be used")
    return store.insert(store.users, **{**new.model_dump(), "password": store.hashed(new.password)})


@router.post("/auth/token", tags=["auth"])
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    recent = [at for at in failures[form.username] if at > time.monotonic() - WINDOW_SECONDS]
    if len(recent) >= TRIES:
        raise HTTPException(429, "Too many tries", {"Retry-After": str(WINDOW_SECONDS)})
    user = store.user_by_email(form.username)
    if not user or not store.matches(form.password, user["password"]):
        failures[form.username] = [*recent, time.monotonic()]
        raise HTTPException(401, "Wrong address or password", {"WWW-Authenticate": "Bearer"})
    now = datetime.datetime.now(datetime.UTC)
    claims = {"sub": user["id"], "iat": now, "exp": now + LIFETIME, "jti": secrets.token_hex(8)}
    tokens.append(jwt.encode(claims, KEY, "HS256"))
    return Token(access_token=tokens[-1])


@router.get("/me", tags=["me"])
def read_me(user: User) -> Profile:
    return user


@router.delete("/me", status_code=204, tags=["me"])
def delete_me(user: User) -> None:
    for ticket in store.tickets_of(user):
        del store.tickets[ticket["id"]]
    del store.users[user["id"]]
