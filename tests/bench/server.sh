# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The measured server: its certificates, its configuration, start, stop and count. Read by request.sh, which sets
# $work (a directory of ours), $httpd, $modules, $builtin_modules, $servant and $python.
# shellcheck disable=SC2154

server_pid=
port=

# make_pki: a CA, the server, alice (ten RDNs, one SAN), a stranger from another department, and mallory, who is for CRLs
# to revoke.
make_pki() {
    local garex='/C=CH/ST=Zurich/L=Winterthur/O=garex AG'
    local person='/OU=Staff/title=Engineer/GN=Alice/SN=Example/CN=Alice Example'
    mkdir "$work/pki"
    key ca
    openssl req -x509 -new -key "$work/pki/ca.key" -out "$work/pki/ca.pem" -days 30 \
        -subj '/C=CH/O=Bench CA/CN=Bench Root' || die "openssl could not make the CA"
    certificate server '/CN=localhost' 'DNS:localhost'
    certificate alice "$garex/OU=Fun dept.$person" 'email:alice@garex.example'
    certificate stranger "$garex/OU=Other dept.$person" 'email:stranger@garex.example'
    certificate mallory "$garex/OU=Fun dept.$person" 'email:mallory@garex.example'
}

serial_of() {
    local serial
    serial=$(openssl x509 -in "$work/pki/$1.pem" -noout -serial)
    echo "${serial#serial=}"
}

# make_crl ENTRIES: mallory and others, by openssl.
make_crl() {
    local ca=$work/pki/openssl.ca
    mkdir "$ca"
    {
        printf 'R\t491231235959Z\t260101000000Z\t%s\tunknown\t/CN=x\n' "$(serial_of mallory)"
        awk -v entries="$1" 'BEGIN {
            for (i = 1; i < entries; ++i)
                printf "R\t491231235959Z\t260101000000Z\t40%030X\tunknown\t/CN=x\n", i
        }'
    } >"$ca/index"
    echo 01 >"$ca/number"
    printf '[ca]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\ndefault_crl_days=30\ncrl_extensions=crl\n[crl]\n' \
        "$ca/index" "$ca/number" >"$ca/conf"
    openssl ca -gencrl -name ca -config "$ca/conf" -cert "$work/pki/ca.pem" -keyfile "$work/pki/ca.key" \
        -out "$work/crl.pem" 2>"$work/openssl.log" || die "openssl could not make a CRL: $(cat "$work/openssl.log")"
    chmod 644 "$work/crl.pem"
}

key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/pki/$1.key" ||
        die "openssl could not make a key"
}

# certificate NAME SUBJECT SAN
certificate() {
    key "$1"
    printf 'subjectAltName=%s\nbasicConstraints=critical,CA:false\n' "$3" >"$work/pki/$1.ext"
    if ! openssl req -new -key "$work/pki/$1.key" -subj "$2" -out "$work/pki/$1.csr" 2>"$work/openssl.log" ||
        ! openssl x509 -req -in "$work/pki/$1.csr" -CA "$work/pki/ca.pem" -CAkey "$work/pki/ca.key" -CAcreateserial \
            -days 30 -extfile "$work/pki/$1.ext" -out "$work/pki/$1.pem" 2>>"$work/openssl.log"; then
        die "openssl could not make the certificate of $1: $(cat "$work/openssl.log")"
    fi
}

make_documents() {
    mkdir "$work/htdocs" "$work/cgi"
    head -c 1024 /dev/zero | tr '\0' x >"$work/htdocs/file.txt"
    printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n"\nexec env\n' >"$work/cgi/env"
    chmod 755 "$work/cgi/env"
}

# load_module NAME: its LoadModule line, unless the server has it built in.
load_module() {
    if [[ " $builtin_modules " == *" mod_$1.c "* ]]; then return; fi
    [[ -e $modules/mod_$1.so ]] || die "$httpd has no mod_$1, neither built in nor as $modules/mod_$1.so"
    echo "LoadModule $1_module \"$modules/mod_$1.so\""
}

# prefork: in -X it serves in its one and only thread, from accept to close. The event MPM hands a connection to
# and fro between threads, and how often it is woken depends on the clock.
load_mpm() {
    local mpm
    for mpm in event worker; do
        if [[ " $builtin_modules " == *" $mpm.c "* ]]; then die "$httpd has the $mpm MPM built in; this needs prefork"; fi
    done
    if [[ " $builtin_modules " != *" prefork.c "* ]]; then load_module mpm_prefork; fi
}

