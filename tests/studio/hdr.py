#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HDR masters through ingest, as TAP: what mediainfo says of the master it says of our rendition; SDR stands beside."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
CLIPS = pathlib.Path(os.environ.get("PRIMROSE_SHARED", pathlib.Path(os.environ["PRIMROSE_SOURCE"]).parent / "shared")) / "clips"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
RUNG = {"name": "small", "width": 320, "height": 180, "encoder": "x264", "preset": "ultrafast", "crf_tenths": 240}
LADDER = {"rungs": [RUNG, {**RUNG, "name": "small-hdr", "encoder": "x265", "range": "hdr"}]}
SAME = ["MasteringDisplay_ColorPrimaries", "MasteringDisplay_Luminance", "MaxCLL", "MaxFALL"]
CASES = [
    ("sample_with_colr_mdcv_and_clli.mp4", "PQ", "PQ"),
    ("hdr10-video-with-sdr-container.mp4", "PQ", "PQ"),
    ("hlg10-color-test.mp4", "HLG", "HLG"),
]


def video(path):
    said = subprocess.run(["mediainfo", "--Output=JSON", str(path)], capture_output=True, text=True, check=True)
    return next(t for t in json.loads(said.stdout)["media"]["track"] if t["@type"] == "Video")


def check(clip, transfer, video_range):
    with tempfile.TemporaryDirectory(prefix="primrose-hdr-") as folder:
        ladder = pathlib.Path(folder) / "ladder.json"
        ladder.write_text(json.dumps(LADDER))
        done = subprocess.run(
            [PROGRAM, "ingest", str(CLIPS / clip), "--id", "film", "--ladder", str(ladder), "--data", folder,
             "--drm", "none"],  # mediainfo looks into the pictures
            capture_output=True, text=True, env=ENVIRONMENT, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        made = next(pathlib.Path(folder).glob("blobs/titles/film/*"))
        ours, master = video(made / "v-small-hdr.mp4"), video(CLIPS / clip)
        assert ours["Format"] == "HEVC" and ours["Format_Profile"].startswith("Main 10"), ours
        assert ours["BitDepth"] == "10" and ours["transfer_characteristics"] == transfer, ours
        assert ours["colour_primaries"] == "BT.2020" and ours["matrix_coefficients"] == "BT.2020 non-constant", ours
        for key in SAME:
            assert ours.get(key) == master.get(key), f"{key}: {ours.get(key)} for {master.get(key)}"
        sdr = video(made / "v-small.mp4")
        assert sdr["transfer_characteristics"] == "BT.709" and sdr["BitDepth"] == "8", sdr
        variants = [line for line in (made / "main.m3u8").read_text().splitlines() if "EXT-X-STREAM-INF" in line]
        assert any(f"VIDEO-RANGE={video_range}" in v and "hvc1.2.4" in v for v in variants), variants
        assert any("VIDEO-RANGE=SDR" in v and "avc1" in v for v in variants), variants


for number, (clip, transfer, video_range) in enumerate(CASES, 1):
    name = f"{clip} keeps {video_range} and gets SDR beside it"
    if not CLIPS.is_dir() or shutil.which("mediainfo") is None:
        print(f"ok {number} - {name} # SKIP the shared clips or mediainfo are not here")
        continue
    try:
        check(clip, transfer, video_range)
        print(f"ok {number} - {name}", flush=True)
    except Exception as error:  # noqa: BLE001: any of them fails the case
        print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
print(f"1..{len(CASES)}")
