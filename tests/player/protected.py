#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypted streams in the headless player, as TAP. Covers unlock.c and house.c.

A title of a real house, with its real licence service; and shaka-packager's streams with their keys given by hand.
"""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from play_server import Server  # noqa: E402

BUILD = pathlib.Path(os.environ["PRIMROSE_BUILD"])
SOURCE = pathlib.Path(os.environ["PRIMROSE_SOURCE"])
PROGRAM = str(BUILD / "primrose")
JUDGE = SOURCE / "tests/browser/node_modules/shaka-packager/bin/packager-linux-x64"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
KID, KEY = "a1a2a3a4a5a6a7a8a9aaabacadaeafb0", "00112233445566778899aabbccddeeff"
cases = []


class Skip(Exception):
    pass


def case(function):
    cases.append(function)
    return function


def must(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, check=False,
                          env=ENVIRONMENT)
    assert done.returncode == 0, f"{words[0]}: {done.stderr[-400:]}"
    return done.stdout


class Place:
    """A clip, a house with it as an encrypted title, and a folder of a stranger's streams."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.clip, self.data = self.folder / "clip.mp4", self.folder / "data"
        must("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-f", "lavfi",
             "-i", "sine=frequency=440:sample_rate=48000:duration=4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50",
             "-sc_threshold", "0", "-c:a", "aac", self.clip)
        must(PROGRAM, "ingest", self.clip, "--id", "film", "--ladder", "demo", "--data", self.data)
        self.house = subprocess.Popen(
            [PROGRAM, "serve", "--json", "--listen", "127.0.0.1:0", "--data", str(self.data)], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        self.url = json.loads(self.house.stdout.readline())["url"].rstrip("/")
        self.playback = self.ask("/v1/playback", {"title_id": "film"})

    def ask(self, path, body, **fields):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json", **fields})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def manifest(self, form):
        return self.url + self.playback["manifests"][form]

    def content_keys(self):
        """The title's keys, as a browser is given them."""
        licence = self.playback["licence"]
        kids = [base64.urlsafe_b64encode(bytes.fromhex(kid.replace("-", ""))).decode().rstrip("=")
                for kid in self.playback["key_ids"]]
        answer = self.ask(licence["url"], {"kids": kids}, Authorization="Bearer " + licence["token"])
        return [base64.urlsafe_b64decode(key["k"] + "==") for key in answer["keys"]]

    def play(self, url, *options):
        words = [PROGRAM, "play", url, "--json", "--device", str(self.folder / "device"), *options]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT)
        return done, json.loads(done.stdout) if done.stdout else None

    def close(self):
        self.house.send_signal(signal.SIGTERM)
        self.house.communicate(timeout=30)


@case
def a_protected_title_plays_from_its_house(place):
    for form in ("dash", "hls"):
        done, report = place.play(place.manifest(form), "--decode")
        assert done.returncode == 0, done.stderr
        assert report["protected"] and report["licence_ms"] > 0
        assert report["frames_decoded"] == 100 and report["audio_frames_decoded"] > 180, report
        assert report["decode_errors"] == 0, report
        assert report["telemetry"]["sent"] >= 3 and report["telemetry"]["lost"] == 0, report["telemetry"]
    with urllib.request.urlopen(f"{place.url}/v1/qoe?hours=1", timeout=20) as answer:
        quality = json.load(answer)
    names = {kind: [group["name"] for group in quality[f"by_{kind}"]] for kind in ("title", "device", "network")}
    assert names == {"title": ["film"], "device": ["Primrose, Linux"], "network": ["127.0.0.0/24"]}, names
    assert quality["all"]["started"] == 2, quality["all"]
    assert (place.folder / "device").stat().st_mode & 0o777 == 0o600


