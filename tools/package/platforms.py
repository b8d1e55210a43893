"""The platforms that Routewarden is built for, and what each kind of package calls them."""

import struct
from dataclasses import dataclass
from pathlib import Path

ELF, PROGRAM_INTERPRETER = b"\x7fELF", 3


@dataclass(frozen=True)
class Platform:
    """One platform: its name here, and its names elsewhere."""

    name: str
    target: str  # of rustc
    npm_os: str
    npm_cpu: tuple[str, ...]
    wheel_tag: str
    image_arch: str | None = None  # of a container image
    suffix: str = ""
    archive: str = "tgz"

    @property
    def executable(self) -> str:
        return "routewarden" + self.suffix


PLATFORMS = {platform.name: platform for platform in (
    Platform("linux-x64", "x86_64-unknown-linux-musl", "linux", ("x64",),
             "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64", "amd64"),
    Platform("linux-arm64", "aarch64-unknown-linux-musl", "linux", ("arm64",),
             "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64", "arm64"),
    Platform("darwin-x64", "x86_64-apple-darwin", "darwin", ("x64",), "macosx_10_12_x86_64"),
    Platform("darwin-arm64", "aarch64-apple-darwin", "darwin", ("arm64",), "macosx_11_0_arm64"),
    # Windows on ARM runs programs for x64.
    Platform("win32-x64", "x86_64-pc-windows-msvc", "win32", ("x64", "arm64"), "win_amd64", suffix=".exe", archive="zip"),
)}
WHEEL_TAGS_OF_DYNAMIC = {"linux-x64": "linux_x86_64", "linux-arm64": "linux_aarch64"}


def wheel_tag(platform: Platform, binary: Path) -> str:
    """Returns the tag that a wheel with this binary may carry: one that needs this machine's C library is for it alone."""
    return WHEEL_TAGS_OF_DYNAMIC[platform.name] if needs_c_library(binary) else platform.wheel_tag


def needs_c_library(binary: Path) -> bool:
    """Returns true for a Linux program that a dynamic loader has to start; a static one has no such header."""
    with binary.open("rb") as file:
        head = file.read(64)
        if head[:4] != ELF:
            return False
        offset, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        headers = file.read(size * count)
    return any(struct.unpack_from("<I", headers, at)[0] == PROGRAM_INTERPRETER for at in range(0, len(headers), size))
