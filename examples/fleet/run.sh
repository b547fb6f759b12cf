#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/fleet/run.sh [--once | --stop]
#
# Three nodes behind HAProxy, with one CRL origin, one user table in PostgreSQL and one key for session
# tickets: what happens to a client on one node happens on all, within seconds.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
needs=(haproxy postgresql libaprutil1-dbd-pgsql)
files=(haproxy.cfg node.conf node1.conf node2.conf node3.conf origin.conf postgresql.conf.in people.sql)
ports=(PORT DB)
pid_files=(node1.pid node2.pid node3.pid)

certificates()
{
    local person
    echo "  The CA, and one server certificate for all nodes:"
    pki ca ca "/C=DE/O=garex AG/CN=garex CA"
    pki server fleet ca fleet.garex.example localhost 127.0.0.21 127.0.0.22 127.0.0.23
    for person in Alice Bob Carol Dave Eve; do
        echo "  $person:"
        pki client "${person,}" ca "/C=DE/O=garex AG/CN=$person" "email:${person,}@garex.example"
    done
    echo "  The CRL, at its origin:"
    mkdir public node1 node2 node3
    publish
    echo "  The key of session tickets, and passwords for the database:"
    pki_run "(umask 077; openssl rand 48 > ticket.key)"
    pki_run "(umask 077; for user in owner httpd; do
        openssl rand -hex 16 > \$user.password
        echo \"*:*:*:\$user:\$(cat \$user.password)\" > \$user.pgpass
      done)"
}

publish()
{
    pki crl ca
    pki_run "cp ca.crl public/.new && mv public/.new public/ca.crl"
}

# A database of its own, as an ordinary user.
make_database()
{
    local bin
    bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    postgres=$bin/postgres
    "${as_user[@]}" rm -rf db
    "${as_user[@]}" "$bin/initdb" -D "$run/db" --auth=scram-sha-256 --username=owner \
        --pwfile=owner.password --encoding=UTF8 --locale=C --no-sync > initdb.out 2>&1 || return
    fill postgresql.conf
    "${as_user[@]}" cp postgresql.conf db/postgresql.conf
}

psql_as() { printf '%s' "psql -X -q -v ON_ERROR_STOP=1 'host=127.0.0.1 port=$DB user=$1 passfile=$1.pgpass dbname=$2'"; }
sql() { pki_run "$(psql_as owner people) -c \"$1\""; }

fill_database()
{
    eval "$(psql_as owner postgres)" <<< "CREATE ROLE httpd LOGIN PASSWORD '$(cat httpd.password)';
        CREATE DATABASE people;"
    pki_run "$(psql_as owner people) -f people.sql"
}

node_pids=()

start()
{
    make_database || return
    serve postgresql.log "$postgres" -D "$run/db"
    ready PostgreSQL eval "$(psql_as owner postgres) -c ''" || return
    fill_database
    start_application "127.0.0.6:$PORT" || return
    start_origin || return
    start_node 1 && start_node 2 && start_node 3 || return
    serve haproxy.log /usr/sbin/haproxy -db -f "$run/haproxy.cfg"
    ready HAProxy curl -s -k -m 2 -o /dev/null "https://localhost:$PORT/" || return
    say "HAProxy:         https://localhost:$PORT/" \
        "its three nodes: 127.0.0.11, .12, .13 at that port; alone by HAProxy at 127.0.0.21, .22, .23" \
        "the CRL origin:  http://127.0.0.5:$PORT/ca.crl" \
        "PostgreSQL:      127.0.0.1:$DB"
}

start_origin()
{
    start_httpd origin.conf "http://127.0.0.5:$PORT/ca.crl"
    origin=${pids[-1]}
}

# A node is ready when it has the CRL. It answers nobody but HAProxy, and those who speak like it.
start_node()
{
    serve "node$1.out" "$httpd" -f "$run/node$1.conf" -DFOREGROUND
    node_pids[$1]=$!
    ready "node $1" curl -s -k -m 2 -o /dev/null --haproxy-protocol "https://127.0.0.1$1:$PORT/" || return
    ready "the CRL of node $1" grep -q 'CC0202.*in force' "node$1.error.log"
}

