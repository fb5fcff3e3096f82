#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose captions and primrose check, run as people run them: TAP."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
SCC = "Scenarist_SCC V1.0\n\n01:00:01;00\t9420 9420 9470 9470 c8e9 942f\n01:00:03;00\t942c\nwhat\n"
cases = []


def case(function):
    cases.append(function)
    return function


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


@case
def one_kind_of_captions_becomes_another():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "a.scc").write_text(SCC)
        done = run("captions", folder / "a.scc", folder / "a.ttml", "--start", "01:00:00:00", "--lang", "en")
        assert done.returncode == 0, done.stderr
        assert "a.scc:5:" in done.stderr, done.stderr
        assert 'xml:lang="en"' in (folder / "a.ttml").read_text()
        done = run("captions", folder / "a.ttml", "--to", "vtt")
        assert done.returncode == 0 and "00:00:01.168 --> 00:00:03.003" in done.stdout, done.stdout
        done = run("captions", folder / "a.scc", folder / "b.vtt", "--json")
        report = json.loads(done.stdout)
        assert report["format"] == "scc" and report["cues"] == 1 and report["fault_count"] == 1, report
        assert report["faults"][0]["line"] == 5


@case
def what_cannot_be_read_or_written_is_said():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "a.ttml").write_text("<tt xmlns='http://www.w3.org/ns/ttml'><body begin='1'/></tt>")
        done = run("captions", folder / "a.ttml", folder / "a.vtt")
        assert done.returncode == 1 and "TTML2 clause 12.3.1" in done.stderr, done.stderr
        assert not (folder / "a.vtt").exists()
        assert run("captions", folder / "a.ttml").returncode == 2
        assert run("captions", folder / "a.ttml", folder / "a.scc").returncode == 2
        assert run("captions", folder / "a.ttml", "--to", "vtt", "--rate", "fast").returncode == 2
        assert run("captions", folder / "none.srt", "--to", "vtt").returncode == 1


@case
def a_check_ends_with_1_when_a_rule_fails():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        film = folder / "film.mov"
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-f",
                        "lavfi", "-i", "sine=d=2", "-c:v", "mpeg4", "-c:a", "pcm_s16le", film], timeout=60, check=True)
        done = run("check", film, "--json")
        report = json.loads(done.stdout)
        assert done.returncode == 0 and report["verdict"] in ("pass", "warn"), done.stdout
        assert {rule["rule"] for rule in report["rules"]} >= {"damage", "loudness", "black", "captions-end"}
        done = run("check", film, "--rules", "ebu-r128")
        assert done.returncode == 1 and "fail  loudness" in done.stdout, done.stdout
        mine = folder / "mine.ini"
        mine.write_text("[loudness]\nverdict = off\n")
        assert run("check", film, "--rules", mine).returncode == 0
        done = run("check", film, "--rules", "nobodys")
        assert done.returncode == 2 and "rule set" in done.stderr, done.stderr
        film.write_bytes(film.read_bytes()[:-2000])
        done = run("check", film)
        assert done.returncode == 1 and "readable" in done.stdout, done.stdout


def main():
    failures = 0
    print(f"1..{len(cases)}")
    for number, function in enumerate(cases, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}")
        except Exception as error:  # a case that cannot go on has failed
            failures += 1
            print(f"not ok {number} - {function.__name__}")
            print("\n".join("# " + line for line in f"{type(error).__name__}: {error}".splitlines()))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