# write_config PARTS VERIFY [MORE]: a virtual host with one <Location "/">, which is there, if empty, in every row: to
# merge a section is the server's own work.
write_config() {
    local part lines='' host_lines='' other_host_lines=''
    for part in $1; do
        lines+=$(part_config "$part")$'\n' || exit 1
        host_lines+=$(part_host_config "$part")$'\n'
        other_host_lines+=$(part_other_host_config "$part")
    done
    {
        global_config
        if [[ $lines == *RequestHeader* ]]; then load_module headers; fi
        if [[ " $1" == *" cc-"* ]]; then echo "LoadModule clientcert_module \"$MODULE\""; fi
        echo "${3-}"
        echo "<VirtualHost 127.0.0.1:$port>"
        echo "DocumentRoot \"$work/htdocs\""
        printf 'SSLEngine on\nSSLProtocol TLSv1.3\n'
        echo "SSLCertificateFile \"$work/pki/server.pem\""
        echo "SSLCertificateKeyFile \"$work/pki/server.key\""
        echo "SSLCACertificateFile \"$work/pki/ca.pem\""
        echo "SSLVerifyClient $2"
        echo "$host_lines"
        printf '<Location "/">\n%s</Location>\n' "$lines"
        echo '</VirtualHost>'
        if [[ -n $other_host_lines ]]; then
            printf '<VirtualHost 127.0.0.2:%s>\nServerName other\n%s\n</VirtualHost>\n' "$port" "$other_host_lines"
        fi
    } >"$work/httpd.conf"
}

global_config() {
    echo "ServerRoot \"$work\""
    echo "DefaultRuntimeDir \"$work\""
    echo "PidFile \"$work/httpd.pid\""
    echo "ErrorLog \"$work/error.log\""
    echo 'LogLevel warn ssl:error' # mod_ssl warns that it has no session cache
    echo 'ServerName localhost'
    echo "Listen 127.0.0.1:$port"
    printf 'KeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout 300\nTimeout 300\n'
    load_mpm
    if [[ -e $modules/mod_unixd.so ]]; then load_module unixd; fi
    load_module authz_core
    load_module ssl
    if [[ $(id -u) == 0 ]]; then printf 'User "%s"\nGroup "#%s"\n' "$servant" "$(id -g "$servant")"; fi
}

# start_server PARTS VERIFY MORE COMMAND...: COMMAND (valgrind, or nothing) runs httpd -X; returns when it listens.
start_server() {
    local attempt
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        rm -f "$work/httpd.pid" "$work/error.log"
        write_config "$1" "$2" "$3" || exit 1
        "${@:4}" "$httpd" -X -f "$work/httpd.conf" >"$work/httpd.out" 2>&1 &
        server_pid=$!
        if listening; then return; fi
        wait "$server_pid" || true
        server_pid=
        # Another process took the port between the question and the bind.
        if ! grep -q AH00072 "$work/httpd.out" "$work/error.log" 2>/dev/null; then break; fi
    done
    complain
    die "httpd did not start (attempt $attempt)"
}

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

listening() {
    local deadline=$((SECONDS + 120))
    until [[ -s $work/httpd.pid ]]; do
        if ! kill -0 "$server_pid" 2>/dev/null; then return 1; fi
        if ((SECONDS > deadline)); then
            stop_server
            die "httpd was not ready after 120 seconds"
        fi
        sleep 0.05
    done
}

stop_server() {
    if [[ -n $server_pid ]]; then
        kill -TERM "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
        server_pid=
    fi
}

# What the server said, for a person to read.
complain() {
    sed 's/^/    /' "$work/httpd.out" >&2
    if [[ -e $work/error.log ]]; then sed 's/^/    /' "$work/error.log" >&2; fi
}

# count PARTS CONNECTIONS REQUESTS OUT: sets $counted: the instructions of a server's life up to its exit, those of them
# in malloc and free, and the number of allocations. The profile stays in OUT.
count() {
    # Written when httpd has left root's privileges behind, one for each thread.
    touch "$4.whole"{,.1}{,-0{1..9}}
    chmod 666 "$4.whole"*
    # What is dumped after exit() knows no source lines: the modules are unloaded by then.
    start_server "$1" require '' \
        valgrind --tool=callgrind --vgdb=no --dump-before=exit --separate-threads=yes "--callgrind-out-file=$4.whole"
    "$python" "$here/client.py" --port "$port" --pki "$work/pki" \
        load --pid "$server_pid" --connections "$2" --requests "$3" || {
        stop_server
        complain
        die "the client failed"
    }
    stop_server
    if grep -v ':notice\]' "$work/error.log" >&2; then die "unexpected lines in the error log (above)"; fi
    mv "$4.whole.1-01" "$4" # the thread that serves; a watchdog's work depends on the clock
    read -r -a counted < <("$python" "$here/callgrind.py" "$4")
    ((${#counted[@]} == 3 && counted[0] > 0)) || { complain && die "valgrind counted nothing"; }
}
