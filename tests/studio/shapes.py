#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""High frame rates and pixels that are not square, through ingest, as TAP: mediainfo says what became of them.

Each made master lasts a second and a half. What comes out has square pixels in the shape that viewers are to see, every frame of
the master at its very rate, and manifests that say so.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
RUNG = {"name": "small", "width": 320, "height": 180, "encoder": "x264", "preset": "ultrafast", "crf_tenths": 300,
        "maxrate_bps": 900000, "bufsize_bits": 900000}
LADDER = {"rungs": [RUNG, {**RUNG, "name": "small-av1", "encoder": "svtav1", "preset": "12"},
                    {**RUNG, "name": "large", "width": 640, "height": 360}]}
# What, picture of the master, its sample aspect ratio, its rate; then the large rung, what MPD and HLS call the rate.
CASES = [
    ("60 frames a second", "640x360", "1/1", "60", (640, 360), "60", "60.000"),
    ("60000/1001 frames a second", "640x360", "1/1", "60000/1001", (640, 360), "60000/1001", "59.940"),
    ("120 frames a second", "640x360", "1/1", "120", (640, 360), "120", "120.000"),
    ("PAL for 16:9, 64:45", "720x576", "64/45", "25", (640, 360), "25", "25.000"),
    ("NTSC for 4:3, 8:9", "720x480", "8/9", "30000/1001", (480, 360), "30000/1001", "29.970"),
    ("1440 wide for 16:9, 4:3", "1440x1080", "4/3", "50", (640, 360), "50", "50.000"),
    ("scope from 2:1 pixels", "864x720", "2/1", "24", (640, 266), "24", "24.000"),
]


def video(path):
    said = subprocess.run(["mediainfo", "--Output=JSON", str(path)], capture_output=True, text=True, check=True)
    return next(t for t in json.loads(said.stdout)["media"]["track"] if t["@type"] == "Video")


def check(size, sar, rate, large, mpd_rate, hls_rate):
    with tempfile.TemporaryDirectory(prefix="primrose-shapes-") as folder:
        ladder, master = pathlib.Path(folder) / "ladder.json", pathlib.Path(folder) / "master.mov"
        ladder.write_text(json.dumps(LADDER))
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i",
                        f"testsrc2=size={size}:rate={rate}:duration=1.5,setsar={sar}", "-c:v", "mpeg4", "-q:v", "4",
                        str(master)], check=True)
        done = subprocess.run([PROGRAM, "ingest", str(master), "--id", "film", "--ladder", str(ladder), "--data", folder,
                               "--drm", "none", "--rules", "off", "--workers", "1"], capture_output=True, text=True,
                              env=ENVIRONMENT, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        frames = int(video(master)["FrameCount"])
        made = next(pathlib.Path(folder).glob("blobs/titles/film/*"))
        seen = {file.stem: video(file) for file in made.glob("v-*.mp4")}
        assert (int(seen["v-large"]["Width"]), int(seen["v-large"]["Height"])) == large, seen["v-large"]
        assert sorted(seen) == ["v-large", "v-small", "v-small-av1"], sorted(seen)
        for name, track in seen.items():
            assert float(track.get("PixelAspectRatio", 1)) == 1, (name, track)
            wanted = large[0] / large[1]
            assert abs(float(track["DisplayAspectRatio"]) - wanted) < 0.02, (name, track["DisplayAspectRatio"])
            assert track["FrameRate"] == hls_rate and track["FrameRate_Mode"] == "CFR", (name, track["FrameRate"])
            assert int(track["FrameCount"]) == frames, (name, track["FrameCount"], frames)
        hls = (made / "main.m3u8").read_text()
        variants = [line for line in hls.splitlines() if "EXT-X-STREAM-INF" in line]
        assert all(f"FRAME-RATE={hls_rate}" in line for line in variants), variants
        assert any(f"RESOLUTION={large[0]}x{large[1]}" in line for line in variants), variants
        mpd = (made / "manifest.mpd").read_text()
        assert f'frameRate="{mpd_rate}"' in mpd and 'sar="1:1"' in mpd, mpd
        subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-nostdin", "-i", str(made / "v-small-av1.mp4"), "-f", "null",
                        "-"], check=True)


for number, (name, *case) in enumerate(CASES, 1):
    if shutil.which("ffmpeg") is None or shutil.which("mediainfo") is None:
        print(f"ok {number} - {name} # SKIP ffmpeg or mediainfo is not here")
        continue
    try:
        check(*case)
        print(f"ok {number} - {name}", flush=True)
    except Exception as error:  # noqa: BLE001: any of them fails the case
        print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
print(f"1..{len(CASES)}")
