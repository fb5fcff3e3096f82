#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""primrose simulate, run as people run it: TAP."""

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
    return subprocess.run([PROGRAM, "simulate", *arguments], capture_output=True, text=True, timeout=60, check=False)


def traces(folder):
    """A link that never fails, one that falls silent for a minute, one below the lowest rung for a while."""
    folder = pathlib.Path(folder)
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "fast.csv").write_text("duration_ms,kbps\n" + "1000,20000\n" * 60)
    (folder / "deep" / "silent.csv").write_text("1000,2000\n" * 40 + "60000,0\n" + "1000,3000\n" * 40)
    (folder / "deep" / "er" / "poor.csv").write_text("1000,900\n" * 30 + "1000,150\n" * 60 + "1000,900\n" * 30)
    (folder / "index.csv").write_text("file,latency_ms\nfast.csv,10\ndeep/silent.csv,100\n")
    return str(folder)


@case
def the_report_has_every_rule_in_every_set():
    with tempfile.TemporaryDirectory() as folder:
        done = run("--traces", traces(folder), "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        names = [rule["name"] for rule in report["rules"]]
        assert names == ["lowest", "plain", "throughput", "bola", "dynamic", "dashjs", "hlsjs", "shaka", "robustmpc",
                         "primrose"]
        assert report["settings"]["traces"] == 3
        floor = report["rules"][0]
        assert floor["rebuffer_pct"] > 0 and floor["excess_pct"] == 0 and floor["kbps"] < 401
        assert all(rule["rebuffer_pct"] >= floor["rebuffer_pct"] for rule in report["rules"])
        assert all(rule["sessions"] == 1 for rule in report["floor_clean_rules"])
        assert all(rule["sessions"] == 2 for rule in report["constrained_rules"])


@case
def a_seed_repeats_and_another_differs():
    with tempfile.TemporaryDirectory() as folder:
        where = traces(folder)
        first = run("--traces", where, "--csv", "--seed", "7").stdout
        assert first == run("--traces", where, "--csv", "--seed", "7").stdout
        assert first != run("--traces", where, "--csv", "--seed", "8").stdout


@case
def rules_buffers_and_ladders_can_be_named():
    with tempfile.TemporaryDirectory() as folder:
        where = traces(folder)
        ladder = pathlib.Path(folder) / "ladder.txt"
        ladder.write_text("300\n700 # SD\n1500\n")
        done = run("--traces", where, "--ladder", str(ladder), "--rules", "primrose,lowest", "--buffer", "60", "--json")
        report = json.loads(done.stdout)
        assert [rule["name"] for rule in report["rules"]] == ["primrose", "lowest"]
        assert report["settings"]["ladder_kbps"] == [300, 700, 1500]
        assert report["settings"]["buffer_s"] == 60
        assert report["rules"][0]["kbps"] <= 1500


@case
def the_page_stands_alone():
    with tempfile.TemporaryDirectory() as folder:
        page = run("--traces", traces(folder), "--html").stdout
        assert page.startswith("<!DOCTYPE html>") and "<svg" in page
        assert "<script" not in page and "<link" not in page and "<img" not in page


@case
def wrong_usage_is_2_with_a_hint():
    with tempfile.TemporaryDirectory() as folder:
        where = traces(folder)
        for arguments, says in (
            ((), "--traces DIR is missing"),
            (("--traces", where, "--rules", "plan"), 'did you mean "plain"'),
            (("--traces", where, "--rules", "plain,plain"), "named twice"),
            (("--traces", where, "--rules", ""), "there is no rule"),
            (("--traces", where, "--buffer", "0"), "buffer"),
            (("--traces", where, "--buffer", "99999999999999999999"), "buffer"),
            (("--traces", where, "--buffer", "4", "--segment", "10s"), "less than two segments"),
            (("--traces", where, "--json", "--csv"), "exclude each other"),
            (("--traces", where, "--seed", "-1"), "seed"),
        ):
            done = run(*arguments)
            assert done.returncode == 2 and done.stdout == "", (arguments, done)
            assert says in done.stderr and "Try: primrose simulate --help" in done.stderr, (arguments, done.stderr)


@case
def what_cannot_be_read_is_1_with_the_place():
    with tempfile.TemporaryDirectory() as folder:
        where = traces(folder)
        empty = pathlib.Path(folder) / "empty"
        empty.mkdir()
        ladder = pathlib.Path(folder) / "ladder.json"
        ladder.write_text("[900, 400]")
        bad = pathlib.Path(folder) / "bad"
        bad.mkdir()
        (bad / "t.csv").write_text("duration_ms,kbps\n1000,500\n1000,lots\n")
        for arguments, says in (
            (("--traces", "/nonexistent"), "/nonexistent"),
            (("--traces", str(empty)), "no .csv file"),
            (("--traces", str(bad)), "t.csv line 3"),
            (("--traces", where, "--ladder", "moon"), "moon"),
            (("--traces", where, "--ladder", str(ladder)), "does not rise"),
        ):
            done = run(*arguments)
            assert done.returncode == 1 and done.stdout == "", (arguments, done)
            assert says in done.stderr, (arguments, done.stderr)


def main():
    print(f"1..{len(cases)}")
    failed = 0
    for number, function in enumerate(cases, 1):
        name = function.__name__.replace("_", " ")
        try:
            function()
            print(f"ok {number} - {name}")
        except Exception as error:  # a test that cannot run has failed
            failed += 1
            print(f"not ok {number} - {name}\n# {error!r}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
