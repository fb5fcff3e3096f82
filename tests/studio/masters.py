#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kinds of input in docs/masters.md, as TAP: each is made, checked, ingested or refused, as its row there says.

A row of the table names its case here by the words that its cell begins with; a row without a case, or a case without a row,
fails.
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
SOURCE = pathlib.Path(os.environ["PRIMROSE_SOURCE"])
CLIPS = pathlib.Path(os.environ.get("PRIMROSE_SHARED", SOURCE.parent / "shared")) / "clips"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
LADDER = {"rungs": [{"name": "small", "width": 160, "height": 90, "encoder": "x264", "preset": "ultrafast", "crf_tenths": 300}],
          "audio": ["aac-stereo", "aac-5.1"]}
PICTURE = ["-f", "lavfi", "-i", "testsrc=s=320x180:r=24:d=1"]
TONE = ["-f", "lavfi", "-i", "sine=500:r=48000:d=1"]


class Skipped(Exception):
    """What the case needs is not here."""


def run(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, env=ENVIRONMENT, timeout=200, check=False)


def ffmpeg(*words):
    done = run("ffmpeg", "-v", "error", "-nostdin", "-y", *words)
    assert done.returncode == 0, done.stderr


class Place:
    """A folder for one case: files are made in it, and it is checked and ingested."""

    def __init__(self, root):
        self.root = root
        self.folder = root / "film"
        self.folder.mkdir()

    def title(self, **keys):
        (self.folder / "title.json").write_text(json.dumps({"title": "Film", **keys}))

    def check(self):
        done = run(PROGRAM, "check", self.folder, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def finds(self, rule, words):
        found = [f for f in self.check()["findings"] if f["rule"] == rule]
        assert any(words in f["sentence"] for f in found), found

    def ingest(self):
        ladder = self.root / "ladder.json"
        ladder.write_text(json.dumps(LADDER))
        return run(PROGRAM, "ingest", self.folder, "--id", "film", "--ladder", ladder, "--data", self.root / "data",
                   "--rules", "off", "--drm", "none")

    def becomes(self, frames, tracks):
        """Ingests, and gives the published folder back."""
        done = self.ingest()
        assert done.returncode == 0, done.stderr
        made = next((self.root / "data").glob("blobs/titles/film/*"))
        names = {p.name for p in made.iterdir()}
        for track in tracks:
            assert track in names, names
        counted = run("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0",
                      made / "v-small.mp4").stdout
        assert int(counted) == frames, counted
        return made

    def is_refused(self, words):
        done = self.ingest()
        assert done.returncode != 0 and words in done.stderr, done.stderr


def levels(path):
    """RMS of each channel in the middle of the sound, in dB."""
    done = run("ffmpeg", "-hide_banner", "-i", path, "-af",
               "atrim=start=0.3:end=0.7,astats=measure_perchannel=RMS_level:measure_overall=none", "-f", "null", "-")
    return [float(v) for v in re.findall(r"RMS level dB: (-?[0-9.]+)", done.stderr)]


def mov_mp4(place):
    ffmpeg(*PICTURE, *TONE, "-c:v", "prores_ks", "-c:a", "pcm_s24le", "-shortest", place.folder / "film.mov")
    place.becomes(24, ["a-und.mp4"])


def dnxhr(place):
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=320x180:r=24:d=1,format=yuv422p", "-c:v", "dnxhd", "-profile:v", "dnxhr_hq",
           place.folder / "film.mov")
    place.becomes(24, [])


def mxf(place):
    ffmpeg(*PICTURE, *TONE, "-c:v", "mpeg2video", "-q:v", "2", "-g", "1", "-pix_fmt", "yuv422p", "-c:a", "pcm_s16le", "-shortest",
           place.folder / "film.mxf")
    place.becomes(24, ["a-und.mp4"])


def mezzanine(place):
    for codec, name in (("libx264", "avc.mp4"), ("libx265", "hevc.mkv")):
        here = Place(place.root / codec) if (place.root / codec).mkdir() is None else None
        ffmpeg(*PICTURE, "-c:v", codec, "-preset", "ultrafast", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p",
               here.folder / name)
        here.becomes(24, [])


