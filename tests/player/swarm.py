#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose swarm against a real house, as TAP. Covers swarm.c, swarm_arrival.c, swarm_ask.c, swarm_cast.c, swarm_journey.c and
swarm_viewer.c: every viewer is accounted for, whatever the machine does meanwhile."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from play_server import Server  # noqa: E402

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
PASSWORD = "correct horse battery"
VIEWERS = 200
cases = []


def case(function):
    cases.append(function)
    return function


def must(*words, stdin=""):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=240, check=False,
                          input=stdin, env=ENVIRONMENT)
    assert done.returncode == 0, f"{words[0]} {words[1]}: {done.stderr[-400:]}"
    return done.stdout


def swarm(url, *options):
    return json.loads(must(PROGRAM, "swarm", url, "--json", *options))


class Place:
    """A house with an encrypted title and a clear one, and two recorded links."""

    def __init__(self, folder):
        self.data, self.links, clip = folder / "data", folder / "links", folder / "clip.mp4"
        must("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-f", "lavfi",
             "-i", "sine=frequency=440:sample_rate=48000:duration=4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50",
             "-sc_threshold", "0", "-c:a", "aac", clip)
        must(PROGRAM, "ingest", clip, "--id", "a-locked", "--ladder", "demo", "--data", self.data, "--drm", "cbcs")
        must(PROGRAM, "ingest", clip, "--id", "b-clear", "--ladder", "demo", "--data", self.data, "--drm", "none")
        self.links.mkdir()
        (self.links / "index.csv").write_text("file,latency_ms\nsteady.csv,20\nfading.csv,80\n")
        (self.links / "steady.csv").write_text("duration_ms,kbps\n1000,2000\n")
        (self.links / "fading.csv").write_text("duration_ms,kbps\n700,1500\n300,0\n500,600\n")
        self.open()

    def open(self):
        self.house = subprocess.Popen(
            [PROGRAM, "serve", "--json", "--listen", "127.0.0.1:0", "--data", str(self.data)], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        self.url = json.loads(self.house.stdout.readline())["url"].rstrip("/")

    def close(self):
        self.house.terminate()
        self.house.communicate(timeout=30)


@case
def two_hundred_viewers_make_every_request_of_a_player(place):
    report = swarm(place.url, "--viewers", VIEWERS, "--over", "2s", "--profile", place.links, "--licences", "--positions",
                   "--seeks", "900", "--leave", "10")
    quality, load = report["quality"], report["load"]
    stages = {name: stage["requests"] for name, stage in load["stages"].items()}
    assert report["failures"] == [] and report["failed"] == 0, report["failures"]
    assert report["to_the_end"] + report["left"] == VIEWERS and report["left"] > 0, report
    assert quality["startup_ms"]["count"] == VIEWERS
    assert stages["play"] == stages["manifest"] == VIEWERS, stages
    assert stages["position"] >= VIEWERS, stages
    assert 0 < stages["licence"] < VIEWERS, stages  # both titles are watched
    assert stages["licence"] > VIEWERS / 2, stages  # the catalogue's first one more
    assert quality["seeks"] > 0 and report["concurrent_max"] <= VIEWERS
    # No viewer is served faster than its link carries, whatever the house could send.
    carried = 2000e3 / 8 * (report["wall_s"] + 2) * VIEWERS
    assert 0 < load["bytes"] < carried, (load["bytes"], carried)
    assert quality["startup_ms"]["p50"] > 60, "three requests one after the other, 20 ms or more each"


@case
def the_same_seed_makes_the_same_choices(place):
    first, again, other = (swarm(place.url, "-n", "40", "--over", "0", "--for", "1s", "--licences", "--seed", seed)
                           for seed in ("7", "7", "8"))
    licences = [run["load"]["stages"].get("licence", {}).get("requests") for run in (first, again, other)]
    assert licences[0] == licences[1], licences


@case
def a_manifest_is_played_without_a_house(place):
    folder = next(path.parent for path in (place.data / "blobs").rglob("manifest.mpd"))
    with Server(folder) as server:
        report = swarm(server.url("manifest.mpd"), "-n", "5", "--over", "0", "--for", "2s")
        assert report["to_the_end"] == 5 and "play" not in report["load"]["stages"], report
        assert server.asked.count("manifest.mpd") == 6  # one to read it, and each viewer's own
        server.busy = {name: (server.asked.count(name) + 2,) for name in set(server.asked) if name.endswith(".mp4")}
        report = swarm(server.url("manifest.mpd"), "-n", "5", "--over", "0", "--for", "2s")
        assert report["to_the_end"] == 5 and report["load"]["retries"] > 0, report


@case
def what_fails_is_told_by_its_cause(place):
    folder = next(path.parent for path in (place.data / "blobs").rglob("manifest.mpd"))
    with Server(folder) as server:
        server.gone_after["manifest.mpd"] = 1  # who reads it first may, nobody after
        report = swarm(server.url("manifest.mpd"), "-n", "5", "--over", "0")
        assert report["failed"] == 5 and report["to_the_end"] == 0
        assert [(cause["stage"], cause["status"], cause["count"]) for cause in report["failures"]] == \
            [("manifest", 404, 5)], report["failures"]


@case
def https_and_nonsense_are_refused_with_a_sentence(place):
    for url, says in (("https://127.0.0.1:1/", "plain http"), ("http://127.0.0.1:1/", "127.0.0.1"), ("house", "house")):
        done = subprocess.run([PROGRAM, "swarm", url], capture_output=True, text=True, timeout=60, check=False,
                              env=ENVIRONMENT)
        assert done.returncode == 1 and says in done.stderr, (url, done.stderr)


@case
def members_sign_in_and_give_their_streams_back(place):
    for login in ("ada", "ben"):
        must(PROGRAM, "members", "add", login, *(["--operator"] if login == "ada" else []), "--data", place.data,
             stdin=PASSWORD + "\n")
    place.close()
    place.open()  # closed to guests from the first request on
    members = place.data.parent / "members"
    members.write_text(f"# who\nada {PASSWORD}\nben {PASSWORD}\n")
    report = swarm(place.url, "-n", "2", "--over", "0", "--members", members, "--positions", "--licences")
    stages = {name: stage["requests"] for name, stage in report["load"]["stages"].items()}
    assert report["failures"] == [] and report["to_the_end"] == 2, report["failures"]
    assert stages["sign-in"] == stages["profile"] == stages["stream end"] == 2, stages
    refused = subprocess.run([PROGRAM, "swarm", place.url, "-n", "1"], capture_output=True, text=True, timeout=60,
                             check=False, env=ENVIRONMENT)
    assert refused.returncode == 1 and "401" in refused.stderr, refused.stderr


def run_case(number, function, place):
    try:
        function(place)
        print(f"ok {number} - {function.__name__}", flush=True)
        return 0
    except AssertionError as fault:
        print(f"not ok {number} - {function.__name__}\n# {str(fault)[:900]}", flush=True)
        return 1


def main():
    with tempfile.TemporaryDirectory(prefix="primrose-swarm-") as folder:
        place = Place(pathlib.Path(folder))
        try:
            print(f"1..{len(cases)}")
            return 1 if sum(run_case(n, f, place) for n, f in enumerate(cases, 1)) else 0
        finally:
            place.close()


sys.exit(main())
