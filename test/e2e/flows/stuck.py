"""Takes a slot of the limit `vault`: `stuck.py hold` keeps it until it is killed, `stuck.py try` gives up after ten seconds."""
import json
import sys
import time

from prefect.concurrency.sync import concurrency

if __name__ == "__main__":
    holds = sys.argv[1] == "hold"
    with concurrency("vault", occupy=1, timeout_seconds=None if holds else 10):
        print(json.dumps("taken"), flush=True)
        while holds:
            time.sleep(60)
