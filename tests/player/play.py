#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The headless player against other packagers' streams over real HTTP, as TAP. Covers play.c and stream.c.

FFmpeg makes the streams; a small server sends them with and without ranges, fails on request, and shapes its rate.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from play_server import Server  # noqa: E402

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
cases = []


def case(function):
    cases.append(function)
    return function


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


def pictures_and_sound(seconds):
    return ["-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={seconds}",
            "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}"]


def make_streams(folder):
    source = pictures_and_sound(6)
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-sc_threshold", "0", "-c:a", "aac"]
    ladder = ["-filter_complex", "[0:v]split[a][b];[b]scale=320:180[c]", "-map", "[a]", "-map", "[c]", "-map", "1:a",
              "-b:v:0", "500k", "-b:v:1", "250k"]
    ffmpeg(*source, *ladder, *encode, "-f", "dash", "-seg_duration", "2", "-hls_playlist", "1",
           "-adaptation_sets", "id=0,streams=v id=1,streams=a", f"{folder}/dash.mpd")
    (folder / "long").mkdir()
    ffmpeg(*pictures_and_sound(14), *ladder, *encode, "-f", "dash", "-seg_duration", "2",
           "-adaptation_sets", "id=0,streams=v id=1,streams=a", f"{folder}/long/dash.mpd")
    ffmpeg(*source, *encode, "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", f"{folder}/ts.m3u8")
    ffmpeg(*source, *encode, "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
           "-hls_flags", "single_file", f"{folder}/ranges.m3u8")
    text = (folder / "ts.m3u8").read_text()
    (folder / "live.m3u8").write_text(text.replace("#EXT-X-ENDLIST", "").replace("#EXT-X-PLAYLIST-TYPE:VOD", ""))
    (folder / "encrypted.m3u8").write_text(
        text.replace("#EXTINF", '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery",'
                                'KEYFORMATVERSIONS="1"\n#EXTINF', 1))
    (folder / "nonsense.m3u8").write_text("this is no playlist\n")


def play(server, name, *options):
    done = subprocess.run([PROGRAM, "play", server.url(name), "--json", *options], capture_output=True, text=True,
                          timeout=60, check=False)
    return done, json.loads(done.stdout) if done.stdout else None


def undisturbed(watch):
    """A film is watched in real time: what else the machine does may stall one, not three after each other."""
    for tries_left in (2, 1, 0):
        done, report = watch()
        if not report or report["stalls"] == 0 or tries_left == 0:
            return done, report
        print(f"# {report['stalls']} stalls, {tries_left} tries left", flush=True)


@case
def every_form_of_stream_plays_to_its_last_picture(server):
    for name, form in [("dash.mpd", "dash"), ("master.m3u8", "hls"), ("ts.m3u8", "hls"), ("ranges.m3u8", "hls")]:
        done, report = undisturbed(lambda name=name: play(server, name, "--decode"))
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert report["format"] == form and report["decode_errors"] == 0, name
        assert report["frames_decoded"] == 150, f"{name}: {report['frames_decoded']} pictures"
        assert abs(report["played_ms"] - 6000) <= 45, f"{name}: {report['played_ms']} ms"
        assert report["stalls"] == 0 and report["first_frame_ms"] > 0, name


@case
def the_rule_climbs_once_it_knows_the_link(server):
    _, report = play(server, "long/dash.mpd")
    segments = {rung["name"]: rung["segments"] for rung in report["rungs"]}
    assert segments["640x360"] >= 3 and sum(segments.values()) == 7, segments
    assert report["switches"] == 1


@case
def a_server_without_ranges_still_gives_the_right_bytes(server):
    server.has_ranges = False
    done, report = play(server, "ranges.m3u8", "--decode")
    assert done.returncode == 0, done.stderr
    assert report["frames_decoded"] == 150 and report["decode_errors"] == 0


@case
def a_passing_failure_is_retried_and_counted(server):
    server.fail_once = {"ts1.ts"}
    done, report = play(server, "ts.m3u8", "--decode")
    assert done.returncode == 0, done.stderr
    assert report["retries"] == 1 and report["frames_decoded"] == 150
    assert server.asked.count("ts1.ts") == 2


@case
def a_link_slower_than_the_lowest_rung_stalls_and_is_reported_so(server):
    lowest = sum(path.stat().st_size for path in server.folder.glob("chunk-stream1-*"))
    audio = sum(path.stat().st_size for path in server.folder.glob("chunk-stream2-*"))
    server.bytes_per_s = int((lowest + audio) / 6 * 0.6)
    done, report = play(server, "dash.mpd")
    assert done.returncode == 0, done.stderr
    assert report["stalls"] >= 1 and report["stall_ms"] > 0
    assert {r["name"]: r["segments"] for r in report["rungs"]}["640x360"] == 0, "it should stay at the lowest rung"


