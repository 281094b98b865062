# Starts a PostgreSQL cluster that lives as long as the standard input of this
# script stays open, which is as long as the process that began it: even one
# that is killed leaves nothing behind.
#
# usage: start-cluster.sh BINARIES FOLDER PORT SYNCHRONOUS_COMMIT PRIMARY_PORT
#
# With a PRIMARY_PORT, it is a standby of the cluster there.

# An interrupt at the terminal reaches this script too, and must not keep it
# from clearing up.
trap '' HUP INT TERM

binaries=$1 folder=$2 port=$3 synchronous_commit=$4 primary_port=$5
log=$folder/log

make() {
    if [ -n "$primary_port" ]; then
        "$binaries/pg_basebackup" --pgdata="$folder/data" --write-recovery-conf --no-sync \
            --checkpoint=fast --wal-method=stream \
            --dbname="host=127.0.0.1 port=$primary_port user=guildhall"
    else
        "$binaries/initdb" --pgdata="$folder/data" --username=guildhall --auth=trust \
            --encoding=UTF8 --no-locale --no-sync
    fi
}

{
    make &&
    cat >>"$folder/data/postgresql.conf" <<SETTINGS &&
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 300
shared_buffers = 32MB
fsync = off
synchronous_commit = $synchronous_commit
full_page_writes = off
autovacuum = off
SETTINGS
    "$binaries/pg_ctl" start --wait --pgdata="$folder/data" --log="$folder/server.log"
} >"$log" 2>&1 </dev/null && echo ready || { echo failed; cat "$log" "$folder/server.log"; } 2>&1

exec >/dev/null 2>&1
while read -r _; do :; done
"$binaries/pg_ctl" stop --mode=immediate --pgdata="$folder/data"
rm -rf "$folder"
