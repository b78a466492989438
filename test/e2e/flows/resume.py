"""Resumes a run: `resume.py ID JSON`, with an input."""
import json
import sys

from prefect.flow_runs import resume_flow_run

resume_flow_run(sys.argv[1], run_input=json.loads(sys.argv[2]))
print("null")
