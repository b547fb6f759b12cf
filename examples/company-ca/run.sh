#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/company-ca/run.sh [--once | --stop]
#
# A company that keeps a CA of its own by `openssl ca`, and a web server that lets people in by its
# certificates, by department, with passwords beside them; and who is revoked is out.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
needs=(apache2-utils)  # htpasswd
files=(httpd.conf openssl.cnf page.txt)

# Shows a command as one would type it, and runs it as whoever has the files.
by_hand()
{
    typed "$1"
    "${owner[@]}" bash -c "$1" >> openssl.log 2>&1 || { cat openssl.log >&2; return 1; }
}
owner=()

new_ca()
{
    echo "  Once: the directory of the CA, and its key, which has a passphrase."
    by_hand "mkdir -p ca/certs crls && chmod 700 ca && touch ca/index.txt"
    by_hand "echo 1000 > ca/serial && echo 1000 > ca/crlnumber"
    by_hand "(umask 077; openssl rand -hex 16 > ca/passphrase)"
    by_hand "openssl req -config openssl.cnf -x509 -extensions authority -days 3650 \\
        -newkey rsa -keyout ca/ca.key -passout file:ca/passphrase \\
        -subj \"/C=DE/O=garex AG/CN=garex AG CA\" -out ca/ca.crt"
    by_hand "cp ca/ca.crt ca.crt"
    by_hand "openssl x509 -in ca.crt -outform der -out ca.der"
}

new_server()
{
    echo "  The server: its key has a passphrase too, and a program that tells it to httpd."
    by_hand "(umask 077; printf '#!/bin/sh\\necho %s\\n' \$(openssl rand -hex 16) > passphrase.sh) &&
        chmod 500 passphrase.sh"
    by_hand "./passphrase.sh | openssl req -config openssl.cnf \\
        -newkey rsa -keyout server.key -passout stdin \\
        -subj \"/C=DE/O=garex AG/CN=localhost\" -out server.csr"
    sign server "-extensions server "
}

# The CA signs a request: sign NAME [OPTION...]
sign()
{
    by_hand "openssl ca -config openssl.cnf -batch -notext -passin file:ca/passphrase \\
        ${2:-}-in $1.csr -out $1.crt"
}

# A key, which the person keeps, and a certificate: new_user UID NAME DEPARTMENT
new_user()
{
    by_hand "openssl req -config openssl.cnf -newkey rsa -noenc -keyout $1.key -out $1.csr \\
        -subj \"/C=DE/O=garex AG/OU=$3/CN=$2/UID=$1/emailAddress=$1@garex.example\""
    sign "$1"
}

alices_file()
{
    by_hand "openssl pkcs12 -export -in alice.crt -inkey alice.key -certfile ca.crt \\
        -name \"Alice Abel, garex AG\" -passout pass:alices-file -out alice.p12"
}

# Written aside, looked at, renamed: whoever reads it gets the old one or the new one, never a half.
publish_crl()
{
    by_hand "openssl ca -config openssl.cnf -passin file:ca/passphrase -gencrl -out ca/new.crl"
    by_hand "./clientcert-check crl ca/new.crl --ca ca.crt && mv ca/new.crl crls/garex.crl"
}

certificates()
{
    cp "${CLIENTCERT_CHECK:-$tree/clientcert-check}" clientcert-check
    new_ca
    new_server
    echo "  The people: one of the Fun dept., one of Accounts, one of Support."
    new_user alice "Alice Abel" "Fun dept."
    new_user bob "Bob Brook" "Accounts dept."
    new_user sue "Sue Shaw" "Support dept."
    echo "  For a browser: key and certificate in one file, and the certificate in DER for others."
    alices_file
    by_hand "openssl x509 -in alice.crt -outform der -out alice.der"
    echo "  The list of revoked certificates, still empty:"
    publish_crl
    echo "  Users with passwords, and a group:"
    by_hand "(umask 077; htpasswd -cbB passwords alice cheese && htpasswd -bB passwords sue salad)"
    by_hand "echo 'support: sue' > groups"
}

start()
{
    url=https://localhost:$PORT
    start_httpd httpd.conf "$url/" --cert alice.crt --key alice.key || return
    say "httpd, as user $(stat -c %U "/proc/${pids[-1]}"): $url/"
}

me() { echo "curl -s -i --cacert ca.crt --cert $1.crt --key $1.key"; }