def numbered_pictures(place):
    frames = place.folder / "frames"
    frames.mkdir()
    ffmpeg(*PICTURE, "-c:v", "dpx", "-start_number", "1001", frames / "shot_%04d.dpx")
    ffmpeg(*TONE, place.folder / "mix.wav")
    said = {"master": "frames", "frame_rate": "24000/1001", "colour": {"primaries": "bt709", "transfer": "bt709"},
            "audio": [{"file": "mix.wav", "lang": "en"}]}
    place.title(**said)
    assert place.check()["verdict"] != "fail"
    made = place.becomes(24, ["a-en.mp4"])
    told = json.loads(run("ffprobe", "-v", "error", "-show_streams", "-of", "json", made / "v-small.mp4").stdout)["streams"][0]
    assert told["r_frame_rate"] == "24000/1001" and told["color_transfer"] == "bt709", told
    place.title(**{**said, "master": "frames/shot_%04d.dpx"})
    assert place.check()["verdict"] != "fail"
    place.title(**{**said, "frame_rate": "fast"})
    place.finds("title", "frame_rate is \"fast\"")
    place.title(**{**said, "colour": {"transfer": "log"}})
    assert "colour.transfer is \"log\"" in place.ingest().stderr
    place.title(**said)
    (frames / "shot_1010.dpx").unlink()
    (frames / "shot_1011.dpx").unlink()
    place.finds("gap", "2 pictures are missing")
    place.is_refused("the first behind number 1009")
    for codec in ("tiff", "exr", "png"):
        for old in frames.iterdir():
            old.unlink()
        ffmpeg(*PICTURE, "-c:v", codec, frames / f"f%d.{codec}")  # numbers without zeros in front
        assert place.check()["verdict"] != "fail", codec


def camera_raw(place):
    (place.folder / "a_0001.dng").write_bytes(b"II*\0")
    place.title(frame_rate="24")
    place.finds("readable", "CinemaDNG, which is camera raw")


def several_mono_files(place):
    ffmpeg(*PICTURE, "-c:v", "mpeg4", place.folder / "film.mov")
    names = ["L", "R", "C", "LFE", "Ls", "Rs"]
    for i, name in enumerate(names, 1):
        ffmpeg("-f", "lavfi", "-i", f"aevalsrc=0.1*{i}*sin(2*PI*60*t):s=48000:d=1", "-c:a", "pcm_s24le", place.folder / f"{name}.wav")
    order = [4, 0, 2, 1, 5, 3]
    said = {"lang": "en", "files": [f"{names[i]}.wav" for i in order], "channels": [names[i] for i in order]}
    place.title(audio=[said])
    made = place.becomes(24, ["a-en.mp4", "a-en-51.mp4"])
    for i, level in enumerate(levels(made / "a-en-51.mp4"), 1):
        # sines of 0.1, 0.2 ... in the order of AAC: L R C LFE Ls Rs
        expected = {1: -23.0, 2: -17.0, 3: -13.5, 4: -11.0, 5: -9.0, 6: -7.5}[i]
        assert abs(level - expected) < 0.7, (i, level)
    place.title(audio=[{**said, "channels": ["L", "R", "C", "LFE", "Ls", "Lfe"]}])
    place.finds("title", 'audio[0].channels: "Lfe" is no channel')
    place.title(audio=[{**said, "channels": [*said["channels"], "-"]}])
    place.is_refused("audio[0].channels: 7 channels are named, its files have 6")
    ffmpeg("-f", "lavfi", "-i", "sine=500:r=48000:d=2", place.folder / "Rs.wav")
    place.title(audio=[said])
    place.is_refused("differ in length")


