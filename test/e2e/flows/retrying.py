"""Two flows: one gets well on its second run, with a task that needs three, and one fails for good. Prints the ids of their runs."""
import json

from prefect import flow, task
from prefect.runtime import flow_run, task_run

ids: dict[str, str] = {}


@task(retries=2, retry_delay_seconds=1)
def third_time_lucky() -> str:
    if task_run.run_count < 3:
        raise ValueError(f"task run {task_run.run_count} fails")
    return "lucky"


@flow(retries=1, retry_delay_seconds=1)
def gets_well() -> str:
    ids["gets_well"] = flow_run.id
    if flow_run.run_count < 2:
        raise ValueError("the first run fails")
    return third_time_lucky()


@flow(retries=1, retry_delay_seconds=1)
def stays_ill() -> None:
    ids["stays_ill"] = flow_run.id
    raise ValueError("every run fails")


if __name__ == "__main__":
    ids["result"] = gets_well()
    try:
        stays_ill()
    except ValueError as error:
        ids["error"] = str(error)
    print(json.dumps(ids))
