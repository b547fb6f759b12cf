#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/smart-card/run.sh [--once | --stop]
#
# People who log in with smart cards (PIV, CAC): user names from UPN and EDIPI, several card CAs, CRLs
# of 100,000 entries in a directory, CRLs that are late. SoftHSM plays the cards.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
needs=(softhsm2 opensc libengine-pkcs11-openssl)
files=(httpd.conf users.conf accounts)
check=${CLIENTCERT_CHECK:-$tree/clientcert-check}
people="/C=US/O=U.S. Example/OU=DoD/OU=PKI"

# The library of the card: SoftHSM's here, OpenSC's (opensc-pkcs11.so) for a real one.
export PKCS11_MODULE_PATH=/usr/lib/softhsm/libsofthsm2.so
export SOFTHSM2_CONF=$build/softhsm2.conf

# PINs go by the environment or by a file that nobody else may read: arguments are for all to see.
export CARD_PIN=246810 CARD_SO_PIN=13579111

prepare_cards()
{
    rm -rf "$build/cards"
    mkdir -m 700 "$build/cards" "$build/cards/tokens"
    printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' \
        "$build/cards/tokens" > "$SOFTHSM2_CONF"
    (umask 077; printf %s "$CARD_PIN" > "$build/cards/pin"; printf 000000 > "$build/cards/wrong-pin")
}

# The key is made on the card and never leaves it; only a request does: card NAME KEY CA SUBJECT UPN
card()
{
    local tool="pkcs11-tool --module \$PKCS11_MODULE_PATH"
    pki_run "$tool --init-token --slot-index $cards --label $1 --so-pin env:CARD_SO_PIN"
    pki_run "$tool --token-label $1 --login --login-type so --so-pin env:CARD_SO_PIN \\
        --init-pin --new-pin env:CARD_PIN"
    pki_run "$tool --token-label $1 --login --pin env:CARD_PIN --keypairgen --key-type $2 --id 01"
    pki_run "openssl req -new -engine pkcs11 -keyform engine -passin env:CARD_PIN \\
        -key 'pkcs11:token=$1;id=%01;type=private' -out $1.csr \\
        -subj \"$4\" -addext \"subjectAltName=otherName:msUPN;UTF8:$5\""
    pki sign "$1" "$3" card
    pki der "$1"
    pki_run "$tool --token-label $1 --login --pin env:CARD_PIN \\
        --write-object $1.der --type cert --id 01"
    cards=$((cards + 1))
}

# One whose key is in a file: it makes no difference to the server. soft_card NAME CA SUBJECT [UPN]
soft_card()
{
    pki_request "$1" "$3" "${4:+otherName:msUPN;UTF8:$4}"
    pki sign "$1" "$2" card
}

# As if the CA had revoked so many cards in its life: lines for its database.
revoke_many()
{
    pki_run "seq -f %.0f 1 $2 | awk '{ printf \"R\\t301231235959Z\\t260601120000Z,superseded\\t%X\\tunknown\\t/CN=card %d\\n\", \\
        1000000000 + \$1 * 7919, \$1 }' >> $1/index.txt"
}

# Into the directory that httpd looks at; written aside and renamed.
publish()
{
    pki crl "$1"
    pki_run "cp $1.crl crls/.new && mv crls/.new crls/$1.crl"
}

certificates()
{
    cards=0
    prepare_cards
    echo "  The root, two CAs for cards, one for devices:"
    pki ca root "/C=US/O=U.S. Example/OU=PKI/CN=Example Root CA 6"
    pki intermediate id70 root "/C=US/O=U.S. Example/OU=PKI/CN=ID CA-70"
    pki intermediate id71 root "/C=US/O=U.S. Example/OU=PKI/CN=ID CA-71"
    pki intermediate devices root "/C=US/O=U.S. Example/OU=PKI/CN=Device CA-5"
    pki_run "cat root.pem id70.pem id71.pem devices.pem > all-cas.pem"
    pki_run "cat id70.pem id71.pem > card-cas.pem"
    pki server server root localhost
    echo "  Jane's card:"
    card jane EC:prime256v1 id70 "$people/OU=USN/CN=DOE.JANE.A.1234567890" 1234567890117001@mil
    echo "  John's card, of the other CA and with an RSA key:"
    card john rsa:2048 id71 "$people/OU=USAF/CN=ROE.JOHN.B.1098765432" 1098765432@mil
    echo "  Some more, whose keys are in files here: of an agency; an old one without UPN; a contractor's;"
    echo "  and one that the CA for devices has signed with Jane's name."
    soft_card mary id71 "/C=US/O=U.S. Example/OU=Agency/CN=MARY MAJOR" mary.major@agency.example
    soft_card old id70 "$people/OU=USA/CN=PUBLIC.JOE.Q.1122334455"
    soft_card contractor id70 "$people/OU=CONTRACTOR/CN=SMITH.SAM.C.1555555555" 1555555555@mil
    soft_card device devices "$people/OU=USN/CN=DOE.JANE.A.1234567890" 1234567890117001@mil
    echo "  Jane's card has one for signing mail, too:"
    pki client mail id70 "$people/OU=USN/CN=DOE.JANE.A.1234567890" email:jane.doe@example.mil
    echo "  The CRLs. CA-70 has revoked 100,000 cards so far."
    mkdir crls
    revoke_many id70 100000
    for ca in root id70 id71 devices; do
        publish "$ca"
    done
}

start()
{
    start_application "127.0.0.2:$PORT" || return
    start_httpd httpd.conf "https://localhost:$PORT/" || return
    say "httpd: https://localhost:$PORT/"
    until_so "It has read the CRLs" grep -q 'CC0202.*CA-70.*in force' error.log
}

