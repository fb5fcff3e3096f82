#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose serve as its user meets it, as TAP: where it is, what it says when it cannot, how it ends."""

import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
cases = []


def case(function):
    cases.append(function)
    return function


class House:
    """A running `primrose serve` on a free port."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="primrose-serve-")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--json", "--listen", "127.0.0.1:0", "--data", self.folder.name, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.address = self.url.split("://")[1].rstrip("/")

    def get(self, path):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def child(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        self.folder.cleanup()


@case
def it_serves_where_it_says_and_sigterm_ends_it_with_0():
    with House() as house:
        assert house.get("/livez") == (200, b'{"status":"ok"}')
        assert house.get("/v1/titles")[0] == 200
        assert b"<!doctype html>" in house.get("/")[1]
        house.process.send_signal(signal.SIGTERM)
        assert house.process.wait(timeout=30) == 0


@case
def a_crash_is_logged_and_the_port_stays():
    with House() as house:
        os.kill(house.child(), signal.SIGSEGV)
        line = house.process.stderr.readline()
        assert "serve.crashed role=http" in line and "signal=11" in line, line
        line = house.process.stderr.readline()
        assert "serve.recovered role=http" in line and f"addr={house.address}" in line, line
        assert house.get("/livez")[0] == 200


@case
def a_port_in_use_is_a_sentence_with_a_remedy():
    with House() as house:
        second = subprocess.run([PROGRAM, "serve", "--listen", house.address, "--data", house.folder.name],
                                capture_output=True, text=True, env=ENVIRONMENT, timeout=30, check=False)
        assert second.returncode == 1
        assert "in use" in second.stderr and "--listen" in second.stderr, second.stderr
        assert second.stdout == ""
        assert house.get("/livez")[0] == 200


@case
def wrong_words_are_usage_and_get_a_hint():
    for arguments, words in ((["--roles", "apy"], "did you mean api"), (["--lisen", "x"], "did you mean")):
        run = subprocess.run([PROGRAM, "serve", *arguments], capture_output=True, text=True, env=ENVIRONMENT,
                             timeout=30, check=False)
        assert run.returncode == 2 and words in run.stderr, run.stderr


@case
def roles_serve_their_part():
    with House("--roles", "origin") as house:
        assert house.get("/v1/titles")[0] == 404
        assert house.get("/media/a/b/c.mp4")[0] == 404
        assert house.get("/readyz")[0] == 200


def make_pair(folder, name):
    """A self-signed certificate for localhost, by OpenSSL's own program."""
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
        capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    return ["--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem"]


def subject(address):
    host, port = address.split(":")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, int(port)), timeout=20) as plain:
        with context.wrap_socket(plain) as tls:
            return tls.getpeercert(binary_form=True)


@case
def https_is_served_and_a_renewed_certificate_is_taken_up():
    with tempfile.TemporaryDirectory() as folder:
        with House(*make_pair(folder, "first")) as house:
            assert house.url.startswith("https://")
            before = subject(house.address)
            assert b"first" in before
            make_pair(folder, "second")
            until = time.monotonic() + 20
            while b"second" not in subject(house.address):
                assert time.monotonic() < until, "the new certificate was not taken up"
                time.sleep(0.1)


@case
def half_a_pair_is_refused_with_a_sentence():
    with tempfile.TemporaryDirectory() as folder:
        make_pair(folder, "alone")
        ended = subprocess.run(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", folder, "--tls-cert", f"{folder}/cert.pem"],
            capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)
        assert ended.returncode == 1, ended
        assert "--tls-key" in ended.stderr, ended.stderr


@case
def signed_access_needs_keys_and_refuses_without_a_token():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "keys.json"
        path.write_text(json.dumps({"keys": [
            {"kid": "a", "for": "token", "kty": "oct", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}))
        path.chmod(0o600)
        with House("--access", "signed", "--access-keys", str(path)) as house:
            status, body = house.get("/media/a/b/c.mp4")
            assert (status, json.loads(body)["type"]) == (401, "/problems/access-required"), (status, body)
            status, body = house.get("/~AAAA/media/a/b/c.mp4")
            assert (status, json.loads(body)["type"]) == (403, "/problems/access-malformed"), (status, body)
            assert house.get("/v1/titles")[0] == 200
        ended = subprocess.run([PROGRAM, "serve", "--data", folder, "--access", "signed"], capture_output=True, text=True,
                               env=ENVIRONMENT, timeout=60, check=False)
        assert ended.returncode == 2 and "--access-keys" in ended.stderr, ended


for number, run_case in enumerate(cases, 1):
    name = run_case.__name__.replace("_", " ")
    try:
        run_case()
        print(f"ok {number} - {name}", flush=True)
    except Exception as error:  # noqa: BLE001: any of them fails the case
        print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
print(f"1..{len(cases)}")
