#!/usr/bin/env bash
# What `npm run test:faults` needs besides Node: nft to drop packets, libfaketime to move a clock, mount, ip and unshare.
set -euo pipefail

missing=()
for program in nft:nftables faketime:faketime mount:mount ip:iproute2 unshare:util-linux; do
  command -v "${program%%:*}" > /dev/null || [ -x "/usr/sbin/${program%%:*}" ] || missing+=("${program##*:}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0
[ "$(id -u)" -eq 0 ] || { echo "faults.sh: ${missing[*]} are missing; as root: apt-get install ${missing[*]}" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
