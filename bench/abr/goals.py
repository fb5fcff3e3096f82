#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints our rule's ratios to its peers from the simulator's JSON: goals.py 30.json 60.json"""

import json
import sys

for path in sys.argv[1:]:
    with open(path) as file:
        run = json.load(file)
    sets = {key: {rule["name"]: rule for rule in run[key]}
            for key in ("rules", "floor_clean_rules", "constrained_rules")}
    every, clean, tight = sets.values()
    ours, plain = every["primrose"], every["plain"]
    excess = ours["excess_pct"] / plain["excess_pct"] if plain["excess_pct"] > 0 else float("nan")
    tight_ours, tight_plain = tight["primrose"], tight["plain"]
    rows = [
        ("excess rebuffering over the floor, of plain's", excess, "<= 0.10"),
        ("bitrate, of plain's", ours["kbps"] / plain["kbps"], ">= 1.00"),
        ("rebuffering % where the floor has none", clean["primrose"]["rebuffer_pct"], "0"),
        ("constrained: bitrate, of plain's", tight_ours["kbps"] / tight_plain["kbps"], ">= 1.25"),
        ("constrained: switches, of Dynamic's (published)",
         tight_ours["switches_per_min"] / tight["dynamic"]["switches_per_min"], "<= 0.40"),
        ("constrained: switches, of dash.js 5 as it ships",
         tight_ours["switches_per_min"] / tight["dashjs"]["switches_per_min"], ""),
        ("decisions below 10 s that did not step down, %", ours["low_pct"], "0"),
    ]
    print(f"{run['settings']['buffer_s']:g} s of buffer, {run['settings']['traces']} traces")
    for name, value, goal in rows:
        print(f"  {name:52} {value:8.4f}  {goal}")
