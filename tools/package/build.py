#!/usr/bin/env python3
"""Packs built binaries: archives, npm packages, wheels, MCP bundles, server.json and SHA256SUMS.

    python3 tools/package/build.py --out dist --binary linux-x64=target/release/routewarden [--binary ...]

Nothing is built and nothing is published. `--release` refuses what may not be published: a missing platform, or a
program for Linux that needs the C library of the machine that built it.
"""

import argparse
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import formats
from files import EXECUTABLE, write_checksums
from platforms import PLATFORMS, needs_c_library

KINDS = ("archive", "npm", "wheel", "mcpb", "container", "server")
MCPB = "npx --yes @anthropic-ai/mcpb@2.1.2"


def own_version() -> str:
    return tomllib.loads((formats.ROOT / "Cargo.toml").read_text())["package"]["version"]


def check_release(binaries: dict[str, Path]) -> None:
    """Ends with a message where a release would be incomplete, or would not start on another machine."""
    missing = [name for name in PLATFORMS if name not in binaries]
    if missing:
        sys.exit(f"no binary for {', '.join(missing)}")
    bound = [name for name, path in binaries.items() if needs_c_library(path)]
    if bound:
        sys.exit(f"built against the C library of its machine, not for musl: {', '.join(bound)}")


def pack(options: argparse.Namespace) -> list[Path]:
    out, version, wanted = options.out, own_version(), set(options.only or KINDS)
    written = []
    for name, binary in sorted(options.binary.items()):
        build = formats.Build(PLATFORMS[name], binary, version, out)
        if "archive" in wanted:
            written.append(formats.write_archive(build))
        if "npm" in wanted:
            written.append(formats.write_npm_platform(build))
        if "wheel" in wanted:
            written.append(formats.write_wheel(build))
        if "mcpb" in wanted:
            written.append(formats.write_bundle(build, shlex.split(options.mcpb)))
        if "container" in wanted and build.platform.image_arch:
            written.append(lay_out_image(build))
    if "npm" in wanted:
        written.append(formats.write_npm_wrapper(version, out))
    if "server" in wanted:
        written.append(formats.write_server(version, out, options.release))
    return [*written, write_checksums(out)]


def lay_out_image(build: formats.Build) -> Path:
    """Lays out the folder that the container image is built from: the Containerfile, and one program for each architecture."""
    context = build.out / "container"
    program = context / build.platform.image_arch / "routewarden"
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(build.binary, program)
    program.chmod(EXECUTABLE)
    shutil.copyfile(formats.HERE / "Containerfile", context / "Containerfile")
    return program


def binary(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if name not in PLATFORMS or not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"PLATFORM=FILE, with a platform of {', '.join(PLATFORMS)}; not {text}")
    return name, Path(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=binary, action="append", required=True, metavar="PLATFORM=FILE")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--print-version", action="version", version=own_version(), help="print the version and end")
    parser.add_argument("--only", choices=KINDS, action="append")
    parser.add_argument("--mcpb", default=MCPB, help=f"the command that packs MCP bundles [default: {MCPB}]")
    parser.add_argument("--release", action="store_true")
    options = parser.parse_args()
    options.binary = dict(options.binary)
    if options.release:
        check_release(options.binary)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in pack(options):
        print(f"{path.stat().st_size:>12,}  {path.relative_to(options.out)}")


if __name__ == "__main__":
    main()
