#!/usr/bin/env bash
# The openssl program, which `npm run test:real` asks what it thinks of our certificates.
set -euo pipefail

command -v openssl > /dev/null && exit 0
[ "$(id -u)" -eq 0 ] || { echo 'openssl.sh: openssl is missing; as root: apt-get install openssl' >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends openssl > /dev/null
