"""Archives whose bytes depend on their contents alone: the same binary gives the same checksum on every machine."""

import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

# The earliest that zip can say.
EPOCH = (1980, 1, 1, 0, 0, 0)
EXECUTABLE, PLAIN = 0o755, 0o644


class Entry:
    """One file of an archive."""

    def __init__(self, name: str, data: bytes | str, mode: int = PLAIN):
        self.name, self.mode = name, mode
        self.data = data.encode() if isinstance(data, str) else data


def write_tar(path: Path, entries: list[Entry]) -> Path:
    """Writes a .tgz."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.size, info.mode = len(entry.data), entry.mode
            tar.addfile(info, io.BytesIO(entry.data))
    return path


def write_zip(path: Path, entries: list[Entry]) -> Path:
    """Writes a zip archive that keeps which files can be run."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, EPOCH)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = (0o100000 | entry.mode) << 16
            packed.writestr(info, entry.data)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_checksums(folder: Path) -> Path:
    """Writes SHA256SUMS of every file in the folder, in the form that `sha256sum --check` reads."""
    sums = folder / "SHA256SUMS"
    files = sorted(path for path in folder.iterdir() if path.is_file() and path != sums)
    sums.write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files))
    return sums
