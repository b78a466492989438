"""Runs commands of the Prefect command line and small scripts, which come as lines of JSON: a list of arguments that begins with `prefect` or
the script's name. Prints a line of JSON for each: its status and its output. Each runs in a process of its own, forked after the import of
the client, which takes longer than most of them."""
import contextlib
import importlib
import json
import os
import runpy
import sys
import tempfile

import prefect.cli

# Newer versions import each group of commands when it is used.
GROUPS = "artifact automation block concurrency_limit deploy deployment events flow flow_run global_concurrency_limit task_run variable work_pool work_queue"


def execute(arguments: list[str]) -> int:
    command, *rest = arguments
    try:
        if command == "prefect":
            sys.argv = ["prefect", "--no-prompt", *rest]
            return prefect.cli.app() or 0
        sys.argv = arguments
        runpy.run_path(command, run_name="__main__")
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def run(arguments: list[str]) -> dict:
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaints:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(complaints.fileno(), 2)
            status = 1
            try:
                status = execute(arguments)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        complaints.seek(0)
        return {"status": os.waitstatus_to_exitcode(status), "output": output.read(), "complaints": complaints.read()}


if __name__ == "__main__":
    for name in GROUPS.split():
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(f"prefect.cli.{name}")
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
