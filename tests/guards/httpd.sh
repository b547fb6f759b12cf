# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# httpd -t for a piece of configuration, with the modules and the virtual host that it needs. Read,
# not run, after lib.sh.

tree=$guard_work/server
pieces=(socache_shmcb ssl alias dir mime env setenvif headers rewrite include cgid expires filter
        authn_core authn_file authz_core authz_host authz_user auth_basic access_compat
        proxy proxy_http proxy_fcgi proxy_ajp proxy_http2 http2 status)

run_httpd() { "$HTTPD" "$@"; }

# A server root with certificates, and a configuration to include a piece into.
make_tree()
{
    mkdir -p "$tree/run" "$tree/logs"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -keyout "$tree/server.key" -out "$tree/server.pem" 2> "$guard_work/openssl" \
        || { cat "$guard_work/openssl"; exit 1; }
    {
        echo "ServerRoot \"$tree\""
        echo "ServerName localhost"
        echo "DefaultRuntimeDir run"
        echo "ErrorLog logs/error.log"
        echo "Listen 127.0.0.1:8443"
        echo "LoadModule mpm_event_module \"$HTTPD_MODULES/mod_mpm_event.so\""
        printf 'LoadModule %s_module "'"$HTTPD_MODULES"'/mod_%s.so"\n' $(printf '%s\n' "${pieces[@]}" | sed 's/.*/& &/')
        echo "LoadModule clientcert_module \"$MODULE\""
    } > "$tree/base.conf"
}

# passes FILE: a piece for a virtual host that speaks TLS; one that says <VirtualHost> itself stands
# alone. Paths of certificates, which nobody has here, become those of the tree.
passes()
{
    local conf=$tree/piece.conf
    sed -E -e 's#^([[:space:]]*SSL(Certificate|CACertificate)File[[:space:]]+).*#\1"'"$tree"'/server.pem"#' \
        -e 's#^([[:space:]]*SSLCertificateKeyFile[[:space:]]+).*#\1"'"$tree"'/server.key"#' \
        -e 's#^([[:space:]]*ClientCertCRL[[:space:]]+)"?/[^[:space:]"]+"?#\1"'"$tree"'"#' \
        -e 's#^([[:space:]]*ClientCert(CA|CACertificateFile)[[:space:]]+).*#\1"'"$tree"'/server.pem"#' \
        -e 's#^([[:space:]]*ClientCertCRLIssuer[[:space:]]+).*#\1"'"$tree"'/server.pem"#' \
        -e 's#^([[:space:]]*)(LoadModule|Listen)[[:space:]].*#\1##' "$1" > "$tree/piece"
    {
        cat "$tree/base.conf"
        if grep -qi '^[[:space:]]*<VirtualHost' "$tree/piece"; then
            cat "$tree/piece"
        else
            echo "<VirtualHost 127.0.0.1:8443>"
            echo "SSLEngine on"
            echo "SSLCertificateFile server.pem"
            echo "SSLCertificateKeyFile server.key"
            echo "SSLCACertificateFile server.pem"
            echo "SSLVerifyClient optional"
            echo "Include \"$tree/piece\""
            echo "</VirtualHost>"
        fi
    } > "$conf"
    run_httpd -t -f "$conf"
}
