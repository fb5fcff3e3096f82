#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose members, and what a house does once it has an operator, as TAP.

Two cases kill the serving process with SIGKILL while a request is under way. One sends the same request with the same
Idempotency-Key again, for every route that takes one, and looks for what was done twice or lost.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
PASSWORD = "correct horse battery"
TRIES = 3 if "long" in sys.argv[1:] else 1  # of each route
cases = []


def case(function):
    cases.append(function)
    return function


def members(data, *arguments, password=PASSWORD, status=0):
    done = subprocess.run([PROGRAM, "members", *arguments, "--data", data], input=password + "\n", env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    return done.stdout if status == 0 else done.stderr


class House:
    """The serving process itself, without its supervisor, so that a kill hits what serves."""

    def __init__(self, data):
        self.data, self.address = data, "127.0.0.1:0"
        self.start()

    def start(self):
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", self.address, "--data", self.data], pass_fds=[write],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**ENVIRONMENT, "PRIMROSE_READY_FD": str(write)})
        os.close(write)
        with os.fdopen(read) as report:
            self.address = report.readline().strip()
        assert self.address, self.process.stderr.read().decode()

    def ask(self, method, path, body=None, token=None, **fields):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        headers = {k.replace("_", "-"): v for k, v in fields.items()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def sign_in(self):
        status, answer = self.ask("POST", "/v1/sessions", {"login": "ada", "password": PASSWORD})
        assert status == 201, answer
        return answer["token"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


@case
def members_are_added_listed_and_kept_out():
    with tempfile.TemporaryDirectory() as data:
        members(data, "add", "ada", "--operator", "--territory", "DE")
        members(data, "add", "ben")
        listed = [json.loads(line) for line in members(data, "list", "--json").splitlines()]
        assert [(m["login"], m["role"], m["territory"]) for m in listed] == [("ada", "operator", "DE"), ("ben", "member", "")]
        assert "disabled" in members(data, "disable", "ben", "--reason", "asked for it")
        assert "disabled" not in members(data, "enable", "ben")
        assert "is taken" in members(data, "add", "Ben", status=1)
        assert "8 to 256 bytes" in members(data, "add", "eve", password="short", status=1)
        assert "no member has the login" in members(data, "disable", "eve", status=1)
        assert "no action: list, add" in members(data, "remove", "ben", status=2)


@case
def an_operator_from_the_command_line_closes_a_house_that_runs():
    with tempfile.TemporaryDirectory() as data:
        house = House(data)
        assert house.ask("GET", "/v1/titles")[0] == 200
        assert (pathlib.Path(data) / "claim").exists()
        members(data, "add", "ada", "--operator")
        while house.ask("GET", "/v1/titles")[0] != 401:  # within a second; the test's own timeout bounds it
            pass
        token = house.sign_in()
        assert house.ask("GET", "/v1/members", token=token)[0] == 200
        house.end()
        house.start()
        assert not (pathlib.Path(data) / "claim").exists()
        assert house.ask("GET", "/media/a/b/c.mp4")[0] == 401
        assert house.ask("GET", "/v1/me", token=token)[0] == 200
        house.end()


class Route:
    """A POST, what its answer is known by, and where to count what it did."""

    def __init__(self, path, body, known_by, listed):
        self.path, self.body, self.known_by, self.listed = path, body, known_by, listed

    def count(self, house, token):
        return len(house.ask("GET", self.listed, token=token)[1]["items"])


def routes(member):
    return [
        Route("/v1/members", lambda n: {"login": f"m{n}", "password": PASSWORD}, "id", "/v1/members?limit=100"),
        Route("/v1/profiles", lambda n: {"name": f"p{n}"}, "id", "/v1/profiles"),
        Route(f"/v1/members/{member}/rights", lambda n: {"title_id": "film", "kind": "gift"}, "id", f"/v1/members/{member}/rights"),
        Route("/v1/keys", lambda n: {"name": f"k{n}", "role": "editor"}, "key", "/v1/keys"),
        Route("/v1/sessions", lambda n: {"login": "ada", "password": PASSWORD}, "token", "/v1/devices"),
        Route("/v1/playback", lambda n: {"title_id": "film"}, "session_id", "/v1/streams"),
        Route("/v1/downloads", lambda n: {"title_id": "film", "licence_device_id": f"{n:064x}"}, "id", "/v1/downloads"),
    ]


class Killer:
    """Asks with a key, kills what serves in the meantime, and asks again until there is an answer."""

    def __init__(self, house, seed):
        self.house, self.rng, self.keys, self.killed, self.seed = house, random.Random(seed), 0, 0, seed

    def ask(self, path, body, token, within_s):
        house, victim, answer = self.house, self.house.process, None
        self.keys += 1
        key = f"key-{self.seed}-{self.keys}"
        blow = threading.Timer(self.rng.uniform(0, within_s), victim.kill)
        blow.start()
        while answer is None:
            try:
                status, said = house.ask("POST", path, body, token, Idempotency_Key=key)
                if status in (200, 201):
                    answer = said
                else:
                    assert status == 409 and said["type"].endswith("in-flight"), (path, said)
            except (OSError, http.client.HTTPException):
                self.killed += 1
                house.process.wait()
                house.start()
        blow.join()
        victim.wait()
        if house.process is victim:  # the answer was faster
            house.start()
        status, again = house.ask("POST", path, body, token, Idempotency_Key=key)
        assert (status in (200, 201), again) == (True, answer), (path, again, answer)
        return answer


def ingest_film(data):
    clip = pathlib.Path(data) / "clip.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-c:v", "libx264", clip], check=True,
                   timeout=60)
    title = {"id": "film", "title": "A film", "master": "clip.mp4", "downloads": True}
    (pathlib.Path(data) / "title.json").write_text(json.dumps(title))
    subprocess.run([PROGRAM, "ingest", data, "--ladder", "demo", "--data", f"{data}/house"], check=True, env=ENVIRONMENT, timeout=60,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return f"{data}/house"


@case
def what_is_asked_again_after_a_kill_is_done_once():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"# seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        house = House(ingest_film(folder))
        killer = Killer(house, seed)
        claim = {"login": "ada", "password": PASSWORD, "code": (pathlib.Path(house.data) / "claim").read_text().strip()}
        token = killer.ask("/v1/house/claim", claim, None, 0.3)["token"]
        me = house.ask("GET", "/v1/me", token=token)[1]
        house.ask("PUT", "/v1/sessions/current/profile", {"profile_id": me["profiles"][0]["id"]}, token)
        for route in routes(me["member"]["id"]):
            before = route.count(house, token)
            began = time.monotonic()
            assert house.ask("POST", route.path, route.body(0), token)[0] in (200, 201), route.path
            took_s = time.monotonic() - began
            tries = 1 if route.path == "/v1/playback" else TRIES  # two of a title at once
            found = {killer.ask(route.path, route.body(1 + n), token, 1.5 * took_s)[route.known_by] for n in range(tries)}
            assert len(found) == tries
            assert route.count(house, token) == before + 1 + tries, route.path
        assert killer.ask("/v1/sessions/refresh", None, token, 0.05)["token"] != token
        print(f"# {killer.killed} of {killer.keys} requests were cut off")
        house.end()


@case
def no_position_that_was_answered_is_lost_in_a_kill():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"# seed {seed}")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as data:
        house = House(data)
        answered, at_ms, writes = {}, 1, 0
        for _ in range(5):
            victim = house.process
            blow = threading.Timer(rng.uniform(0.05, 0.4), victim.kill)
            blow.start()
            try:
                while True:
                    title, at_ms = f"film-{rng.randrange(5)}", at_ms + 1
                    body = {"title_id": title, "position_ms": at_ms, "at_ms": at_ms, "device_id": f"tv-{rng.randrange(3)}"}
                    status, answer = house.ask("POST", "/v1/positions", body)
                    assert (status, answer) == (200, {"is_kept": True}), answer
                    answered[title] = at_ms
                    writes += 1
            except (OSError, http.client.HTTPException):
                victim.wait()
                blow.join()
            house.start()
            for title, position_ms in answered.items():
                status, found = house.ask("GET", f"/v1/positions/{title}")
                assert status == 200 and found["position_ms"] >= position_ms, (title, position_ms, found)
        print(f"# {writes} writes, 5 kills")
        house.end()


def main():
    print(f"1..{len(cases)}")
    for number, function in enumerate(cases, 1):
        name = function.__name__.replace("_", " ")
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Exception as fault:  # pylint: disable=broad-except
            print(f"not ok {number} - {name}\n# {type(fault).__name__}: {fault}".replace("\n", "\n# ").replace("# # ", "# "), flush=True)


main()
