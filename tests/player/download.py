#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose download and the plays of what it fetched, as TAP. Covers bundle_fetch.c, bundle_keep.c, house_download.c,
house_play.c, play_house.c, and of cmd/ download, download_print, door, signin, signout, state, password.

A real house with an encrypted title, the real decryption module, and a clock that clock_shift.c moves for whole
processes, as somebody with a screwdriver would.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BUILD = pathlib.Path(os.environ["PRIMROSE_BUILD"])
PROGRAM = str(BUILD / "primrose")
SHIFT = BUILD / "tests/player/libclock-shift.so"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
PASSWORD = "correct horse battery"
HOUR, DAY = 3600, 86400
cases = []


def case(function):
    cases.append(function)
    return function


def run(*words, shift=0, text="", **variables):
    environment = {**ENVIRONMENT, **variables}
    if shift:
        environment |= {"LD_PRELOAD": str(SHIFT), "CLOCK_SHIFT_S": str(shift)}
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, check=False,
                          input=text, env=environment)


def must(*words, **options):
    done = run(*words, **options)
    assert done.returncode == 0, f"{words[1]}: {done.stderr[-400:]}"
    return done.stdout


class Place:
    """A house with a title that may be downloaded and one that may not, and the folders of a user."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data, self.home = self.folder / "data", {}
        film = self.folder / "film"
        film.mkdir()
        must("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-f", "lavfi",
             "-i", "sine=frequency=440:sample_rate=48000:duration=3", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50",
             "-sc_threshold", "0", "-c:a", "aac", film / "clip.mp4")
        (film / "c.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nGuten Tag\n")
        (film / "title.json").write_text(json.dumps({
            "id": "film", "title": "A film", "master": "clip.mp4", "downloads": True,
            "audio": [{"stream": 0, "lang": "en"}], "text": [{"file": "c.vtt", "lang": "de", "role": "subtitle"}]}))
        must(PROGRAM, "ingest", film, "--ladder", "demo", "--data", self.data, "--drm", "cbcs")
        shutil.copy(film / "clip.mp4", self.folder / "clip.mp4")
        must(PROGRAM, "ingest", self.folder / "clip.mp4", "--id", "kept-back", "--ladder", "demo", "--data", self.data, "--drm",
             "cbcs")
        self.address = "127.0.0.1:0"
        self.start()

    def start(self):
        self.house = subprocess.Popen(
            [PROGRAM, "serve", "--json", "--listen", self.address, "--data", str(self.data)], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        self.url = json.loads(self.house.stdout.readline())["url"].rstrip("/")
        self.address = self.url.removeprefix("http://")

    def stop(self):
        self.house.send_signal(signal.SIGTERM)
        self.house.communicate(timeout=30)

    def user(self, name):
        """A user's home of its own: another device, other downloads."""
        home = self.folder / name
        self.home = {"XDG_STATE_HOME": str(home / "state"), "XDG_DATA_HOME": str(home / "share")}
        return home / "share/primrose/downloads/film"

    def download(self, *words, title="film", **options):
        return run(PROGRAM, "download", *([title] if title else []), "--server", self.url, "--json", *words, **self.home,
                   **options)

    def fetched(self, *words, **options):
        done = self.download(*words, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def play(self, *words, shift=0):
        """Half a second of the download, decoded."""
        done = run(PROGRAM, "play", "film", "--decode", "--json", "--for", "500ms", *words, shift=shift, **self.home)
        return done, json.loads(done.stdout) if done.stdout else None

    def plays(self, **options):
        done, report = self.play(**options)
        assert done.returncode == 0, done.stderr
        assert report["protected"] and report["frames_decoded"] > 0 and report["decode_errors"] == 0, report
        return report

    def refuses(self, words, **options):
        done, _ = self.play(**options)
        assert done.returncode == 1 and words in done.stderr, done.stderr

    def ask(self, method, path, body=None, token=""):
        fields = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, fields, method=method), timeout=20) as got:
            text = got.read()
            return json.loads(text) if text else None


    def downloads_of(self, login):
        session = self.ask("POST", "/v1/sessions", {"login": login, "password": PASSWORD})
        self.ask("PUT", "/v1/sessions/current/profile", {"profile_id": session["profiles"][0]["id"]}, session["token"])
        return self.ask("GET", "/v1/downloads", token=session["token"])["items"]


@case
def a_download_plays_without_its_house(place):
    folder = place.user("ada")
    kept = place.fetched("--height", "720", "--language", "en")
    assert kept["state"] == "ready" and kept["fetched_bytes"] > 50_000 and kept["title"] == "A film", kept
    assert {"v-270p.mp4", "a-en.mp4", "t-de.vtt", "poster.jpg", "licence"} <= {p.name for p in folder.iterdir()}
    place.stop()
    report = place.plays()
    assert report["url"] == "film"
    listed = json.loads(place.download("--list", title="").stdout)
    assert listed["state"] == "begun" and listed["started_at"], listed
    place.start()
    again = place.fetched()  # says when it was begun
    assert again["fetched_bytes"] == 0 and again["mended"] == 0, again
    assert place.ask("GET", "/v1/downloads")["items"][0]["started_at"]