def memory_holds(pid, keys):
    """Does a process hold one of the keys? None: its memory may not be read, or it is gone."""
    try:
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, access = line.split()[:2]
                first, last = (int(part, 16) for part in span.split("-"))
                if access[0] != "r" or "[v" in line or last - first > 1 << 32:
                    continue
                try:
                    memory.seek(first)
                    held = memory.read(last - first)
                except OSError:
                    continue
                if any(key in held for key in keys):
                    return True
    except OSError:
        return None
    return False


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def program_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def look_while_it_plays(place, keys, seen):
    """Plays the film, and notes the names of programs that were looked at while the module held a key."""
    player = subprocess.Popen([PROGRAM, "play", place.manifest("dash"), "--decode", "--device",
                               str(place.folder / "device")], stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    module_holds = False
    while player.poll() is None:
        # The module first: a look at the codecs' process takes longer than the film on a busy machine.
        for pid in sorted([*children(player.pid), player.pid], key=lambda pid: program_of(pid) != "primrose-cdm"):
            name = program_of(pid)
            if name != "primrose-cdm" and not module_holds:
                continue
            held = memory_holds(pid, keys)
            if name == "primrose-cdm":
                module_holds = module_holds or held is True
            elif held is not None:
                assert not held, f"{name} holds a content key"
                seen.add(name)
    assert player.returncode == 0


@case
def no_content_key_is_ever_in_the_player_s_or_the_decoder_s_memory(place):
    keys = place.content_keys()
    assert len(keys) >= 2
    if os.geteuid() != 0:
        raise Skip("only root may read the module's memory, and show that the search finds a key where there is one")
    seen = set()
    for _ in range(10):  # a busy machine may look too late at a short film
        look_while_it_plays(place, keys, seen)
        if seen >= {"primrose", "primrose-decode"}:
            break
    assert seen >= {"primrose", "primrose-decode"}, f"only {seen} were looked at while a key was in use"


@case
def a_house_that_refuses_is_quoted(place):
    url = place.manifest("dash").replace("/media/film/", "/media/other/")
    done, _ = place.play(url)
    assert done.returncode == 1 and "404" in done.stderr
    with tempfile.TemporaryDirectory(prefix="primrose-web-") as web:  # the title's files, from a server that gives no licences
        shutil.copytree(next(place.data.rglob("titles/film")), pathlib.Path(web) / "media/film")
        with Server(web) as server:
            done, _ = place.play(server.url(place.playback["manifests"]["dash"].lstrip("/")), "--decode")
    assert done.returncode == 1 and "refused" in done.stderr, done.stderr


def encrypt(place, scheme):
    """shaka-packager's encryption of the clip: a folder with its manifests."""
    if not JUDGE.exists():
        raise Skip("shaka-packager is not there: npm ci in tests/browser")
    out = place.folder / f"stranger-{scheme}"
    out.mkdir()
    must(JUDGE, f"in={place.clip},stream=video,output={out}/v.mp4,playlist_name=v.m3u8",
         f"in={place.clip},stream=audio,output={out}/a.mp4,playlist_name=a.m3u8,hls_group_id=a,hls_name=a",
         "--enable_raw_key_encryption", "--keys", f"label=:key_id={KID}:key={KEY}", "--protection_scheme", scheme,
         "--clear_lead", "1", "--segment_duration", "2", "--mpd_output", out / "s.mpd",
         "--hls_master_playlist_output", out / "s.m3u8")
    return out


@case
def a_stranger_s_streams_play_with_their_key(place):
    for scheme in ("cbcs", "cenc"):
        with Server(encrypt(place, scheme)) as server:
            for name in ("s.mpd", "s.m3u8"):
                done, report = place.play(server.url(name), "--decode", "--key", f"{KID}:{KEY}")
                assert done.returncode == 0, f"{scheme} {name}: {done.stderr}"
                assert report["protected"] and report["decode_errors"] == 0, report
                assert report["frames_decoded"] == 100 and report["audio_frames_decoded"] > 180, report
            done, _ = place.play(server.url("s.mpd"), "--decode")
            assert done.returncode == 1 and "--key" in done.stderr, done.stderr
            done, _ = place.play(server.url("s.mpd"), "--decode", "--key", f"{KID[:-1]}1:{KEY}")
            assert done.returncode == 1 and "no licence has the key" in done.stderr, done.stderr
            done, _ = place.play(server.url("s.mpd"), "--decode", "--key", f"{KID}:{KEY[:-1]}e")
            assert done.returncode == 1 and "could not be decoded" in done.stderr, done.stderr


def run_case(number, function, place):
    try:
        function(place)
        print(f"ok {number} - {function.__name__}", flush=True)
        return 0
    except Skip as why:
        print(f"ok {number} - {function.__name__} # SKIP {why}", flush=True)
        return 0
    except (AssertionError, urllib.error.URLError) as fault:
        print(f"not ok {number} - {function.__name__}\n# {str(fault)[:500]}", flush=True)
        return 1


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="primrose-protected-"))
    place = None
    try:
        place = Place(folder)
        print(f"1..{len(cases)}")
        return 1 if sum(run_case(n, f, place) for n, f in enumerate(cases, 1)) else 0
    finally:
        if place is not None:
            place.close()
        shutil.rmtree(folder)


sys.exit(main())
