#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`primrose keys` and what is encrypted with its keys, as TAP: the ring is closed to others, rotation touches no media,
no secret is ever printed, and FFmpeg decrypts what `ingest --drm cenc` stored, with the key that was imported, to the
very pictures of a clear ingest (FFmpeg's cbcs is no judge: tests/browser/decrypt.mjs has one)."""

import base64
import hmac
import http.server
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
WORK = pathlib.Path(tempfile.mkdtemp(prefix="keys-test-"))
SECRET = "00112233445566778899aabbccddeeff"
LADDER = {"rungs": [{"name": "90p", "width": 160, "height": 90, "encoder": "x264", "preset": "ultrafast",
                     "crf_tenths": 300}]}
cases = []


def case(function):
    cases.append(function)
    return function


def run(*arguments, text_in=None, data=None, timeout=60):
    command = [PROGRAM, *map(str, arguments), *(["--data", str(data)] if data else [])]
    return subprocess.run(command, capture_output=True, text=True, input=text_in, env=ENVIRONMENT, timeout=timeout,
                          check=False)


def keys(data, *arguments, text_in=None):
    done = run("keys", *arguments, "--json", data=data, text_in=text_in)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return json.loads(done.stdout)


def refused(data, status, part, *arguments, text_in=None):
    done = run("keys", *arguments, data=data, text_in=text_in)
    assert done.returncode == status and part in done.stderr, (done.returncode, done.stderr)
    assert SECRET not in done.stderr and done.stdout == "", done.stdout


def house(name):
    data = WORK / name
    keys(data, "make")
    return data


@case
def a_ring_is_made_once_closed_to_others_and_refused_when_opened():
    data = house("ring")
    ring = data / "keys" / "ring"
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600 and stat.S_IMODE(ring.parent.stat().st_mode) == 0o700
    refused(data, 1, "never overwritten", "make")
    ring.chmod(0o640)
    refused(data, 1, "chmod 600", "status")
    refused(WORK / "none", 1, "primrose keys make", "status")


@case
def rotation_wraps_every_key_again_and_old_wrapping_keys_can_then_be_forgotten():
    data = house("rotate")
    keys(data, "import", "film-1", f"a1a2a3a4a5a6a7a8a9aaabacadaeafb0:{SECRET}:hd")
    assert keys(data, "import", "film-2", "-", text_in=f"{'b' * 32}:{SECRET}\n\n")["imported"] == 1
    before = keys(data, "status")["wrapping_keys"]
    assert [key["content_keys"] for key in before] == [2] and before[0]["is_active"]
    refused(data, 1, "still wraps 2", "forget", before[0]["id"])
    rotated = keys(data, "rotate")
    assert rotated["rewrapped"] == 2 and rotated["active"] != before[0]["id"]
    after = keys(data, "status")["wrapping_keys"]
    assert [key["content_keys"] for key in after] == [0, 2]
    assert keys(data, "forget", before[0]["id"])["forgotten"] == before[0]["id"]
    listed = keys(data, "list")["keys"]
    assert [key["wrapping_key"] for key in listed] == [rotated["active"]] * 2
    assert keys(data, "list", "film-1")["keys"][0]["class"] == "hd"
    assert keys(data, "list", "film-3")["keys"] == []
    keys(data, "import", "film-1", f"a1a2a3a4a5a6a7a8a9aaabacadaeafb0:{SECRET}:hd")  # the same again is fine


@case
def bad_input_gets_a_sentence_that_never_quotes_a_key():
    data = house("bad")
    refused(data, 2, "no action", "burn")
    refused(data, 2, "keys import TITLE", "import")
    refused(data, 1, "no key", "import", "film-1")
    refused(data, 1, "KID:KEY", "import", "film-1", SECRET)
    refused(data, 1, "32 hex digits", "import", "film-1", f"{'a' * 32}:{SECRET}0")
    refused(data, 1, "no title's id", "import", "a/b", f"{'a' * 32}:{SECRET}")
    refused(data, 1, "no key", "import", "film-1", "-", text_in="\n")
    keys(data, "import", "film-1", f"{'a' * 32}:{SECRET}")
    refused(data, 1, "belongs to film-1", "import", "film-2", f"{'a' * 32}:{SECRET}")
    refused(data, 1, "has key", "import", "film-1", f"{'c' * 32}:{SECRET}")


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, timeout=30,
                          check=True).stdout


def receiver(name):
    key, certificate = WORK / f"{name}.key", WORK / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "1", "-keyout", key,
            "-out", certificate)
    return key, certificate


