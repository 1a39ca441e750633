#!/usr/bin/env bash
# Holds whatever carries the protocol to its conformance suite, and says so in TAP:
#   WEIR_AGENT='weir agent --stdio' ./conformance.sh ../../../test/corpus/protocol/*.jsonl
# Each line of a file is a case: bytes to send, messages to expect, messages that must not come. Afterwards the stream must still serve.
# A case may `keep` values of its answers by a name: {"commit": {"from": {"type": "changes"}, "at": ["commits", 0]}} is what the first message that
# fits has at that place. Later cases, which are conversations of the same session, have {"kept": "commit"} in its place.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
good='{"verb":"plan","id":"usable-after-all","calls":[{"tool":"read-file","args":{"path":"README.md"}}]}'

# What is text goes out in as few pieces as there can be: each costs a process.
bytes () {
  local kind value times
  while read -r kind value times; do
    case $kind in
      text) base64 -d <<< "$value" ;;
      hex) printf '%b' "$value" ;;
      repeat) head -c "$times" /dev/zero | tr '\0' "$value" ;;
    esac
  done < <(jq -r --arg good "$good" '
    reduce (.send[], (select(.last | not) | {text: ($good + "\n")})) as $piece ([];
      if $piece | has("hex") or has("repeat") then . + [$piece]
      else ($piece.text // ($piece | tojson + "\n")) as $text | if .[-1] | has("text")? then .[-1].text += $text else . + [{text: $text}] end end)
    | .[]
    | if has("text") then "text \(.text | @base64)"
      elif has("hex") then "hex \(.hex | [scan("..") | "\\x" + .] | join(""))"
      else "repeat \(.repeat) \(.times)" end' <<< "$1")
}

count=0
failed=0
kept={}
while IFS= read -r case; do
  count=$((count + 1))
  case $case in *'"kept"'*) case=$(jq -c --argjson kept "$kept" 'walk(if type == "object" and keys == ["kept"] then $kept[.kept] else . end)' <<< "$case") ;; esac
  # What a case is refused for is in its answers: the exit code says no more.
  answers=$( (bytes "$case" | ${WEIR_AGENT:-weir agent --stdio}) || true)
  report=$(jq -rs --argjson case "$case" --argjson kept "$kept" --arg count "$count" -f "$here/conformance.jq" <<< "$answers")
  kept=${report%%$'\n'*}
  report=${report#*$'\n'}
  printf '%s\n' "$report"
  case $report in not*) failed=1 ;; esac
done < <(cat "$@")
echo "1..$count"
exit "$failed"
