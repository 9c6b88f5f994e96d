#!/usr/bin/env bash
# Inside the booted system: what happens to the units is written as NAME=VALUE lines, which test_boot.py holds to account.
camera=facekiosk-vision@camera.service
remote=facekiosk-vision@remote.service
screen=facekiosk-screen.service
tell() { echo "$1=$2" >>/out/report; }
show() { systemctl show -p "$2" --value "$1"; }
# Waits end with what they wait for; how long that takes is the machine's affair, and only what never comes runs into the limit.
LIMIT=180
waited() { # command…
    local until=$((SECONDS + LIMIT))
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.5
    done
}
active() { [ "$(systemctl is-active "$1")" = active ]; }
restarted() { [ "$(show "$1" NRestarts)" -gt "$2" ] && active "$1"; } # unit, number before
gate() { kioskctl health --gate --steady 2 >>/out/log 2>&1; }
visits() { journalctl -o json MESSAGE_ID=b82d0c5ce80e4a81b85e084e3429f3f1 | wc -l; }
visited() { [ "$(visits)" -gt 0 ]; }
page() { kioskctl health --json | grep -q '"screen":""'; } # it draws
sandbox() { # unit, name
    local pid
    pid=$(show "$1" MainPID)
    tell "$2.user" "$(stat -c %U "/proc/$pid")"
    tell "$2.caps" "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")"
    tell "$2.no_new_privileges" "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status")"
    tell "$2.seccomp" "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")"
    tell "$2.links" "$(nsenter -t "$pid" -n ip -o link | wc -l)"
    tell "$2.same_network" "$([ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/1/ns/net)" ] && echo yes || echo no)"
    tell "$2.keys" "$(nsenter -t "$pid" -m sh -c 'ls /var/lib/facekiosk 2>/dev/null | wc -l')"
    tell "$2.dev" "$(nsenter -t "$pid" -m sh -c 'ls /dev/video* 2>/dev/null | wc -l')"
}

waited active $camera
tell control "$(systemctl is-active facekiosk.service)"
tell camera "$(systemctl is-active $camera)"
tell remote.before "$(systemctl is-active $remote)"
sandbox facekiosk.service control
sandbox $camera camera

waited page
tell screen "$(systemctl is-active $screen)"
sandbox $screen screen

/opt/facekiosk/.venv/bin/python -m camera.sources.demo portraits /tmp/photos --count 5 >/dev/null
kioskctl enroll grace /tmp/photos/*.jpg >>/out/log 2>&1
tell enroll $?
tell remote.after "$(systemctl is-active $remote)"
sandbox $remote remote

before=$(show $camera NRestarts)
systemctl kill -s KILL $camera
waited restarted $camera "$before"
tell killed "$(systemctl is-active $camera) $(($(show $camera NRestarts) - before))"

before=$(show $camera NRestarts)
kill -STOP "$(show $camera MainPID)"
waited restarted $camera "$before"
tell stopped "$(systemctl is-active $camera) $(($(show $camera NRestarts) - before))"

tell waits "$(journalctl -o json -u $camera MESSAGE_ID=c0046f00cfe04a5498c6affd1507eef8 PRIORITY=4 | wc -l)"
waited gate
tell gate $?
waited visited
tell visits "$(visits)"
tell names "$(journalctl -u 'facekiosk*' -o json | grep -ci grace)"

main=$(show $screen MainPID) before=$(show $screen NRestarts)
kill -USR1 $(cat "/proc/$main/task/$main/children")
waited restarted $screen "$before"
tell page.dead "$(systemctl is-active $screen) $(($(show $screen NRestarts) - before))"
waited page
tell page.after $?

screens=$(show $screen NRestarts)
before=$(show facekiosk.service NRestarts)
kill -STOP "$(show facekiosk.service MainPID)"
waited restarted facekiosk.service "$before"
tell control.stopped "$(systemctl is-active facekiosk.service) $(($(show facekiosk.service NRestarts) - before))"
waited active $camera
tell camera.after "$(systemctl is-active $camera)"
waited page
tell screen.after "$? $(($(show $screen NRestarts) - screens))"
journalctl --no-pager -u 'facekiosk*' >>/out/log 2>&1
tell done yes
