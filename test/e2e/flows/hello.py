"""A flow with twenty tasks and a subflow. Prints the ids of its runs as its last line."""
import json

from prefect import flow, get_run_logger, task
from prefect.runtime import flow_run


@task
def double(number: int) -> int:
    get_run_logger().info("doubling %s", number)
    return 2 * number


@task
def add(numbers: list[int]) -> int:
    return sum(numbers)


@flow
def total(numbers: list[int]) -> tuple[str, int]:
    get_run_logger().info("adding %s numbers", len(numbers))
    return flow_run.id, add(numbers)


@flow(name="hello")
def hello(count: int) -> dict:
    get_run_logger().info("hello from the flow")
    futures = [double.submit(n) for n in range(count)]
    subflow_run_id, result = total([future.result() for future in futures])
    return {"flow_run_id": flow_run.id, "subflow_run_id": subflow_run_id, "result": result}


if __name__ == "__main__":
    print(json.dumps(hello(20)))
