"""Runs commands of the Prefect command line one after the other: `cli.py COMMANDS`, a JSON list of lists of arguments. Prints for each its
status and output as a JSON list. Each runs in a process of its own, forked after the import, which takes longer than most commands."""
import importlib
import json
import os
import sys
import tempfile

import prefect.cli


def run(arguments: list[str]) -> dict:
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.argv = ["prefect", "--no-prompt", *arguments]
            status = 1
            try:
                status = prefect.cli.app() or 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"command": " ".join(arguments), "status": os.waitstatus_to_exitcode(status), "output": output.read()}


if __name__ == "__main__":
    # Newer versions import each group of commands when it is used.
    for name in ("artifact", "block", "concurrency_limit", "global_concurrency_limit", "variable", "work_pool"):
        importlib.import_module(f"prefect.cli.{name}")
    print(json.dumps([run(arguments) for arguments in json.loads(sys.argv[1])]))
