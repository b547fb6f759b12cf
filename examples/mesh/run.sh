#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/mesh/run.sh [--once | --stop]
#
# Two services that call each other, an httpd beside each: SPIFFE IDs, certificates that last for an
# hour and are renewed while requests go on, a partner's trust domain, RFC 9440 to the services.
. "$(dirname "$(readlink -f "$0")")/../lib/example.sh"
needs=(python3 python3-cryptography)
files=(sidecar.conf cart.conf stock.conf service.py)
ports=(PORT OUT APP)
pid_files=(cart.pid stock.pid)
shop=spiffe://garex.example/ns/shop/sa

# What an agent does on each machine: issue NAME CA ID [ADDRESS]
issue()
{
    pki service "$1.new" "$2" "URI:$3${4:+,DNS:$1.shop.garex.example,IP:$4}" "/CN=$1"
    pki_run "(umask 077; cat $1.new.pem $1.new.key > $1.svid.new) && mv $1.svid.new $1.svid.pem"
}

certificates()
{
    local PKI_TO="1 hour"
    echo "  The CA of the trust domain garex.example, and a partner's:"
    pki ca mesh "/O=garex AG/CN=garex mesh CA"
    pki ca partner "/O=Partner Inc/CN=Partner mesh CA"
    pki_run "cat mesh.pem partner.pem > trust-bundle.pem"
    echo "  Two services. Their name is the URI; the address is for those who connect to them:"
    issue cart mesh $shop/cart 127.0.0.2
    issue stock mesh $shop/stock 127.0.0.3
    echo "  The web front end; a service of another namespace; a supplier of the partner's:"
    issue web mesh $shop/web
    issue invoices mesh spiffe://garex.example/ns/billing/sa/invoices
    issue supplier partner spiffe://partner.example/supplier
    echo "  And what should not work: our cart, as the partner would have it; too old; too new."
    issue forged partner $shop/cart
    PKI_FROM="2 hours ago" PKI_TO="1 hour ago" issue old mesh $shop/web
    PKI_FROM="1 hour" PKI_TO="2 hours" issue new mesh $shop/web
}

start()
{
    start_application "127.0.0.2:$APP" service.py trust-bundle.pem \
        "http://127.0.0.2:$OUT" "http://stock.shop.garex.example/stock/7" || return
    start_application "127.0.0.3:$APP" service.py trust-bundle.pem || return
    start_httpd stock.conf "https://127.0.0.3:$PORT/" --cert web.svid.pem || return
    start_httpd cart.conf "https://127.0.0.2:$PORT/" --cert web.svid.pem || return
    say "cart:  https://127.0.0.2:$PORT/ (inbound), http://127.0.0.2:$OUT/ (outbound), service at $APP" \
        "stock: https://127.0.0.3:$PORT/ (inbound), http://127.0.0.3:$OUT/ (outbound), service at $APP"
}

show()
{
    cart=https://127.0.0.2:$PORT
    stock=https://127.0.0.3:$PORT
    curl="curl -s -i --cacert mesh.pem"
    show_calls
    show_times
    show_trust_domains
    show_service
    show_renewal
}

show_calls()
{
    ask "web asks cart, cart asks stock, each with its own certificate:" 200 \
        "$curl --cert web.svid.pem $cart/cart/1"
    says "$shop/web asks for /cart/1"
    says "$shop/cart asks for /stock/7"

    ask "web may not ask stock itself." 403 "$curl --cert web.svid.pem $stock/stock/7"
    say "stock.access.log:"
    tail -n 1 stock.access.log | sed 's/^/      /'

    ask "Its figures it may read: it is of the same namespace." 200 \
        "$curl --cert web.svid.pem $stock/metrics"
    says "$shop/web asks for /metrics"
    ask "Another namespace may not." 403 "$curl --cert invoices.svid.pem $stock/metrics"
    log_says 'Require clientcert-san' stock.error.log
}

# Shows how a handshake ends, and what the log of cart says: handshake WHAT ALERT CERTIFICATE REASON
handshake()
{
    try "$1" "$2" "curl -sS --cacert mesh.pem --cert $3.svid.pem $cart/cart/1 2>&1 | sed 's/.*routines:://'"
    log_says "$4" cart.error.log CC0205
}

show_times()
{
    handshake "A certificate that was for an hour, and ended an hour ago:" \
        "alert certificate expired" old reason=expired
    handshake "One that begins in an hour:" "alert bad certificate" new reason=not-yet-valid

    printf '\n  One that ends while its connection is open: 200, and 403 six seconds later.\n'
    PKI_TO="5 seconds" by_user issue short mesh $shop/web
    try "One client, one connection:" "403, connections made: 0" \
        "curl -s --rate 10/m --cacert mesh.pem --cert short.svid.pem -o /dev/null -o /dev/null \\
        -w '%{http_code}, connections made: %{num_connects}\n' $cart/cart/1 $cart/cart/2"
    says "200, connections made: 1"
    log_says 'reason=expired verify=FAILED' cart.error.log
}

