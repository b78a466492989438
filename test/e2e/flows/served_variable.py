"""Serves a flow whose parameter is read from a variable by the server: `served_variable.py`."""
from prefect import flow


@flow(log_prints=True)
def asks(answer: dict) -> None:
    print(f"the answer is {answer['value']}")


if __name__ == "__main__":
    asks.serve("asks-variable")
