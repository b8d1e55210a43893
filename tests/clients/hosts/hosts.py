"""How each assistant is set up and started for one task without a person; the settings are those of tools/clients."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

CLIENTS = Path(__file__).resolve().parents[3] / "tools" / "clients"
TASK = "Scan this API, explain the first finding, and ask for its fix."


@dataclass(frozen=True)
class Place:
    """Where a host runs: its home, the project, and the address of the model."""

    home: Path
    project: Path
    model: str


@dataclass(frozen=True)
class Host:
    """One assistant: its package, its program, and what it needs to run by itself."""

    name: str
    package: str
    # Writes the settings; gives the arguments of the program, and its environment.
    set_up: Callable[[Place], tuple[list[str], dict[str, str]]]
    program: str


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def settings(name: str) -> str:
    return (CLIENTS / name).read_text()


def claude_code(place: Place):
    write(place.project / ".mcp.json", settings("claude-code.json"))
    # A person is asked once whether the project's servers may start, and at each tool whether it may be called.
    arguments = ["--print", TASK, "--mcp-config", ".mcp.json", "--strict-mcp-config", "--allowedTools", "mcp__routewarden"]
    return arguments, {"ANTHROPIC_BASE_URL": place.model, "ANTHROPIC_API_KEY": "scripted",
                       "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}


def codex(place: Place):
    provider = f'''model = "scripted"
model_provider = "loopback"
check_for_update_on_startup = false

[model_providers.loopback]
name = "loopback"
base_url = "{place.model}/v1"
wire_api = "responses"
env_key = "LOOPBACK_KEY"

[analytics]
enabled = false

'''
    write(place.home / ".codex" / "config.toml", provider + settings("codex.toml"))
    return ["exec", "--skip-git-repo-check", TASK], {"LOOPBACK_KEY": "scripted"}


def gemini_cli(place: Place):
    write(place.project / ".gemini" / "settings.json", settings("gemini-cli.json"))
    user = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False},
            "general": {"enableAutoUpdate": False}}
    write(place.home / ".gemini" / "settings.json", json.dumps(user))
    # A person is asked whether the folder is trusted, and at each tool.
    return ["--approval-mode", "yolo", "--model", "gemini-2.5-flash", "--prompt", TASK], {
        "GOOGLE_GEMINI_BASE_URL": place.model, "GEMINI_API_KEY": "scripted", "GEMINI_CLI_TRUST_WORKSPACE": "true"}


def opencode(place: Place):
    model = {"name": "scripted", "limit": {"context": 200_000, "output": 8_000}}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "loopback", "models": {"scripted": model},
                "options": {"baseURL": place.model + "/v1", "apiKey": "scripted"}}
    own = {"model": "loopback/scripted", "small_model": "loopback/scripted", "share": "disabled", "autoupdate": False,
           "provider": {"loopback": provider}}
    write(place.project / "opencode.json", json.dumps(json.loads(settings("opencode.json")) | own))
    return ["run", TASK], {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}


def copilot_cli(place: Place):
    write(place.home / ".copilot" / "mcp-config.json", settings("copilot-cli.json"))
    return ["--prompt", TASK, "--allow-tool", "routewarden", "--disable-builtin-mcps", "--no-auto-update"], {
        "COPILOT_PROVIDER_BASE_URL": place.model + "/v1", "COPILOT_PROVIDER_API_KEY": "scripted",
        "COPILOT_MODEL": "scripted", "COPILOT_OFFLINE": "true"}


def cline(place: Place):
    text = settings("cline.json").replace("/path/to/my-api", str(place.project))
    write(place.home / ".cline" / "data" / "settings" / "cline_mcp_settings.json", text)
    provider = {"provider": "openai-compatible", "model": "scripted", "apiKey": "scripted", "baseUrl": place.model + "/v1"}
    saved = {"version": 1, "lastUsedProvider": "openai-compatible",
             "providers": {"openai-compatible": {"settings": provider, "updatedAt": "2026-01-01T00:00:00.000Z",
                                                 "tokenSource": "manual"}}}
    write(place.home / ".cline" / "data" / "settings" / "providers.json", json.dumps(saved))
    return ["--provider", "openai-compatible", "--model", "scripted", "--timeout", "120", TASK], {}


HOSTS = {host.name: host for host in (
    Host("claude-code", "@anthropic-ai/claude-code", claude_code, "claude"),
    Host("codex", "@openai/codex", codex, "codex"),
    Host("gemini-cli", "@google/gemini-cli", gemini_cli, "gemini"),
    Host("opencode", "opencode-ai", opencode, "opencode"),
    Host("copilot-cli", "@github/copilot", copilot_cli, "copilot"),
    Host("cline", "cline", cline, "cline"),
)}
# Not run here, as they need a window, an account, or are on no registry of packages that is reached.
NOT_DRIVEN = {
    "VS Code, Cursor, Windsurf, Zed, JetBrains": "they need a window and an account",
    "goose": "it is not on npm or PyPI",
}


def clean_environment(place: Place, binary: Path, programs: Path) -> dict[str, str]:
    """An environment without anything of the user's: hosts read many variables."""
    path = os.pathsep.join([str(programs), str(binary.parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(place.home), "TERM": "dumb", "NO_COLOR": "1",
            "ROUTEWARDEN_DATA": str(place.home / "data")}
