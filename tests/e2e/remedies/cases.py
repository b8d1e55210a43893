"""What the samples of the remedies must do, whichever framework runs them. A kit gives each sample a host and a client.

People: 1 is alice and 2 is bob, both ordinary; 3 is root, an administrator. Invoice 1 with line 1 is alice's, invoice 2 with
line 2 is bob's.
"""

import base64
import json
import time
import uuid
from urllib.parse import urlencode

import jwt

KEY = bytes(range(48))
ISSUER, AUDIENCE = "https://issuer.example", "invoices"
ENVIRONMENT = {
    "JWT_SECRET_KEY": base64.b64encode(KEY).decode(),
    "JWT_ISSUER": ISSUER,
    "JWT_AUDIENCE": AUDIENCE,
    "API_KEY": "k-0123456789",
    "LIMITS_URI": "memory://",
    "SESSION_SECRET": "for this test alone, and long enough",
}
PASSWORD = "correct horse battery"
ALICE, BOB, ROOT = "1", "2", "3"
ALLOWED_ORIGIN = "https://app.example.com"
# Addresses that look like one's own, or like one of the list, to those who compare beginnings.
FOREIGN_TARGETS = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "http://app.example.com/",
    "https://app.example.com:8443/",
    "https://app.example.com.evil.example/",
    "https://app.example.com@evil.example/",
    "javascript:alert(1)",
]
PRODUCTS = ["O'Neil's tea", "plain"]


