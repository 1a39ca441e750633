#!/usr/bin/env bash
# One call of Weir's tools, with the call's output as the script's own:
#   ./weir-tool.sh run-shell command='npm test'      ./weir-tool.sh read-file path=README.md
# An argument is NAME=TEXT, or NAME:=JSON for numbers and flags. Needs jq. WEIR_AGENT is what carries the lines: by default
# `weir agent --stdio`, and ./over-http.sh where only curl is there. Exit codes are those of `weir agent --stdio`.
set -euo pipefail

call () {
  local tool=$1 argument args='{}'
  shift
  for argument in "$@"; do
    case $argument in
      *:=*) args=$(jq -c --arg name "${argument%%:=*}" --argjson value "${argument#*:=}" '.[$name] = $value' <<< "$args") ;;
      *=*) args=$(jq -c --arg name "${argument%%=*}" --arg value "${argument#*=}" '.[$name] = $value' <<< "$args") ;;
      *) echo "no argument: $argument" >&2; exit 2 ;;
    esac
  done
  echo '{"verb":"hello","renders":["diff"]}'
  jq -nc --arg tool "$tool" --argjson args "$args" '{verb: "apply", id: 1, call: {tool: $tool, args: $args}}'
}

# What a call prints and what was read.
results () {
  jq --unbuffered -rj '
    if .type == "output" and .stream == "stdout" then .text
    elif .type == "result" and .kind == "file" and .encoding == "utf-8" then .content
    elif .type == "result" and .kind == "file" then error("this file is no text")
    elif .type == "result" and .kind == "matches" then (.matches[] | "\(.path):\(.line):\(.text)\n")
    else empty end'
}

# What there is to say besides.
remarks () {
  jq --unbuffered -rj '
    if .type == "output" and .stream == "stderr" then .text
    elif .type == "decided" and .verdict != "allow" then "\(.verdict): \(.reason)\(if .approval then " (weir approvals approve \(.approval))" else "" end)\n"
    elif .type == "diff" then .diff
    elif .type == "error" then "\(.error.message)\n"
    elif .type == "result" and .problem then "\(.problem): \(.text)\n"
    else empty end' >&2
}

[ $# -ge 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
call "$@" | ${WEIR_AGENT:-weir agent --stdio} | tee >(remarks) | results