def value(node, path):
    spaces = {"c": "urn:dashif:org:cpix", "p": "urn:ietf:params:xml:ns:keyprov:pskc",
              "e": "http://www.w3.org/2001/04/xmlenc#"}
    return base64.b64decode(node.find(path, spaces).text)


@case
def the_openssl_tool_opens_an_exported_document_and_another_house_takes_it():
    data, other = house("export"), house("import")
    keys(data, "import", "film-1", f"a1a2a3a4a5a6a7a8a9aaabacadaeafb0:{SECRET}:hd")
    key, certificate = receiver("packager")
    done = run("keys", "export", "film-1", "--for", certificate, "--drm-system", "widevine", data=data)
    assert done.returncode == 0 and SECRET not in done.stdout, done.stderr
    document = WORK / "film-1.xml"
    document.write_text(done.stdout)
    root = xml.etree.ElementTree.fromstring(done.stdout)
    sealed = "p:EncryptedValue/e:CipherData/e:CipherValue"
    opened = ("pkeyutl", "-decrypt", "-inkey", key, "-pkeyopt", "rsa_padding_mode:oaep")
    document_key = openssl(*opened, given=value(root, f".//c:DocumentKey/c:Data/p:Secret/{sealed}"))
    mac_key = openssl(*opened, given=value(root, ".//c:MACMethod/p:MACKey/e:CipherData/e:CipherValue"))
    body = value(root, f".//c:ContentKey/c:Data/p:Secret/{sealed}")
    assert hmac.new(mac_key, body, "sha512").digest() == value(root, ".//c:ContentKey/c:Data/p:Secret/p:ValueMAC")
    assert openssl("enc", "-d", "-aes-256-cbc", "-K", document_key.hex(), "-iv", body[:16].hex(),
                   given=body[16:]).hex() == SECRET
    assert keys(other, "import", "film-9", "--cpix", document, "--private-key", key)["imported"] == 1
    taken = keys(other, "list", "film-9")["keys"][0]
    assert taken["class"] == "hd" and taken["key_id"] == "a1a2a3a4-a5a6-a7a8-a9aa-abacadaeafb0"
    keys(other, "import", "film-9", f"a1a2a3a4a5a6a7a8a9aaabacadaeafb0:{SECRET}:hd")  # the very same key
    stranger, _ = receiver("stranger")
    refused(other, 1, "not to the private key", "import", "film-8", "--cpix", document, "--private-key", stranger)
    refused(data, 1, "--for", "export", "film-1")
    refused(data, 1, "no keys", "export", "film-7", "--for", certificate)
    refused(data, 1, "no X.509 certificate", "export", "film-1", "--for", key)


class Provider(http.server.BaseHTTPRequestHandler):
    """SPEKE v2 over HTTP, answered by `primrose keys answer`."""
    data = partners = None
    seen = []

    def do_POST(self):
        Provider.seen.append((self.headers["X-Speke-Version"], self.headers["Content-Type"]))
        request = self.rfile.read(int(self.headers["Content-Length"])).decode()
        done = run("keys", "answer", "--cpix", "-", "--partners", Provider.partners, data=Provider.data,
                   text_in=request)
        body = done.stdout.encode()
        self.send_response(200 if done.returncode == 0 else 403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@case
def a_packager_fetches_its_keys_over_speke_and_both_houses_have_the_same():
    provider, packager = house("provider"), house("packager")
    key, certificate = receiver("partner")
    stranger_key, stranger = receiver("no-partner")
    Provider.data, Provider.partners = provider, certificate
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = ("--speke", f"http://127.0.0.1:{server.server_port}/speke", "--drm-system", "widevine")
        assert keys(packager, "fetch", "film-1", *asked, "--for", certificate, "--private-key", key)["imported"] == 4
        refused(packager, 1, "answered 403", "fetch", "film-2", *asked, "--for", stranger, "--private-key",
                stranger_key)
        server.shutdown()
    assert Provider.seen[0] == ("2.0", "application/xml")
    ids = [[(k["class"], k["key_id"]) for k in keys(data, "list", "film-1")["keys"]] for data in (provider, packager)]
    assert ids[0] == ids[1] and [c for c, _ in ids[0]] == ["audio", "hd", "sd", "uhd"]
    assert keys(provider, "list", "film-2")["keys"] == []
    refused(packager, 1, "--speke URL", "fetch", "film-3")
    refused(packager, 1, "--partners", "answer")


@case
def the_service_answers_packagers_that_show_their_key_and_no_other_certificate():
    data, packager = house("speke-house"), house("speke-packager")
    key, certificate = receiver("mux")
    other_key, other = receiver("other")
    secret = "kW7v0mJ4c2Yl9TqXn3RbZs8d"
    partners, ours, wrong = (WORK / name for name in ("partners.json", "ours.key", "wrong.key"))
    partners.write_text(json.dumps({"speke": [{"name": "mux", "key": secret, "certificate": str(certificate)}]}))
    partners.chmod(0o600)
    ours.write_text(secret + "\n")
    wrong.write_text(secret[:-1] + "e\n")
    server = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", data, "--json", "--partners",
                               partners], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    try:
        asked = ("--speke", json.loads(server.stdout.readline())["url"] + "v1/speke")
        mine = ("--for", certificate, "--private-key", key)
        fetched = keys(packager, "fetch", "film-1", *asked, "--speke-key", ours, *mine)
        assert fetched["imported"] == 4
        refused(packager, 1, "answered 401", "fetch", "film-2", *asked, *mine)
        refused(packager, 1, "answered 401", "fetch", "film-2", *asked, "--speke-key", wrong, *mine)
        refused(packager, 1, "answered 403", "fetch", "film-2", *asked, "--speke-key", ours, "--for", other,
                "--private-key", other_key)
    finally:
        server.terminate()
        assert secret not in server.communicate(timeout=20)[1]
    ids = [[(k["class"], k["key_id"]) for k in keys(place, "list", "film-1")["keys"]] for place in (data, packager)]
    assert ids[0] == ids[1] and keys(data, "list", "film-2")["keys"] == []


