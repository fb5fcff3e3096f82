#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose inspect, run as people run it: TAP."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
cases = []


def case(function):
    cases.append(function)
    return function


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)


def packaged(folder, *options):
    """A small package: 3 s of one picture, captions."""
    film, words, out = (str(pathlib.Path(folder) / name) for name in ("film.mp4", "words.srt", "out"))
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-c:v",
                    "libx264", "-preset", "ultrafast", "-g", "50", film], timeout=60, check=True)
    pathlib.Path(words).write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    done = run("package", "--video", film, "--text", words + ":en", "--out", out, *options)
    assert done.returncode == 0, done.stderr
    return out


@case
def a_file_is_printed_as_its_boxes():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(packaged(folder), "v-90p.mp4")
        done = run("inspect", path)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[1].split()[:2] == ["ftyp", "0"]
        assert any(line.startswith("    tfdt") and "decode_time" in line for line in lines)
        tree = json.loads(run("inspect", "--json", path).stdout)
        assert sum(box["size"] for box in tree["boxes"]) == tree["size"] == os.path.getsize(path)


KID, KEY = "a1a2a3a4a5a6a7a8a9aaabacadaeafb0", "00112233445566778899aabbccddeeff"


@case
def every_subsample_of_an_encrypted_package_is_checked():
    with tempfile.TemporaryDirectory() as folder:
        out = packaged(folder, "--drm", "cbcs", "--key", f"{KID}:{KEY}")
        path = os.path.join(out, "v-90p.mp4")
        done = run("inspect", out)
        assert done.returncode == 0 and done.stdout.strip().endswith("0 errors, 0 warnings"), done.stdout
        done = run("inspect", path, "--key", f"{KID}:{KEY}")
        assert done.returncode == 0 and "75 of 75 samples" in done.stdout and "75 decrypted" in done.stdout, done.stdout
        held = bytearray(pathlib.Path(path).read_bytes())
        first = held.index(b"senc") + 14  # version, flags, count, count of subsamples
        clear = int.from_bytes(held[first:first + 2], "big")
        hidden = int.from_bytes(held[first + 2:first + 6], "big")
        held[first:first + 6] = (4).to_bytes(2, "big") + (hidden + clear - 4).to_bytes(4, "big")
        pathlib.Path(path).write_bytes(held)
        done = run("inspect", path)
        assert done.returncode == 1 and "FAULT: track 1, sample 1 " in done.stdout, done.stdout[-300:]
        report = json.loads(run("inspect", path, "--json").stdout)
        assert "header" in report["protection"][0]["fault"]
        done = run("inspect", out)
        assert done.returncode == 1 and "error   protection" in done.stdout, done.stdout


@case
def a_sound_folder_ends_with_0_and_a_broken_one_with_1():
    with tempfile.TemporaryDirectory() as folder:
        out = packaged(folder)
        done = run("inspect", out)
        assert done.returncode == 0 and done.stdout.strip().endswith("0 errors, 0 warnings"), done.stdout
        os.remove(os.path.join(out, "t-en.vtt"))
        done = run("inspect", out)
        assert done.returncode == 1
        assert "error   file-missing" in done.stdout and "t-en.vtt" in done.stdout, done.stdout
        report = json.loads(run("inspect", "--json", out).stdout)
        assert report["errors"] == len([f for f in report["findings"] if f["severity"] == "error"]) > 0


@case
def a_cut_off_file_ends_with_1_and_says_so():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(packaged(folder)) / "v-90p.mp4"
        path.write_bytes(path.read_bytes()[:-100])
        done = run("inspect", str(path))
        assert done.returncode == 1 and "cut off" in done.stdout


@case
def every_rule_is_listed():
    done = run("inspect", "--rules")
    assert done.returncode == 0
    ids = [line.split()[1] for line in done.stdout.splitlines()]
    assert len(ids) == len(set(ids)) > 25 and "hls-peak" in ids


@case
def what_cannot_be_inspected_is_said():
    with tempfile.TemporaryDirectory() as folder:
        for arguments, status, says in ((["/nonexistent"], 1, "No such file"), ([], 2, "name a file"),
                                        ([folder], 1, "no .m3u8 and no .mpd"), ([__file__], 1, "no ISO base media file")):
            done = run("inspect", *arguments)
            assert done.returncode == status and says in done.stderr, (arguments, done)


def main():
    print(f"1..{len(cases)}")
    failed = False
    for number, function in enumerate(cases, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}")
        except Exception as error:  # pylint: disable=broad-except
            failed = True
            print(f"not ok {number} - {function.__name__}")
            print("# " + str(error).replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