def one_file_in_another_order(place):
    ffmpeg(*PICTURE, "-c:v", "mpeg4", place.folder / "film.mov")
    tones = "|".join(f"0.1*{i}*sin(2*PI*60*t)" for i in (3, 1, 2, 5, 6, 4))
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc={tones}:c=5.1:s=48000:d=1", "-c:a", "pcm_s24le", place.folder / "mix.wav")
    place.title(audio=[{"lang": "de", "file": "mix.wav", "channels": ["C", "L", "R", "Ls", "Rs", "LFE"]}])
    heard = levels(place.becomes(24, ["a-de-51.mp4"]) / "a-de-51.mp4")
    assert heard == sorted(heard), heard


def imf(place):
    if not CLIPS.is_dir():
        raise Skipped("the shared clips")
    shutil.rmtree(place.folder)
    shutil.copytree(CLIPS / "imf-phdr", place.folder)
    assert place.check()["verdict"] != "fail"
    done = run(PROGRAM, "inspect", place.folder)
    assert done.returncode == 0 and "24 units of 24000/1001 from 0 on" in done.stdout, done.stdout
    told = json.loads(run(PROGRAM, "inspect", place.folder, "--json").stdout)
    assert [t["kind"] for t in told["compositions"][0]["tracks"]] == ["image", "audio"], told
    sound = next(place.folder.glob("AUDIO_*"))
    sound.chmod(0o644)
    damaged = bytearray(sound.read_bytes())
    damaged[500000] ^= 1
    sound.write_bytes(damaged)
    done = run(PROGRAM, "inspect", place.folder)
    assert done.returncode == 1 and "FAULT" in done.stdout and "SHA-1" in done.stdout, done.stdout
    place.finds("checksum", "SHA-1")


def retimed(folder):
    """The composition with its picture cut in three and played in another order, its sound in two halves."""
    cpl = folder / "CPL_3aa56098-7709-4673-9266-7f0c70ba10d8.xml"
    text = cpl.read_text()
    picture, sound = re.findall(r"<Resource .*?</Resource>", text, re.S)

    def part(resource, entry, duration, repeat):
        resource = re.sub(r"<EntryPoint>\d+", f"<EntryPoint>{entry}", resource)
        return re.sub(r"<SourceDuration>\d+</SourceDuration>",
                      f"<SourceDuration>{duration}</SourceDuration><RepeatCount>{repeat}</RepeatCount>", resource)

    text = text.replace(picture, part(picture, 22, 2, 2) + part(picture, 0, 2, 1))
    text = text.replace(sound, part(sound, 24024, 6006, 1) + part(sound, 0, 6006, 1))
    for path in folder.iterdir():
        path.chmod(0o644)
    cpl.write_text(text)
    pkl = folder / "PKL_913ef906-893f-4851-8664-2d053bd2ec95.xml"
    listed = pkl.read_text()
    entry = next(e for e in re.findall(r"<Asset>.*?</Asset>", listed, re.S) if "3aa56098" in e)
    digest = base64.b64encode(hashlib.sha1(cpl.read_bytes()).digest()).decode()
    fixed = re.sub(r"(<Hash>).*?(</Hash>)", rf"\g<1>{digest}\g<2>", entry)
    fixed = re.sub(r"(<Size>).*?(</Size>)", rf"\g<1>{cpl.stat().st_size}\g<2>", fixed)
    pkl.write_text(listed.replace(entry, fixed))


def imf_of_several_resources(place):
    if not CLIPS.is_dir():
        raise Skipped("the shared clips")
    shutil.rmtree(place.folder)
    shutil.copytree(CLIPS / "imf-phdr", place.folder)
    retimed(place.folder)
    done = place.check()
    assert done["verdict"] != "fail", done["findings"]
    made = place.becomes(6, ["a-und.mp4", "a-und-51.mp4"])
    out = place.root / "frames.gray"
    ffmpeg("-i", made / "v-small.mp4", "-vf", "scale=160:90", "-pix_fmt", "gray", "-f", "rawvideo", out)
    data, size = out.read_bytes(), 160 * 90
    shown = [data[i * size:(i + 1) * size] for i in range(6)]

    def distance(a, b):
        return sum(abs(x - y) for x, y in zip(shown[a], shown[b])) / size

    assert distance(0, 2) < 3 and distance(1, 3) < 3, "the first part plays twice"
    cpl = place.folder / "CPL_3aa56098-7709-4673-9266-7f0c70ba10d8.xml"
    cpl.write_text(cpl.read_text().replace("<SourceDuration>2<", "<SourceDuration>2000<"))
    assert place.ingest().returncode != 0


