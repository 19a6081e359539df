#!/usr/bin/env bash
# Brings the image of a whole Debian host with systemd as process 1, made from this machine's own package sources.
# About a minute and a half the first time; its root file system is kept in the cache folder.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="${STORMPULSE_TESTBED_CACHE:-/var/cache/stormpulse-testbed}"
# Named by its content's recipe: who changes the packages below changes the number.
image='stormpulse-testbed-host:2'
packages='systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,procps,iproute2,ca-certificates,libstdc++6,sudo'

bash "$here/docker-engine.sh"
if docker image inspect "$image" >/dev/null 2>&1; then
  echo "image $image"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'The image of the systemd host is missing. As root run: bash test/testbed/systemd-host.sh' >&2
  exit 1
fi
tarball="$cache/host-2.tar"
if [ ! -e "$tarball" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 debootstrap >/dev/null
  codename="$(. /etc/os-release && echo "$VERSION_CODENAME")"
  mirror="$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $codename" 'Origin: Debian' 'Component: main' | head -n 1)"
  [ -n "$mirror" ] || { echo "apt knows no Debian archive of $codename; add one to its sources" >&2; exit 1; }
  mkdir -p "$cache"
  work="$(mktemp -d "$cache/debootstrap.XXXXXX")"
  trap 'rm -rf "$work"' EXIT
  debootstrap --variant=minbase --include="$packages" "$codename" "$work/root" "$mirror" >"$cache/debootstrap.log" 2>&1 ||
    { echo "debootstrap failed; its log, $cache/debootstrap.log, ends with:" >&2; tail -n 20 "$cache/debootstrap.log" >&2; exit 1; }
  rm -rf "$work/root/var/cache/apt/archives" "$work/root/var/lib/apt/lists"
  tar -C "$work/root" -cf "$tarball.part" .
  mv "$tarball.part" "$tarball"
fi
docker import --change 'CMD ["/sbin/init"]' "$tarball" "$image" >/dev/null
echo "image $image"
