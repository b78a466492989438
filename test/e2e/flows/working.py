"""Flows for a pool's workers. As a program it deploys them: `working.py POOL QUEUE...`, one deployment for each queue and one of the flow that suspends itself."""
import fcntl
import json
import os
import sys
import time
from pathlib import Path

from prefect import flow, task
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run


class Order(RunInput):
    dish: str
    servings: int


def note(record: str, **what) -> None:
    with open(record, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps({"run": flow_run.id, "name": flow_run.name, "pid": os.getpid(), "worker": os.getppid(), **what}) + "\n")


@flow
def recorded(record: str, seconds: float = 0) -> None:
    note(record, what="begin", at=time.time())
    time.sleep(seconds)
    note(record, what="end", at=time.time())


@task
def cook(order: Order) -> str:
    return f"{order.servings} times {order.dish}"


@flow
def suspends(record: str) -> None:
    note(record, what="begin", at=time.time())
    order = suspend_flow_run(wait_for_input=Order, timeout=600)
    note(record, what=cook(order), at=time.time())


if __name__ == "__main__":
    pool, *queues = sys.argv[1:]
    here = str(Path(__file__).parent)
    for queue in queues:
        recorded.from_source(here, "working.py:recorded").deploy(name=queue, work_pool_name=pool, work_queue_name=queue)
    suspends.from_source(here, "working.py:suspends").deploy(name="patient", work_pool_name=pool)
    print(json.dumps({"queues": queues}))
