"""Starts runs of deployments: `start_runs.py JSON`, a list of objects with the arguments of `run_deployment`. Prints the ids of the runs."""
import asyncio
import json
import sys

from prefect.deployments import run_deployment


async def main() -> None:
    runs = [await run_deployment(**{"timeout": 0, "as_subflow": False, **wanted}) for wanted in json.loads(sys.argv[1])]
    print(json.dumps([str(run.id) for run in runs]))


asyncio.run(main())
