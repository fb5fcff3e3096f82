#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose members, and what a house does once it has an operator, as TAP.

The last case kills the serving process with SIGKILL while a request is under way, sends the same request with the same
Idempotency-Key again, and looks for what was done twice or lost.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
PASSWORD = "correct horse battery"
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
        assert "members add" in members(data, "remove", "ben", status=2)


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


@case
def what_is_asked_again_after_a_kill_is_done_once():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"# seed {seed}")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as data:
        members(data, "add", "ada", "--operator")
        house = House(data)
        token = house.sign_in()
        answers, killed = {}, 0
        for number in range(8):
            body = {"login": f"m{number}", "password": PASSWORD}
            key = f"key-{seed}-{number}"
            victim = house.process
            blow = threading.Timer(rng.uniform(0, 0.15), victim.kill)  # an addition takes about 0.1 s
            blow.start()
            while number not in answers:
                try:
                    status, answer = house.ask("POST", "/v1/members", body, token, Idempotency_Key=key)
                    if status == 201:
                        answers[number] = answer["id"]
                    else:
                        assert status == 409 and answer["type"].endswith("in-flight"), answer
                except (OSError, http.client.HTTPException):
                    killed += 1
                    house.process.wait()
                    house.start()
            blow.join()
            victim.wait()
            if house.process is victim:  # the answer was faster
                house.start()
            status, again = house.ask("POST", "/v1/members", body, token, Idempotency_Key=key)
            assert (status, again["id"]) == (201, answers[number]), again
        listed = house.ask("GET", "/v1/members?limit=100", token=token)[1]["items"]
        assert sorted(m["login"] for m in listed) == ["ada"] + [f"m{n}" for n in range(8)], listed
        assert {m["id"] for m in listed} >= set(answers.values())
        print(f"# {killed} of 8 requests were cut off")
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
