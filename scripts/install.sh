#!/usr/bin/env bash
# Put the appliance in place: install.sh [DESTDIR]. Program, units, users and rules; no configuration and no data.
# With a DESTDIR (an image's root) nothing is started or set up: that is for the image's first start.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1:-}
prefix=/opt/facekiosk
units=/usr/lib/systemd/system
program="api camera device inference provisioning models docs locks scripts pyproject.toml debian-packages.txt README.md LICENSE"

say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }

[ -n "$root" ] || [ "$(id -u)" = 0 ] || { echo "make install needs root: sudo make install" >&2; exit 1; }

say "putting the program into $root$prefix"
install -d -m 755 "$root$prefix" "$root/usr/bin" "$root/etc/facekiosk"
# What an older version had and this one has not must not stay importable.
for part in $program; do rm -rf "${root:?}$prefix/$part"; done
# shellcheck disable=SC2086
tar -c --exclude=__pycache__ --exclude=models/build --mode=u=rwX,go=rX $program | tar -x -C "$root$prefix" --no-same-owner
ln -sfn "$prefix/.venv/bin/kioskctl" "$root/usr/bin/kioskctl"

say "putting units, users and rules in place"
(cd systemd/system && find . -type f -exec install -D -m 644 {} "$root$units/{}" \;)
jetson=$root$units/facekiosk-vision@camera.service.d/jetson.conf
rm -f "$jetson"
[ ! -e "$root/etc/nv_tegra_release" ] || install -m 644 systemd/jetson.conf "$jetson"
install -D -m 644 systemd/sysusers.d/facekiosk.conf "$root/usr/lib/sysusers.d/facekiosk.conf"
install -D -m 644 systemd/tmpfiles.d/facekiosk.conf "$root/usr/lib/tmpfiles.d/facekiosk.conf"
install -D -m 644 systemd/udev/60-facekiosk.rules "$root/usr/lib/udev/rules.d/60-facekiosk.rules"

if [ -n "$root" ]; then
    say "in the image, or at its first start, run:  $prefix/scripts/setup.sh appliance && systemd-sysusers && systemd-tmpfiles --create"
    exit 0
fi
"$prefix/scripts/setup.sh" appliance
systemd-sysusers facekiosk.conf
systemd-tmpfiles --create facekiosk.conf
udevadm control --reload && udevadm trigger --subsystem-match=video4linux --subsystem-match=media --subsystem-match=dma_heap || true
systemctl daemon-reload
say "installed. Next:  sudo kioskctl init --appliance  and  sudo systemctl enable --now facekiosk.target"
