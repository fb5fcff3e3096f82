#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two tiers of `primrose serve --roles edge` before an origin, while nodes die and freeze, as TAP."""

import hashlib
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
FILMS, FILM_BYTES, SEGMENT = 6, 3_300_000, 180_000
cases = []


def case(function):
    cases.append(function)
    return function


def film(number):
    block = hashlib.sha256(str(number).encode()).digest() * 1024
    return (block * (FILM_BYTES // len(block) + 1))[:FILM_BYTES + number]


FILM = [film(number) for number in range(FILMS)]


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass  # killed nodes reset their connections


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.requests += 1
        number = int(self.path.rpartition("/")[2])
        body, status, extra = FILM[number], 200, None
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            first = int(asked[1])
            last = min(int(asked[2] or len(body)), len(body) - 1)
            status, extra = 206, f"bytes {first}-{last}/{len(body)}"
            body = body[first:last + 1]
        self.send_response(status)
        self.send_header("ETag", f'"film-{number}"')
        self.send_header("Cache-Control", "max-age=86400")
        self.send_header("Content-Length", str(len(body)))
        if extra:
            self.send_header("Content-Range", extra)
        self.end_headers()
        self.wfile.write(body)


class Edge:
    def __init__(self, *upstreams, memory=32, options=()):
        self.folder = tempfile.TemporaryDirectory(prefix="primrose-edge-", ignore_cleanup_errors=True)
        arguments = [word for url in upstreams for word in ("--upstream", url)]
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--json", "--roles", "edge", "--listen", "127.0.0.1:0", "--data", self.folder.name,
             "--cache-memory", str(memory), *arguments, *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        self.url = json.loads(self.process.stdout.readline())["url"].rstrip("/")
        self.address = self.url.split("://")[1]

    def child(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def kill(self):
        child = self.child()
        self.process.kill()
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it dies with its supervisor
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=40)
        self.process.stdout.close()
        self.folder.cleanup()


class Viewer(threading.Thread):
    """Plays films segment by segment over one connection; any wrong byte or status is a failed play."""

    def __init__(self, address, start, plays):
        super().__init__(daemon=True)
        self.address, self.first, self.plays = address, start, plays
        self.failures, self.segments = [], 0
        self.start()

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        for play in range(self.plays):
            number = (self.first + play) % FILMS
            for first in range(0, len(FILM[number]), SEGMENT):
                last = min(first + SEGMENT, len(FILM[number])) - 1
                try:
                    connection.request("GET", f"/film/{number}", headers={"Range": f"bytes={first}-{last}"})
                    answer = connection.getresponse()
                    body = answer.read()
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(f"film {number} at {first}: {error!r}")
                    return
                if answer.status != 206 or body != FILM[number][first:last + 1]:
                    self.failures.append(f"film {number} at {first}: {answer.status}, {len(body)} bytes")
                    return
                self.segments += 1
        connection.close()


def play_through(edges, viewers, plays, disturb):
    watching = [Viewer(edges[i % len(edges)].address, i, plays) for i in range(viewers)]
    disturb(watching)
    for viewer in watching:
        viewer.join(timeout=120)
        assert not viewer.is_alive(), "a viewer hangs"
    failures = [failure for viewer in watching for failure in viewer.failures]
    assert not failures, failures
    return sum(viewer.segments for viewer in watching)


@case
def two_tiers_ask_the_origin_once_for_each_slice_and_shield():
    origin = Origin()
    shields = [Edge(origin.url) for _ in range(2)]
    edges = [Edge(*[shield.url for shield in shields]) for _ in range(2)]
    try:
        segments = play_through(edges, 8, 3, lambda watching: None)
        assert segments == 8 * 3 * 19, segments
        assert origin.requests <= FILMS * 4 * len(shields), origin.requests
    finally:
        for node in [*edges, *shields]:
            node.end()


def settle(watching, segments):
    deadline = time.monotonic() + 60
    while sum(viewer.segments for viewer in watching) < segments and time.monotonic() < deadline:
        time.sleep(0.01)


@case
def a_shield_that_is_killed_costs_no_play_and_no_byte():
    origin = Origin()
    shields = [Edge(origin.url) for _ in range(3)]
    edges = [Edge(*[shield.url for shield in shields], memory=8) for _ in range(2)]

    def disturb(watching):
        settle(watching, 30)
        shields[0].kill()
        settle(watching, 90)
        shields[1].kill()

    try:
        play_through(edges, 6, 3, disturb)
    finally:
        for node in [*edges, *shields]:
            node.end()


@case
def a_shield_that_freezes_costs_no_play_and_no_byte():
    origin = Origin()
    shields = [Edge(origin.url) for _ in range(2)]
    edges = [Edge(*[shield.url for shield in shields], memory=8)]
    frozen = shields[0].child()

    def disturb(watching):
        settle(watching, 20)
        os.kill(frozen, signal.SIGSTOP)

    try:
        play_through(edges, 4, 2, disturb)
    finally:
        os.kill(frozen, signal.SIGCONT)
        for node in [*edges, *shields]:
            node.end()


def placement(folder):
    """What `primrose placement` writes for a house without titles, with our films put in."""
    folder = pathlib.Path(folder)
    (folder / "house").mkdir()
    (folder / "tiers.json").write_text(json.dumps({"isp": {"from": "00:00", "until": "24:00", "mbps": 100, "tail": "pass"}}))
    log = {"at": "2026-11-21T12:00:00.000Z", "method": "GET", "path": "/film/1", "status": 200, "bytes": 5000000}
    (folder / "log").write_text(json.dumps(log) + "\n")
    command = [PROGRAM, "placement", "--data", str(folder / "house"), "--state", str(folder / "state"), "--log", str(folder / "log"),
               "--tiers", str(folder / "tiers.json"), "--output", str(folder / "placement.json")]
    subprocess.run(command, env=ENVIRONMENT, check=True, timeout=60)
    assert "/film/1" in json.loads((folder / "state").read_text())["bytes"]
    document = json.loads((folder / "placement.json").read_text())
    assert document["files"] == [] and "isp" in document["tiers"], document
    document["files"] = [{"path": f"/film/{number}", "bytes": len(FILM[number])} for number in range(FILMS)]
    (folder / "placement.json").write_text(json.dumps(document))
    return str(folder / "placement.json")


def counters(edge):
    token = (pathlib.Path(edge.folder.name) / "purge-token").read_text()
    connection = http.client.HTTPConnection(edge.address, timeout=20)
    try:
        connection.request("GET", "/.primrose/cache", headers={"Authorization": f"Bearer {token}"})
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {"placed_bytes": 0, "disk_bytes": 0}  # it is being started
    finally:
        connection.close()


def comes_to(edge, counter, least):
    deadline = time.monotonic() + 120
    while counters(edge)[counter] < least:
        assert time.monotonic() < deadline, (counter, counters(edge))
        time.sleep(0.02)


@case
def what_is_placed_outlives_a_kill_and_the_origin():
    origin, total = Origin(), sum(len(film) for film in FILM)
    with tempfile.TemporaryDirectory() as folder:
        edge = Edge(origin.url, options=["--cache-disk", "64", "--tier", "isp", "--placement", placement(folder)])
        try:
            comes_to(edge, "placed_bytes", total // 4)
            os.kill(edge.child(), signal.SIGKILL)
            comes_to(edge, "disk_bytes", total)
            again = counters(edge)["placed_bytes"]
            assert again < total, (again, total)  # it has not begun anew
            origin.shutdown()
            origin.server_close()
            play_through([edge], 2, FILMS, lambda watching: None)
            assert counters(edge)["misses"] == 0
        finally:
            edge.end()


@case
def a_placement_that_is_none_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        for text, tier, says in [("{", "edge", "line 1"), ('{"tiers": {}, "files": []}', "isp", 'the tier "isp"')]:
            path = pathlib.Path(folder) / "placement.json"
            path.write_text(text)
            done = subprocess.run([PROGRAM, "serve", "--roles", "edge", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1",
                                   "--data", folder, "--tier", tier, "--placement", str(path)],
                                  capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT)
            assert done.returncode != 0 and says in done.stderr, done
        (pathlib.Path(folder) / "tiers.json").write_text('{"isp": {"from": "2", "until": "06:00", "mbps": 5}}')
        done = subprocess.run([PROGRAM, "placement", "--data", folder, "--tiers", f"{folder}/tiers.json"],
                              capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT)
        assert done.returncode == 1 and "HH:MM" in done.stderr, done


def main():
    failed = 0
    for number, function in enumerate(cases, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"not ok {number} - {function.__name__}", flush=True)
            print("\n".join(f"# {line}" for line in repr(error).splitlines()), flush=True)
    print(f"1..{len(cases)}")
    return failed


raise SystemExit(main())
