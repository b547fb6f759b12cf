#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# issue.sh LIST: a certificate for each line "USER NAME" of the list that has none yet.
#
# Makes in the directory employees:
#   USER.key USER.pem  key and certificate
#   USER.p12           both in one file, to be imported into a browser
#   passwords.txt      the password of each such file: tell it on another way than the file
# The CA is the one in the directory ca (see examples/pki/pki.sh).
set -euo pipefail
umask 077

# A key, and the request for a certificate: request "USER NAME".
request()
{
    local user=${1%% *} name=${1#* }
    openssl req -utf8 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
        -keyout "employees/$user.key" -out "employees/$user.csr" \
        -subj "/C=DE/O=garex AG/CN=$name/UID=$user" \
        -addext "subjectAltName=email:$user@garex.example" 2>> openssl.log
}

# The CA signs all requests at once. Its database says which number each of them has got.
sign_all()
{
    local serial subject known
    known=$(wc -l < ca/index.txt)
    openssl ca -config ca/ca.cnf -batch -notext -preserveDN -extensions client -days 365 \
        -out employees/all.pem -infiles employees/*.csr >> openssl.log 2>&1
    while read -r serial subject; do
        mv "ca/issued/$serial.pem" "employees/${subject##*/UID=}.pem"
    done < <(tail -n "+$((known + 1))" ca/index.txt | cut -f 4,6)
    rm employees/all.pem employees/*.csr
}

# A file for the browser, with a password of its own.
browser_file()
{
    local user=${1%% *} name=${1#* } password
    password=$(head -c 9 /dev/urandom | base64)
    openssl pkcs12 -export -in "employees/$user.pem" -inkey "employees/$user.key" \
        -certfile ca.pem -name "$name, garex AG" -passout stdin \
        -out "employees/$user.p12" <<< "$password"
    printf '%s %s\n' "$user" "$password" >> employees/passwords.txt
}

# Calls the function for each of "new", on all processors.
for_each()
{
    printf '%s\n' "${new[@]}" | xargs -d '\n' -n 10 -P "$(nproc)" \
        bash -euc 'for line; do "$0" "$line"; done' "$1"
}
export -f request browser_file

# The old password of somebody who gets a new certificate is of no use.
forget_old_passwords()
{
    touch employees/passwords.txt
    printf '%s\n' "${new[@]%% *}" | awk 'NR == FNR { is_new[$1] = 1; next } !($1 in is_new)' \
        - employees/passwords.txt > employees/passwords.new
    mv employees/passwords.new employees/passwords.txt
}

# Reads the list. A name with characters that mean something to openssl or in a page is refused.
a_user='^[a-z]+[0-9]+$'
a_name='^[^[:cntrl:]/\"+=,;<>&#]+$'
list=${1:?usage: issue.sh LIST}
mkdir -p employees
rm -f employees/*.csr  # of a run that was interrupted
new=()
while read -r user name || [ -n "$user" ]; do  # the last line may have no end
    [[ $user != '' && $user != \#* ]] || continue
    [[ $user =~ $a_user && $name =~ $a_name ]] \
        || { echo "issue.sh: no user and name: $user $name" >&2; exit 1; }
    [ -e "employees/$user.p12" ] || new+=("$user $name")
done < "$list"

if [ ${#new[@]} = 0 ]; then
    echo "Everybody on the list has a certificate."
else
    forget_old_passwords
    for_each request
    sign_all
    for_each browser_file
    echo "Certificates issued: ${#new[@]}"
fi