# What curl reads to use a card: key and certificate are there, and the PIN is in a file.
use_card()
{
    cat > "$build/cards/$1" <<END
engine    = pkcs11
cert-type = ENG
cert      = "pkcs11:token=$2;type=cert"
key-type  = ENG
key       = "pkcs11:token=$2;type=private;pin-source=file:$build/cards/${3:-pin}"
END
}

show()
{
    url=https://localhost:$PORT/
    curl="curl -sS -i --cacert root.pem"
    show_cards
    show_users
    show_revocation
    show_late_crls
}

show_cards()
{
    try "Of which CAs a browser may offer a certificate:" "CN = ID CA-71" \
        "openssl s_client -connect localhost:$PORT -CAfile root.pem < /dev/null 2>&1 \\
        | sed -n '/^Acceptable/,/^Requested/p' | grep CN"
    ! grep -q Device "$answer" || fail "No browser should be told to offer certificates of devices."

    use_card jane jane
    use_card john john
    use_card wrong jane wrong-pin
    printf '\n'
    say "How curl uses Jane's card: $build/cards/jane"
    sed 's/^/      /' "$build/cards/jane"

    ask "Jane, with her card and PIN. Her name stands in the file \"accounts\", by the UPN." 200 \
        "$curl -K $build/cards/jane $url"
    sees "X-Client-User: jane.doe"

    try "With a wrong PIN the card signs nothing, and there is no connection." \
        "curl: (58)" "$curl -K $build/cards/wrong $url 2>&1 | grep -E 'Login|curl'"

    ask "John has a card of another CA, with an RSA key. His user name is the EDIPI out of the UPN." 200 \
        "$curl -K $build/cards/john $url"
    sees "X-Client-User: 1098765432"
}

show_users()
{
    ask "Mary of an agency: the name in front of the @." 200 \
        "$curl --cert mary.pem --key mary.key $url"
    sees "X-Client-User: mary.major"

    ask "An old card without UPN: the EDIPI at the end of the CN." 200 \
        "$curl --cert old.pem --key old.key $url"
    sees "X-Client-User: 1122334455"

    ask "A contractor." 403 "$curl --cert contractor.pem --key contractor.key $url"
    log_says 'CONTRACTOR'

    ask "A device whose CA has put Jane's UPN into its certificate. That CA is below the same root." 403 \
        "$curl --cert device.pem --key device.key $url"
    log_says 'reason=unknown-issuer'

    ask "Jane with her other certificate, which is for signing mail." 403 \
        "$curl --cert mail.pem --key mail.key $url"
    log_says '2.16.840.1.101.3.2.1.3.13'

    if [ -x "$check" ]; then
        try "Why is she jane.doe? The same without a server:" "jane.doe" \
            "$check map -f users.conf --root . --ca root.pem --ca card-cas.pem jane.pem"
    fi
}

# Whether that card gets that answer: status STATUS CARD
status()
{
    [ "$(curl -s -o /dev/null -w '%{http_code}' --cacert root.pem -K "$build/cards/$2" "$url")" = "$1" ]
}

# The last line that the log has of the CRLs of that CA.
crl_log()
{
    say "error.log:"
    grep -o "CC0202.*$1.*" error.log | tail -n 1 | fold -s -w 92 | sed 's/^/      /' \
        || fail "It should tell of the CRL: $1"
}

show_revocation()
{
    printf '\n  The CRLs that httpd has, with 100,000 cards of CA-70:\n'
    ls -l crls | sed 1d | awk '{ printf "      %9d octets  %s\n", $5, $NF }'
    crl_log 'CA-70.*in force: 100000 entries'

    printf '\n  Jane loses her card. (000 is no answer: the TLS alert says that her card is revoked.)\n'
    by_user pki revoke jane id70
    by_user publish id70
    until_so "Jane is refused" status 000 jane
    crl_log 'CA-70.*in force: 100001 entries'
    try "What she gets:" "alert certificate revoked" \
        "$curl -K $build/cards/jane $url 2>&1 | sed 's/.*routines:://'"
}

show_late_crls()
{
    printf '\n  CA-71 is late: its CRL should have been renewed yesterday. Three days are allowed.\n'
    PKI_FROM="8 days ago" PKI_TO="1 day ago" by_user publish id71
    until_so "httpd has noticed" grep -q 'CC0202.*CA-71.*overdue' error.log
    crl_log 'CA-71.*overdue'
    ask "John is let in ..." 200 "$curl -K $build/cards/john $url"

    printf '\n  ... but not when it is four days late.\n'
    PKI_FROM="11 days ago" PKI_TO="4 days ago" by_user publish id71
    until_so "John is refused" status 403 john
    log_says 'reason=crl-expired'

    printf '\n  The CA is back.\n'
    by_user publish id71
    until_so "John is let in" status 200 john
}

go_on()
{
    cat <<END
  The servers stay up, and the cards in their reader. Paste these:

    cd $run
    export PKCS11_MODULE_PATH=$PKCS11_MODULE_PATH SOFTHSM2_CONF=$SOFTHSM2_CONF
    pkcs11-tool --module \$PKCS11_MODULE_PATH --list-slots
    curl --cacert root.pem -K $build/cards/john $url
    openssl s_client -connect localhost:$PORT -CAfile root.pem -quiet -crlf -engine pkcs11 -keyform engine \\
      -cert john.pem -key 'pkcs11:token=john;type=private'

  The last one asks for the PIN, which is $CARD_PIN. Then type: GET / HTTP/1.0, and Enter twice.
END
}

example "$@"
