#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/behind-nginx/run.sh [--once | --stop]
#
# nginx makes the TLS connections and passes on the certificates of its clients; httpd behind it
# verifies them, looks into the CRLs, knows the users and applies the rules.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
needs=(nginx)
files=(httpd.conf nginx.conf.in)

certificates()
{
    echo "  The company's CA, and below it the CA of the staff:"
    pki ca root "/C=DE/O=garex AG/CN=garex Root CA"
    pki intermediate staff root "/C=DE/O=garex AG/CN=garex Staff CA"
    pki_run "cat staff.pem root.pem > client-ca.pem"
    echo "  nginx and httpd:"
    pki server nginx root localhost
    pki server httpd root httpd.garex.example 127.0.0.2
    echo "  Alice of the Fun dept., Bob and Carol of the Accounts dept.:"
    pki client alice staff "/C=DE/O=garex AG/OU=Fun dept./CN=Alice" email:alice@garex.example
    pki client bob staff "/C=DE/O=garex AG/OU=Accounts dept./CN=Bob" email:bob@garex.example
    pki client carol staff "/C=DE/O=garex AG/OU=Accounts dept./CN=Carol" email:carol@garex.example
    echo "  Dave, whose certificate ended yesterday:"
    PKI_FROM="30 days ago" PKI_TO=yesterday \
        pki client dave staff "/C=DE/O=garex AG/OU=Fun dept./CN=Dave" email:dave@garex.example
    echo "  The CRLs, with nobody on them so far:"
    pki crl root
    pki crl staff
}

start()
{
    start_application "127.0.0.4:$PORT" || return
    start_httpd httpd.conf "https://127.0.0.2:$PORT/" || return
    ready "the CRL" grep -q 'CC0202.*Staff CA.*in force' error.log || return
    fill nginx.conf
    serve nginx.out /usr/sbin/nginx -p "$run/" -c nginx.conf -e nginx.log
    ready nginx curl -s -k -m 2 -o /dev/null "https://localhost:$PORT/" || return
    say "nginx:           https://localhost:$PORT/" \
        "httpd behind it: https://127.0.0.2:$PORT/" \
        "the application: http://127.0.0.4:$PORT/"
}

# Shows the last line of access.log, which must have the text. It is written behind the answer.
access_log_says()
{
    local waited
    for ((waited = 0; waited < 50; waited++)); do
        ! tail -n 1 access.log | grep -qF -- "$1" || break
        sleep 0.1
    done
    say "access.log:"
    tail -n 1 access.log | sed 's/^/      /'
    tail -n 1 access.log | grep -qF -- "$1" || fail "That line should have '$1', and has not."
}

show()
{
    front=https://localhost:$PORT
    direct=https://127.0.0.2:$PORT
    curl="curl -s -i --cacert root.pem"
    show_both_ways
    show_refusals
    show_spoofing
    show_revocation
    show_mistakes
}

show_both_ways()
{
    ask "Alice comes by nginx." 200 "$curl --cert alice.pem --key alice.key $front/staff/fun/"
    sees "X-Client-User: alice"
    access_log_says '127.0.0.1 alice 200 "GET /staff/fun/ HTTP/1.1" from=nginx "CN=Alice,'

    ask "She comes to httpd directly: the same. (Her CA's certificate has to come along here.)" 200 \
        "$curl --cert <(cat alice.pem staff.pem) --key alice.key $direct/staff/fun/"
    sees "X-Client-User: alice"
    access_log_says '127.0.0.1 alice 200 "GET /staff/fun/ HTTP/1.1" from=tls "CN=Alice,'
}

show_refusals()
{
    ask "Bob is of the Accounts dept. httpd's rule, httpd's log, whatever stands in front:" 403 \
        "$curl --cert bob.pem --key bob.key $front/staff/fun/"
    log_says 'values={SSL_CLIENT_S_DN_OU="Accounts dept."}'

    ask "Dave's certificate has expired:" 403 \
        "$curl --cert dave.pem --key dave.key $front/staff/fun/"
    log_says 'reason=expired'

    ask "Somebody without a certificate:" 403 "$curl $front/staff/fun/"
    log_says 'reason=rule verify=NONE'
}

