#!/usr/bin/env python3
"""Compares this server with the reference's transcripts, group by group.

  run.py --parity ../shared/parity [--group G] [--only NAME] [--show 3] [--json OUT] [--raise] [--url URL]

It starts the server itself (npm start on a free port, a database of its own, nothing running by itself) unless --url names one.
A group passes when the share of its requests that match in full reaches minimums.json; requests to the groups that `later` names
do not count there, nor those that `leave_out` names as {"scenario", "path", "reason"}. Every other difference has to stand in
differences.md. The minimums only rise: a figure below one of an earlier commit fails, and --raise lifts them to what was measured.
"""
from __future__ import annotations

import argparse
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MINIMUMS = HERE / "minimums.json"
ENTRY = re.compile(r"^- (?P<request>[\w/]+ #\d+ .+?): (?P<reason>.+)$")
READY_SECONDS = 120


@dataclass
class Group:
    requests: int = 0
    status: int = 0
    full: int = 0
    left_out: int = 0
    differing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        return 100 * self.full / self.requests if self.requests else 100.0


@contextmanager
def own_server():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="milliways-parity-") as folder:
        env = {k: v for k, v in os.environ.items() if not k.startswith("MILLIWAYS_")}
        env |= {"PORT": str(port), "HOST": "127.0.0.1", "MILLIWAYS_DATA_DIR": folder + "/data", "MILLIWAYS_TICK_SECONDS": "0", "MILLIWAYS_ALLOWED_ORIGINS": "*", "MILLIWAYS_ALLOW_PRIVATE_URLS": "1"}
        with open(folder + "/server.log", "w+") as log:
            server = subprocess.Popen(["npm", "start"], cwd=ROOT, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            try:
                url = f"http://127.0.0.1:{port}/api"
                wait_until_ready(server, url, Path(log.name))
                yield url
            finally:
                server.send_signal(signal.SIGTERM)
                try:
                    server.wait(15)
                except subprocess.TimeoutExpired:
                    server.kill()
                print_complaints(Path(log.name))


def wait_until_ready(server: subprocess.Popen, url: str, log: Path) -> None:
    end = time.time() + READY_SECONDS
    while time.time() < end:
        if server.poll() is not None:
            sys.exit(f"npm start ended with {server.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(url + "/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"npm start was not ready in {READY_SECONDS} s:\n{log.read_text()}")


def print_complaints(log: Path) -> None:
    lines = [line for line in log.read_text(errors="replace").splitlines() if '"level":"error"' in line]
    for line in lines[:5]:
        print("server:", line[:600])
    if len(lines) > 5:
        print(f"server: … and {len(lines) - 5} more errors")


def does_not_count(scenario: str, call: str, rules: dict) -> bool:
    """call is `METHOD path` or `NOTE label` or `WS path`, as transcripts have it."""
    path = call.split(" ", 1)[1]
    if call.split(" ")[0] != "NOTE" and any(path.startswith(prefix) for prefix in rules["later"]):
        return True
    return any(scenario == entry["scenario"] and call.split(" ", 1)[1].startswith(entry["path"]) for entry in rules["leave_out"])


def compare(parity, scenario, url: str, golden: Path, group: Group, rules: dict) -> None:
    want = json.loads(parity.golden_path(golden, scenario).read_text())
    got = parity.run(scenario, url, {})
    for i, w in enumerate(want):
        if does_not_count(scenario.name, w["call"], rules):
            group.left_out += 1
            continue
        g = got[i] if i < len(got) else dict(call="(not reached)", status=0, body=None)
        if g["call"].split(" ")[0] != w["call"].split(" ")[0]:
            g = dict(call=g["call"], status=0, body=None)
        same_status = g["status"] == w["status"]
        diff = (parity.differences(w["body"], g["body"]) if same_status
                else [f"status: want {w['status']}, got {g['status']} {parity.short(g['body'])}"])
        group.requests += 1
        group.status += same_status
        group.full += not diff
        if diff:
            group.differing[f"{scenario.name} #{i} {w['call']}"] = diff


def accepted_differences() -> set[str]:
    lines = (HERE / "differences.md").read_text().splitlines()
    malformed = [line for line in lines if line.startswith("- ") and not ENTRY.match(line)]
    if malformed:
        sys.exit(f"differences.md: no request and reason in: {malformed[0]}")
    return {m["request"] for m in map(ENTRY.match, lines) if m}


def earlier_minimums() -> dict[str, float]:
    """The highest figure that each group had in any commit of this history."""
    git = lambda *args: subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True).stdout
    highest: dict[str, float] = {}
    for commit in git("log", "--format=%H", "--", "test/parity/minimums.json").split():
        try:
            figures = json.loads(git("show", f"{commit}:test/parity/minimums.json"))["minimums"]
        except (ValueError, KeyError):
            continue
        for name, figure in figures.items():
            highest[name] = max(figure, highest.get(name, 0))
    return highest


