#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A master with 5.1 through ingest, as TAP: each rendition as mediainfo, ffprobe and the manifests tell it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
LADDER = {
    "rungs": [{"name": "small", "width": 160, "height": 90, "encoder": "x264", "preset": "ultrafast", "crf_tenths": 300}],
    "audio": ["aac-stereo", "aac-5.1", "eac3-5.1", "opus-stereo", "dialogue-boost"],
}
# file, mediainfo's format, ffprobe's codec, channels
TRACKS = [
    ("a-en", "AAC", "aac", 2),
    ("a-en-51", "AAC", "aac", 6),
    ("a-en-ec3", "E-AC-3", "eac3", 6),
    ("a-en-opus", "Opus", "opus", 2),
    ("a-en-dialogue", "AAC", "aac", 2),
]
TONES = "|".join(f"0.1*sin(2*PI*{hertz}*t)" for hertz in (400, 500, 1000, 40, 600, 700))


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, env=ENVIRONMENT, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ingest(folder):
    master = folder / "film.mov"
    run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=160x90:r=25:d=2", "-f", "lavfi", "-i",
        f"aevalsrc={TONES}:c=5.1:s=48000:d=2", "-metadata:s:a", "language=eng", "-c:v", "mpeg4", "-c:a", "pcm_s24le", master)
    (folder / "ladder.json").write_text(json.dumps(LADDER))
    run(PROGRAM, "ingest", master, "--id", "film", "--ladder", folder / "ladder.json", "--data", folder / "data", "--rules", "off", "--drm",
        "none")  # the witnesses listen
    return next((folder / "data").glob("blobs/titles/film/*"))


def witnesses_agree(made):
    for name, container, codec, channels in TRACKS:
        path = made / f"{name}.mp4"
        tracks = json.loads(run("mediainfo", "--Output=JSON", path))["media"]["track"]
        audio = next(t for t in tracks if t["@type"] == "Audio")
        assert audio["Format"] == container, audio
        assert int(audio.get("Channels", channels)) == channels, audio  # Debian 12's does not tell Opus's
        assert codec != "eac3" or audio["extra"]["dialnorm"] == "-16", audio
        assert abs(float(audio["Duration"]) - 2) < 0.05, audio
        stream = json.loads(run("ffprobe", "-v", "error", "-show_streams", "-of", "json", path))["streams"][0]
        assert stream["codec_name"] == codec and stream["channels"] == channels, stream
        assert stream["sample_rate"] == "48000", stream
        run("ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-")


def ffmpeg_hears_the_loudness_that_is_told(made):
    """What tlou says against ffmpeg's own EBU R 128 meter, on what a decoder gives back."""
    for name, _, _, _ in TRACKS:
        boxes = run(PROGRAM, "inspect", made / f"{name}.mp4", "--json")
        told = [float(v) for v in re.findall(r'"method": ?1,\s*"value": ?(-?[0-9.]+)', boxes)]
        assert told, f"{name} tells no loudness"
        done = subprocess.run(["ffmpeg", "-hide_banner", "-nostats", "-i", str(made / f"{name}.mp4"), "-af", "ebur128", "-f", "null",
                               "-"], capture_output=True, text=True, timeout=60, check=True)
        heard = float(re.findall(r"I:\s+(-?[0-9.]+) LUFS", done.stderr)[-1])
        assert abs(told[0] - heard) < 0.5, f"{name}: told {told[0]}, heard {heard}"


def manifests_say_what_each_is_for(made):
    hls = (made / "main.m3u8").read_text()
    media = {re.search(r'URI="([^"]+)', l).group(1): l for l in hls.splitlines() if "TYPE=AUDIO" in l}
    for name, _, _, channels in TRACKS:
        assert f'CHANNELS="{channels}"' in media[f"{name}.m3u8"], media
    assert 'CHARACTERISTICS="public.accessibility.enhances-speech-intelligibility"' in media["a-en-dialogue.m3u8"], media
    assert "CHARACTERISTICS" not in media["a-en.m3u8"]
    for codec in ("mp4a.40.2", "ec-3", "opus"):
        assert re.search(rf'CODECS="[^"]*{codec}', hls), hls
    mpd = (made / "manifest.mpd").read_text()
    sets = re.findall(r"<AdaptationSet.*?</AdaptationSet>", mpd, re.S)
    boost = next(s for s in sets if "a-en-dialogue.mp4" in s)
    assert 'Accessibility schemeIdUri="urn:mpeg:dash:role:2011" value="enhanced-audio-intelligibility"' in boost, boost
    assert 'codecs="ec-3"' in mpd and 'codecs="opus"' in mpd
    assert 'schemeIdUri="urn:mpeg:mpegB:cicp:ChannelConfiguration" value="6"' in next(s for s in sets if "a-en-ec3.mp4" in s)


CASES = [witnesses_agree, ffmpeg_hears_the_loudness_that_is_told, manifests_say_what_each_is_for]
with tempfile.TemporaryDirectory(prefix="primrose-sound-") as place:
    missing = [word for word in ("mediainfo", "ffmpeg", "ffprobe") if shutil.which(word) is None]
    made = None if missing else ingest(pathlib.Path(place))
    for number, case in enumerate(CASES, 1):
        name = case.__name__.replace("_", " ")
        try:
            if made is not None:
                case(made)
            print(f"ok {number} - {name}" + (f" # SKIP {missing[0]} is not here" if missing else ""), flush=True)
        except Exception as error:  # noqa: BLE001: any of them fails the case
            print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
print(f"1..{len(CASES)}")
sys.exit(0)
