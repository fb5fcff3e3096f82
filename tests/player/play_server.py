# SPDX-License-Identifier: Apache-2.0
"""A small server for the player's tests: ranges or none, failures on request, a shaped rate."""

import http.server
import pathlib
import threading
import time


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder. `fail_once`: paths that answer 503 the first time. `gone_after`: paths, and how often
    they are there. `busy`: paths, and which of their requests answer 503. `bytes_per_s`: 0 is unshaped."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = pathlib.Path(folder)
        self.fail_once, self.bytes_per_s, self.has_ranges = set(), 0, True
        self.reports, self.keys = [], []  # bodies sent to /telemetry, CMCD fields of GET
        self.asked, self.gone_after, self.busy = [], {}, {}

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        if self.path != "/telemetry":
            self.send_error(501)
            return
        self.server.reports.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def do_GET(self):
        name = self.path.lstrip("/").split("?")[0]
        self.server.keys.append({k: v for k, v in self.headers.items() if k.startswith("CMCD-")})
        self.server.asked.append(name)
        path = self.server.folder / name
        if name in self.server.fail_once or self.server.asked.count(name) in self.server.busy.get(name, ()):
            self.server.fail_once.discard(name)
            self.send_error(503)
            return
        if not path.is_file() or self.server.asked.count(name) > self.server.gone_after.get(name, 1 << 30):
            self.send_error(404)
            return
        data, status = path.read_bytes(), 200
        wanted = self.headers.get("Range")
        if wanted and self.server.has_ranges:
            first, last = wanted.removeprefix("bytes=").split("-")
            data, status = data[int(first):int(last) + 1], 206
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.send_shaped(data)

    def send_shaped(self, data):
        rate, step = self.server.bytes_per_s, 16384
        started = time.monotonic()
        try:
            for at in range(0, len(data), step):
                self.wfile.write(data[at:at + step])
                if rate:
                    time.sleep(max(0.0, started + (at + step) / rate - time.monotonic()))
        except (BrokenPipeError, ConnectionResetError):
            pass  # a transfer that the player gave up