show_certificates()
{
    try "Without a certificate nobody gets a connection." "alert certificate required" \
        "curl -sS --cacert ca.crt $url/fun/"
    ask "Alice of the Fun dept. gets in." 200 "$(me alice) $url/fun/"
    says "Your certificate: UID=alice,CN=Alice Abel,OU=Fun dept.,O=garex AG,C=DE"
    ask "The file for her browser is good as well." 200 \
        "curl -s -i --cacert ca.crt --cert-type P12 --cert alice.p12:alices-file $url/fun/"
    ask "Bob's certificate is as good as hers, but he is in another department." 403 \
        "$(me bob) $url/fun/"
    log_says 'SSL_CLIENT_S_DN_OU="Accounts dept."'
    ask "The lounge is for two departments." 200 "$(me sue) $url/lounge/"
    try "The CA signs for garex AG only." "the request (other AG)" \
        "openssl req -config openssl.cnf -new -key bob.key -subj '/C=DE/O=other AG/CN=Bob Brook' |
        openssl ca -config openssl.cnf -batch -passin file:ca/passphrase -in /dev/stdin 2>&1 |
        grep -A 1 different"
}

show_passwords()
{
    ask "A certificate alone is not enough for the staff's pages; with a password it is." 401 \
        "$(me alice) $url/staff/"
    ask "Alice again:" 200 "$(me alice) -u alice:cheese $url/staff/"
    ask "She is not in the group of supporters." 401 "$(me alice) -u alice:cheese $url/support/"
    ask "Sue is; today's form" 200 "$(me sue) -u sue:salad $url/support/"
    ask "and the old one do the same." 200 "$(me sue) -u sue:salad $url/support-as-it-was/"
    ask "As here, too:" 401 "$(me alice) -u alice:cheese $url/support-as-it-was/"
    ask "But whoever has found out Sue's password is in, with a certificate of his own." 200 \
        "$(me alice) -u sue:salad $url/support/"
    ask "Where the password has to be that of the certificate's owner, he is not." 403 \
        "$(me alice) -u sue:salad $url/payroll/"
    log_says user-mismatch
    ask "Alice with hers:" 200 "$(me alice) -u alice:cheese $url/payroll/"
    says "Your password is that of: alice"
}

# Keeps a connection of that user open: what goes into $build/NAME.in is sent there. $client is the
# process that has it.
connect()
{
    rm -f "$build/$1.in"
    mkfifo "$build/$1.in"
    openssl s_client -quiet -connect "localhost:$PORT" -servername localhost -CAfile ca.crt \
        -cert "$1.crt" -key "$1.key" < "$build/$1.in" > "$build/$1.got" 2>&1 9>&- &
    client=$!
    pids+=("$client")
}

# Asks for a page on an open connection: again WHO DESCRIPTOR WANTED-ANSWERS
again()
{
    printf 'GET /lounge/ HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$2"
    ready "the answer to $1" has_answers "$1" "$3"
}
has_answers() { [ "$(grep -c '^HTTP/1.1 200' "$build/$1.got")" = "$2" ]; }
has_gone() { ! kill -0 "$1"; }

show_revocation()
{
    local alice sue to_alice to_sue server=${pids[0]}
    printf '\n  Alice and Sue have connections that stay open (openssl s_client).\n'
    connect alice
    alice=$client
    exec {to_alice}> "$build/alice.in"
    connect sue
    sue=$client
    exec {to_sue}> "$build/sue.in"
    again alice "$to_alice" 1
    again sue "$to_sue" 1
    say "Both got the page of the lounge."

    printf '\n  Alice has lost her laptop. The CA revokes her certificate and publishes its new list:\n'
    by_hand "openssl ca -config openssl.cnf -passin file:ca/passphrase \\
        -revoke alice.crt -crl_reason keyCompromise"
    publish_crl
    until_so "The server has closed Alice's open connection" has_gone "$alice"
    try "Nor does she get another one." "alert certificate revoked" \
        "curl -sS --cacert ca.crt --cert alice.crt --key alice.key $url/fun/"
    log_says 'UID=alice' error.log CC0205
    again sue "$to_sue" 2
    [ "$(cat httpd.pid)" = "$server" ] || fail "httpd is another one."
    say "Sue's connection is still the same, and so is the server: process $server."
    exec {to_alice}>&- {to_sue}>&-
    stop_process "$sue"
    pids=("$server")

    printf '\n  Alice gets a new certificate, for a new key.\n'
    new_user alice "Alice Abel" "Fun dept."
    alices_file
    ask "Nobody has to be told: she is in again." 200 "$(me alice) $url/fun/"
    printf '\n  What the CA knows, in ca/index.txt:\n'
    cut -f 1,3,4,6 ca/index.txt | sed 's/^/      /'
}

show()
{
    owner=("${as_user[@]}")
    show_certificates
    show_passwords
    show_revocation
}

go_on()
{
    cat <<END
  The servers stay up. Paste these:

    cd $run
    curl --cacert ca.crt --cert bob.crt --key bob.key $url/fun/
    tail -n 3 error.log

  To see it in a browser, import alice.p12 (its password is alices-file) and ca.der into it.
END
}

example "$@"
