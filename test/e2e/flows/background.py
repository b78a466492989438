"""Background tasks: `background.py serve RECORD` or `background.py delay RECORD COUNT`, which prints the ids of the task runs."""
import json
import sys
import time

from prefect import task
from prefect.task_worker import serve


@task
def bake(record: str, number: int) -> int:
    time.sleep(1)
    with open(record, "a") as file:
        file.write(f"{number}\n")
    return number


if __name__ == "__main__":
    command, record, *rest = sys.argv[1:]
    if command == "serve":
        serve(bake)
    else:
        print(json.dumps([str(bake.delay(record, number).task_run_id) for number in range(int(rest[0]))]))
