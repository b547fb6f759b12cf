#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/big-ip/run.sh [--once | --stop]
#
# httpd in the place of a BIG-IP: the four checks of a client's certificate, each one shown failing,
# and what the application behind is told.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
files=(httpd.conf forged-key.cnf)
ports=(REQUIRE REQUEST)
rows=()  # of the table at the end

certificates()
{
    echo "  A root CA, one below it for clients, and a bundle of both:"
    pki ca root "/C=DE/O=garex AG/CN=garex Root CA"
    pki intermediate clients root "/C=DE/O=garex AG/CN=garex Client CA"
    pki_run "cat clients.pem root.pem > trusted.pem"
    pki server server root www.garex.example localhost
    echo "  Alice; and four that will not pass: too old, too early, revoked, of another CA."
    pki client alice clients "/C=DE/O=garex AG/CN=Alice"
    PKI_FROM="400 days ago" PKI_TO="yesterday" pki client old clients "/C=DE/O=garex AG/CN=Otto"
    PKI_FROM="30 days" PKI_TO="400 days" pki client early clients "/C=DE/O=garex AG/CN=Emma"
    pki client lost clients "/C=DE/O=garex AG/CN=Lost laptop"
    pki revoke lost clients
    pki crl clients
    pki crl root
    pki_run "cat clients.crl root.crl > crls.pem"
    pki ca other "/C=DE/O=other AG/CN=other CA"
    pki client stranger other "/C=DE/O=garex AG/CN=Stranger"
    forge
    echo "  And a request, for openssl s_client:"
    pki_run "printf 'GET / HTTP/1.0\\nHost: www.garex.example\\n\\n' > request"
}

# What two attackers make.
forge()
{
    echo "  Alice changes a name in her certificate, from Alice to Admin:"
    pki_run "openssl x509 -in alice.pem -outform der | LC_ALL=C sed s/Alice/Admin/ |
        openssl x509 -inform der -out admin.pem"
    echo "  Mallory has found Alice's certificate, but not her key. openssl does not let her use it"
    echo "  with a key of her own, so she writes Alice's public key into the file of hers:"
    pki_run "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out mallory.key"
    pki_run "export SECRET=\$(openssl ec -in mallory.key -outform der |
        tail -c +8 | head -c 32 | od -An -v -tx1 | tr -d ' \\n')"
    pki_run "export POINT=\$(openssl x509 -in alice.pem -noout -pubkey | openssl pkey -pubin -outform der |
        tail -c 65 | od -An -v -tx1 | tr -d ' \\n')"
    pki_run "openssl asn1parse -genconf forged-key.cnf -noout -out forged.der"
    pki_run "openssl ec -inform der -in forged.der -out forged.key"
}

start()
{
    start_application "127.0.0.2:$REQUIRE" || return
    say "The application: $run/application.pl, at http://127.0.0.2:$REQUIRE/"
    start_httpd httpd.conf "https://localhost:$REQUIRE/" --cert alice.pem --key alice.key || return
    say "httpd, as user $(stat -c %U "/proc/${pids[-1]}"): with 'require' at https://localhost:$REQUIRE/," \
        "with 'request' at https://localhost:$REQUEST/"
}

# verifies CERTIFICATE WANTED [OPTION...]: what openssl verify says of it
verifies()
{
    local certificate=$1 want=$2
    shift 2
    try "openssl verify:" "$want" \
        "openssl verify -purpose sslclient -CAfile trusted.pem ${*:+$* }$certificate.pem"
}

# connects CERTIFICATE KEY WANTED: what openssl s_client gets for it
connects()
{
    try "openssl s_client:" "$3" \
        "openssl s_client -quiet -verify_quiet -crlf -CAfile root.pem -servername www.garex.example \\
        -connect localhost:$REQUIRE -cert $1.pem -key $2.key < request"
}

# fails CHECK WHAT CERTIFICATE VERIFY ALERT REASON [OPTION...]: who does not pass that check: what
# openssl verify says, the alert from httpd, the reason in its log
fails()
{
    local check=$1 what=$2 certificate=$3 verify=$4 alert=$5 reason=$6
    shift 6
    printf '\n  -- %s\n' "$what"
    verifies "$certificate" "$verify" "$@"
    connects "$certificate" "${key:-$certificate}" "alert $alert"
    log_says "reason=$reason" error.log CC0205
    rows+=("$check|$what|$verify|$alert|$reason")
}

