#!/usr/bin/env bash
# What the pipelines run, and what authors run before they push:
#   ./ci.sh verify                  assemble, check, test
#   ./ci.sh replay RECORDED         what would have been decided otherwise; fails on any change unless EXPECT_CHANGES=yes
#   ./ci.sh release                 build, sign, push: BUNDLE_URL, BUNDLE_TOKEN, WEIR_SIGNING_KEY (PEM) and WEIR_SIGNING_KEY_ID
# WEIR is the weir program, WEIR_LIBRARY the library's folder: both come with the installed package.
set -euo pipefail
cd "$(dirname "$0")"

weir () {
  if [ -n "${WEIR:-}" ]; then node "$WEIR" "$@"; else npx --no-install weir "$@"; fi
}

verify () {
  node assemble.mjs
  weir policy check build/policies
  weir policy test build/policies
}

replay () {
  node assemble.mjs
  local strict=(--fail-on-change)
  if [ "${EXPECT_CHANGES:-no}" = yes ]; then strict=(); fi
  weir policy replay --policy build/policies --export "$1" "${strict[@]}"
}

# The private key comes by the environment: a command line is readable by every user of the machine.
release () {
  : "${BUNDLE_URL:?}" "${BUNDLE_TOKEN:?}" "${WEIR_SIGNING_KEY:?}" "${WEIR_SIGNING_KEY_ID:?}"
  verify
  weir policy build build/policies --output build/bundle.tar.gz
  weir policy sign build/bundle.tar.gz --key env:WEIR_SIGNING_KEY --key-id "$WEIR_SIGNING_KEY_ID" --scope acme --expires 90d
  weir policy push build/bundle.tar.gz --to "$BUNDLE_URL" --token env:BUNDLE_TOKEN
}

case "${1:-}" in
  verify) verify ;;
  replay) replay "${2:?the file of recorded decisions}" ;;
  release) release ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