class Failed(Exception):
    """A sample does not do what it is for."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}

    def json(self):
        return json.loads(self.body)


def token(subject, key=KEY, algorithm="HS256", without=(), **changes):
    now = int(time.time())
    claims = {"sub": subject, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "jti": str(uuid.uuid4())}
    # What simplejwt and Flask-JWT-Extended look for; the others pass it by.
    claims |= {"token_type": "access", "user_id": subject, "type": "access", "fresh": False}
    claims |= changes
    kept = {name: value for name, value in claims.items() if name not in without}
    return jwt.encode(kept, None if algorithm == "none" else key, algorithm=algorithm)


def hold(what, condition):
    if not condition:
        raise Failed(what)


def ask(client, method, path, who, wanted, **more):
    """Asks as somebody (the subject of a token, a whole token, or nobody), and returns the answer of the wanted status."""
    credential = token(who) if who and len(who) < 5 else who
    answer = client.call(method, path, credential, **more)
    if answer.status != wanted:
        raise Failed(f"{method} {path} as {who and who[:8]}: {answer.status} instead of {wanted}: {answer.body[:300]}")
    return answer


def object_ownership(kit):
    client = kit.open("object-ownership")
    hold("the total is there", ask(client, "GET", "/invoices/1", ALICE, 200).json()["total"] == 100)
    stranger = ask(client, "GET", "/invoices/1", BOB, 404)
    hold("404 says no more than for what is missing", stranger.body == ask(client, "GET", "/invoices/99", BOB, 404).body)
    ask(client, "GET", "/invoices/1", None, 401)
    ask(client, "GET", "/invoices/1/lines/1", ALICE, 200)
    # A parent of one's own with somebody else's child, and the other way round.
    ask(client, "GET", "/invoices/1/lines/2", ALICE, 404)
    ask(client, "GET", "/invoices/2/lines/2", ALICE, 404)


def scoped_list(kit):
    client = kit.open("scoped-list")
    for who, own in ((ALICE, 1), (BOB, 2)):
        answer = ask(client, "GET", "/invoices?limit=50", who, 200).json()
        rows = answer["results"] if isinstance(answer, dict) else answer
        hold(f"{who} sees only what is their own: {rows}", [str(row["id"]) for row in rows] == [str(own)])
    ask(client, "GET", "/invoices", None, 401)


def role_check(kit):
    client = kit.open("role-check")
    ask(client, "GET", kit.admin_path, ROOT, 200)
    ask(client, "GET", kit.admin_path, ALICE, 403)
    ask(client, "GET", kit.admin_path, None, 401)


def role_from_store(kit):
    client = kit.open("role-from-store")
    ask(client, "GET", "/admin-only", ROOT, 200)
    ask(client, "GET", "/admin-only", token(ALICE, role="admin", is_staff=True), 403)
    kit.demote(ROOT)
    ask(client, "GET", "/admin-only", token(ROOT, role="admin", is_staff=True), 403)
    ask(client, "GET", "/admin-only", None, 401)


def require_authentication(kit):
    client = kit.open("require-authentication")
    ask(client, "GET", "/private", None, 401)
    ask(client, "GET", "/private", "no.such.token", 401)
    ask(client, "GET", "/private", ALICE, 200)
    ask(client, "POST", "/login", None, 200)


def untrusted_headers(kit):
    client = kit.open("untrusted-headers")
    ask(client, "GET", "/private", None, 401, headers={"X-User-Id": "3", "X-Role": "admin"})
    ask(client, "GET", "/private", ALICE, 200)
    ask(client, "POST", "/login", None, 200)


def challenge_header(kit):
    client = kit.open("challenge-header")
    bare = ask(client, "GET", "/refuse", None, 401)
    hold(f"the challenge is there: {bare.headers}", bare.headers.get("www-authenticate", "").lower().startswith("bearer"))
    sent = ask(client, "GET", "/refuse", "no.such.token", 401)
    hold(f"a refused token is named: {sent.headers}", "invalid_token" in sent.headers.get("www-authenticate", ""))
    hold("no challenge where nothing is refused", "www-authenticate" not in ask(client, "GET", "/fine", None, 200).headers)


def verify_signature(kit):
    client = kit.open("verify-signature")
    ask(client, "GET", "/private", ALICE, 200)
    now = int(time.time())
    for what, forged in {
        "another key": token(ALICE, key=b"another key of thirty-two bytes!"),
        "no algorithm": token(ALICE, algorithm="none"),
        "another issuer": token(ALICE, iss="https://elsewhere.example"),
        "another audience": token(ALICE, aud="elsewhere"),
        "no expiry": token(ALICE, without=("exp",)),
        "old": token(ALICE, exp=now - 600),
        "no token": None,
    }.items():
        try:
            ask(client, "GET", "/private", forged, 401)
        except Failed as error:
            raise Failed(f"{what}: {error}") from error


def enforce_expiry(kit):
    client = kit.open("enforce-expiry")
    ask(client, "GET", "/private", ALICE, 200)
    now = int(time.time())
    ask(client, "GET", "/private", token(ALICE, exp=now - 600), 401)
    ask(client, "GET", "/private", token(ALICE, without=("exp",)), 401)
    ask(client, "GET", "/private", token(ALICE, exp=now - 10), 200)


def revoke_on_sign_out(kit):
    client = kit.open("revoke-on-sign-out")
    gone, other = token(ALICE), token(ALICE)
    ask(client, "GET", "/private", gone, 200)
    ask(client, "POST", "/logout", gone, 204)
    ask(client, "GET", "/private", gone, 401)
    ask(client, "GET", "/private", other, 200)


def response_schema(kit):
    client = kit.open("response-schema")
    answer = ask(client, "GET", "/me", ALICE, 200).json()
    hold(f"only what is listed: {answer}", set(answer) == {"id", kit.name_field, "email"})
    hold("no hash of a password", "hash" not in json.dumps(answer) and "pbkdf2" not in json.dumps(answer))


def error_handler(kit):
    client = kit.open("error-handler")
    answer = ask(client, "GET", "/fault", None, 500)
    hold(f"an id: {answer.body}", answer.json().get("incident"))
    hold("no word of the fault", "boom" not in answer.body and "Traceback" not in answer.body)
    ask(client, "GET", "/fine", None, 200)


def security_headers(kit):
    client = kit.open("security-headers")
    headers = ask(client, "GET", kit.api_path + "/fine", None, 200, headers=kit.https).headers
    hold(f"nosniff: {headers}", headers.get("x-content-type-options") == "nosniff")
    hold("no-store", "no-store" in headers.get("cache-control", ""))
    hold("policy", "default-src 'none'" in headers.get("content-security-policy", ""))
    hold("strict transport", "max-age=31536000" in headers.get("strict-transport-security", ""))


def cors_origins(kit):
    client = kit.open("cors-origins")
    own = ask(client, "GET", "/fine", None, 200, headers={"Origin": ALLOWED_ORIGIN}).headers
    hold(f"our origin: {own}", own.get("access-control-allow-origin") == ALLOWED_ORIGIN)
    for origin in ("https://evil.example", "null", ALLOWED_ORIGIN + ".evil.example"):
        other = ask(client, "GET", "/fine", None, 200, headers={"Origin": origin}).headers
        hold(f"{origin}: {other}", other.get("access-control-allow-origin") not in (origin, "*"))


def keep_document_true(kit):
    client = kit.open("keep-document-true")
    ask(client, "GET", "/invoices/1", ALICE, 200)
    ask(client, "GET", "/invoices/1", BOB, 404)
    ask(client, "GET", "/invoices/1", None, 401)
    ask(client, "GET", "/health", None, 200)
    document = kit.document()
    operations = {path: methods["get"] for path, methods in document["paths"].items() if "get" in methods}
    closed = next(operation for path, operation in operations.items() if "invoice" in path)
    hold(f"the document says what is closed: {closed}", closed.get("security") or document.get("security"))
    hold("and what is open", all(not known.get("security") for path, known in operations.items() if path == "/health"))


def owner_from_session(kit):
    client = kit.open("owner-from-session")
    body = {"title": "mine", "owner_id": 2, "ownerId": "2", "owner": 2, "user_id": 2}
    made = ask(client, "POST", "/notes", ALICE, 201, json=body).json()
    hold("it is the caller's", str(kit.owner_of_note(made["id"])) == ALICE)
    ask(client, "POST", "/notes", None, 401, json=body)


def field_allow_list(kit):
    client = kit.open("field-allow-list")
    ask(client, "PATCH", "/me", ALICE, 200, json={"name": "Alice II"})
    client.call("PATCH", "/me", token(ALICE), json={"name": "Alice III", "role": "admin"})
    hold("the role stays", kit.role_of(ALICE) == "user")
    ask(client, "PATCH", "/me", None, 401, json={"name": "x"})


def uniform_refusal(kit):
    client = kit.open("uniform-refusal")
    ask(client, "GET", "/invoices/1", ALICE, 200)
    foreign, missing = (ask(client, "GET", f"/invoices/{number}", BOB, 404) for number in (1, 99))
    hold("the same bytes", foreign.body == missing.body)


def unguessable_ids(kit):
    public, numbered, foreign = kit.public_ids()
    hold(f"a random id is shown: {public}", len(str(public).replace("-", "")) == 32)
    hold("found by its owner alone", numbered is not None and foreign is None)


def credentials_out_of_urls(kit):
    client = kit.open("credentials-out-of-urls")
    key = ENVIRONMENT["API_KEY"]
    ask(client, "GET", "/keyed", None, 200, headers={"X-API-Key": key})
    ask(client, "GET", "/keyed", None, 401, headers={"X-API-Key": "wrong"})
    ask(client, "GET", "/keyed", None, 401)
    answer = client.call("GET", f"/keyed?api_key={key}", None)
    hold(f"refused in the address: {answer.status}", answer.status in (400, 401))


def uniform_sign_in(kit):
    client = kit.open("uniform-sign-in")
    unknown, wrong = client.sign_in("nobody", "a guess of mine"), client.sign_in("alice", "a guess of mine")
    hold(f"401 for both: {unknown.status}, {wrong.status}", unknown.status == wrong.status == 401)
    hold("the same bytes", unknown.body == wrong.body)
    right = client.sign_in("alice", PASSWORD)
    hold(f"the right one opens: {right.status} {right.body}", right.status == 200 and "." in right.body)


def throttle_sign_in(kit):
    client = kit.open("throttle-sign-in")
    guesses = [client.sign_in("alice", f"guess {number}") for number in range(8)]
    hold(f"the first are looked at: {guesses[0].status}", guesses[0].status in (200, 400, 401))
    hold(f"then it says wait: {[it.status for it in guesses]}", guesses[-1].status == 429)
    hold("and for how long", guesses[-1].headers.get("retry-after"))
    hold("another account is not shut out", client.sign_in("bob", "a guess").status != 429)


def password_policy(kit):
    client = kit.open("password-policy")
    for bad in ("password1", "short", "alice123"):
        refused = client.sign_up("alice", bad)
        hold(f"{bad}: {refused.status}", refused.status in (400, 422))
    hold("a good one is taken", client.sign_up("alice", "Nine blue herons").status in (200, 201))


def no_method_override(kit):
    client = kit.open("no-method-override")
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        ask(client, "POST", "/echo", ALICE, 400, headers={name: "DELETE"})
    ask(client, "POST", "/echo?_method=DELETE", ALICE, 400)
    ask(client, "POST", "/echo", ALICE, 200)


def model_context(kit):
    client = kit.open("model-context")
    mine = token(ALICE)
    answer = ask(client, "POST", "/chat", mine, 200, json={"message": "what did I order?"})
    # The model of the kit says what it was given, and uses its tool.
    seen = answer.json()["reply"]
    hold("the token is not in the context", mine not in seen and mine.split(".")[2] not in seen)
    hold(f"the tool is bound to the caller: {seen}", f"orders of {ALICE}" in seen)
    ask(client, "POST", "/chat", None, 401, json={"message": "and I?"})


def model_bounds(kit):
    client = kit.open("model-bounds")
    ask(client, "POST", "/chat", ALICE, 200, json={"message": "short"})
    long = client.call("POST", "/chat", token(ALICE), json={"message": "x" * 5000})
    hold(f"too long: {long.status}", long.status in (400, 413, 422))
    ask(client, "POST", "/chat", None, 401, json={"message": "short"})
    statuses = {client.call("POST", "/chat", token(ALICE), json={"message": "short"}).status for _ in range(25)}
    hold(f"a caller's budget ends: {statuses}", 429 in statuses)
    ask(client, "POST", "/chat", BOB, 200, json={"message": "short"})


def strong_signing_key(kit):
    hold("a short key stops the start", not kit.starts_with_key(base64.b64encode(b"secret").decode()))
    issued = kit.issued(ALICE)
    claims = jwt.decode(issued, KEY, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE)
    hold(f"a token ends within the hour: {claims}", 0 < claims["exp"] - time.time() < 3600)


def session_cookie(kit):
    client = kit.open("session-cookie")
    line = ask(client, "POST", "/session", None, 200, headers=kit.https).headers.get("set-cookie", "")
    value, *attributes = (part.strip() for part in line.split(";"))
    hold(f"a session is in it: {line}", len(value.split("=", 1)[-1]) > 10)
    for wanted in ("httponly", "secure", "samesite=lax", "path=/"):
        hold(f"{wanted}: {line}", wanted in [attribute.lower() for attribute in attributes])


def input_as_data(kit):
    hold("what is there is found", kit.products_named(PRODUCTS[0]) == PRODUCTS[:1])
    for sent in ("' OR '1'='1", "' UNION SELECT 1, 'leaked' --", "O'Neil"):
        hold(f"{sent} is a name like others", kit.products_named(sent) == [])


def allowed_targets(kit):
    client = kit.open("allowed-targets")
    for target in ("/invoices/1", f"{ALLOWED_ORIGIN}/invoices/1"):
        answer = client.call("GET", f"/go?{urlencode({'to': target})}")
        hold(f"{target}: {answer.status}", answer.status in (302, 303, 307))
        hold(f"leads there: {answer.headers}", answer.headers["location"].removeprefix(ALLOWED_ORIGIN) == "/invoices/1")
    for target in FOREIGN_TARGETS:
        ask(client, "GET", f"/go?{urlencode({'to': target})}", None, 400)


def request_bounds(kit):
    client = kit.open("request-bounds")

    def page(size):
        answer = client.call("GET", f"{kit.page_path}?{kit.size_field}={size}")
        hold(f"{size}: {answer.status} {answer.body[:100]}", answer.status in (200, 400, 422))
        return answer.json()["limit"] if answer.status == 200 else None

    hold("a size within the bounds is taken", page(7) == 7)
    hold("there is one where none is asked for", ask(client, "GET", kit.page_path, None, 200).json()["limit"] == 20)
    for size in ("101", "1000000", "-5", "0", "many", "1e9", "99999999999999999999"):
        hold(f"{size} is bounded", (page(size) or 1) in range(1, 101))


CASES = {
    name.replace("_", "-"): case
    for name, case in dict(globals()).items()
    if callable(case) and getattr(case, "__code__", None) and case.__code__.co_varnames[:1] == ("kit",)
}
