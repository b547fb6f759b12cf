#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/load-balancer/run.sh [--once | --stop]
#
# httpd in the place of a cloud's load balancer: an HTTPS listener with mutual authentication in
# front of two servers. One of them dies and comes back.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
files=(httpd.conf ca_cert.conf server_cert.conf client_cert.conf)
ports=(PORT ECS01 ECS02)

# A key, a request, and the CA's signature: signed NAME, by NAME_cert.conf
signed()
{
    pki_run "openssl req -newkey rsa -noenc -config $1_cert.conf -keyout $1.key -out $1.csr"
    pki_run "openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -sha256 \\
        -extfile $1_cert.conf -extensions certificate -out $1.crt"
}

certificates()
{
    echo "  The CA:"
    pki_run "openssl req -x509 -newkey rsa -noenc -config ca_cert.conf -days 3650 \\
        -keyout ca.key -out ca.crt"
    echo "  The server:"
    signed server
    echo "  The client, and a file for its browser:"
    signed client
    pki_run "openssl pkcs12 -export -in client.crt -inkey client.key -certfile ca.crt \\
        -passout pass:tills-file -out client.p12"
    echo "  The client signs one for itself:"
    pki_run "openssl req -x509 -key client.key -config client_cert.conf -extensions certificate \\
        -out self.crt"
}

start_server() { start_application "127.0.0.2:${!1}" application.pl "$1"; }

start()
{
    url=https://localhost:$PORT
    start_server ECS01 && start_server ECS02 || return
    ecs01=${pids[0]}
    ecs02=${pids[1]}
    say "The servers behind: ECS01 at http://127.0.0.2:$ECS01/, ECS02 at http://127.0.0.2:$ECS02/"
    start_httpd httpd.conf "$url/" --cert client.crt --key client.key || return
    say "httpd, as user $(stat -c %U "/proc/${pids[-1]}"): $url/"
}

sees_certificate()
{
    local sent
    sent=$(sed -n 's/^  X-Forwarded-Clientcert: //p' "$answer")
    cmp -s <(printf '%b' "${sent//%/\\x}" | openssl x509 -outform der 2> /dev/null) \
           <(openssl x509 -in client.crt -outform der) \
        || fail "The server should see client.crt in X-Forwarded-Clientcert, and does not."
}

show_client()
{
    try "The usual check: the headers of the answer (-I), whoever the server may be (-k)." \
        "HTTP/1.1 200 OK" "curl --cert client.crt --key client.key -k -s -I $url/"
    ask "Better: the client checks the server, too." 200 \
        "curl -s -i --cacert ca.crt --cert client.crt --key client.key $url/"
    sees 'X-Forwarded-Clientcert-subjectdn: CN=Till 7,OU=Shops,O=garex AG'
    sees 'X-Forwarded-Clientcert-clientverify: SUCCESS'
    sees_certificate
    try "So it notices when it has come to a server of another name, which -k does not." \
        "no alternative certificate subject name matches" \
        "curl -sS -i --cacert ca.crt --cert client.crt --key client.key https://127.0.0.1:$PORT/"
    ask "The file for browsers:" 200 \
        "curl -s -i --cacert ca.crt --cert-type P12 --cert client.p12:tills-file $url/"
    sees_certificate
    ask "A client that says to be another one." 200 \
        "curl -s -i --cacert ca.crt --cert client.crt --key client.key \\
        -H 'X-Forwarded-Clientcert-subjectdn: CN=Head office' \\
        -H 'X_Forwarded_Clientcert_subjectdn: CN=Head office' $url/"
    sees 'X-Forwarded-Clientcert-subjectdn: CN=Till 7,OU=Shops,O=garex AG'
    sees_no X_Forwarded_Clientcert_subjectdn
    try "No certificate:" "alert certificate required" "curl -sS --cacert ca.crt $url/"
    try "One that its owner has signed:" "alert unknown ca" \
        "curl -sS --cacert ca.crt --cert self.crt --key client.key $url/"
    log_says reason= error.log CC0205
}

# So many requests, each over a connection of its own; says who has answered how often: answered
# NUMBER WHAT WANTED, such as "5 of ECS01, 5 of ECS02" (a regular expression)
answered()
{
    local i got
    for ((i = 0; i < $1; i++)); do
        curl -s -I --cacert ca.crt --cert client.crt --key client.key "$url/"
    done | sed -n 's/^Server: \(ECS0.\)\r$/\1/p' > "$build/answered"
    got=$(sort "$build/answered" | uniq -c | awk '{ printf "%s%s of %s", comma, $1, $2; comma = ", " }')
    say "$2: $got"
    [[ $got =~ ^$3$ && $(wc -l < "$build/answered") = "$1" ]] || fail "It should be: $3."
}

hcheck_says() { grep -q "Health check $1.*:$ECS01" error.log; }

show_health()
{
    printf '\n  The two take turns, until one of them stops.\n'
    answered 10 "Ten requests" "[456] of ECS01, [456] of ECS02"
    stop_process "$ecs01"
    say "ECS01 has stopped (process $ecs01)."
    until_so "The health check has taken it out" hcheck_says DISABLING
    answered 10 "Ten requests" "10 of ECS02"
    start_server ECS01
    say "ECS01 is started again (process ${pids[-1]})."
    until_so "The health check has put it back" hcheck_says ENABLING
    answered 10 "Ten requests" "[456] of ECS01, [456] of ECS02"

    printf '\n  No client notices, not even before the health check does.\n'
    stop_process "$ecs02"
    say "ECS02 has stopped (process $ecs02)."
    answered 2 "The next two requests" "2 of ECS01"
    start_server ECS02
    say "ECS02 is started again (process ${pids[-1]})."
    printf '\n  What httpd says of it, in error.log:\n'
    grep 'Health check' error.log | sed 's/^.*\] //' | fold -s -w 92 | sed 's/^/      /'
}

show()
{
    show_client
    show_health
}

go_on()
{
    cat <<END
  The servers stay up. Paste these:

    cd $run
    curl --cacert ca.crt --cert client.crt --key client.key -I $url/
    tail error.log

  To see it in a browser, import client.p12 (its password is tills-file), and ca.crt as a CA.
END
}

example "$@"
