#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The nginx module, as TAP: the same requests to Debian's nginx and to our own edge, who must decide alike.

    this script --+--> nginx, module loaded --+--> a small origin that answers with the target it was asked for
                  `--> primrose, role edge  --'
"""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["PRIMROSE_SOURCE"])
BUILD = pathlib.Path(os.environ["PRIMROSE_BUILD"])
SECRET = bytes(range(32))
LATER = 2000000000  # the year 2033; CloudFront reads 31 bits
FILE = "/media/film/3f9c/v.mp4"
cases = []


def case(function):
    cases.append(function)
    return function


def letters(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def own_token(expires=LATER, folder="/media/film/3f9c/", secret=SECRET):
    head = bytes([1, 0]) + hashlib.sha256(b"a").digest()[:4] + expires.to_bytes(4, "big") + bytes([folder.count("/") - 1])
    mac = hmac.new(secret, b"primrose-access\0" + head + b"\0" + folder.encode(), hashlib.sha256).digest()[:16]
    return letters(head + mac)


def jwt(claims, secret=SECRET, algorithm="HS256"):
    signed = ".".join(letters(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": "uri-1"}, claims))
    return signed + "." + letters(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Place:
    def __init__(self, folder):
        self.folder = folder
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.origin.asked = []
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.upstream = f"http://127.0.0.1:{self.origin.server_address[1]}"
        self.keys = folder / "keys.json"
        subprocess.run(["openssl", "genrsa", "-out", folder / "cf.pem", "2048"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", folder / "cf.pem", "-pubout"], check=True, capture_output=True)
        self.keys.write_text(json.dumps({"keys": [
            {"kid": "a", "for": "token", "kty": "oct", "k": letters(SECRET)},
            {"kid": "uri-1", "for": "uri", "alg": "HS256", "kty": "oct", "k": letters(SECRET), "iss": "cdn"},
            {"kid": "K2JCJM", "for": "cloudfront", "pem": public.stdout.decode()}]}))
        self.keys.chmod(0o600)
        self.edge = subprocess.Popen(
            [BUILD / "primrose", "serve", "--json", "--roles", "edge", "--listen", "127.0.0.1:0", "--upstream", self.upstream,
             "--access", "signed", "--access-keys", self.keys, "--data", folder / "edge"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.edge_port = int(json.loads(self.edge.stdout.readline())["url"].rstrip("/").rsplit(":", 1)[1])
        self.start_nginx()

    def configuration(self, access="primrose_access on;", keys=True):
        named = f"primrose_access_keys {self.keys};" if keys else ""
        return f"""
            load_module {BUILD}/nginx/ngx_http_primrose_module.so;
            user root; daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log info;
            events {{ }}
            http {{
                log_format facts '$primrose_access|$primrose_cmcd_sid|$primrose_cmcd_br|$primrose_cmcd_bs|$request_uri';
                access_log {self.folder}/access.log facts;
                client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
                uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
                proxy_cache_path {self.folder}/cache keys_zone=films:1m;
                server {{
                    listen unix:{self.folder}/nginx.sock; {named} primrose_country XX;
                    location /media/ {{ {access} proxy_pass {self.upstream}; proxy_cache films;
                                        proxy_cache_key $primrose_key; add_header X-Cache $upstream_cache_status; }}
                    location /open/ {{ return 200 "$primrose_access"; }}
                    location /aside/ {{ primrose_access on; error_page 418 = @behind; return 418; }}
                    location @behind {{ primrose_access on; proxy_pass {self.upstream}; }}
                }}
            }}"""

    def start_nginx(self):
        (self.folder / "nginx.conf").write_text(self.configuration())
        self.nginx = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"])
        until = time.monotonic() + 30
        while not (self.folder / "nginx.sock").exists():
            assert self.nginx.poll() is None and time.monotonic() < until, (self.folder / "error.log").read_text()
            time.sleep(0.02)

    def ask(self, server, target, **fields):
        if server == "edge":
            link = http.client.HTTPConnection("127.0.0.1", self.edge_port, timeout=20)
        else:
            link = http.client.HTTPConnection("localhost", timeout=20)
            link.sock = socket.socket(socket.AF_UNIX)
            link.sock.connect(str(self.folder / "nginx.sock"))
        link.request("GET", target, headers={"Host": "media.example", **{k.replace("_", "-"): v for k, v in fields.items()}})
        answer = link.getresponse()
        body = answer.read().decode()
        link.close()
        return answer.status, body, answer.headers

    def alike(self, target, status, code, **fields):
        """Both answer with this status and, of a refusal, this code; a granted one reached the same object."""
        for server in ("edge", "nginx"):
            got, body, headers = self.ask(server, target, **fields)
            assert got == status, f"{server}: {got} for {target}: {body[:200]}"
            if status == 200:
                assert body.split("?")[0] == FILE, f"{server} asked its origin for {body}"
                continue
            assert headers["Content-Type"] == "application/problem+json", f"{server}: {headers}"
            assert json.loads(body)["type"] == f"/problems/{code}", f"{server}: {body}"

    def close(self):
        for process in (self.nginx, self.edge):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        self.origin.shutdown()


@case
def nginx_and_our_edge_decide_alike_on_own_tokens(place):
    place.alike(FILE, 401, "access-required")
    place.alike(f"/~{own_token()}{FILE}", 200, "")
    place.alike(FILE, 200, "", Cookie=f"a=b; primrose-access={own_token()}")
    place.alike(f"/~{own_token(expires=1000)}{FILE}", 401, "access-expired")
    place.alike(f"/~{own_token(secret=bytes(32))}{FILE}", 403, "access-forged")
    place.alike(f"/~{own_token()}/media/other/3f9c/v.mp4", 403, "access-forged")
    place.alike(f"/~nonsense{FILE}", 403, "access-malformed")


@case
def and_on_uri_signing_and_cloudfront(place):
    container = {"iss": "cdn", "cdniv": 1, "exp": LATER, "cdniuc": f"regex:http://media.example{FILE}"}
    place.alike(f"{FILE}?URISigningPackage={jwt(container)}", 200, "")
    place.alike(f"{FILE}?URISigningPackage={jwt(container, secret=b'x' * 32)}", 403, "access-forged")
    place.alike(f"{FILE}?URISigningPackage={jwt({**container, 'exp': 1000})}", 401, "access-expired")
    policy = json.dumps({"Statement": [{"Resource": f"http://media.example{FILE}",
                                        "Condition": {"DateLessThan": {"AWS:EpochTime": LATER}}}]}, separators=(",", ":"))
    made = subprocess.run(["openssl", "dgst", "-sha1", "-sign", place.folder / "cf.pem"], input=policy.encode(), check=True,
                          capture_output=True).stdout
    signature = base64.b64encode(made).decode().translate(str.maketrans("+=/", "-_~"))
    place.alike(f"{FILE}?Expires={LATER}&Signature={signature}&Key-Pair-Id=K2JCJM", 200, "")
    place.alike(f"{FILE}?Expires={LATER + 1}&Signature={signature}&Key-Pair-Id=K2JCJM", 403, "access-forged")


@case
def a_token_for_one_use_is_refused_for_workers_share_no_memory(place):
    claims = {"iss": "cdn", "cdniv": 1, "exp": LATER, "jti": "once", "cdniuc": f"regex:http://media.example{FILE}"}
    status, body, _ = place.ask("nginx", f"{FILE}?URISigningPackage={jwt(claims)}")
    assert (status, json.loads(body)["type"]) == (403, "/problems/access-unsupported"), body


@case
def the_cache_knows_an_object_by_its_clean_address(place):
    before = len(place.origin.asked)
    targets = [f"/~{own_token(LATER + at)}{FILE}?v=7&CMCD=sid%3D%22{at}%22" for at in range(3)]
    seen = [place.ask("nginx", target)[2]["X-Cache"] for target in targets]
    assert seen == ["MISS", "HIT", "HIT"], seen
    assert len(place.origin.asked) == before + 1 and "~" not in place.origin.asked[-1], place.origin.asked[-1]


@case
def the_log_has_cmcd_and_no_token(place):
    token = own_token(LATER + 99)
    place.ask("nginx", f"/~{token}{FILE}?CMCD=br%3D3200%2Cbs%2Csid%3D%22a%2Cb%22")
    place.ask("nginx", FILE, CMCD_Session='sid="from a field"')
    place.ask("nginx", "/open/x")  # one connection a request: by its answer the lines before are written
    lines = (place.folder / "access.log").read_text().splitlines()
    assert any(line.startswith("granted|a,b|3200|true|") for line in lines), lines[-4:]
    assert any(line.startswith("access-required|from a field|") for line in lines), lines[-4:]
    assert not any(token in line for line in lines)


@case
def an_internal_redirect_keeps_the_verdict(place):
    token = own_token(folder="/aside/")
    got = place.ask("nginx", f"/~{token}/aside/x")[:2]
    assert got == (200, "/aside/x"), got
    status, body, _ = place.ask("nginx", "/aside/x")
    assert status == 401 and "access-required" in body, body
    opened = own_token(folder="/open/")
    got = place.ask("nginx", f"/~{opened}/open/x")[:2]
    assert got == (200, "granted"), got


@case
def what_our_parser_refuses_is_refused(place):
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(20)
    link.connect(str(place.folder / "nginx.sock"))
    link.sendall(f"GET /~{own_token()}{FILE} HTTP/1.1\r\nHost: a.example\r\nRange: bytes=0-1\r\nRange: bytes=0-2\r\n"
                 "Connection: close\r\n\r\n".encode())
    answer = b""
    while chunk := link.recv(4096):
        answer += chunk
    assert answer.startswith(b"HTTP/1.1 400"), answer[:60]


@case
def a_configuration_without_keys_is_refused_with_a_sentence(place):
    def told(text):
        (place.folder / "bad.conf").write_text(text)
        done = subprocess.run(["nginx", "-t", "-c", place.folder / "bad.conf", "-e", place.folder / "bad.log"],
                              capture_output=True, text=True, check=False)
        assert done.returncode != 0
        return done.stderr
    assert "primrose_access_keys FILE" in told(place.configuration(keys=False))
    place.keys.chmod(0o644)
    said = told(place.configuration())
    place.keys.chmod(0o600)
    assert "keys.json" in said and "primrose_access_keys:" in said, said


def run_case(number, function, place):
    try:
        function(place)
        print(f"ok {number} - {function.__name__}", flush=True)
        return 0
    except AssertionError as fault:
        print(f"not ok {number} - {function.__name__}\n# {str(fault)[:800]}", flush=True)
        return 1


def main():
    missing = [what for what, there in (("nginx", shutil.which("nginx")),
                                        ("nginx-dev", pathlib.Path("/usr/share/nginx/src/conf_flags").exists())) if not there]
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    subprocess.run([SOURCE / "nginx/build", BUILD], check=True, stdout=subprocess.DEVNULL)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="primrose-nginx-"))
    place = Place(folder)
    try:
        print(f"1..{len(cases)}")
        return 1 if sum(run_case(n, f, place) for n, f in enumerate(cases, 1)) else 0
    finally:
        place.close()
        shutil.rmtree(folder)


sys.exit(main())