show_good()
{
    printf '\n  -- Alice, as she should be\n'
    verifies alice "alice.pem: OK"
    connects alice alice "SSLClientCertSubject: C=DE, O=garex AG, CN=Alice"
    try "How a browser knows which of its certificates to offer: the server names the CA." \
        "C = DE, O = garex AG, CN = garex Client CA" \
        "openssl s_client -connect localhost:$REQUIRE < /dev/null 2> /dev/null |
        sed -n '/^Acceptable client/,/^Requested/p'"
    ! grep -q 'garex Root CA' "$answer" || fail "It should name the CA of the clients alone."
}

show_signature()
{
    heading "Check 1, signature: has the client the private key? (CertificateVerify)"
    printf '\n  -- Mallory with the certificate of Alice\n'
    verifies alice "alice.pem: OK"
    say "Nothing is wrong with the certificate. But it is not hers."
    try "With her own key openssl refuses already here:" "key values mismatch" \
        "openssl s_client -connect localhost:$REQUIRE -cert alice.pem -key mallory.key < request"
    try "And with the forged one httpd does:" "alert decrypt error" \
        "openssl s_client -quiet -verify_quiet -crlf -CAfile root.pem -servername www.garex.example \\
        -connect localhost:$REQUIRE -cert alice.pem -key forged.key < request"
    log_says 'does not have the private key' error.log CC0212
    try "Where certificates are only requested, too: nothing is told to the application." \
        "alert decrypt error" \
        "curl -sS --cacert root.pem --cert alice.pem --key forged.key https://localhost:$REQUEST/"
    rows+=("1 signature|Mallory with the certificate of Alice|OK|decrypt error|CC0212, no private key")
}

show_checks()
{
    local key
    show_signature
    heading "Check 2, chain: has one of the trusted CAs signed it, for TLS clients?"
    fails "2 chain" "a certificate of another CA" stranger \
        "unable to get local issuer certificate" "unknown ca" unknown-issuer
    key=alice
    fails "2 chain" "Alice's, with another name in it" admin \
        "certificate signature failure" "bad certificate" bad-signature
    key=
    fails "2 chain" "the certificate of a server" server \
        "unsuitable certificate purpose" "unsupported certificate" wrong-purpose
    heading "Check 3, validity: now?"
    fails "3 validity" "one that has expired" old \
        "certificate has expired" "certificate expired" expired
    fails "3 validity" "one that is not valid yet" early \
        "certificate is not yet valid" "bad certificate" not-yet-valid
    heading "Check 4, revocation"
    fails "4 revocation" "one of a laptop that was lost" lost \
        "certificate revoked" "certificate revoked" revoked -crl_check_all -CRLfile crls.pem
}

# One row of the table; the second line has what did not fit.
show_table()
{
    local row check what verify alert reason
    heading "The four checks"
    for row in "check|client|openssl verify|TLS alert|reason in error.log" "${rows[@]}"; do
        IFS='|' read -r check what verify alert reason <<< "$row"
        printf '  %-13s %-38s %-24s %s\n' "$check" "$what" "$alert" "$reason"
        printf '  %-13s   %s\n' '' "$verify"
    done
}

# request WHO CERTIFICATE [OPTIONS]: asks where certificates are only requested
request()
{
    local with=${2:+"--cert $2.pem --key $2.key "}
    ask "$1" 200 "curl -s -i --cacert root.pem $with${3:-}https://localhost:$REQUEST/"
}

show_fields()
{
    heading "What the application is told, where certificates are requested"
    request "Alice:" alice
    sees "SSLClientCertStatus: OK"
    sees "SSLClientCertSubject: C=DE, O=garex AG, CN=Alice"
    request "Without a certificate:" "" "-H 'SSLClientCertSubject: CN=Alice' "
    sees "SSLClientCertStatus: NoClientCert"
    sees_no SSLClientCertSubject
    request "One that has expired: why, and nothing else of it." old
    sees "SSLClientCertStatus: certificate has expired"
    sees_no SSLClientCertSubject
    request "One that is revoked:" lost
    sees "SSLClientCertStatus: certificate revoked"
}

show()
{
    show_good
    show_checks
    show_fields
    show_table
}

go_on()
{
    cat <<END
  The servers stay up. Paste these:

    cd $run
    openssl s_client -quiet -crlf -CAfile root.pem -servername www.garex.example \\
        -connect localhost:$REQUIRE -cert alice.pem -key alice.key < request
    curl --cacert root.pem --cert old.pem --key old.key https://localhost:$REQUEST/
    tail error.log
END
}

example "$@"
