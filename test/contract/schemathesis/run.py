#!/usr/bin/env python3
"""Sends generated requests to every operation of /openapi.json but those of admin/database, valid ones and such as break a rule each.

  run.py [--full] [--seed N] [--examples N] [--url URL] [--show 2]

No answer may have a status of 500 or more, a status that the description does not have for its operation, or a body of another shape.
It starts the server itself (npm start on a free port, a database of its own) unless --url names one. Without --full it sends some of the
random requests only. Half of the requests are about objects that are there (objects.py). A failure is printed with its request.
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
# Random requests an operation. What the tool derives from the description itself, some 29,000 requests, takes minutes: only in full.
FULL, SHORT = 100, 20
LEAST_CASES = 20_000
CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance"


@dataclass
class Results:
    cases: int = 0
    statuses: Counter = field(default_factory=Counter)
    failures: dict[str, list[str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def add(self, event: dict) -> None:
        if error := event.get("NonFatalError"):
            self.errors.append(f"{error.get('label')}: {error.get('value')}"[:2000])
        recorder = event.get("ScenarioFinished", {}).get("recorder", {})
        interactions = recorder.get("interactions", {})
        self.cases += len(recorder.get("cases", {}))
        for interaction in interactions.values():
            self.statuses[(interaction.get("response") or {}).get("status_code")] += 1
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] == "success":
                    continue
                interaction = interactions.get(case, {})
                status = (interaction.get("response") or {}).get("status_code")
                self.failed.add(case)
                sample = {"request": interaction.get("request"), "response": interaction.get("response"), "check": check}
                self.failures.setdefault(f"{recorder['label']}: {check['name']} ({status})", []).append(json.dumps(sample))


def own_server():
    # The comparison with the reference starts the same server.
    spec = importlib.util.spec_from_file_location("parity", ROOT / "test/parity/run.py")
    parity = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = parity
    spec.loader.exec_module(parity)
    return parity.own_server()


def ask(url: str, full: bool, examples: int, seed: int | None, events: Path) -> tuple[Results, int]:
    # One worker: of two threads that compile at once, CPython 3.11 now and then fails one ("AST constructor recursion depth mismatch").
    tool = Path(sys.executable).with_name("schemathesis")
    command = [
        str(tool), "run", f"{url}/openapi.json", "--url", url, "--exclude-path-regex", "^/admin/database/",
        "--phases", "coverage,fuzzing" if full else "fuzzing", "--max-examples", str(examples), "--workers", "1", "--checks", CHECKS,
        "--continue-on-failure", "--no-shrink", "--generation-database", "none", "--request-timeout", "30",
        "--suppress-health-check", "all", "--warnings", "off", "--no-color",
        "--report", "ndjson", "--report-ndjson-path", str(events),
    ]  # fmt: skip
    command += [] if seed is None else ["--seed", str(seed)]
    hooks = {"SCHEMATHESIS_HOOKS": "objects", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1", "MILLIWAYS_ASKED_URL": url}
    with tempfile.TemporaryFile("w+") as output:
        code = subprocess.run(command, stdout=output, stderr=output, cwd=events.parent, env=os.environ | hooks).returncode
        results = Results()
        for line in events.read_text().splitlines() if events.exists() else []:
            results.add(json.loads(line))
        if code not in (0, 1) or results.cases == 0:
            output.seek(0)
            print(output.read()[-4000:])
    return results, code


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    help_of_full = f"{FULL} random requests an operation and those of the coverage phase, {LEAST_CASES} cases at least"
    arguments.add_argument("--full", action="store_true", help=help_of_full)
    arguments.add_argument("--examples", type=int, help="random requests an operation")
    arguments.add_argument("--seed", type=int)
    arguments.add_argument("--url")
    arguments.add_argument("--show", type=int, default=2, help="requests to print of each failure")
    options = arguments.parse_args()
    examples = options.examples or (FULL if options.full else SHORT)
    with tempfile.TemporaryDirectory(prefix="milliways-schemathesis-") as folder:
        with nullcontext(options.url) if options.url else own_server() as url:
            results, code = ask(url, options.full, examples, options.seed, Path(folder) / "events.ndjson")
    for name, samples in results.failures.items():
        print(f"{name}, {len(samples)} times")
        for sample in samples[: options.show]:
            print("   ", sample[:3000])
    for error in results.errors:
        print("error:", error)
    print("statuses:", ", ".join(f"{status}: {count}" for status, count in sorted(results.statuses.items(), key=str)))
    failed = len(results.failed) + len(results.errors)
    if options.full and results.cases < LEAST_CASES:
        print(f"only {results.cases} cases, not {LEAST_CASES}")
        failed += 1
    if code != 0 and failed == 0:
        print(f"schemathesis ended with {code}")
        failed = 1
    print(f"{results.cases - len(results.failed)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