@case
def only_the_device_that_fetched_it_opens_it(place):
    folder = place.user("ada")
    copy = place.folder / "copied"
    shutil.copytree(folder, copy)
    place.user("thief")
    done = run(PROGRAM, "play", copy, "--decode", **place.home)
    assert done.returncode == 1 and "another device" in done.stderr, done.stderr


@case
def a_flipped_bit_is_found_and_mended(place):
    folder = place.user("ada")
    for name in ("v-270p.mp4", "v-270p.mp4.sha256", "a-en.mp4", "v-270p.m3u8"):
        path = folder / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        place.refuses("is damaged")
        mended = place.fetched(title=str(folder))
        assert mended["mended"] == (0 if name.endswith("m3u8") else 1), (name, mended)
        place.plays()
    (folder / "a-en.mp4").unlink()
    size = place.fetched()["fetched_bytes"]
    assert size == (folder / "a-en.mp4").stat().st_size
    place.plays()


@case
def it_ends_when_its_time_is_over_and_when_the_clock_goes_back(place):
    place.user("bea")
    place.fetched()
    place.refuses("time to begin this download is over", shift=31 * DAY)
    place.plays(shift=29 * DAY)  # it is begun now
    place.refuses("clock was set back")
    place.refuses("clock was set back", shift=28 * DAY)
    place.plays(shift=29 * DAY + 47 * HOUR)
    place.refuses("time to finish this title is over", shift=31 * DAY + HOUR)
    place.refuses("clock was set back")


@case
def killed_at_any_moment_it_goes_on(place):
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"# seed {seed}")
    rng = random.Random(seed)
    folder = place.user("cleo")
    before = len(place.ask("GET", "/v1/downloads")["items"])
    for _ in range(10):
        process = subprocess.Popen([PROGRAM, "download", "film", "--server", place.url], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env={**ENVIRONMENT, **place.home})
        time.sleep(rng.uniform(0, 0.2))  # the moment is what is random; nothing hangs on it
        process.kill()
        process.wait()
        if folder.exists() and rng.random() < 0.3:  # a kill of the machine may leave half a write
            for path in folder.glob("*.mp4"):
                path.write_bytes(path.read_bytes()[:-100])
    assert place.fetched()["state"] == "ready"
    assert len(place.ask("GET", "/v1/downloads")["items"]) == before + 1, "a kill took a second place"
    place.plays()


@case
def a_removed_download_gives_its_place_back(place):
    folder = place.user("cleo")
    before = len(place.ask("GET", "/v1/downloads")["items"])
    assert place.download("--remove").returncode == 0
    assert not folder.exists()
    assert len(place.ask("GET", "/v1/downloads")["items"]) == before - 1


@case
def refusals_are_sentences_with_codes(place):
    place.user("ada")
    for words, title in (("403 download-refused): the title's owners do not allow downloads", "kept-back"),
                         ("404 not-found", "no-such-title"), ("is no id of a title", "../film")):
        done = place.download(title=title)
        assert done.returncode == 1 and words in done.stderr, done.stderr
    assert place.download(title="").returncode == 2


@case
def a_member_signs_in_once_and_loses_it_with_the_plan_or_the_device(place):
    must(PROGRAM, "members", "add", "root", "--operator", "--data", place.data, text=PASSWORD + "\n")
    must(PROGRAM, "members", "add", "ben", "--data", place.data, text=PASSWORD + "\n")
    folder = place.user("ben")
    until = time.monotonic() + 30
    while place.download().returncode == 0 and time.monotonic() < until:
        shutil.rmtree(folder)  # the house closes within a second
    done = place.download()
    assert done.returncode == 1 and "401 sign-in-needed" in done.stderr, done.stderr
    shutil.rmtree(folder, ignore_errors=True)
    assert "401" in place.download("--login", "ben", text="wrong wrong wrong\n").stderr
    assert place.fetched("--login", "ben", text=PASSWORD + "\n")["state"] == "ready"
    assert place.fetched()["state"] == "ready"  # with the session that is kept
    sessions = pathlib.Path(place.home["XDG_STATE_HOME"]) / "primrose/sessions"
    assert sessions.stat().st_mode & 0o777 == 0o600
    place.plays()

    token = place.ask("POST", "/v1/sessions", {"login": "root", "password": PASSWORD})["token"]
    plan = {"name": "House", "streams": 3, "streams_per_title": 2, "highest": "hd", "downloads": 0, "has_catalogue": True}
    place.ask("PUT", "/v1/plans/house", plan, token)
    listed = json.loads(place.download("--list", title="").stdout)
    assert listed["state"] == "over" and "410 download-over" in listed["over"], listed
    assert not (folder / "licence").exists()
    place.refuses("the plan has no downloads any more")
    place.ask("PUT", "/v1/plans/house", {**plan, "downloads": 1}, token)
    assert place.fetched()["fetched_bytes"] == 0  # a new licence for what is there
    place.plays()

    events = [e["action"] for e in place.ask("GET", "/v1/events?limit=100", token=token)["items"]]
    assert {"download.prepared", "download.started", "download.ended", "download.removed"} <= set(events), events
    member = next(m["id"] for m in place.ask("GET", "/v1/members", token=token)["items"] if m["login"] == "ben")
    for device in place.ask("GET", f"/v1/members/{member}/devices", token=token)["items"]:
        place.ask("DELETE", f"/v1/members/{member}/devices/{device['id']}", token=token)
    until = time.monotonic() + 30
    while not json.loads(place.download("--list", title="").stdout)["over"] and time.monotonic() < until:
        pass  # a caller is remembered for two seconds
    place.refuses("this download has ended")
    assert place.fetched("--login", "ben", text=PASSWORD + "\n")["state"] == "ready"
    assert [d["over"] for d in place.downloads_of("ben")].count(None) == 1  # in its old place