show_trust_domains()
{
    ask "The partner's supplier asks stock: allowed, under the partner's name." 200 \
        "$curl --cert supplier.svid.pem $stock/stock/7"
    says "spiffe://partner.example/supplier asks for /stock/7"

    ask "The partner's CA has signed a certificate for somebody who wants to be our cart." 403 \
        "$curl --cert forged.svid.pem $stock/stock/7"
    log_says "reason=no-map-match verify=SUCCESS" stock.error.log
    ask "Nor does it help with the figures, which are for our namespace." 403 \
        "$curl --cert forged.svid.pem $stock/metrics"
    log_says "reason=unknown-issuer" stock.error.log
}

# What the service answered to a request that it refused.
says_no()
{
    says "no: $1"
    tail -n 1 "$answer" | sed 's/^/      /'
}

show_service()
{
    printf '\n  The service checks for itself. Somebody who gets round the httpd beside it, with a\n'
    printf '  certificate that he has signed himself:\n'
    pki_run "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout $build/own.key \\
        -out $build/own.pem -subj \"/O=garex AG/CN=garex mesh CA\" -addext subjectAltName=URI:$shop/web"
    ask "He asks the service:" 403 \
        "curl -s -i http://127.0.0.2:$APP/cart/1 \\
        -H \"Client-Cert: :\$(openssl x509 -in $build/own.pem -outform der | base64 -w 0):\""
    says_no "none of our CAs has signed it"
    ask "The CA's own certificate, which everybody has, names no service:" 403 \
        "curl -s -i http://127.0.0.2:$APP/cart/1 \\
        -H \"Client-Cert: :\$(openssl x509 -in mesh.pem -outform der | base64 -w 0):\""
    says_no "it has no alternative names"
    ask "And what is no Client-Cert at all:" 400 \
        "curl -s -i -H 'Client-Cert: $shop/web' http://127.0.0.2:$APP/cart/1"
    says_no "Client-Cert is no Byte Sequence"
}

# Asks until told to stop; a line for each answer.
keep_asking()
{
    local n
    for ((n = 0; n < 2000; n++)); do
        [ ! -e "$build/enough" ] || return 0
        cp web.svid.pem "$build/own.svid.pem"  # curl opens the file twice, once for the key
        curl -s -m 10 --cacert mesh.pem --cert "$build/own.svid.pem" -w '%{http_code}\n' "$cart/cart/1" \
            || { echo "no answer: $?"; return; }
        sleep 0.05
    done
}

# Whether stock has seen the certificate that cart has now.
has_new_certificate()
{
    local serial
    serial=$(openssl x509 -in cart.svid.pem -noout -serial | sed 's/^serial=0*//')
    grep -q "sa/cart .*certificate ${serial:0:12}" "$build/asked"
}

# How many certificates of that service the others have seen.
seen() { grep "sa/$1 " "$build/asked" | sort -u | wc -l; }

show_renewal()
{
    local round asker answers lost
    printf '\n  Certificates are renewed long before they end. web asks cart, and so cart asks stock, all the\n'
    printf '  time; meanwhile the agents of web and cart bring new certificates, three times:\n'
    rm -f "$build/enough"
    keep_asking > "$build/asked" 2>&1 9>&- &
    asker=$!
    for round in 1 2 3; do
        PKI_TO="1 hour" by_user issue web mesh $shop/web > /dev/null
        PKI_TO="1 hour" by_user issue cart mesh $shop/cart 127.0.0.2 > /dev/null
        kill -USR1 "$(cat cart.pid)"
        until_so "$round. stock sees the new certificate of cart" has_new_certificate
    done
    : > "$build/enough"
    wait $asker
    answers=$(grep -c '^200$' "$build/asked")
    lost=$(grep -E '^[0-9]{3}$|^no answer' "$build/asked" | grep -cvx 200) || true
    say "$answers requests answered, $lost lost; web had $(seen web) certificates, and cart $(seen cart)"
    [ "$lost" = 0 ] && [ "$(seen cart)" -ge 4 ] && [ "$(seen web)" -ge 4 ] \
        || fail "No request should be lost, and all certificates seen; see $build/asked"
}

go_on()
{
    cat <<END
  The services stay up, and their certificates for an hour. Paste these:

    cd $run
    curl --cacert mesh.pem --cert web.svid.pem $cart/cart/1
    curl --cacert mesh.pem --cert supplier.svid.pem $stock/stock/7
    curl --cacert mesh.pem --cert old.svid.pem $stock/stock/7
    tail -n 3 cart.access.log stock.access.log
END
}

example "$@"
