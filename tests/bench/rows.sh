# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What is measured: one line of `rows` is one row of a table, made of parts; a part is a piece of configuration and
# the proof that it does its work. Read by request.sh.
# shellcheck disable=SC2154

# id | kind | goal (instructions added at most; half:ID = half of what that row adds, over:ID:N = N more than that row; - =
# none) | parts | title
#
# The kinds: request = one kept connection, first = connections of one request each, handshake = connections without
# a request. Each kind has a row `bare`, which the others are compared with.
crl_entries=5000
# shellcheck disable=SC2034 # read by request.sh
rows=(
    "request-bare|request|-||bare server"
    "request-ssl-require|request|-|ssl-rule|\`SSLRequire\`, O and OU"
    "request-ssl-expr|request|-|ssl-expr|\`Require expr\`, O and OU"
    "request-ssl-header|request|-|ssl-dn|\`RequestHeader set\` with the DN"
    "request-ssl-headers|request|-|ssl-six|\`RequestHeader set\`, six certificate fields"
    "request-ssl-env|request|-|ssl-env|\`SSLOptions +StdEnvVars\`"
    "request-ssl-user|request|-|ssl-user|\`SSLUserName SSL_CLIENT_S_DN_CN\`"
    "request-constant|request|-|constant|floor: \`RequestHeader set\`, six constants"
    "request-ssl-all|request|-|ssl-rule ssl-six ssl-env|mod_ssl's rule, six headers and environment"
    "request-cc-loaded|request|-|cc-loaded|mod_clientcert loaded, not used"
    "request-cc-require|request|500|cc-rule|\`ClientCertRequire\`, O and OU"
    "request-cc-authz|request|-|cc-authz|\`Require clientcert\`"
    "request-cc-headers|request|-|cc-six|\`ClientCertHeader\`, six certificate fields"
    "request-cc-rule-headers|request|4000|cc-rule cc-six|rule and six headers"
    "request-cc-env|request|3500|cc-env|\`ClientCertEnv On\`"
    "request-cc-forward|request|-|cc-forward|\`ClientCertForward rfc9440\`"
    "request-cc-all|request|8000|cc-rule cc-six cc-env|rule, six headers and environment"
    "request-cc-crl-other|request|-|cc-crl-other|\`ClientCertCRL\`, for another virtual host"
    "request-cc-crl|request|over:request-cc-crl-other:50|cc-crl|\`ClientCertCRL\`, standing verdict"
    "request-cc-crl-other-require|request|-|cc-crl-other cc-rule|the same two with \`ClientCertRequire\`: another"
    "request-cc-crl-require|request|over:request-cc-crl-other-require:50|cc-crl cc-rule|and this one"
    "first-bare|first|-||bare server"
    "first-ssl|first|-|ssl-rule ssl-six|\`SSLRequire\` and six \`RequestHeader\`"
    "first-cc-loaded|first|100000|cc-loaded|mod_clientcert loaded, not used"
    "first-cc|first|half:first-ssl|cc-rule cc-six|\`ClientCertRequire\` and six \`ClientCertHeader\`"
    "handshake-bare|handshake|-||bare server"
    "handshake-cc-loaded|handshake|100000|cc-loaded|mod_clientcert loaded, not used"
    "handshake-cc|handshake|100000|cc-rule cc-six|\`ClientCertRequire\` and six \`ClientCertHeader\`"
    "handshake-cc-crl-other|handshake|-|cc-crl-other|\`ClientCertCRL\`, for another virtual host"
    "handshake-cc-crl|handshake|over:handshake-cc-crl-other:100000|cc-crl|\`ClientCertCRL\`, $crl_entries entries"
)

# The same rule, in SSLRequire's language, for everybody who speaks it.
rule='%{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}'

# Header and variable of the six fields; part_config writes them in each module's words.
fields=(
    "X-Client-DN SSL_CLIENT_S_DN"
    "X-Client-Issuer SSL_CLIENT_I_DN"
    "X-Client-Serial SSL_CLIENT_M_SERIAL"
    "X-Client-Not-After SSL_CLIENT_V_END"
    "X-Client-CN SSL_CLIENT_S_DN_CN"
    "X-Client-Email SSL_CLIENT_SAN_Email_0"
)

