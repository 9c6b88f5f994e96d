#!/usr/bin/env bash
# Inside the booted system: what happens to the units is written as NAME=VALUE lines, which test_boot.py holds to account.
camera=facekiosk-vision@camera.service
remote=facekiosk-vision@remote.service
tell() { echo "$1=$2" >>/out/report; }
show() { systemctl show -p "$2" --value "$1"; }
until_active() { # unit, seconds
    for _ in $(seq "$2"); do
        [ "$(systemctl is-active "$1")" = active ] && return
        sleep 1
    done
}
until_restarted() { # unit, number, seconds
    for _ in $(seq "$3"); do
        [ "$(show "$1" NRestarts)" -gt "$2" ] && [ "$(systemctl is-active "$1")" = active ] && return
        sleep 1
    done
}
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

until_active $camera 120
tell control "$(systemctl is-active facekiosk.service)"
tell camera "$(systemctl is-active $camera)"
tell remote.before "$(systemctl is-active $remote)"
sandbox facekiosk.service control
sandbox $camera camera

/opt/facekiosk/.venv/bin/python -m camera.sources.demo portraits /tmp/photos --count 5 >/dev/null
kioskctl enroll grace /tmp/photos/*.jpg >>/out/log 2>&1
tell enroll $?
tell remote.after "$(systemctl is-active $remote)"
sandbox $remote remote

before=$(show $camera NRestarts)
systemctl kill -s KILL $camera
until_restarted $camera "$before" 60
tell killed "$(systemctl is-active $camera) $(($(show $camera NRestarts) - before))"

before=$(show $camera NRestarts)
kill -STOP "$(show $camera MainPID)"
until_restarted $camera "$before" 60
tell stopped "$(systemctl is-active $camera) $(($(show $camera NRestarts) - before))"

for _ in $(seq 60); do
    kioskctl health --gate --steady 2 >>/out/log 2>&1 && break
    sleep 1
done
kioskctl health --gate --steady 2 >>/out/log 2>&1
tell gate $?
for _ in $(seq 60); do
    [ "$(kioskctl log | wc -l)" -gt 0 ] && break
    sleep 1
done
tell visits "$(journalctl -o json MESSAGE_ID=b82d0c5ce80e4a81b85e084e3429f3f1 | wc -l)"
tell names "$(journalctl -u 'facekiosk*' -o json | grep -ci grace)"

before=$(show facekiosk.service NRestarts)
kill -STOP "$(show facekiosk.service MainPID)"
until_restarted facekiosk.service "$before" 120
tell control.stopped "$(systemctl is-active facekiosk.service) $(($(show facekiosk.service NRestarts) - before))"
until_active $camera 60
tell camera.after "$(systemctl is-active $camera)"
journalctl --no-pager -u 'facekiosk*' >>/out/log 2>&1
tell done yes
