"""Where one application runs: its folders, its port, its processes and its database server."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from . import install

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lives(pid: int) -> bool:
    """Whether the process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def status_of(url: str, seconds: float = 20) -> int | None:
    """The status that a GET is answered with; nothing where there is no answer."""
    try:
        return DIRECT.open(url, timeout=seconds).status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError):
        return None


@dataclass
class Launch:
    """How a server is started, and when it counts as up."""

    command: list
    health: str
    env: dict = field(default_factory=dict)
    folder: Path | None = None
    seconds: int = 120


@dataclass
class Place:
    """The folders, the port and the processes of one application under test."""

    name: str
    source: Path
    cache: Path
    root: Path
    version: str = ""

    def __post_init__(self) -> None:
        self.port = free_port()
        self.server: subprocess.Popen | None = None
        self.database: PostgreSql | None = None
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)

    @property
    def work(self) -> Path:
        """Everything that the application keeps; thrown away and laid anew between scans."""
        return self.root / "work"

    @property
    def base(self) -> str:
        """Where the application answers."""
        return f"http://127.0.0.1:{self.port}"

    def fresh(self) -> None:
        """An empty work folder."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        self.work.chmod(0o711)

    def save(self) -> None:
        """Keeps the data as they are, for `restore`."""
        self.copy(self.work, self.root / "seeded")

    def restore(self) -> None:
        """Lays the kept data anew, so that every scan meets the same."""
        self.copy(self.root / "seeded", self.work)

    @staticmethod
    def copy(source: Path, target: Path) -> None:
        """Copies with owners and modes, which a database server insists on."""
        shutil.rmtree(target, ignore_errors=True)
        install.must("cp", "-a", source, target)

    def postgres(self, name: str) -> "PostgreSql":
        """A database of the application's own, started where it is not up yet."""
        if not self.database:
            self.database = PostgreSql(self.work)
        self.database.start()
        self.database.create(name)
        return self.database

    def remove(self) -> None:
        """Ends what runs and removes the folders; reports are kept elsewhere."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self, launch: Launch) -> None:
        """Starts the server in a process group of its own and waits for it."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        env = install.plain_env(HOME=str(home), **{key: str(value) for key, value in launch.env.items()})
        with open(self.work / "app.log", "ab") as log:
            self.server = subprocess.Popen([str(word) for word in launch.command], cwd=launch.folder or self.work, env=env,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + launch.seconds
        while (status_of(self.base + launch.health) or 599) >= 500:
            if self.server.poll() is not None or time.monotonic() > deadline:
                said = self.log_tail(8)
                self.stop()
                raise install.Failed(f"{self.name} does not come up: {said}")
            time.sleep(0.3)

    def log_tail(self, lines: int) -> str:
        """The last lines that the server wrote."""
        text = (self.work / "app.log").read_text(errors="replace")
        return " | ".join(line.strip() for line in text.splitlines()[-lines:])[:900]

    def has_ended(self) -> bool:
        """Whether the server is no longer there, or no longer answers."""
        return not self.server or self.server.poll() is not None or status_of(self.base + "/") is None

    def stop(self) -> None:
        """Ends what this place started, by its ids alone."""
        if self.server:
            end_group(self.server)
            self.server = None
        if self.database:
            self.database.stop()
            self.database = None


def end_group(server: subprocess.Popen) -> None:
    """Ends a process and its group: asks first, then makes sure."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
        except ProcessLookupError:
            break
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
    server.poll()


class PostgreSql:
    """A cluster below the work folder, on a port of its own, as Debian packages it."""

    def __init__(self, work: Path) -> None:
        self.folder = work / "pg"
        self.binaries = install.debian("postgresql", newest_postgres)
        self.port_file = work / "pgport"
        self.url = ""

    def start(self) -> None:
        """Makes the cluster once, and starts it."""
        data = self.folder / "data"
        if not data.exists():
            self.folder.mkdir()
            if os.getuid() == 0:
                shutil.chown(self.folder, "postgres", "postgres")
            self.run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self.port_file.write_text(str(free_port()))
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200 -c fsync=off"
        self.run("pg_ctl", "-D", data, "-o", options, "-l", self.folder / "log", "-w", "-t", "60", "start", quiet=True)

    @property
    def port(self) -> str:
        """The port of this start."""
        return self.port_file.read_text()

    def create(self, name: str) -> None:
        """Makes the database where it is missing."""
        self.url = f"postgresql://postgres:x@127.0.0.1:{self.port}/postgres"
        if not self.lines(f"select 1 from pg_database where datname = '{name}'"):
            self.lines(f"create database {name}")
        self.url = f"postgresql://postgres:x@127.0.0.1:{self.port}/{name}"

    def lines(self, sql: str) -> list[str]:
        """The rows of a query as text."""
        return install.must(self.binaries / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url, "-c", sql).splitlines()

    def stop(self) -> None:
        """Ends the cluster."""
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "-t", "60", "stop", quiet=True)

    def run(self, tool: str, *words, quiet: bool = False) -> None:
        """Runs one of PostgreSQL's programs, which refuse to be root's."""
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        command = [*user, str(self.binaries / tool), *map(str, words)]
        # A server that pg_ctl leaves running must not hold a pipe of ours.
        where = subprocess.DEVNULL if quiet else subprocess.PIPE
        done = subprocess.run(command, cwd="/", stdout=where, stderr=where, text=True, check=False)
        if done.returncode:
            raise install.Failed(f"{tool} fails: {(done.stderr or 'see ' + str(self.folder / 'log'))[-500:]}")


def newest_postgres() -> Path | None:
    """The folder of the newest installed PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None
