#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/webmux/run.sh [--once | --stop]
#
# httpd in the place of a WebMux: three levels of asking for certificates, an application that goes by
# the header X-WebMux-SSL-Client, and certificates for 200 employees in one command.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
files=(httpd.conf site.pl issue.sh employees.txt)
ports=(LEVEL0 LEVEL1 LEVEL2)

certificates()
{
    local started
    echo "  A CA, and the server:"
    pki ca ca "/C=DE/O=garex AG/CN=garex AG CA"
    pki server server ca localhost
    echo "  The employees, all that are on the list:"
    started=$(date +%s%N)
    pki_run "./issue.sh employees.txt"
    started=$((($(date +%s%N) - started) / 100000000))
    say "$(grep -c . employees/passwords.txt) certificates in $((started / 10)).$((started % 10)) s"
    echo "  One that has expired, and one that is revoked:"
    PKI_FROM="1 year ago" PKI_TO="1 day ago" \
        pki client expired ca "/C=DE/O=garex AG/CN=Igor Hahn/UID=igor1947"
    pki revoke employees/tina4839 ca
    pki crl ca
    echo "  Somebody forges one, by a CA of his own that has the name of ours:"
    pki ca forger "/C=DE/O=garex AG/CN=garex AG CA"
    pki client forged forger "/C=DE/O=garex AG/CN=Mike Maas/UID=mike5312"
}

start()
{
    serve site.out "$run/site.pl" "$run/site.sock" "$run/employees.txt"
    ready "the application" grep -q '^listening' site.out || return
    say "The application: $run/site.pl, at the socket site.sock"
    start_httpd httpd.conf "https://localhost:$LEVEL1/" \
        --cert employees/mike5312.pem --key employees/mike5312.key || return
    say "httpd, as user $(stat -c %U "/proc/${pids[-1]}"): level 0 at https://localhost:$LEVEL0/," \
        "level 1 at https://localhost:$LEVEL1/, level 2 at https://localhost:$LEVEL2/"
}

# shows LEVEL WHO PAGE [CERTIFICATE]: asks the port of that level, and wants a page with that title.
shows()
{
    local port=LEVEL$1 status=200 with=${4:+" --cert $4.pem --key $4.key"}
    [[ $3 != *expired && $3 != *list ]] || status=403
    ask "$2" "$status" "curl -s -i --cacert ca.pem$with ${5:-}https://localhost:${!port}/"
    says "<h1>$3</h1>"
    [ "$status" = 200 ] || say "The page: $3"
}

# The header that came with the last page, as the application wrote it down: told HOW-IT-BEGINS
told()
{
    printf '\n  The application was told:\n'
    grep '^page' site.out | tail -n 1 | cut -c 1-300 | fold -s -w 92 | sed 's/^/      /' | tee "$answer"
    says "I was told $1"
}

# refuses WHO ALERT [CERTIFICATE]: level 2 ends the handshake with that alert.
refuses()
{
    try "$1" "alert $2" \
        "curl -sS --cacert ca.pem ${3:+--cert $3.pem --key $3.key }https://localhost:$LEVEL2/"
}

show_levels()
{
    heading "Level 1: everybody comes in, and the application decides"
    shows 1 "Mike gets the orders." Orders employees/mike5312
    says "Hello, Mike Maas (mike5312)."
    told 'SUCCESS, subject="UID=mike5312,CN=Mike Maas,O=garex AG,C=DE"'
    shows 1 "Without a certificate: how to get one." "You have no certificate yet"
    told "NONE, NO CLIENT CERTIFICATE"
    shows 1 "Igor still comes with his old one, which has expired: he is told so." \
        "Your certificate has expired" expired
    told "FAILED:expired, NO CLIENT CERTIFICATE"
    shows 1 "Tina's laptop was stolen: the thief gets a page that looks real." Orders \
        employees/tina4839
    says "Muster GmbH"
    told "FAILED:revoked, NO CLIENT CERTIFICATE"
    shows 1 "So does the forger." Orders forged
    says "Muster GmbH"
    shows 1 "Somebody without a certificate sends the header himself, in two spellings." \
        "You have no certificate yet" "" \
        "-H 'X-WebMux-SSL-Client: subject=\"UID=mike5312,CN=Mike Maas\"' \\
        -H 'X_WebMux_SSL_Client: subject=\"UID=mike5312,CN=Mike Maas\"' \\
        -H 'X-WebMux-SSL-Client-Verify: SUCCESS' "

    heading "Level 0: nobody is asked for a certificate"
    shows 0 "Not even Mike is known." "You have no certificate yet" employees/mike5312

    heading "Level 2: no connection without a good one"
    shows 2 "Mike:" Orders employees/mike5312
    refuses "Nobody:" "certificate required"
    refuses "Igor:" "certificate expired" expired
    log_says reason=expired error.log CC0205
    refuses "The thief:" "certificate revoked" employees/tina4839
    log_says revoked error.log CC0205
    refuses "The forger:" "unknown ca" forged
}

# Every employee asks for the page, over a connection of his own: a configuration for curl.
requests_of_all()
{
    local user
    while read -r user _; do
        printf 'next\nsilent\nurl = "https://localhost:%s/"\ncacert = ca.pem\n' "$LEVEL2"
        printf 'cert = employees/%s.pem\nkey = employees/%s.key\n' "$user" "$user"
    done < <(grep '^[a-z]' employees.txt) | tail -n +2
}

show_all()
{
    heading "The list"
    requests_of_all > "$build/requests"
    curl -K "$build/requests" > "$build/pages" 2> /dev/null || true  # Tina gets none
    sed -n 's/^<p>Hello, \(.*\) (\(.*\)).*/\2 \1/p' "$build/pages" | sort > "$build/greeted"
    say "All of the list ask at level 2, each with the certificate that issue.sh made:" \
        "$(wc -l < "$build/greeted") are greeted by their names; Tina, whose certificate is revoked, is not."
    grep '^[a-z]' employees.txt | grep -v ^tina4839 | sort | cmp -s - "$build/greeted" \
        || fail "All but Tina should be greeted; $build/greeted has who was."

    shows 1 "Boris is one of them." Orders employees/boris7134
    printf '\n  He leaves garex AG: he is taken off the list.\n'
    typed "sed -i /^boris7134/d employees.txt"
    "${as_user[@]}" sed -i /^boris7134/d employees.txt
    shows 1 "His certificate is good, and the application knows better." \
        "You are not on our list" employees/boris7134
}

show_new()
{
    printf '\n  Somebody new: a line for her, and the same command. It leaves the others alone.\n'
    typed "echo 'nora2718 Nora Nagel' >> employees.txt"
    echo 'nora2718 Nora Nagel' | "${as_user[@]}" tee -a employees.txt > /dev/null
    typed "./issue.sh employees.txt"
    "${as_user[@]}" ./issue.sh employees.txt | sed 's/^/      /' | tee "$answer"
    says "Certificates issued: 1"
    shows 1 "Nora:" Orders employees/nora2718
    says "Hello, Nora Nagel (nora2718)."
    shows 2 "Igor, with his new one:" Orders employees/igor1947
}

show()
{
    show_levels
    show_all
    show_new
}

go_on()
{
    cat <<END
  The servers stay up. Paste these:

    cd $run
    curl --cacert ca.pem --cert employees/mike5312.pem --key employees/mike5312.key https://localhost:$LEVEL1/
    curl --cacert ca.pem https://localhost:$LEVEL1/
    tail site.out

  To see it in a browser, import employees/mike5312.p12; employees/passwords.txt has its password.
END
}

example "$@"
