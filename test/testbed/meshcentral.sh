#!/usr/bin/env bash
# Brings MeshCentral and its own agent, the yardstick of `npm run bench -- roundtrip burst --meshcentral`.
#
#   meshcentral.sh        installs the server, makes its keys, an account and a group of devices: once, about two minutes
#   meshcentral.sh run    starts server and agent where nothing but loopback is, says "ready URL NODE AUTH" when the agent is on line
#                         (AUTH: header x-meshauth of the account), and ends them at SIGTERM or when who started it is gone
set -euo pipefail
version='1.1.55'
user='bench'
port='4430'
ready_within=90

here="$(cd "$(dirname "$0")" && pwd)"
cache="${STORMPULSE_TESTBED_CACHE:-/var/cache/stormpulse-testbed}"
folder="$cache/meshcentral-$version"
package="$folder/node_modules/meshcentral"
data="$folder/data"
agent="$folder/agent"

say() { echo "meshcentral.sh: $*" >&2; }
only_loopback() { [ "$(grep -c ':' /proc/self/net/dev)" -eq 1 ] && grep -q '^ *lo:' /proc/self/net/dev; }

[ "$(id -u)" -eq 0 ] || { say 'needs root, for a network of its own'; exit 1; }
[ "$(uname -m)" = x86_64 ] || { say "takes MeshCentral's agent for x86_64, this is $(uname -m)"; exit 1; }
for program in ip:iproute2 unshare:util-linux node:nodejs npm:npm; do
  command -v "${program%%:*}" >/dev/null || { say "${program%%:*} is missing: apt-get install ${program##*:}"; exit 1; }
done

# Everything but the installation happens where no packet can leave: in a namespace that has loopback alone.
alone() { unshare --net -- bash "$here/meshcentral.sh" "$@"; }

server() {
  # `--launch`: this process is the server itself, without a parent that would start it again.
  exec node --disable-proto=delete "$package/meshcentral.js" --datapath "$data" --filespath "$folder/files" "$@"
}

# One order of MeshCentral's own command-line client.
ctrl() {
  node "$package/meshctrl.js" "$@" --url "wss://127.0.0.1:$port" --loginuser "$user" --loginpass "$(cat "$folder/password")"
}

started=()
stop_started() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do
    for _ in $(seq 15); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
}

all_alive() {
  for pid in "$@"; do kill -0 "$pid" 2>/dev/null || return 1; done
}

# Tries a command again and again, until it succeeds or the time is over.
until_ready() {
  local what="$1" log="$2" until=$((SECONDS + ready_within))
  shift 2
  while [ "$SECONDS" -lt "$until" ]; do
    "$@" && return 0
    sleep 0.5
  done
  say "$what was not ready within $ready_within s; its log, $log, ends with:"
  tail -n 20 "$log" >&2
  return 1
}

start_server() {
  ip link set lo up
  # A server that was launched ends when its input does: this end stays open as long as this script lives.
  [ -p "$folder/hold" ] || mkfifo "$folder/hold"
  exec 3<>"$folder/hold"
  (server --launch $$ <&3 >"$folder/server.log" 2>&1) &
  started+=("$!")
  until_ready 'the server' "$folder/server.log" answers
}
# The client ends with 0 whatever happened.
answers() { ctrl serverinfo 2>&1 | grep -q '^ *serverTime'; }

start_agent() {
  (cd "$agent" && exec ./meshagent connect </dev/null >"$folder/agent.log" 2>&1) &
  started+=("$!")
  until_ready 'the agent' "$folder/agent.log" agent_on_line
}
agent_on_line() {
  node="$(ctrl listdevices --json 2>/dev/null | node -e '
    const devices = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const up = devices.find((device) => (device.conn & 1) === 1);
    process.stdout.write(up ? up._id : "");' 2>/dev/null)" && [ -n "$node" ]
}

# The group's settings file, as the server gives it to who installs an agent by hand.
group_settings() {
  NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_NO_WARNINGS=1 node -e '
    fetch(`https://127.0.0.1:'"$port"'/meshsettings?id=${encodeURIComponent(process.argv[1])}`)
      .then(async (answer) => { if (!answer.ok) throw new Error(answer.status); process.stdout.write(await answer.text()); });' "$1"
}

prepare() {
  trap stop_started EXIT
  (server --createaccount "$user" --pass "$(cat "$folder/password")") >"$folder/server.log" 2>&1
  (server --adminaccount "$user") >>"$folder/server.log" 2>&1
  start_server
  local group
  group="$(ctrl adddevicegroup --name bench | grep -o 'mesh//[^ ]*')" || { say 'the server made no group of devices'; return 1; }
  mkdir -p "$agent"
  cp "$package/agents/meshagent_x86-64" "$agent/meshagent"
  chmod 755 "$agent/meshagent"
  # A server without a public name would have its agents look for it by multicast.
  group_settings "${group#mesh//}" | sed "s|^MeshServer=.*|MeshServer=wss://127.0.0.1:$port/agent.ashx|" >"$agent/meshagent.msh"
  start_agent
  touch "$folder/prepared"
}

install_package() {
  rm -rf "$folder"
  mkdir -p -m 700 "$folder" "$data"
  say "installing meshcentral $version into $folder"
  npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$folder" "meshcentral@$version" >/dev/null
  head -c 24 /dev/urandom | base64 | tr -d '/+=\n' >"$folder/password"
  # Nothing is fetched, sent or tried from outside: no update, no backup, no discovery, no e-mail, no time stamp service.
  cat >"$data/config.json" <<JSON
{
  "settings": {
    "port": $port, "portBind": "127.0.0.1", "exactPorts": true, "redirPort": 0, "mpsPort": 0, "wanOnly": true, "cert": "localhost",
    "selfUpdate": false, "noAgentUpdate": 1, "autoBackup": false, "agentTimeStampServer": false, "allowHighQualityDesktop": false
  },
  "domains": { "": { "title": "bench", "newAccounts": false, "geoLocation": false } }
}
JSON
}

case "${1:-}" in
  '')
    if [ ! -e "$folder/prepared" ]; then
      install_package
      alone prepare
    fi
    echo "MeshCentral $version"
    ;;
  prepare) prepare ;;
  run)
    [ -e "$folder/prepared" ] || { say 'is not prepared: bash test/testbed/meshcentral.sh'; exit 1; }
    only_loopback || exec unshare --net -- bash "$here/meshcentral.sh" run
    # What it starts holds the lock too.
    exec 4>"$folder/lock"
    flock -n 4 || { say 'runs already'; exit 1; }
    trap stop_started EXIT
    trap 'exit 0' TERM INT
    start_server
    start_agent
    echo "ready wss://127.0.0.1:$port/control.ashx $node $(printf %s "$user" | base64),$(base64 <"$folder/password")"
    while all_alive "$PPID" "${started[@]}"; do
      sleep 1 &
      wait "$!"
    done
    ;;
  *) say "there is no $1; nothing, or run"; exit 2 ;;
esac