# Whether all nodes, or those that are named, give that answer: status STATUS WHO [NODE...]
status()
{
    local want=$1 who=$2 node
    shift 2
    [ $# != 0 ] || set -- 1 2 3
    for node in "$@"; do
        [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' --cacert ca.pem --cert "$who.pem" \
            --key "$who.key" "https://127.0.0.2$node:$PORT/staff/")" = "$want" ] || return
    done
}

show()
{
    url=https://localhost:$PORT
    curl="curl -s --cacert ca.pem"
    show_nodes
    show_revocation
    show_users
    show_sessions
    show_one_stopped
    show_origin_stopped
}

show_nodes()
{
    try "Alice, from 127.0.0.9: three requests, three nodes." "X-Node: node3" \
        "for i in 1 2 3; do
        $curl --interface 127.0.0.9 --cert alice.pem --key alice.key $url/staff/ \\
          | grep -E 'X-Node|X-Client-User'
      done"
    says "X-Node: node1"
    says "X-Node: node2"
    [ "$(grep -c "X-Client-User: alice" "$answer")" = 3 ] || fail "All nodes should know Alice."
    ready "the log of node 1" grep -q '127.0.0.9 alice' node1.access.log
    try "They know her address, though HAProxy made the connections:" "127.0.0.9 alice 200" \
        "tail -n 1 node1.access.log"
}

show_revocation()
{
    status 200 bob || fail "All nodes should let Bob in."
    printf '\n  Bob was let in by all nodes. His certificate is revoked, and the CRL put on the origin:\n'
    by_user pki revoke bob ca
    by_user publish
    until_so "Bob is refused by all three nodes" status 000 bob
    try "What he gets:" "alert certificate revoked" \
        "$curl -S --cert bob.pem --key bob.key $url/staff/ 2>&1 | sed 's/.*routines:://'"
}

# A client that asks every second on one connection; each answer is a line of $build/kept.
keep_asking()
{
    curl -s --rate 60/m --cacert ca.pem --cert "$1.pem" --key "$1.key" -w '%{stderr}%{http_code}, connections made: %{num_connects}\n' \
        -o /dev/null "$url/staff/?[1-20]" 2> "$build/kept" 9>&- &
}

show_users()
{
    local asker
    status 200 carol && status 403 dave || fail "All nodes should let Carol in, and not Dave."
    keep_asking carol
    asker=$!
    ready "Carol's connection" grep -q 200 "$build/kept"
    printf '\n  Carol is let in by all nodes, and asks every second on an open connection. Dave is not a user\n'
    printf '  yet. Now she leaves, and he comes:\n'
    by_user sql "DELETE FROM people WHERE name = 'carol'"
    until_so "Carol is refused by all three nodes" status 403 carol
    until_so "and on the connection that she has" grep -q '403, connections made: 0' "$build/kept"
    kill $asker 2> /dev/null || true
    log_says 'reason=no-map-match' node1.error.log
    by_user sql "INSERT INTO people VALUES ('dave@garex.example', 'dave')"
    until_so "Dave is let in by all three nodes" status 200 dave
}

# What asks a node on the session in a file, or keeps one there: session NODE OPTION
session()
{
    printf '%s' "printf 'GET /staff/ HTTP/1.0\r\n\r\n' | openssl s_client -ign_eof -CAfile ca.pem \\
        -cert eve.pem -key eve.key -connect 127.0.0.2$1:$PORT $2 $build/eve.session 2>&1 \\
        | grep -oE '^(New|Reused), TLS|HTTP/1.1 [1-5].*|X-Node.*|alert.*'"
}

# Once in a while OpenSSL makes a new handshake where it could have resumed: then ask again.
resumed() { eval "$(session "$1" -sess_in)" > "$answer"; grep -q '^Reused' "$answer"; }

show_sessions()
{
    try "Eve connects to node 1, and keeps the session:" "New, TLS" "$(session 1 -sess_out)"
    says "200 OK"
    printf '\n  Node 2 resumes it, without another handshake; she is judged there as well.\n'
    typed "$(session 2 -sess_in)"
    ready "the session on node 2" resumed 2
    sed 's/^/      /' "$answer"
    says "200 OK"
    says "X-Node: node2"
    printf '\n  Now she is revoked.\n'
    by_user pki revoke eve ca
    by_user publish
    until_so "Eve is refused by all three nodes" status 000 eve
    try "The session does not help her on any node:" "alert" "$(session 3 -sess_in)"
    ! grep -qE '200 OK|Reused' "$answer" || fail "Eve should not be let in on a session of hers."
}

show_one_stopped()
{
    local n lost
    printf '\n  Node 2 is stopped, as for a new version of httpd. 40 requests meanwhile:\n'
    typed "kill -WINCH \$(cat node2.pid)    # apachectl graceful-stop"
    for ((n = 0; n < 40; n++)); do
        [ $n != 5 ] || kill -WINCH "$(cat node2.pid)"
        $curl -m 10 --cert alice.pem --key alice.key "$url/staff/" || echo "lost"
    done > "$build/stopped"
    lost=$(grep -c lost "$build/stopped") || true
    for n in 1 2 3; do
        say "answered by node $n: $(grep -c "X-Node: node$n" "$build/stopped")"
    done
    say "lost: $lost"
    [ "$(grep -c 'X-Client-User: alice' "$build/stopped")" = 40 ] \
        || fail "No request should be lost; see $build/stopped"
    until_so "Node 2 has ended" ended 2
    start_node 2
    until_so "Node 2 is there again, and HAProxy knows" answered_by 2
}

ended() { ! kill -0 "${node_pids[$1]}" 2> /dev/null; }
answered_by() { $curl --cert alice.pem --key alice.key "$url/staff/" | grep -q "X-Node: node$1"; }

show_origin_stopped()
{
    printf '\n  The CRL origin is down, and node 3 is started again meanwhile: it has kept the CRL.\n'
    stop_process "$origin"
    stop_process "${node_pids[3]}"
    start_node 3
    status 200 alice || fail "All nodes should let Alice in."
    status 000 bob || fail "All nodes should refuse Bob."
    say "Alice is let in by all nodes, Bob is refused by all."
    start_origin
}

go_on()
{
    cat <<END
  All stay up. Paste these:

    cd $run
    curl --cacert ca.pem --cert alice.pem --key alice.key $url/staff/
    $(psql_as owner people) -c 'SELECT * FROM people'
    tail -n 3 node?.access.log

  And to revoke Alice:

    openssl ca -config ca/ca.cnf -revoke alice.pem
    openssl ca -config ca/ca.cnf -gencrl -out public/.new && mv public/.new public/ca.crl
END
}

example "$@"