def master():
    path = WORK / "master.mov"
    if not path.exists():
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=4", "-f",
                        "lavfi", "-i", "sine=d=4:r=48000", "-c:v", "prores_ks", "-c:a", "pcm_s16le", str(path)],
                       check=True, timeout=60)
        (WORK / "ladder.json").write_text(json.dumps(LADDER))
    return path


def ingested(data, *arguments):
    done = run("ingest", master(), "--id", "film-1", "--ladder", WORK / "ladder.json", "--workers", "1", "--json",
               *arguments, data=data)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return made, data / "blobs" / "titles" / "film-1" / made["version"]


def pictures(path, *arguments):
    done = subprocess.run(["ffmpeg", "-v", "error", *arguments, "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"],
                          capture_output=True, text=True, timeout=60, check=True)
    return [line.split(",")[5].strip() for line in done.stdout.splitlines() if not line.startswith("#")]


@case
def ffmpeg_decrypts_what_was_stored_to_the_pictures_of_a_clear_ingest():
    data = house("cenc")
    keys(data, "import", "film-1", f"{'a' * 32}:{SECRET}")
    clear, clear_files = ingested(data, "--drm", "none")
    plain = pictures(clear_files / "v-90p.mp4")
    encrypted, files = ingested(data, "--drm", "cenc")
    assert encrypted["version"] != clear["version"] and len(plain) == 100
    assert pictures(files / "v-90p.mp4", "-decryption_key", SECRET) == plain
    assert b"enca" in next(files.glob("a-*.mp4")).read_bytes()[:4096]
    mpd = (files / "manifest.mpd").read_text()
    assert "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa" in mpd and 'value="cenc"' in mpd
    again, _ = ingested(data, "--drm", "cenc")
    assert again["was_published"]


@case
def keys_are_made_for_the_classes_that_a_title_has_and_stay_over_versions():
    data = WORK / "cbcs"
    _, files = ingested(data, "--drm", "cbcs")  # the ring is made on the way
    made = {key["class"]: key["key_id"] for key in keys(data, "list", "film-1")["keys"]}
    assert sorted(made) == ["audio", "sd"]
    mpd = (files / "manifest.mpd").read_text()
    assert all(key_id in mpd for key_id in made.values()) and 'value="cbcs"' in mpd
    ring = (data / "keys" / "ring").read_bytes()
    ingested(data, "--drm", "cbcs", "--drm-system", "clearkey", "--drm-system", "fairplay")
    assert {key["class"]: key["key_id"] for key in keys(data, "list", "film-1")["keys"]} == made
    assert (data / "keys" / "ring").read_bytes() == ring
    out = WORK / "packaged"
    done = run("package", "--video", files / "v-90p.mp4", "--drm", "cbcs", "--title", "film-1", "--out", out, data=data)
    assert done.returncode == 1 and "already encrypted" in done.stderr, done.stderr