def measure(parity, a, rules: dict, url: str) -> dict[str, Group]:
    groups: dict[str, Group] = defaultdict(Group)
    for s in parity.load(a.parity / "scenarios"):
        wanted = s.group == a.group if a.group else s.group in rules["minimums"]
        if wanted and (not a.only or a.only in s.name) and parity.golden_path(a.parity / "golden", s).exists():
            compare(parity, s, url, a.parity / "golden", groups[s.group], rules)
    return groups


def show(groups: dict[str, Group], accepted: set[str], rules: dict, most: int) -> None:
    for group in groups.values():
        for request, diff in [(r, d) for r, d in group.differing.items() if r not in accepted][:most or None]:
            print(request)
            for line in diff[:6]:
                print(f"    {line}")
    print(f"\n{'group':28} {'requests':>8} {'left out':>8} {'status':>8} {'full':>8} {'minimum':>8} {'unlisted':>8}")
    for name, g in sorted(groups.items()):
        unlisted = sum(r not in accepted for r in g.differing)
        status = 100 * g.status / g.requests if g.requests else 100
        print(f"{name:28} {g.requests:8} {g.left_out:8} {status:7.1f}% {g.share:7.1f}% {rules['minimums'].get(name, 0):7}% {unlisted:8}")


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--parity", type=Path, required=True, help="the folder with parity.py, scenarios/ and golden/")
    p.add_argument("--group")
    p.add_argument("--only")
    p.add_argument("--url", help="a server that runs already")
    p.add_argument("--show", type=int, default=0, help="unlisted differences shown a group; 0: all")
    p.add_argument("--json", type=Path)
    p.add_argument("--raise", dest="lift", action="store_true")
    a = p.parse_args()
    a.parity = a.parity.resolve()
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(a.parity))
    import parity

    rules = json.loads(MINIMUMS.read_text())
    accepted = accepted_differences()
    if a.url:
        groups = measure(parity, a, rules, a.url)
    else:
        with own_server() as url:
            groups = measure(parity, a, rules, url)
    show(groups, accepted, rules, a.show)
    if a.json:
        a.json.write_text(json.dumps({n: dict(requests=g.requests, status=g.status, full=g.full) for n, g in groups.items()}, indent=1))

    passed, failures = 0, []
    earlier = earlier_minimums()
    for name, g in sorted(groups.items()):
        minimum = rules["minimums"].get(name, 0)
        unlisted = [r for r in g.differing if r not in accepted]
        problems = []
        if g.share < minimum:
            problems.append(f"{g.share:.2f} % match, the minimum is {minimum} %")
        if unlisted:
            problems.append(f"{len(unlisted)} differences are not in differences.md")
        if minimum < earlier.get(name, 0):
            problems.append(f"the minimum was {earlier[name]} % before and only rises")
        failures += [f"{name}: {'; '.join(problems)}"] if problems else []
        passed += not problems
    if not (a.group or a.only):
        failures += [f"{name}: no scenario ran" for name in {*rules["minimums"], *earlier} - groups.keys()]
        for request in sorted(accepted - {r for g in groups.values() for r in g.differing}):
            print(f"no longer needed in differences.md: {request}")
        if a.lift:
            lifted = {n: max(m, math.floor(groups[n].share * 10) / 10) for n, m in rules["minimums"].items() if n in groups}
            MINIMUMS.write_text(json.dumps(rules | {"minimums": rules["minimums"] | lifted}, indent=2) + "\n")
    for failure in failures:
        print("FAILED", failure)
    print(f"parity: {passed} passed, {len(failures)} failed")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
