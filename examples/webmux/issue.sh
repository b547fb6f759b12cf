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

# A key, and the request for a certificate: request "USER NAME"
request()
{
    local user=${1%% *} name=${1#* }
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
        -keyout "employees/$user.key" -out "employees/$user.csr" \
        -subj "/C=DE/O=garex AG/CN=$name/UID=$user" \
        -addext "subjectAltName=email:$user@garex.example" 2>> openssl.log
}

# The CA signs all requests at once. Its database says which number each of them has got.
sign_all()
{
    local serial subject
    openssl ca -config ca/ca.cnf -batch -notext -preserveDN -extensions client -days 365 \
        -out employees/all.pem -infiles employees/*.csr >> openssl.log 2>&1
    while read -r serial subject; do
        if [[ $subject == */UID=* && -e ca/issued/$serial.pem ]]; then
            mv "ca/issued/$serial.pem" "employees/${subject##*/UID=}.pem"
        fi
    done < <(cut -f 4,6 ca/index.txt)
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

# Reads the list. A name with characters that mean something to openssl is refused.
list=${1:?usage: issue.sh LIST}
mkdir -p employees
rm -f employees/*.csr  # of a run that was interrupted
new=()
while read -r user name; do
    [[ $user != '' && $user != \#* ]] || continue
    [[ $user =~ ^[a-z]+[0-9]+$ && $name =~ ^[A-Za-z][A-Za-z\ .-]*$ ]] \
        || { echo "issue.sh: no user and name: $user $name" >&2; exit 1; }
    [ -e "employees/$user.p12" ] || new+=("$user $name")
done < "$list"

if [ ${#new[@]} = 0 ]; then
    echo "Everybody on the list has a certificate."
else
    for_each request
    sign_all
    for_each browser_file
    echo "Issued: ${#new[@]} certificates"
fi
