#!/usr/bin/env bash
# What the pipelines run: the calls of a file, in their order, in the sandbox of the pipeline's own session, until one is not done.
#   WEIR_URL=https://weir.example WEIR_TOKEN=… ./run-calls.sh calls.json
# Exit codes: 0 all was allowed and done, 1 something was denied or failed, 3 something waits for a second person, and nothing was refused.
# Needs jq. WEIR is the weir program; without it, that of the packages installed here.
set -euo pipefail

weir () {
  if [ -n "${WEIR:-}" ]; then node "$WEIR" "$@"; else npx --no-install weir "$@"; fi
}

# Commands print as they do elsewhere; each decision is a line, with what to do about it.
show () {
  jq --unbuffered -rj '
    if .type == "output" then .text
    elif .type == "decided" and .verdict == "allow" then "[\(.node)] \(.tool): allowed (\(.rule))\n"
    elif .type == "decided" and .verdict == "pending" then "[\(.node)] \(.tool): waits for a second person (\(.rule)): \(.reason)\n    weir approvals approve \(.approval), then run this again\n"
    elif .type == "decided" then "[\(.node)] \(.tool): denied (\(.rule)): \(.reason)\n"
    elif .type == "result" and .tests then "[\(.node)] \(.tests.passed) of \(.tests.total) tests passed\(if .tests.failed > 0 then "; failed: \(.tests.failures | join(", "))" else "" end)\n"
    elif .type == "result" and .status != "done" then "[\(.node)] \(.status)\(if .text then ": \(.text)" else " with exit code \(.code)" end)\n"
    elif .type == "changes" then (.committed[] | "committed: \(.)\n"), (.pending[] | "waits: \(.path) (\(.approval))\n"), (.denied[] | "taken out: \(.path) (\(.rule))\n")
    elif .type == "error" then "\(.error.message)\n"
    else empty end'
}

calls=${1:?the file of calls}
# pipefail: the script ends as `weir agent` does.
jq -c '{verb: "apply", id: 1, calls: .}' "$calls" | weir agent --stdio | show
