# Starts a PostgreSQL cluster that lives as long as the standard input of this
# script stays open, which is as long as the process that began it: even one
# that is killed leaves nothing behind.
#
# usage: start-cluster.sh BINARIES FOLDER PORT

# An interrupt at the terminal reaches this script too, and must not keep it
# from clearing up.
trap '' HUP INT TERM

binaries=$1 folder=$2 port=$3
log=$folder/log

{
    "$binaries/initdb" --pgdata="$folder/data" --username=guildhall --auth=trust \
        --encoding=UTF8 --no-locale --no-sync &&
    cat >>"$folder/data/postgresql.conf" <<SETTINGS &&
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 300
shared_buffers = 32MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
SETTINGS
    "$binaries/pg_ctl" start --wait --pgdata="$folder/data" --log="$folder/server.log"
} >"$log" 2>&1 </dev/null && echo ready || { echo failed; cat "$log" "$folder/server.log"; } 2>&1

exec >/dev/null 2>&1
while read -r _; do :; done
"$binaries/pg_ctl" stop --mode=immediate --pgdata="$folder/data"
rm -rf "$folder"
