#!/usr/bin/env bash
# Carries the protocol over HTTP where the weir program is not installed: lines in, lines out.
# WEIR_URL is the gateway, WEIR_TOKEN the token; it goes by a file, for a command line is readable by every user of the machine.
set -euo pipefail
exec curl --no-progress-meter --no-buffer --request POST --upload-file . \
  --header @<(printf 'authorization: Bearer %s\ncontent-type: application/x-ndjson\nexpect:\n' "${WEIR_TOKEN:?}") \
  "${WEIR_URL:?}/weir/api/v1/tools"