def captions_in_the_picture(place):
    if not CLIPS.is_dir():
        raise Skipped("the shared clips")
    shutil.copy(CLIPS / "fragmented_captions.mp4", place.folder / "film.mp4")
    place.title(text=[{"captions": "CC5", "lang": "en"}])
    place.finds("title", "write CC1, CC2, CC3 or CC4")
    place.title(text=[{"captions": "CC2", "lang": "en"}])
    place.is_refused("which the master's pictures do not carry")
    (place.folder / "title.json").unlink()
    made = next(p for p in [place.root] if place.ingest().returncode == 0)
    texts = list(made.glob("data/blobs/titles/film/*/t-und-sdh.vtt"))
    assert len(texts) == 1 and "MUSIC" in texts[0].read_text(), texts


def captions_as_a_track(place):
    if not CLIPS.is_dir():
        raise Skipped("the shared clips")
    shutil.copy(CLIPS / "fragmented_captions.mp4", place.root / "in.mp4")
    ffmpeg("-f", "lavfi", "-i", f"movie={place.root}/in.mp4[out0+subcc]", "-i", place.root / "in.mp4", "-map", "1:v", "-map", "0:s",
           "-c", "copy", place.folder / "film.mov")
    assert place.ingest().returncode == 0
    texts = list(place.root.glob("data/blobs/titles/film/*/t-und.vtt"))
    assert len(texts) == 1 and "MUSIC" in texts[0].read_text(), texts


def encrypted(place):
    if not CLIPS.is_dir():
        raise Skipped("the shared clips")
    shutil.copy(CLIPS / "sample_fragmented_clearkey.mp4", place.folder / "film.mp4")
    place.finds("readable", "encrypted")


def sound_alone(place):
    ffmpeg(*TONE, "-c:a", "aac", place.folder / "film.mp4")
    place.finds("readable", "no video track")


# What a row of the table begins with, and its case.
CASES = {
    "MOV, MP4": mov_mp4,
    "DNxHR": dnxhr,
    "MXF": mxf,
    "mezzanine": mezzanine,
    "numbered pictures": numbered_pictures,
    "CinemaDNG": camera_raw,
    "several mono files": several_mono_files,
    "one file of sound": one_file_in_another_order,
    "IMF package": imf,
    "IMF composition of several resources": imf_of_several_resources,
    "captions inside the picture's stream": captions_in_the_picture,
    "captions as a track": captions_as_a_track,
    "already encrypted": encrypted,
    "sound alone": sound_alone,
}


QUICK = ["CinemaDNG", "sound alone", "already encrypted", "one file of sound"]  # the others with "long"


def every_case_has_its_row(_):
    rows = [line.split("|")[1].strip() for line in (SOURCE / "docs/masters.md").read_text().splitlines() if line.startswith("| ")]
    for words in CASES:
        assert any(row.startswith(words) for row in rows), f"docs/masters.md has no row that begins with \"{words}\""


def main():
    cases = [("every case has its row", every_case_has_its_row), *((name, case) for name, case in CASES.items() if "long" in sys.argv or name in QUICK)]
    print(f"1..{len(cases)}")
    for number, (name, case) in enumerate(cases, 1):
        with tempfile.TemporaryDirectory(prefix="primrose-masters-") as root:
            try:
                if shutil.which("ffmpeg") is None:
                    raise Skipped("ffmpeg")
                case(Place(pathlib.Path(root)))
                print(f"ok {number} - {name}", flush=True)
            except Skipped as missing:
                print(f"ok {number} - {name} # SKIP {missing} is not here", flush=True)
            except Exception as error:  # noqa: BLE001: any of them fails the case
                text = str(error).replace("\n", "\n# ")
                print(f"not ok {number} - {name}\n# {type(error).__name__}: {text}", flush=True)


main()
