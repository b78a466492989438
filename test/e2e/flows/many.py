"""A flow with many tasks, a few at a time: `many.py COUNT`. Prints the id of its run."""
import json
import sys
import time

from prefect import flow, task
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner


@task
def count(number: int) -> int:
    time.sleep(0.1)
    return number


@flow(task_runner=ThreadPoolTaskRunner(max_workers=8), log_prints=False)
def many(numbers: int) -> dict:
    futures = [count.submit(number) for number in range(numbers)]
    return {"flow_run_id": flow_run.id, "sum": sum(future.result() for future in futures)}


if __name__ == "__main__":
    print(json.dumps(many(int(sys.argv[1]))))
