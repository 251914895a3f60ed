#!/usr/bin/env bash
# Prints as Markdown what a deployment would do to each tenant, and which policies refuse it: ci/plan.sh STACK
# Ends with an error where data is at risk, or the deployment would be refused.
set -uo pipefail
failed=0
./pgt --stack "$1" plan --format markdown || failed=$?
node ci/policies.ts "$1" || failed=$?
exit "$failed"