def signed_in(place, login, text=PASSWORD):
    return run(PROGRAM, "signin", place.url + "/", "--login", login, text=text + "\n", **place.home)


def play_page(place, *words, shift=0):
    return run(PROGRAM, "play", f"{place.url}/title/film", "--json", *words, shift=shift, **place.home)


@case
def who_signed_in_plays_from_a_page_and_is_counted_while_he_does(place):
    place.user("dora")
    done = play_page(place)
    assert done.returncode == 1 and f"primrose signin {place.url} --login" in done.stderr, done.stderr
    assert "sign-in-refused" in signed_in(place, "ben", "wrong wrong wrong").stderr
    assert signed_in(place, "ben").returncode == 0
    sessions = pathlib.Path(place.home["XDG_STATE_HOME"]) / "primrose/sessions"
    kept = json.loads(sessions.read_text())[place.url]
    assert kept["login"] == "ben" and sessions.stat().st_mode & 0o777 == 0o600
    listed = must(PROGRAM, "signin", "--list", "--json", **place.home)
    assert json.loads(listed)["house"] == place.url and kept["token"] not in listed

    for _ in range(5):  # three at once are allowed: each ends its stream
        done = play_page(place, "--for", "100ms")
        assert done.returncode == 0, done.stderr
    assert place.ask("GET", "/v1/streams", token=kept["token"])["items"] == []
    report = json.loads(play_page(place, "--from", "1s", "--for", "1s", "--decode").stdout)
    assert report["protected"] and report["frames_decoded"] > 0 and report["telemetry"]["lost"] == 0, report
    assert 1900 <= place.ask("GET", "/v1/positions/film", token=kept["token"])["position_ms"] <= 2100
    assert json.loads(play_page(place, "--resume").stdout)["played_ms"] <= 1100  # of 3 s

    play_page(place, "--device", place.folder / "elsewhere", shift=DAY + HOUR)  # too late for its licence, not for the token
    rotated = json.loads(sessions.read_text())[place.url]
    assert rotated["token"] != kept["token"] and rotated["login"] == "ben"
    devices = place.ask("GET", "/v1/devices", token=rotated["token"])["items"]
    current = next(device for device in devices if device["is_current"])
    place.ask("DELETE", f"/v1/devices/{current['id']}", token=rotated["token"])
    until = time.monotonic() + 30
    while play_page(place, "--for", "100ms").returncode == 0 and time.monotonic() < until:
        pass  # a caller is remembered for two seconds
    assert "primrose signin" in play_page(place, "--for", "100ms").stderr
    must(PROGRAM, "signout", place.url, **place.home)
    assert "nobody is signed in" in run(PROGRAM, "signout", place.url, **place.home).stderr
    assert json.loads(sessions.read_text()) == {}


@case
def an_address_that_was_mistyped_stands_in_the_way_of_nothing(place):
    place.user("eve")
    wrong = run(PROGRAM, "download", "film", "--server", "house", **place.home)
    assert wrong.returncode == 1 and "is no address of a house" in wrong.stderr, wrong.stderr
    wrong = run(PROGRAM, "download", "film", "--server", "http://127.0.0.1:1", **place.home)
    assert wrong.returncode == 1 and "cannot be fetched" in wrong.stderr, wrong.stderr
    assert "primrose signin" in place.download().stderr  # asked of the right house, which is closed by now


def run_case(number, function, place):
    try:
        function(place)
        print(f"ok {number} - {function.__name__}", flush=True)
        return 0
    except (AssertionError, urllib.error.URLError, json.JSONDecodeError) as fault:
        line = fault.__traceback__.tb_next.tb_lineno if fault.__traceback__.tb_next else 0
        print(f"not ok {number} - {function.__name__}\n# line {line}: {type(fault).__name__} {str(fault)[:600]}", flush=True)
        return 1


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="primrose-download-"))
    place = None
    try:
        place = Place(folder)
        print(f"1..{len(cases)}")
        return 1 if sum([run_case(n, f, place) for n, f in enumerate(cases, 1)]) else 0
    finally:
        if place is not None:
            place.stop()
        shutil.rmtree(folder)


sys.exit(main())