show_spoofing()
{
    local stolen="-H \"X-SSL-Client-Cert: \$(paste -sd ' ' alice.pem)\""
    ask "Mallory has Alice's certificate (it is no secret; her key is one), and sends it to nginx as
  the header that nginx sends to httpd: it is replaced there." 403 \
        "$curl $stolen \\
        $front/staff/fun/"
    log_says 'reason=rule verify=NONE'

    ask "The same straight to httpd, which sees that this is not nginx: removed." 403 \
        "$curl $stolen \\
        $direct/staff/fun/"
    log_says 'reason=rule verify=NONE'

    ask "Where all may go, the application gets neither that header nor a made-up user." 200 \
        "$curl $stolen \\
        -H 'X-Client-User: alice' -H 'X-Hello: hi' $direct/"
    sees 'X-Hello: hi'
    sees_no X-SSL-Client-Cert
    sees_no X-Client-User

    ask "From the address of nginx itself it would be believed: nobody else may send from there." 200 \
        "$curl $stolen \\
        --interface 127.0.0.3 $direct/staff/fun/"
    sees "X-Client-User: alice"
}

# status STATUS WHO: whether they get that answer from nginx.
status()
{
    [ "$(curl -s -o /dev/null -w '%{http_code}' --cacert root.pem --cert "$2.pem" --key "$2.key" \
        "$front/staff/")" = "$1" ]
}

show_revocation()
{
    ask "Carol is let in ..." 200 "$curl --cert carol.pem --key carol.key $front/staff/"
    sees "X-Client-User: carol"

    printf '\n  ... until she loses her key. nginx is told nothing, and no server is restarted:\n'
    by_user pki revoke carol staff
    by_user pki crl staff
    until_so "Carol is refused" status 403 carol
    log_says 'reason=revoked'

    try "Directly she is told in the handshake." "alert certificate revoked" \
        "curl -sS --cacert root.pem --cert <(cat carol.pem staff.pem) --key carol.key $direct/staff/ \\
        2>&1 | sed 's/.*routines:://'"
}

# How it looks when the line ClientCertTrustedProxy is not right.
show_mistakes()
{
    export ROOT=$run MODULES=$modules MODULE=$module  # as when httpd was started
    try "What if httpd is not told whom to believe? It does not start:" \
        "no ClientCertTrustedProxy says from whom" \
        "sed /ClientCertTrustedProxy/d httpd.conf > $build/forgotten.conf
      $httpd -t -f $build/forgotten.conf 2>&1 | grep -o 'has ClientCertFrom.*'"

    printf '\n  And if it is told another address than that of nginx? Nobody has a certificate, then:\n'
    reconfigure 's/TrustedProxy 127.0.0.3/TrustedProxy 192.0.2.10/'
    until_so "Alice is refused" status 403 alice
    log_says 'verify=NONE'
    log_says 'not believed: 127.0.0.3, which' error.log CC0211

    printf '\n  Put right:\n'
    reconfigure 's/TrustedProxy 192.0.2.10/TrustedProxy 127.0.0.3/'
    until_so "Alice is let in" status 200 alice
}

# Changes httpd.conf, and lets httpd read it: reconfigure SED-SCRIPT
reconfigure()
{
    typed "sed -i '$1' httpd.conf && kill -USR1 \$(cat httpd.pid)"
    "${as_user[@]}" sed -i "$1" httpd.conf
    kill -USR1 "$(cat httpd.pid)"
}

go_on()
{
    cat <<END
  The servers stay up. Paste these:

    cd $run
    curl --cacert root.pem --cert alice.pem --key alice.key https://localhost:$PORT/staff/fun/
    curl --cacert root.pem --cert bob.pem --key bob.key https://localhost:$PORT/staff/fun/
    tail -n 3 error.log access.log

  nginx.conf and httpd.conf are there, too.
END
}

example "$@"
