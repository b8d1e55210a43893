"""A plain HTTP caller for filling an application, and the configuration of the scan that follows."""

import base64
import http.cookiejar
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .install import Failed


# Some frameworks commit after the answer has gone out.
COMMIT_SECONDS = 0.2


def password(user: str) -> str:
    """The password of a seeded user."""
    return f"Passw0rd-{user}-9"


def bearer(token: str) -> dict[str, str]:
    """The header of a bearer token."""
    return {"authorization": f"Bearer {token}"}


def basic(user: str) -> dict[str, str]:
    """The header of a seeded user under HTTP Basic."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password(user)}".encode()).decode()}


class Caller:
    """One caller of the application; keeps cookies."""

    def __init__(self, base: str, headers: dict[str, str] | None = None) -> None:
        self.base, self.headers = base.rstrip("/"), dict(headers or {})
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, method: str, path: str, body=None, *, form: dict | None = None, headers: dict | None = None):
        """Status and body of the answer, decoded where it is JSON."""
        head, data = {**self.headers, **(headers or {})}, None
        if body is not None:
            data, head["content-type"] = json.dumps(body).encode(), "application/json"
        if form is not None:
            data, head["content-type"] = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
        request = urllib.request.Request(self.base + path, method=method, data=data, headers=head)
        try:
            answer = self.opener.open(request, timeout=90)
            status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, raw = error.code, error.read()
        if method != "GET":
            time.sleep(COMMIT_SECONDS)
        try:
            return status, json.loads(raw) if raw else None
        except ValueError:
            return status, raw.decode("utf-8", "replace")

    def must(self, method: str, path: str, body=None, **more):
        """The answer's body; a refusal is a failed set-up."""
        status, answer = self.ask(method, path, body, **more)
        if status >= 400:
            raise Failed(f"set-up: {method} {path} answered {status}: {str(answer)[:400]}")
        return answer

    def cookie(self, name: str) -> str:
        """The value of a cookie, or nothing."""
        return next((one.value or "" for one in self.jar if one.name == name), "")


class Setup:
    """What a scan is given: `routewarden.toml` and the variables that hold its secrets."""

    def __init__(self, openapi: str, base_url: str = "", **target: str) -> None:
        lines = {"openapi": openapi, **({"base_url": base_url} if base_url else {}), **target}
        self.text = "[target]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
        self.secrets: dict[str, str] = {}

    def identity(self, name: str, role: str, lines: str, secret: str) -> None:
        """Adds one identity; `{env}` in its lines stands for the variable of its secret."""
        variable = f"{name.upper()}_SECRET"
        self.secrets[variable] = secret
        self.text += f'[identities.{name}]\nrole = "{role}"\n' + lines.replace("{env}", variable) + "\n"

    def people(self, users: dict[str, tuple[str, str]], lines: str) -> None:
        """Adds identities that sign in alike: name -> (role, user); `{user}` stands for the user, `{name}` for the name."""
        for name, (role, user) in users.items():
            self.identity(name, role, lines.replace("{user}", user).replace("{name}", name), password(user.split("@")[0]))

    def write(self, folder: Path) -> None:
        """Writes both files."""
        (folder / "routewarden.toml").write_text(self.text)
        secrets = folder / "secrets.json"
        secrets.touch(0o600)
        secrets.write_text(json.dumps(self.secrets))


TWO_AND_ADMIN = {"alice": ("user", "alice"), "bob": ("user", "bob"), "root": ("admin", "admin")}
