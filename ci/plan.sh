#!/usr/bin/env bash
# Prints as Markdown which policies refuse a deployment, and what it would do to each tenant: ci/plan.sh STACK
# Ends with an error where data is at risk, or the deployment would be refused.
set -uo pipefail
failed=0
# First, since a comment is cut at its end.
node ci/policies.ts "$1" || failed=$?
./pgt --stack "$1" plan --format markdown || failed=$?
exit "$failed"
