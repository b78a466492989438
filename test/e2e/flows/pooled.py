"""What `prefect deploy` sends to a process pool."""
from prefect import flow, get_run_logger, task


@task
def greet(name: str) -> str:
    return f"Hello, {name}"


@flow
def pooled(name: str = "nobody") -> str:
    greeting = greet(name)
    get_run_logger().info(greeting)
    return greeting