@case
def a_part_plays_from_its_start_and_ends_in_time(server):
    done, report = play(server, "dash.mpd", "--from", "2s", "--for", "2s", "--buffer", "4s", "--decode")
    assert done.returncode == 0, done.stderr
    assert abs(report["played_ms"] - 2000) <= 5, report["played_ms"]


@case
def what_cannot_be_played_is_refused_with_a_sentence(server):
    for name, says in [("missing.mpd", "answered 404"), ("live.m3u8", "is live"), ("encrypted.m3u8", "encrypted"),
                       ("nonsense.m3u8", "nonsense.m3u8")]:
        done, report = play(server, name)
        assert done.returncode == 1 and report is None, name
        assert says in done.stderr, f"{name}: {done.stderr}"
    (server.folder / "ts2.ts").rename(server.folder / "gone")
    done, _ = play(server, "ts.m3u8")
    (server.folder / "gone").rename(server.folder / "ts2.ts")
    assert done.returncode == 1 and "ts2.ts answered 404" in done.stderr


def members(line):
    return dict(pair.split("=", 1) if "=" in pair else (pair, True) for pair in line.split(","))


@case
def a_play_tells_how_it_went_where_it_is_asked_to(server):
    _, report = play(server, "dash.mpd", "--report", server.url("telemetry"))
    events = [members(line) for body in server.reports for line in body.splitlines()]
    assert report["telemetry"] == {"sent": len(events), "lost": 0}, report["telemetry"]
    assert [int(event["sn"]) for event in events] == list(range(1, len(events) + 1))
    states = [event["sta"] for event in events if event["e"] == "ps"]
    assert states[0] == "s" and states[1] == "p" and states[-1] == "e", states
    start = next(event for event in events if event["e"] == "ce")
    assert int(start["msd"]) == report["first_frame_ms"] and int(start["org.primrose-manifest"]) <= int(start["msd"])
    assert {event["sid"] for event in events} == {f'"{report["session"]}"'}
    assert any(event["e"] == "br" for event in events)
    asked = [members(",".join(value.strip("'") for value in keys.values())) for keys in server.keys if keys]
    assert {one["ot"] for one in asked} == {"v", "a"} and all(one["sid"] == f'"{report["session"]}"' for one in asked)
    assert all(one["v"] == "2" and one["sf"] == "d" for one in asked) and "su" in asked[0]


@case
def a_stall_is_told_once_with_its_length(server):
    server.bytes_per_s = 20000  # less than the lowest rung with its sound
    done, report = play(server, "long/dash.mpd", "--for", "6s", "--report", server.url("telemetry"))
    assert done.returncode == 0 and report["stalls"] > 0, (done.stderr, report)
    events = [members(line) for body in server.reports for line in body.splitlines()]
    told = [(event["sta"], int(event["ts"])) for event in events if event["e"] == "ps"]
    stalls = [(told[i + 1][1] - at) for i, (state, at) in enumerate(told[:-1]) if state == "r"]
    assert len(stalls) == report["stalls"], (told, report["stalls"])
    assert abs(sum(stalls) - report["stall_ms"]) <= 50 * len(stalls), (stalls, report["stall_ms"])


@case
def nobody_is_told_without_a_house_or_when_that_is_asked_for(server):
    for options in ((), ("--report", "none")):
        _, report = play(server, "ts.m3u8", "--for", "2s", *options)
        assert report["session"] == "" and report["telemetry"] == {"sent": 0, "lost": 0}
    assert not any(server.keys) and not server.reports
    _, report = play(server, "ts.m3u8", "--for", "2s", "--report", "http://127.0.0.1:1/")
    assert report["telemetry"]["sent"] == 0 and report["telemetry"]["lost"] > 0  # the play itself goes well


@case
def media_that_does_not_decode_fails_the_verb(server):
    whole = (server.folder / "ts1.ts").read_bytes()
    (server.folder / "ts1.ts").write_bytes(bytes(byte ^ 0x5a if at > 2000 else byte for at, byte in enumerate(whole)))
    done, _ = play(server, "ts.m3u8", "--decode")
    (server.folder / "ts1.ts").write_bytes(whole)
    assert done.returncode == 1, "corrupt media was called good"


def run_case(number, function, folder):
    try:
        with Server(folder) as server:
            function(server)
        print(f"ok {number} - {function.__name__}", flush=True)
        return 0
    except AssertionError as fault:
        print(f"not ok {number} - {function.__name__}\n# {str(fault)[:500]}", flush=True)
        return 1


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="primrose-play-"))
    try:
        make_streams(folder)
        print(f"1..{len(cases)}")
        return 1 if sum(run_case(n, f, folder) for n, f in enumerate(cases, 1)) else 0
    finally:
        shutil.rmtree(folder)


sys.exit(main())
