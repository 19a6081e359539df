#!/usr/bin/env bash
# Brings a running Docker Engine: Debian's package, and a daemon of our own where no service manager starts it.
set -euo pipefail
cache="${STORMPULSE_TESTBED_CACHE:-/var/cache/stormpulse-testbed}"
ready() { docker info >/dev/null 2>&1; }
if ready; then
  docker version --format 'Docker Engine {{.Server.Version}}'
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'Docker Engine does not answer this user. As root run: bash test/testbed/docker-engine.sh' >&2
  exit 1
fi
if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 docker.io iptables >/dev/null
fi
mkdir -p "$cache"
# The package may have started it, where there is a service manager to do so.
if ! ready; then
  # One that was killed leaves its number behind, and the next would not start beside it.
  for pid_file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
    # What is gone, or only waits to be reaped, has no command line.
    if [ -f "$pid_file" ] && [ -z "$(tr -d '\0' 2>/dev/null <"/proc/$(cat "$pid_file")/cmdline")" ]; then rm -f "$pid_file"; fi
  done
  setsid nohup dockerd --storage-driver=overlay2 >"$cache/dockerd.log" 2>&1 </dev/null &
fi
for _ in $(seq 120); do
  if ready; then
    docker version --format 'Docker Engine {{.Server.Version}}'
    exit 0
  fi
  sleep 0.5
done
echo "dockerd did not become ready in 60 s; its log, $cache/dockerd.log, ends with:" >&2
tail -n 20 "$cache/dockerd.log" >&2
exit 1
