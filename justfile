# The recipes are the steps of .ci/run, and what is done now and then.

# List the recipes.
[private]
default:
    @just --list

# Start the server in development mode.
run *arguments:
    cargo run -- {{ arguments }}

# Run every test.
test:
    .ci/run test

# Check formatting and lints.
lint:
    .ci/run fmt lint

# Build the documentation of every crate, with warnings denied.
doc:
    .ci/run doc

# Check dependencies: direction, licences, sources.
deny:
    .ci/run deny

# Do all that CI does, in its way.
ci:
    CI=true .ci/run

# Rewrite docs/openapi.json from the code.
openapi:
    UPDATE_OPENAPI=1 cargo test -p guildhall-http-api openapi

# Check the alerts, and try them on series that are made up; takes promtool.
alerts:
    promtool check rules deploy/prometheus/guildhall.rules.yml
    promtool test rules deploy/prometheus/guildhall.rules.test.yml

# Run the two programs of docs/examples against a running server; needs TOKEN.
seed-programs:
    python3 -m venv target/seed-programs
    target/seed-programs/bin/pip install --quiet requests
    target/seed-programs/bin/python docs/examples/track_resources.py
    target/seed-programs/bin/python docs/examples/organizations_dashboard.py

# Send what the OpenAPI document allows, and what it does not, to a running server
# at URL; needs the TOKEN of a platform admin. No answer may be a 500 or outside the
# document. The document cannot say all that is refused, so that is not checked.
fuzz-api:
    python3 -m venv target/fuzz-api
    target/fuzz-api/bin/pip install --quiet schemathesis
    target/fuzz-api/bin/schemathesis run "${URL:-http://127.0.0.1:8080}/api/openapi.json" \
        --header "Authorization: Bearer $TOKEN" \
        --exclude-path-regex 'logout|sessions|password' \
        --exclude-checks positive_data_acceptance --max-examples 200

# Kill a node under load, fifty times on each database.
crashes times="50":
    GUILDHALL_CRASHES={{ times }} cargo test -p guildhall-server --test e2e crashes -- --nocapture

# Measure a release build: see docs/performance.md. `just bench --quick` tries it in a
# minute; `just bench --help` tells the rest.
bench *arguments:
    python3 bench/bench.py {{ arguments }}

# Measure sign-ins against their hashes alone, and reads while many of them wait.
bench-sign-in *arguments:
    python3 bench/sign_in.py {{ arguments }}

# Measure the same requests on a small and on a large installation.
bench-growth *arguments:
    python3 bench/growth.py {{ arguments }}

# Keep a release build under a mixed load for an hour, and see whether it grows:
# `just soak --database postgres --minutes 60`.
soak *arguments:
    python3 bench/soak.py {{ arguments }}

# Fetch the list of public mail domains anew, from an npm package.
update-public-mail-domains:
    #!/usr/bin/env bash
    set -euo pipefail
    list=$PWD/crates/domain/data/public_mail_domains.txt
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    npm pack --silent free-email-domains
    tar -xzf free-email-domains-*.tgz
    node -e '
      const domains = require("./package/domains.json").map((domain) => domain.toLowerCase());
      process.stdout.write([...new Set(domains)].sort().join("\n") + "\n");
    ' > domains.txt
    cp domains.txt "$list"
