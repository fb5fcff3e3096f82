#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program's manners, as TAP: every verb has help with examples, mistakes get exit status 2 and a hint."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PRIMROSE_")}
cases = []


def case(function):
    cases.append(function)
    return function


def run(*arguments, text_in=None):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, input=text_in, env=ENVIRONMENT,
                          timeout=20, check=False)


def verbs():
    names = []
    for line in run().stdout.splitlines():
        if line.startswith("  ") and not line.startswith("  primrose"):
            names.append(line.split()[0])
    return names


@case
def bare_primrose_shows_the_verbs_in_groups_and_two_examples():
    shown = run()
    assert shown.returncode == 0
    assert shown.stdout.count("\n  primrose ") == 2
    assert len(verbs()) >= 3
    assert all(len(line) <= 80 for line in shown.stdout.splitlines()), "a line is over 80 columns"


@case
def every_verb_has_help_with_usage_and_an_example():
    for verb in verbs():
        shown = run(verb, "--help")
        assert shown.returncode == 0, verb
        assert f"Usage: primrose {verb}" in shown.stdout, verb
        assert f"\n  primrose {verb}" in shown.stdout, f"{verb} has no example"
        assert run("help", verb).stdout == shown.stdout, verb
        long = [line for line in shown.stdout.splitlines() if len(line) > 100]
        assert not long, f"{verb}: {long}"


@case
def a_mistyped_verb_or_option_is_usage_and_gets_a_suggestion():
    wrong = run("confgi")
    assert wrong.returncode == 2 and 'did you mean "config"' in wrong.stderr and wrong.stdout == ""
    wrong = run("config", "--jsno")
    assert wrong.returncode == 2 and "did you mean --json" in wrong.stderr
    wrong = run("--hlep")
    assert wrong.returncode == 2 and 'did you mean "--help"' in wrong.stderr
    wrong = run("transmogrify")
    assert wrong.returncode == 2 and "did you mean" not in wrong.stderr


@case
def every_verb_refuses_an_unknown_option_as_usage():
    for verb in verbs():
        wrong = run(verb, "--no-such-option-anywhere")
        assert wrong.returncode == 2, f"{verb} answered {wrong.returncode}"
        assert "no-such-option-anywhere" in wrong.stderr, verb


@case
def every_verb_takes_a_mistyped_help_for_one():
    for verb in verbs():
        wrong = run(verb, "--hlep")
        assert wrong.returncode == 2 and "did you mean --help" in wrong.stderr, verb
    assert run("help", "--help").stdout == run().stdout


@case
def what_is_not_there_is_told_with_a_way_on_and_nothing_is_made(folder="/tmp/primrose-no-house-here"):
    for words in (("jobs",), ("members", "list"), ("members", "disable", "ben"), ("keys", "list"),
                  ("placement", "--tiers", __file__)):
        wrong = run(*words, "--data", folder)
        assert wrong.returncode == 1 and "there is no house in" in wrong.stderr, (words, wrong.stderr)
    assert not os.path.exists(folder)
    wrong = run("play", "no-such-film")
    assert wrong.returncode == 1 and "download --list" in wrong.stderr, wrong.stderr


@case
def a_mistyped_action_gets_a_suggestion():
    for words, meant in ((("keys", "rotat"), "rotate"), (("jobs", "retyr", "x"), "retry"), (("members", "ad", "ben"), "add")):
        wrong = run(*words)
        assert wrong.returncode == 2 and f'did you mean "{meant}"' in wrong.stderr, wrong.stderr
    wrong = run("config", "surplus")
    assert wrong.returncode == 2 and '"surplus" is an operand too many' in wrong.stderr, wrong.stderr


@case
def docs_capacity_has_the_figures_that_the_program_has():
    answer = json.loads(run("capacity", "--json").stdout)
    page = (pathlib.Path(os.environ.get("PRIMROSE_SOURCE", ".")) / "docs" / "capacity.md").read_text()
    for name, figure in {**answer["figures"], **answer["answers"]}.items():
        row = re.search(rf"\| `{name}`,[^|]*\| ([-\d,.e]+) \|", page)
        assert row, f"docs/capacity.md has no row for {name}"
        written = float(row.group(1).replace(",", ""))
        assert abs(written - figure["value"]) <= 0.001 * abs(figure["value"]), (name, written, figure["value"])


@case
def config_prints_every_setting_with_its_origin_as_lines_and_json():
    lines, as_json = run("config"), run("config", "--json")
    settings = json.loads(as_json.stdout)
    assert settings["serve.listen"]["origin"] == "default"
    assert all(key in lines.stdout for key in settings)


@case
def man_pages_are_valid_scdoc():
    assert shutil.which("scdoc"), "scdoc is not installed"
    for arguments in [("manual",), *(("manual", verb) for verb in verbs())]:
        page = run(*arguments)
        made = subprocess.run(["scdoc"], input=page.stdout, capture_output=True, text=True, check=False)
        assert made.returncode == 0, f"{arguments}: {made.stderr}"
        assert ".SH" in made.stdout, arguments


@case
def bash_completion_offers_verbs_and_options():
    script = run("completion", "bash").stdout
    ask = script + '\nCOMP_WORDS=(primrose con); COMP_CWORD=1; _primrose; echo "${COMPREPLY[@]}"' \
                   '\nCOMP_WORDS=(primrose config --j); COMP_CWORD=2; _primrose; echo "${COMPREPLY[@]}"'
    answer = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False).stdout.split()
    assert answer == ["config", "--json"], answer


def main():
    failures = 0
    print(f"1..{len(cases)}")
    for number, function in enumerate(cases, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}")
        except AssertionError as fault:
            failures += 1
            print(f"not ok {number} - {function.__name__}\n# {fault}")
    return 1 if failures else 0


sys.exit(main())
