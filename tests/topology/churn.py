#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two tiers under churn, as TAP: nodes die, hang, crawl and lose their network; viewers notice nothing.

    tests/topology/churn.py [SECONDS]     10 by default; 3600 is the soak, which also wants flat memory

A network namespace a node, on one bridge in a namespace of its own; nothing of this machine's network is touched.

    viewers 10.77.0.5 ---> isp 10.77.0.4 (tier 2) --+--> north 10.77.0.2 --+--> origin 10.77.0.1
                                                    `--> south 10.77.0.3 --'

At any moment one of north and south is in trouble, never both. Every byte that a viewer gets is compared.
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = str(pathlib.Path(os.environ["PRIMROSE_BUILD"]) / "primrose")
NODES = {"origin": "10.77.0.1", "north": "10.77.0.2", "south": "10.77.0.3", "isp": "10.77.0.4", "viewer": "10.77.0.5"}
PORT = 8080
VIEWERS = 12
ANSWER_S_MAX = 20  # a viewer's buffer: what takes longer is a failed play
MIB = 1 << 20


def must(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


class Network:
    """The namespaces; they go with their names."""

    def __init__(self):
        self.tag = f"primrose-{os.getpid()}-"
        self.names = []
        self.add("hub")
        must("ip", "-n", self.tag + "hub", "link", "add", "hub", "type", "bridge")
        must("ip", "-n", self.tag + "hub", "link", "set", "hub", "up")
        for node, address in NODES.items():
            self.add(node)
            must("ip", "-n", self.tag + "hub", "link", "add", node, "type", "veth", "peer", "name", "eth0", "netns",
                 self.tag + node)
            must("ip", "-n", self.tag + "hub", "link", "set", node, "master", "hub", "up")
            must("ip", "-n", self.tag + node, "address", "add", address + "/24", "dev", "eth0")
            must("ip", "-n", self.tag + node, "link", "set", "eth0", "up")

    def add(self, name):
        must("ip", "netns", "add", self.tag + name)
        self.names.append(self.tag + name)
        must("ip", "-n", self.tag + name, "link", "set", "lo", "up")

    def link(self, node, state):
        must("ip", "-n", self.tag + "hub", "link", "set", node, state)

    def start(self, node, *words, **options):
        return subprocess.Popen(["ip", "netns", "exec", self.tag + node, *[str(word) for word in words]], **options)

    def close(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


class Place:
    def __init__(self, folder):
        self.folder = folder
        self.network = Network()
        self.running = {}
        self.log = open(folder / "servers.log", "w", encoding="utf-8")  # noqa: SIM115: closed with the place

    def open(self):
        folder = self.folder
        clip, data = folder / "clip.mp4", folder / "origin"
        must("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=8", "-c:v", "libx264",
             "-preset", "ultrafast", clip)
        must(PROGRAM, "ingest", clip, "--id", "film", "--ladder", "demo", "--drm", "none", "--data", data)
        manifest = next(data.rglob("titles/film/*/*.mpd"))
        self.base = f"/media/film/{manifest.parent.name}/"
        self.manifest = f"http://{NODES['isp']}:{PORT}{self.base}{manifest.name}"
        chance = random.Random(7)
        self.files = {}
        for at in range(24):
            name = f"soak-{at}.mp4"
            self.files[name] = chance.randbytes(chance.randrange(MIB // 4, 5 * MIB))
            (manifest.parent / name).write_bytes(self.files[name])
        self.serve("origin", "--roles", "origin", "--data", data)
        for node in ("north", "south"):
            self.edge(node)
        self.edge("isp")

    def edge(self, node):
        parents = ["origin"] if node != "isp" else ["north", "south"]
        words = [word for parent in parents for word in ("--upstream", f"http://{NODES[parent]}:{PORT}")]
        self.serve(node, "--roles", "edge", "--data", self.folder / node, "--cache-memory", 32, "--cache-disk", 8, *words)

    def serve(self, node, *words):
        process = self.network.start(node, PROGRAM, "serve", "--json", "--listen", f"{NODES[node]}:{PORT}", *words,
                                     stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert process.stdout.readline(), f"{node} does not start: {(self.folder / 'servers.log').read_text()[-500:]}"
        self.running[node] = process

    def kill(self, node):
        self.running[node].kill()  # `ip netns exec` has become the program itself
        self.running[node].wait()

    def memory_mib(self, node):
        text = pathlib.Path(f"/proc/{self.running[node].pid}/status").read_text(encoding="ascii")
        return int(text.split("VmRSS:")[1].split()[0]) / 1024

    def close(self):
        for process in self.running.values():
            process.kill()
            process.wait()
        self.log.close()
        self.network.close()


# --- what happens to the upper tier, one at a time


def dies(place, node, chance):
    place.kill(node)
    time.sleep(chance.uniform(0.2, 1.5))
    place.edge(node)


def loses_its_network(place, node, chance):
    place.network.link(node, "down")
    time.sleep(chance.uniform(0.5, 3))
    place.network.link(node, "up")


def hangs(place, node, chance):
    place.running[node].send_signal(signal.SIGSTOP)
    time.sleep(chance.uniform(0.5, 3))
    place.running[node].send_signal(signal.SIGCONT)


def crawls(place, node, chance):
    until = time.monotonic() + chance.uniform(1, 3)
    while time.monotonic() < until:
        place.running[node].send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        place.running[node].send_signal(signal.SIGCONT)
        time.sleep(0.01)


TROUBLES = (dies, loses_its_network, hangs, crawls)


class Viewer(threading.Thread):
    """Asks for parts of files, as a player asks for segments, and compares them."""

    def __init__(self, files, base, seed, ends):
        super().__init__()
        self.files, self.base, self.chance, self.ends = files, base, random.Random(seed), ends
        self.answers, self.worst_s, self.faults = 0, 0.0, []

    def run(self):
        link = None
        while time.monotonic() < self.ends and len(self.faults) < 5:
            if link is None or self.chance.random() < 0.1:
                link = http.client.HTTPConnection(NODES["isp"], PORT, timeout=ANSWER_S_MAX)
            began = time.monotonic()
            try:
                self.ask(link)
            except (OSError, http.client.HTTPException) as fault:
                self.faults.append(f"{type(fault).__name__}: {fault}")
                link = None
            self.worst_s = max(self.worst_s, time.monotonic() - began)

    def ask(self, link):
        name = self.chance.choice(sorted(self.files))
        whole = self.files[name]
        first = self.chance.randrange(len(whole))
        last = min(len(whole) - 1, first + self.chance.randrange(1, 2 * MIB))
        link.request("GET", self.base + name, headers={"Range": f"bytes={first}-{last}"})
        answer = link.getresponse()
        body = answer.read()
        if answer.status != 206:
            self.faults.append(f"{answer.status} for {name} {first}-{last}: {body[:200]}")
        elif body != whole[first:last + 1]:
            self.faults.append(f"{name} {first}-{last}: {self.difference(body, whole[first:last + 1], first)}")
        else:
            self.answers += 1


    def difference(self, body, expected, first):
        """Which bytes are wrong, and whose they are."""
        if len(body) != len(expected):
            return f"{len(body)} bytes instead of {len(expected)}"
        wrong = [at for at in range(len(body)) if body[at] != expected[at]]
        sample = body[wrong[0]:wrong[0] + 24]
        places = [f"{name} at {data.find(sample)}" for name, data in self.files.items() if sample in data]
        whose = "zeros" if not any(sample) else " and ".join(places) or "of nobody"
        return f"wrong from {first + wrong[0]} to {first + wrong[-1]}, {len(wrong)} bytes: {whose}"


def watch(folder, base, seconds):
    """In the viewers' namespace: their facts as one line of JSON."""
    files = {path.name: path.read_bytes() for path in pathlib.Path(folder).glob("soak-*.mp4")}
    ends = time.monotonic() + seconds
    viewers = [Viewer(files, base, seed, ends) for seed in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    print(json.dumps({"answers": sum(viewer.answers for viewer in viewers),
                      "worst_s": round(max(viewer.worst_s for viewer in viewers), 1),
                      "faults": [fault for viewer in viewers for fault in viewer.faults]}))


def plays(place, ends, failures):
    """Whole films, decoded to the last picture, one after the other."""
    count = 0
    while time.monotonic() < ends or count == 0:
        player = place.network.start("viewer", PROGRAM, "play", place.manifest, "--decode", "--json", stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True)
        out, said = player.communicate(timeout=120)
        count += 1
        if player.returncode != 0 or json.loads(out)["frames_decoded"] != 200:
            failures.append(said or out)
    return count


def churn(place, seconds):
    chance = random.Random(1)
    folder = next((place.folder / "origin").rglob("soak-0.mp4")).parent
    viewers = place.network.start("viewer", sys.executable, __file__, "watch", folder, place.base, seconds,
                                  stdout=subprocess.PIPE, text=True)
    ends = time.monotonic() + seconds
    failed_plays, memory, told = [], [], {}
    player = threading.Thread(target=lambda: told.update(plays=plays(place, ends, failed_plays)))
    player.start()
    rounds = 0
    while time.monotonic() < ends:
        TROUBLES[rounds % len(TROUBLES)](place, chance.choice(("north", "south")), chance)
        rounds += 1
        memory.append(place.memory_mib("isp"))
        time.sleep(0.5)
    facts = json.loads(viewers.communicate(timeout=seconds + 120)[0])
    player.join()
    return {**facts, **told, "failed_plays": failed_plays, "rounds": rounds, "memory": memory}


def check(place, seconds):
    facts = churn(place, seconds)
    print("1..4")
    print(f"# {facts['answers']} parts and {facts['plays']} films in {seconds} s, {facts['rounds']} troubles; "
          f"the slowest part took {facts['worst_s']} s; tier 2 held {facts['memory'][0]:.0f} to {facts['memory'][-1]:.0f} MiB")
    for fault in (facts["faults"] + facts["failed_plays"])[:10]:
        print(f"# {fault[:300]}")
    if facts["faults"] or facts["failed_plays"]:
        print("".join(f"# {line}\n" for line in (place.folder / "servers.log").read_text().splitlines()[-30:]), end="")
    third = len(facts["memory"]) // 3
    flat = third < 10 or max(facts["memory"][-third:]) <= 1.15 * max(facts["memory"][third:-third]) + 8
    results = [(not facts["faults"], "no part fails, none has other bytes"), (not facts["failed_plays"], "no play fails"),
               (facts["answers"] > 5 * seconds and facts["rounds"] > 3, "there were viewers, and there was trouble"),
               (flat, "the memory of tier 2 is flat" + ("" if third >= 10 else " # SKIP too short a run to tell"))]
    for number, (is_good, name) in enumerate(results, 1):
        print(f"{'ok' if is_good else 'not ok'} {number} - {name}")
    return 0 if all(is_good for is_good, _ in results) else 1


def main():
    if sys.argv[1:2] == ["watch"]:
        watch(sys.argv[2], sys.argv[3], float(sys.argv[4]))
        return 0
    can = shutil.which("ip") and os.geteuid() == 0 and subprocess.run(
        ["ip", "netns", "add", f"primrose-{os.getpid()}-try"], capture_output=True, check=False).returncode == 0
    if not can:
        print("1..0 # SKIP needs root, the package iproute2 and a kernel that lets namespaces be made")
        return 0
    subprocess.run(["ip", "netns", "delete", f"primrose-{os.getpid()}-try"], check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="primrose-churn-"))
    place = Place(folder)
    try:
        place.open()
        return check(place, float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
    finally:
        place.close()
        shutil.rmtree(folder)


sys.exit(main())
