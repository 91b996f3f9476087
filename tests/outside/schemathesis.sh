#!/usr/bin/env bash
# Lets schemathesis (PyPI) try every route of a real daemon with inputs that it makes from /openapi.json: no answer may be a
# 5xx or outside the description, the daemon must live on, and its memory must stay where it is.
#
#   tests/outside/schemathesis.sh [EXAMPLES-A-ROUTE]     wants: reeld (REELD, or target/debug/reeld), curl, schemathesis
set -euo pipefail
examples=${1:-100}
here=$(cd "$(dirname "$0")/../.." && pwd)
reeld=${REELD:-$here/target/debug/reeld}
scratch=$(mktemp -d)
printf '[limits]\nrequests_per_second = 1000000\nburst = 1000000\n' > "$scratch/reeld.toml"
"$reeld" run --config "$scratch/reeld.toml" --data-dir "$scratch/data" --socket "$scratch/s" --listen 127.0.0.1:0 \
    < /dev/null > /dev/null 2> "$scratch/log" &
daemon=$!
trap 'kill $daemon 2> /dev/null; wait $daemon 2> /dev/null; rm -rf "$scratch"' EXIT
until grep -q '"msg":"ready"' "$scratch/log"; do
    kill -0 $daemon || { cat "$scratch/log"; exit 1; }
    sleep 0.1
done
address=$(sed -n 's/.*"listen":"\([^"]*\)".*/\1/p' "$scratch/data/reeld.json")
token=$(curl -s --unix-socket "$scratch/s" -H 'content-type: application/json' \
    -d '{"name": "fuzz", "scope": "admin"}' http://localhost/api/tokens | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
memory() { awk '/VmRSS/ {print $2}' "/proc/$daemon/status"; }

# Something to find: with ids that the fuzzer is told, so that it comes past the 404s.
curl -s --unix-socket "$scratch/s" -H 'content-type: application/json' -o /dev/null \
    -d '{"pipeline": "command", "id": "known", "params": {"argv": ["true"]}}' http://localhost/api/workflow
before=$(memory)
status=0
# The stream is no request, and a drained daemon or one without its token would only show that it is.
schemathesis run "http://$address/openapi.json" --header "Authorization: Bearer $token" --max-examples "$examples" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-path /api/events --exclude-path /api/drain --exclude-path /api/tokens/{id} --continue-on-failure \
    --request-timeout 30 --no-color "${@:2}" || status=$?
after=$(memory)
kill -0 $daemon || { echo "the daemon died:"; tail -5 "$scratch/log"; exit 1; }
curl -sf "http://$address/healthz" > /dev/null
echo "memory: $before KiB before, $after KiB after"
grep -q '"level":"fatal"' "$scratch/log" && { echo "it panicked:"; grep '"level":"fatal"' "$scratch/log" | head -3; exit 1; }
exit $status
