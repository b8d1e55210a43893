"""Tokens and sessions, checked properly. Both apps use this; the weak one has worse ways of its own beside it."""

import time

import jwt
from flask import abort, current_app, request, session

import db

LIFETIME_SECONDS = 3600


def make_token(user):
    """Signs a token for the user."""
    now = int(time.time())
    claims = {"sub": str(user["id"]), "email": user["email"], "role": user["role"], "iat": now, "exp": now + LIFETIME_SECONDS}
    return jwt.encode(claims, current_app.config["JWT_SECRET"], algorithm="HS256")


def bearer():
    """The token of the request, or 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        abort(401)
    return token.strip()


def user_of(claims):
    """The user whom the claims name, or 401."""
    return db.row("SELECT * FROM users WHERE id = ?", claims.get("sub")) or abort(401)


def current_user():
    """The user behind the token, or 401."""
    try:
        claims = jwt.decode(
            bearer(), current_app.config["JWT_SECRET"], algorithms=["HS256"], options={"require": ["exp", "sub"]}
        )
    except jwt.InvalidTokenError:
        abort(401)
    return user_of(claims)


def current_admin():
    """The administrator behind the token, 401 or 403."""
    user = current_user()
    if user["role"] != "admin":
        abort(403)
    return user


def browser_user():
    """The user of the session cookie, else of the token, or 401."""
    if "user_id" in session:
        return user_of({"sub": session["user_id"]})
    return current_user()
