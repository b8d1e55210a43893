"""What each kind of package consists of: archives, npm packages, wheels, MCP bundles, and the registry's server.json."""

import base64
import hashlib
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from files import EXECUTABLE, Entry, sha256, write_tar, write_zip
from platforms import PLATFORMS, Platform, wheel_tag

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVER_NAME = "io.github.routewarden/routewarden"
REPOSITORY = "https://github.com/routewarden/routewarden"
SUMMARY = "API-security scanner for AI coding assistants: authorization findings with proof"
LICENSE, LICENSE_FILES = "Apache-2.0 OR MIT", ("LICENSE", "LICENSE-APACHE", "LICENSE-MIT")
KEYWORDS = ["api", "security", "mcp", "openapi", "bola"]


@dataclass(frozen=True)
class Build:
    """One binary, and where its packages go."""

    platform: Platform
    binary: Path
    version: str
    out: Path


def licenses(prefix: str) -> list[Entry]:
    return [Entry(prefix + name, (ROOT / name).read_bytes()) for name in LICENSE_FILES]


def about() -> str:
    return (HERE / "about.md").read_text()


def write_archive(build: Build) -> Path:
    """Writes the archive for people and for `cargo binstall`, whose template in Cargo.toml has the same names."""
    stem = f"routewarden-{build.version}-{build.platform.target}"
    entries = [Entry(f"{stem}/{build.platform.executable}", build.binary.read_bytes(), EXECUTABLE),
               Entry(f"{stem}/README.md", about()), *licenses(f"{stem}/")]
    write = write_zip if build.platform.archive == "zip" else write_tar
    return write(build.out / f"{stem}.{build.platform.archive}", entries)


def npm_platform_name(platform: Platform) -> str:
    return f"@routewarden/cli-{platform.name}"


def npm_manifest(name: str, version: str, description: str, **more) -> str:
    common = {"name": name, "version": version, "description": description, "license": LICENSE, "homepage": REPOSITORY,
              "repository": {"type": "git", "url": f"git+{REPOSITORY}.git"}}
    return json.dumps(common | more, indent=2) + "\n"


def write_npm_platform(build: Build) -> Path:
    """Writes the npm package that has the binary of one platform; npm installs the one that fits."""
    platform = build.platform
    manifest = npm_manifest(npm_platform_name(platform), build.version, f"The program of routewarden for {platform.name}",
                            os=[platform.npm_os], cpu=list(platform.npm_cpu), preferUnplugged=True)
    entries = [Entry("package/package.json", manifest), *licenses("package/"),
               Entry("package/README.md", f"The program of `routewarden` for {platform.name}. Install `routewarden`.\n"),
               Entry(f"package/bin/{platform.executable}", build.binary.read_bytes(), EXECUTABLE)]
    return write_tar(build.out / f"routewarden-cli-{platform.name}-{build.version}.tgz", entries)


def write_npm_wrapper(version: str, out: Path) -> Path:
    """Writes the npm package that people name. It downloads nothing: the programs are its optional dependencies."""
    manifest = npm_manifest("routewarden", version, SUMMARY, keywords=KEYWORDS, mcpName=SERVER_NAME, engines={"node": ">=18"},
                            bin={"routewarden": "bin/routewarden.js"},
                            optionalDependencies={npm_platform_name(each): version for each in PLATFORMS.values()})
    entries = [Entry("package/package.json", manifest), *licenses("package/"), Entry("package/README.md", about()),
               Entry("package/bin/routewarden.js", (HERE / "npm" / "routewarden.js").read_bytes(), EXECUTABLE)]
    return write_tar(out / f"routewarden-{version}.tgz", entries)


def python_version(version: str) -> str:
    """Returns a version as PyPI writes it: `1.0.0-rc.2` is `1.0.0rc2`."""
    for ours, theirs in (("-alpha.", "a"), ("-beta.", "b"), ("-rc.", "rc")):
        version = version.replace(ours, theirs)
    return version


def write_wheel(build: Build) -> Path:
    """Writes a wheel (binary distribution format 1.0) whose only script is the binary."""
    version, tags = python_version(build.version), wheel_tag(build.platform, build.binary)
    info, data = f"routewarden-{version}.dist-info", f"routewarden-{version}.data"
    metadata = [("Metadata-Version", "2.4"), ("Name", "routewarden"), ("Version", version), ("Summary", SUMMARY),
                ("Keywords", ",".join(KEYWORDS)), ("License-Expression", LICENSE),
                *(("License-File", name) for name in LICENSE_FILES), ("Project-URL", f"Repository, {REPOSITORY}"),
                ("Requires-Python", ">=3.8"), ("Description-Content-Type", "text/markdown")]
    wheel = ["Wheel-Version: 1.0", "Generator: routewarden", "Root-Is-Purelib: false",
             *(f"Tag: py3-none-{tag}" for tag in tags.split("."))]
    entries = [Entry(f"{data}/scripts/{build.platform.executable}", build.binary.read_bytes(), EXECUTABLE),
               Entry(f"{info}/METADATA", "".join(f"{key}: {value}\n" for key, value in metadata) + "\n" + about()),
               Entry(f"{info}/WHEEL", "\n".join(wheel) + "\n"), *licenses(f"{info}/licenses/")]
    record = "".join(f"{entry.name},sha256={record_hash(entry.data)},{len(entry.data)}\n" for entry in entries)
    entries.append(Entry(f"{info}/RECORD", record + f"{info}/RECORD,,\n"))
    return write_zip(build.out / f"routewarden-{version}-py3-none-{tags}.whl", entries)


def record_hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def bundle_name(version: str, platform: Platform) -> str:
    return f"routewarden-{version}-{platform.name}.mcpb"


def write_bundle(build: Build, mcpb: list[str]) -> Path:
    """Writes an MCP bundle; the program `mcpb` checks its manifest and packs it."""
    manifest = json.loads((HERE / "mcpb" / "manifest.json").read_text())
    program = f"server/{build.platform.executable}"
    manifest |= {"version": build.version, "compatibility": {"platforms": [build.platform.npm_os]}}
    manifest["server"]["entry_point"] = program
    manifest["server"]["mcp_config"]["command"] = "${__dirname}/" + program
    path = build.out / bundle_name(build.version, build.platform)
    with tempfile.TemporaryDirectory(prefix="routewarden-mcpb-") as stage:
        folder = Path(stage)
        (folder / "server").mkdir()
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        (folder / program).write_bytes(build.binary.read_bytes())
        (folder / program).chmod(EXECUTABLE)
        for entry in licenses(""):
            (folder / entry.name).write_bytes(entry.data)
        for arguments in (["validate", str(folder / "manifest.json")], ["pack", stage, str(path)]):
            done = subprocess.run([*mcpb, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"mcpb {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return path


def write_server(version: str, out: Path, complete: bool) -> Path:
    """Writes the registry's server.json: this version, and the checksums of the bundles that lie in the folder."""
    server = json.loads((ROOT / "tools" / "server.json").read_text())
    committed, server["version"], packages = server["version"], version, []
    for package in server["packages"]:
        package["identifier"] = package["identifier"].replace(committed, version)
        if "version" in package:
            package["version"] = python_version(version) if package["registryType"] == "pypi" else version
        if package["registryType"] == "mcpb":
            bundle = out / package["identifier"].rsplit("/", 1)[1]
            if not bundle.exists() and not complete:
                continue
            package["fileSha256"] = sha256(bundle)
        packages.append(package)
    path = out / "server.json"
    path.write_text(json.dumps(server | {"packages": packages}, indent=2) + "\n")
    return path
