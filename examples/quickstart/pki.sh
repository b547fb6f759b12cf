#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes a small PKI with the openssl command line and shows each command: a CA, a certificate for
# the server, and one each for Alice and Bob, who work in two departments of garex AG.
#
#   pki.sh DIRECTORY
set -euo pipefail

cd "${1:?give the directory where the keys and certificates go}"
: > openssl.log

# Shows a command as one would type it, then does it.
run()
{
    printf '    $ %s\n' "$1"
    eval "$1" >> openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }
}

# Private keys are for their owner alone.
umask 077

echo "  A CA of our own, good for a month:"
run 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout ca.key \
        -out ca.pem -days 30 -subj "/C=DE/O=garex AG/CN=garex Quickstart CA" \
        -addext keyUsage=critical,keyCertSign,cRLSign'

echo "  The server: it makes a key and a request, and the CA signs that."
run 'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout server.key \
        -out server.csr -subj "/O=garex AG/CN=localhost" \
        -addext subjectAltName=DNS:localhost -addext extendedKeyUsage=serverAuth'
run 'openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 30 \
        -copy_extensions copy -out server.pem'

echo "  Alice of the Fun dept.:"
run 'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout alice.key \
        -out alice.csr -subj "/C=DE/O=garex AG/OU=Fun dept./CN=Alice" \
        -addext subjectAltName=email:alice@garex.example -addext extendedKeyUsage=clientAuth'
run 'openssl x509 -req -in alice.csr -CA ca.pem -CAkey ca.key -days 30 \
        -copy_extensions copy -out alice.pem'

echo "  Bob of the Accounts dept.; his certificate is as good as hers:"
run 'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout bob.key \
        -out bob.csr -subj "/C=DE/O=garex AG/OU=Accounts dept./CN=Bob" \
        -addext subjectAltName=email:bob@garex.example -addext extendedKeyUsage=clientAuth'
run 'openssl x509 -req -in bob.csr -CA ca.pem -CAkey ca.key -days 30 \
        -copy_extensions copy -out bob.pem'
