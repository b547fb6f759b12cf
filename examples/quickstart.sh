#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/quickstart.sh [--once | --stop]
#
# From a bare Debian to a running httpd that lets clients in by their certificates: installs what is
# missing, builds mod_clientcert, makes a small PKI, starts a private httpd on a free loopback port
# and shows what it does. The servers then stay up for you to try.
name=quickstart
. "$(dirname "$(readlink -f "$0")")/lib/example.sh"
files=(quickstart/httpd.conf)

certificates()
{
    echo "  A CA of our own:"
    pki ca ca "/C=DE/O=garex AG/CN=garex Quickstart CA"
    echo "  The server: it makes a key and a request, and the CA signs that."
    pki server server ca localhost
    echo "  Alice of the Fun dept.:"
    pki client alice ca "/C=DE/O=garex AG/OU=Fun dept./CN=Alice" email:alice@garex.example
    echo "  Bob of the Accounts dept.; his certificate is as good as hers:"
    pki client bob ca "/C=DE/O=garex AG/OU=Accounts dept./CN=Bob" email:bob@garex.example
}

start()
{
    start_application "127.0.0.2:$PORT" || return
    say "The application: $run/application.pl, at http://127.0.0.2:$PORT/"
    start_httpd httpd.conf "https://localhost:$PORT/" || return
    say "httpd, as user $(stat -c %U "/proc/${pids[-1]}"): https://localhost:$PORT/"
}

sees_certificate_of()
{
    cmp -s <(sed -n 's/^  Client-Cert: :\(.*\):$/\1/p' "$answer" | base64 -d 2>/dev/null) \
           <(openssl x509 -in "$1" -outform der) \
        || fail "The application should see the certificate $1 in Client-Cert, and does not."
}

show()
{
    local url=https://localhost:$PORT
    ask "Alice of the Fun dept. gets in; the application behind is told who she is." 200 \
        "curl -s -i --cacert ca.pem --cert alice.pem --key alice.key $url/fun/"
    sees 'X-Client-DN: CN=Alice,OU=Fun dept.,O=garex AG,C=DE'
    sees 'X-Client-Email: alice@garex.example'
    sees_certificate_of alice.pem

    ask "Bob has a good certificate too, but he is in another department: refused." 403 \
        "curl -s -i --cacert ca.pem --cert bob.pem --key bob.key $url/fun/"
    log_says 'Accounts dept.'

    ask "Somebody without a certificate: refused." 403 \
        "curl -s -i --cacert ca.pem $url/fun/"
    log_says 'SSL_CLIENT_S_DN_O='

    ask "Somebody without a certificate who says to be Alice, where all may go: the headers that
  are ours to set were removed on the way, and nothing else was." 200 \
        "curl -s -i --cacert ca.pem -H 'X-Client-DN: CN=Alice' -H 'X_Client_DN: CN=Alice' \\
        -H 'Client-Cert: :QWxpY2U=:' -H 'X-Hello: hi' $url/"
    sees 'X-Hello: hi'
    sees_no X-Client-DN
    sees_no X_Client_DN
    sees_no Client-Cert

    printf '\n  Who came, in access.log:\n'
    tail -n 4 access.log | sed 's/^/      /'
}

go_on()
{
    local url=https://localhost:$PORT
    printf '  The servers stay up. Paste these:\n\n'
    if [ -n "${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ]; then
        say "  export no_proxy=localhost"
    fi
    cat <<END
    cd $run
    curl --cacert ca.pem --cert alice.pem --key alice.key $url/fun/
    curl --cacert ca.pem --cert bob.pem --key bob.key $url/fun/
    curl --cacert ca.pem $url/
    tail -n 3 error.log

  What to read next: README for the ways to use it, examples/README for whole examples,
  docs/directives.md for every detail.
END
}

example "$@"