def answer(url, body, **fields):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **fields})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)


def base64url(hexadecimal):
    return base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).decode().rstrip("=")


@case
def a_served_house_licenses_the_key_of_an_ingested_title_also_after_a_rotation():
    data = house("served")
    keys(data, "import", "film-1", f"{'a' * 32}:{SECRET}:sd")
    ingested(data, "--drm", "cbcs")
    with subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", str(data), "--json"],
                          stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as server:
        try:
            house_url = json.loads(server.stdout.readline())["url"]
            for _ in range(2):
                play = answer(urllib.parse.urljoin(house_url, "/v1/playback"), {"title_id": "film-1"})
                assert "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa" in play["key_ids"] and len(play["key_ids"]) == 2, play
                licence = answer(urllib.parse.urljoin(house_url, play["licence"]["url"]),
                                 {"kids": [base64url("a" * 32)], "type": "temporary"},
                                 Authorization=f"Bearer {play['licence']['token']}")
                assert licence["keys"] == [{"kty": "oct", "kid": base64url("a" * 32), "k": base64url(SECRET)}], licence
                assert keys(data, "rotate")["rewrapped"] == 2  # the running service reads the ring again
        finally:
            server.terminate()
            server.wait(20)


@case
def masters_lie_sealed_under_the_studio_s_own_ring():
    data = house("sealed")
    first, _ = ingested(data)
    (kept,) = (data / "blobs/masters").glob("*")
    sealed, clear = kept.read_bytes(), master().read_bytes()
    assert sealed.startswith(b"primseal") and clear[1000:1100] not in sealed
    status = keys(data, "status", "--studio")
    assert [key["sealed_objects"] for key in status["wrapping_keys"]] == [1], status
    assert keys(data, "rotate", "--studio")["rewrapped"] == 1
    assert keys(data, "status")["wrapping_keys"][0]["content_keys"] > 0  # the other ring is as it was
    old, new = keys(data, "status", "--studio")["wrapping_keys"]
    assert (old["sealed_objects"], new["sealed_objects"]) == (0, 1)
    keys(data, "forget", old["id"], "--studio")
    assert kept.read_bytes()[128:] == sealed[128:]
    again, _ = ingested(data, "--drm", "cenc")  # another version, from the same master
    assert again["version"] != first["version"]
    clear_house = house("unsealed")
    ingested(clear_house, "--studio-ring", "none")
    assert next((clear_house / "blobs/masters").glob("*")).read_bytes() == clear


@case
def package_takes_the_keys_of_a_title():
    data = house("package")
    ingested(data)  # makes the keys; what it encrypted is none to package again
    _, files = ingested(data, "--drm", "none")
    out = WORK / "by-title"
    done = run("package", "--video", files / "v-90p.mp4", "--drm", "cbcs", "--title", "film-1", "--out", out, "--json",
               data=data)
    assert done.returncode == 0, done.stderr
    made = {key["class"]: key["key_id"] for key in keys(data, "list", "film-1")["keys"]}
    assert json.loads(done.stdout)["tracks"][0]["protection"]["key_id"] == made["sd"]
    done = run("package", "--video", files / "v-90p.mp4", "--drm", "cbcs", "--out", WORK / "none")
    assert done.returncode == 2 and "--title" in done.stderr


@case
def an_ingest_that_should_encrypt_but_cannot_open_the_ring_stores_nothing():
    data = house("closed")
    (data / "keys" / "ring").chmod(0o644)
    done = run("ingest", master(), "--id", "film-1", "--ladder", WORK / "ladder.json", "--drm", "cbcs", data=data)
    assert done.returncode == 1 and "chmod 600" in done.stderr, done.stderr
    assert not (data / "blobs" / "titles").exists()
    done = run("ingest", master(), "--drm", "cenc", "--drm-system", "fairplay", data=data)
    assert done.returncode == 2 and "cbcs alone" in done.stderr, done.stderr


failed = 0
print(f"1..{len(cases)}")
for number, function in enumerate(cases, 1):
    name = function.__name__.replace("_", " ")
    if "master" in function.__code__.co_names + ("master",) * ("ingested" in function.__code__.co_names) \
            and shutil.which("ffmpeg") is None:
        print(f"ok {number} - {name} # SKIP no ffmpeg to make a master with")
        continue
    try:
        function()
        print(f"ok {number} - {name}", flush=True)
    except Exception as error:  # a test that breaks has failed
        failed += 1
        print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
shutil.rmtree(WORK, ignore_errors=True)
sys.exit(1 if failed else 0)
