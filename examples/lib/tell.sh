# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How an example speaks: what it does, the commands it shows, the answers it got, and what went
# wrong. Read by example.sh, not run.

heading() { printf '\n== %s\n' "$1"; }
say() { printf '  %s\n' "$@"; }

fail()
{
    printf '\n%s: %s\n' "$name" "$1" >&2
    exit 1
}

# Runs a noisy command with its output in a file; shows the end of that if it fails.
quietly()
{
    local log=$1 what=$2
    shift 2
    "$@" > "$log" 2>&1 9>&- && return
    tail -n 30 "$log" >&2
    fail "$what failed; the end of $log is above"
}

# Shows a command as one would type it.
typed() { printf '    $ %s\n' "$1"; }

# Shows a request as one would type it, makes it, and shows the answer: ask WHO STATUS COMMAND
# The command is curl with -i; $answer is what it got.
ask()
{
    local who=$1 want=$2 status
    printf '\n  %s\n' "$who"
    typed "$3"
    eval "$3" > "$answer" || fail "$who curl got no answer (its error $?)"
    sed -n '1s/\r$//; 1s/^/      /p' "$answer"
    status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$answer")
    [ "$status" = "$want" ] || fail "$who The answer should be $want, and it is ${status:-none}."
    if [ "$status" = 200 ]; then
        sed -e '1,/^\r*$/d' -e 's/^/      /' -e 's/^\(.\{94\}\).\{5,\}/\1 .../' "$answer"
    fi
}

# Shows a command, runs it, and shows what it said: try WHAT WANTED-TEXT COMMAND
# It may fail as long as it says the text. Of its long lines, those of errors are shown in full.
try()
{
    local what=$1 want=$2
    printf '\n  %s\n' "$what"
    typed "$3"
    (eval "$3") > "$answer" 2>&1 || true
    sed '/[Ee]rror/!s/^\(.\{94\}\).\{5,\}/\1 .../' "$answer" | fold -s -w 98 | sed 's/^/      /'
    grep -qF -- "$want" "$answer" || fail "$what It should say '$want', and does not."
}

# What the last answer must have, or must not have: a line, a header that the application saw.
sees() { grep -qxF "  $1" "$answer" || fail "The application should see '$1', and does not."; }
sees_no() { ! grep -qi "^  $1:" "$answer" || fail "The application should see no $1, and does."; }
says() { grep -qF -- "$1" "$answer" || fail "The answer should have '$1', and does not."; }

# Shows the last denial of an error log, which must say why: log_says TEXT [LOG [TAG]]
# TAG is that of another kind of line, such as CC0205.
log_says()
{
    local log=${2:-error.log} tag=${3:-CC0101} line waited
    for ((waited = 0; waited < 50; waited++)); do  # it is written when the request has ended
        line=$({ grep "$tag" "$log" || true; } | tail -n 1)
        [[ $line != *"$1"* ]] || break
        sleep 0.1
    done
    say "$log says why:"
    printf '%s\n' "$line" | fold -s -w 92 | sed 's/^/      /'
    [[ $line == *"$1"* ]] || fail "The log line should be a $tag that shows $1, and it is not."
}
