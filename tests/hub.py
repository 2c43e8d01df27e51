"""As much of a hub as huggingface_hub asks for, on loopback: files, ranges and their listing."""

import hashlib
import http.server
import json
import re
import threading
import urllib.parse
from contextlib import contextmanager

COMMIT = "a" * 40


class Hub:
    """Files by ``owner/name/path``, and what has been asked of them.

    `cut` bytes into a file's data the connection breaks (None: never); `flip` is the position of a
    bit that arrives wrong; `ranges` is False for a mirror that always sends all.
    """

    def __init__(self):
        self.files = {}
        self.asked = []
        self.sent = 0
        self.cut = self.flip = None
        self.ranges = self.sums = True

    def of(self, repository):
        return {
            path.removeprefix(repository + "/"): data
            for path, data in self.files.items()
            if path.startswith(repository + "/")
        }


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def do_POST(self):
        self._answer(body=True)

    def _answer(self, body):
        path = urllib.parse.unquote(self.path.split("?")[0])
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.asked.append((self.command, path, self.headers.get("Range")))
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/[^/]+)?(/.*)?", path):  # fmt: skip
            repository, what, _ = found.groups()
            return self._api(repository, what, sent.decode(), body)
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            return self._file(*found.groups(), body)
        return self._send(404, b"", {}, body)

    def _api(self, repository, what, sent, body):
        files = self.hub.of(repository)
        if not files:
            return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body)
        if what in (None, "revision"):
            names = [{"rfilename": name} for name in files]
            answer = {"id": repository, "sha": COMMIT, "siblings": names, "tags": [],
                      "downloads": 0, "likes": 0, "private": False}  # fmt: skip
        else:
            # Some versions of the client send JSON, others a form.
            asked = json.loads(sent)["paths"] if sent.startswith("{") else urllib.parse.parse_qs(sent).get("paths")  # fmt: skip
            answer = [self._entry(n, d) for n, d in files.items() if not asked or n in asked]
        return self._send(200, json.dumps(answer).encode(), {}, body)

    def _entry(self, name, data):
        entry = {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}  # fmt: skip
        if self.hub.sums and name.endswith(".safetensors"):
            sha = hashlib.sha256(data).hexdigest()
            entry["lfs"] = {"oid": sha, "size": len(data), "pointerSize": 130}
        return entry

    def _file(self, repository, name, body):
        data = self.hub.files.get(f"{repository}/{name}")
        if data is None:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
        digest = hashlib.sha256(data).hexdigest()
        headers = {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT, "X-Linked-Etag": f'"{digest}"',
                   "X-Linked-Size": str(len(data)), "Accept-Ranges": "bytes"}  # fmt: skip
        status, start, end = 200, 0, len(data)
        if self.hub.ranges and (asked := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")):  # fmt: skip
            status, start, end = 206, int(asked[1]), min(int(asked[2] or end) + 1, end)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        if self.hub.flip is not None:
            data = bytearray(data)
            data[self.hub.flip] ^= 1
        return self._send(status, bytes(data[start:end]), headers, body, start)

    def _send(self, status, data, headers, body, start=0):
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not body:
            return
        if self.hub.cut is not None and start + len(data) > self.hub.cut:
            data = data[: max(0, self.hub.cut - start)]
            self.close_connection = True
        self.hub.sent += len(data)
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@contextmanager
def served():
    """Run a hub; yields it and its address."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
