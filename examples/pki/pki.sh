#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A small PKI by the openssl command line, for the examples: it shows each command before it runs
# it, so that you can learn them here. It is no product: keys lie unprotected beside the
# certificates, and nobody looks at what is signed.
#
#   pki.sh ca           NAME SUBJECT              a root CA: NAME.pem, NAME.key, the directory NAME
#   pki.sh intermediate NAME ISSUER SUBJECT       a CA below another one
#   pki.sh server       NAME ISSUER HOST...       a certificate for a server; NAME.chain.pem too
#   pki.sh client       NAME ISSUER SUBJECT [SAN] one for a person or a machine
#   pki.sh service      NAME ISSUER SAN [SUBJECT] one for a service, which is client and server
#   pki.sh sign         NAME ISSUER KIND          of a request NAME.csr; KIND: a section of ca.cnf
#   pki.sh p12          NAME PASSWORD [CA...]     key and certificate for a browser: NAME.p12
#   pki.sh der          NAME                      the certificate in DER: NAME.der
#   pki.sh revoke       NAME ISSUER [REASON]      tells the CA; a CRL tells the world
#   pki.sh crl          CA                        a CRL: CA.crl
#   pki.sh delta        CA                        a delta CRL to the last CRL: CA.delta.crl
#
# All in the current directory. SUBJECT: "/C=DE/O=garex AG/CN=Alice"; SAN: "email:alice@example.com".
# PKI_DAYS says how long a server's or client's certificate lasts (30). PKI_FROM and PKI_TO say it as
# `date -d` reads it, "10 minutes ago" and "2 hours", and so for CRLs. PKI_KEY says of which kind keys
# are: ec (P-256) or rsa (2048 bits).
set -euo pipefail

pki_folder=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd -P)

# Shows a command as one would type it, then does it.
pki_run()
{
    printf '    $ %s\n' "$1"
    eval "$1" >> openssl.log 2>&1 || { cat openssl.log >&2; return 1; }
}

pki_new_key()
{
    case ${PKI_KEY:-ec} in
        ec) echo "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc" ;;
        rsa) echo "-newkey rsa:2048 -noenc" ;;
        *) echo "pki.sh: PKI_KEY is ec or rsa, not '$PKI_KEY'" >&2; return 1 ;;
    esac
}

# What `openssl ca` wants to find: a configuration, a database, a number for the first CRL.
pki_directory_of()
{
    pki_run "mkdir -p $1/issued && : > $1/index.txt && echo 1000 > $1/crlnumber"
    pki_run "sed s/@NAME@/$1/g $(printf %q "$pki_folder")/ca.cnf > $1/ca.cnf"
}

# A request of whoever holds the new key: pki_request NAME SUBJECT [SAN]
pki_request()
{
    local more=
    [ -z "${3:-}" ] || more=" \\
        -addext \"subjectAltName=$3\""
    pki_run "openssl req $(pki_new_key) -keyout $1.key \\
        -out $1.csr -subj \"$2\"$more"
}

# The CA signs it: pki_sign NAME ISSUER SECTION [DAYS]
pki_sign()
{
    local lasts
    lasts=$(pki_lasts -startdate -enddate "-days ${4:-${PKI_DAYS:-30}}")
    pki_run "openssl ca -batch -notext -preserveDN -config $2/ca.cnf -extensions $3 \\
        $lasts -in $1.csr -out $1.pem"
}

# How long something lasts, as openssl wants to hear it.
pki_lasts()
{
    if [ -n "${PKI_TO:-}" ]; then
        echo "$1 $(pki_time "${PKI_FROM:-now}") $2 $(pki_time "$PKI_TO")"
    else
        echo "$3"
    fi
}

pki_time() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

pki_ca()
{
    pki_directory_of "$1"
    pki_run "openssl req -x509 $(pki_new_key) -keyout $1.key -out $1.pem \\
        -days 3650 -subj \"$2\" -config $1/ca.cnf -extensions root"
}

pki_intermediate()
{
    pki_directory_of "$1"
    pki_request "$1" "$3"
    pki_sign "$1" "$2" intermediate 1825
}

pki_server()
{
    local server=$1 issuer=$2
    shift 2
    pki_request "$server" "/CN=$1" "$(pki_alternative_names "$@")"
    pki_sign "$server" "$issuer" server
    pki_run "cat $server.pem $issuer.pem > $server.chain.pem"
}

# An address is IP:, any other name DNS:.
pki_alternative_names()
{
    local host names=
    for host in "$@"; do
        case $host in
            *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) names+=,IP:$host ;;
            *) names+=,DNS:$host ;;
        esac
    done
    echo "${names#,}"
}

pki_client()
{
    pki_request "$1" "$3" "${4:-}"
    pki_sign "$1" "$2" client
}

pki_service()
{
    pki_request "$1" "${4:-/CN=$1}" "$3"
    pki_sign "$1" "$2" service
}

pki_p12()
{
    local file=$1 password=$2 chain=
    shift 2
    if [ $# != 0 ]; then
        chain=" -certfile <(cat ${*/%/.pem})"
    fi
    pki_run "openssl pkcs12 -export -in $file.pem -inkey $file.key$chain \\
        -name $file -passout pass:$password -out $file.p12"
}

pki_der()
{
    pki_run "openssl x509 -in $1.pem -outform der -out $1.der"
}

pki_revoke()
{
    pki_run "openssl ca -config $2/ca.cnf -revoke $1.pem -crl_reason ${3:-keyCompromise}"
}

# Written aside and renamed: whoever reads it gets the old one or the new one, never a half.
pki_crl()
{
    pki_run "openssl ca -config $1/ca.cnf -gencrl$(pki_lasts ' -crl_lastupdate' -crl_nextupdate '') \\
        -out $1.crl.new && mv $1.crl.new $1.crl"
    pki_run "cp $1/index.txt $1/base.txt"
}

pki_delta()
{
    local base
    base=$(openssl crl -in "$1.crl" -noout -crlnumber | sed 's/^.*=\(0x\)\{0,1\}/0x/')
    pki_run "sed 's/@NAME@/$1/g; s/@BASE@/$base/' $(printf %q "$pki_folder")/delta.cnf > $1/delta.cnf"
    pki_run "grep '^R' $1/index.txt | grep -vxFf $1/base.txt > $1/since-base.txt || true"
    pki_run "openssl ca -config $1/delta.cnf -gencrl -out $1.delta.crl.new &&
        mv $1.delta.crl.new $1.delta.crl"
}

pki()
{
    local command=$1 least
    shift
    case $command in
        der | crl | delta) least=1 ;;
        ca | p12 | revoke) least=2 ;;
        intermediate | server | client | service | sign) least=3 ;;
        *) echo "pki.sh: there is no command '$command'; see the top of pki.sh" >&2; return 2 ;;
    esac
    [ $# -ge "$least" ] || { echo "pki.sh: $command wants more words; see the top of pki.sh" >&2; return 2; }
    "pki_$command" "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    [ $# -ge 2 ] || { sed -n '3,/^set /s/^# \{0,1\}//p' "$0"; exit 2; }
    pki "$@"
fi
