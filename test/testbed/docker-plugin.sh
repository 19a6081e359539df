#!/usr/bin/env bash
# Brings what the tests of the docker plugin need: Docker Engine's programs (the tests start engines of their own), a static busybox to
# make images of, and Debian's docker-compose.
set -euo pipefail
ready() { command -v dockerd >/dev/null && command -v busybox >/dev/null && command -v docker-compose >/dev/null && [ -x /usr/bin/docker ]; }
if ! ready; then
  if [ "$(id -u)" -ne 0 ]; then
    echo 'What the docker tests need is missing. As root run: bash test/testbed/docker-plugin.sh' >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 docker.io iptables busybox-static docker-compose >/dev/null
fi
ready || { echo 'docker, dockerd, busybox or docker-compose is still missing; see what apt-get said above' >&2; exit 1; }
echo "$(dockerd --version); docker-compose $(docker-compose version --short)"
