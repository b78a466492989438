#!/usr/bin/env bash
# Asks this server what its own description allows and what it forbids (run.py); needs Python 3.11 for the tool's own folder.
set -uo pipefail
cd "$(dirname "$0")/../../.."
requirements=test/contract/schemathesis/requirements.txt
venv=.cache/schemathesis
if ! cmp -s $requirements $venv/.requirements; then
  python3 -m venv --clear $venv && $venv/bin/pip install --quiet --disable-pip-version-check -r $requirements || exit 1
  cp $requirements $venv/.requirements
fi
exec $venv/bin/python test/contract/schemathesis/run.py "$@"