# six WORDS PREFIX SUFFIX: one line for each of the six fields.
six() {
    local field
    for field in "${fields[@]}"; do
        printf '%s %s "%s%s%s"\n' "$1" "${field% *}" "$2" "${field#* }" "$3"
    done
}

# part_config PART: its lines for the server's <Location "/">.
part_config() {
    case $1 in
        ssl-rule) echo "SSLRequire $rule" ;;
        ssl-expr) echo "Require expr $rule" ;;
        ssl-dn) echo 'RequestHeader set X-Client-DN "%{SSL_CLIENT_S_DN}s"' ;;
        ssl-six) six 'RequestHeader set' '%{' '}s' ;;
        ssl-env) echo 'SSLOptions +StdEnvVars' ;;
        ssl-user) echo 'SSLUserName SSL_CLIENT_S_DN_CN' ;;
        constant) six 'RequestHeader set' '' '' ;;
        cc-loaded | cc-crl | cc-crl-other) ;;
        cc-rule) echo "ClientCertRequire $rule" ;;
        cc-authz) echo 'Require clientcert' ;;
        cc-six) six ClientCertHeader '%{' '}' ;;
        cc-env) echo 'ClientCertEnv On' ;;
        cc-forward) echo 'ClientCertForward rfc9440' ;;
        *) die "rows.sh knows no part '$1'" ;;
    esac
}

# part_host_config PART: its lines for the virtual host.
part_host_config() {
    if [[ $1 == cc-crl ]]; then echo "ClientCertCRL \"$work/crl.pem\""; fi
}

# part_other_host_config PART: lines for a virtual host that nobody reaches. The CRL is watched all the same, by a thread; as
# soon as there are two threads, calls of the C library cost more: 350 instructions in a request, 80,000 in a handshake.
part_other_host_config() {
    if [[ $1 == cc-crl-other ]]; then part_host_config cc-crl; fi
}

# part_works PART: does what was seen by the application ($seen: its environment) and by three others who tried
# ($stranger: a certificate of another department, $nobody: none, $mallory: a revoked one; HTTP status, or "refused" in the
# handshake) prove that the part does its work?
# $reference is the environment mod_ssl alone gives.
part_works() {
    case $1 in
        ssl-rule | ssl-expr | cc-rule) [[ $stranger == 403 && $nobody == 403 ]] ;;
        cc-authz) [[ $stranger == 200 && $nobody == 403 ]] ;;
        ssl-dn) saw HTTP_X_CLIENT_DN "$(of_reference SSL_CLIENT_S_DN)" ;;
        ssl-six | cc-six) saw_six ;;
        constant) saw HTTP_X_CLIENT_DN SSL_CLIENT_S_DN && saw HTTP_X_CLIENT_EMAIL SSL_CLIENT_SAN_Email_0 ;;
        ssl-env) saw SSL_CLIENT_S_DN "$(of_reference SSL_CLIENT_S_DN)" ;;
        ssl-user) saw REMOTE_USER "$(of_reference SSL_CLIENT_S_DN_CN)" ;;
        cc-env) saw CLIENTCERT_VERIFY SUCCESS && saw CLIENTCERT_SAN_EMAIL "$(of_reference SSL_CLIENT_SAN_Email_0)" ;;
        cc-forward) grep -q '^HTTP_CLIENT_CERT=:MII[A-Za-z0-9+/]*=*:$' <<<"$seen" ;;
        cc-crl) [[ $mallory == refused ]] ;;
        cc-crl-other) [[ $mallory == 200 ]] && crl_in_force ;;
        cc-loaded) [[ $stranger == 200 && $nobody == 200 ]] ;;
    esac
}

crl_in_force() {
    local deadline=$((SECONDS + 60))
    until [[ -s $work/clientcert/index ]]; do
        if ((SECONDS > deadline)); then return 1; fi
        sleep 0.1
    done
}

saw() { [[ -n $2 ]] && grep -qxF "$1=$2" <<<"$seen"; }

of_reference() { sed -n "s/^$1=//p" <<<"$reference"; }

saw_six() {
    local field name
    for field in "${fields[@]}"; do
        name=${field% *}
        name=HTTP_${name//-/_}
        saw "${name^^}" "$(of_reference "${field#* }")" || return 1
    done
}
