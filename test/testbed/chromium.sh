#!/usr/bin/env bash
# Brings Chromium for the browser tests: Debian's package, nothing else.
set -euo pipefail
if command -v chromium >/dev/null; then
  chromium --version
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'Chromium is missing. As root run: apt-get update && apt-get install -y chromium' >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
chromium --version
