"""An npm registry on loopback that serves the package files of one folder, and nothing else."""

import base64
import hashlib
import json
import tarfile
import threading
import urllib.parse
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def serve(folder: Path):
    """Serves the .tgz files of a folder, and gives the address."""
    files = {path.name: path for path in folder.glob("*.tgz")}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.address = files, f"http://127.0.0.1:{server.server_port}"
    server.documents = {manifest["name"]: document(manifest, path, server.address)
                        for path in files.values() if (manifest := read_manifest(path))}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.address
    finally:
        server.shutdown()
        server.server_close()


def read_manifest(path: Path):
    """The package.json of a package file; nothing for an archive of another kind."""
    with tarfile.open(path) as tar:
        if "package/package.json" not in tar.getnames():
            return None
        return json.load(tar.extractfile("package/package.json"))


def document(manifest: dict, path: Path, address: str) -> dict:
    """What a registry says of a package with one version."""
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    version = manifest | {"dist": {"tarball": f"{address}/files/{path.name}", "integrity": f"sha512-{digest}"}}
    return {"name": manifest["name"], "dist-tags": {"latest": manifest["version"]}, "versions": {manifest["version"]: version}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)[1:]
        if path.startswith("files/") and path[6:] in self.server.files:
            return self.answer(200, "application/octet-stream", self.server.files[path[6:]].read_bytes())
        found = self.server.documents.get(path)
        self.answer(200 if found else 404, "application/json", json.dumps(found or {"error": "not found"}).encode())

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
