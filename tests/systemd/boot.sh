#!/usr/bin/env bash
# Boot systemd over this machine's own files, all in namespaces of its own and with a tmpfs over it: nothing here is changed.
# boot.sh CHECKOUT SITE_PACKAGES REPORT_SCRIPT OUT; run by test_boot.py under unshare, as root.
set -eu
checkout=$1 site=$2 report=$3 out=$4
mount --make-rprivate /
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/up" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/up,workdir=$work/work" "$work/root"
root=$work/root

mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,ro,bind "$root/proc/sys"
mount -t sysfs sysfs "$root/sys" -o ro
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder" -o mode=755; done
chmod 1777 "$root/tmp"
device() { mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
device null 1 3; device zero 1 5; device full 1 7; device random 1 8; device urandom 1 9; device tty 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=666
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
: >"$root/dev/console"
ip link set lo up

rm -rf "$root/etc/facekiosk" "$root/var/lib/facekiosk" "$root/opt/facekiosk"
"$checkout/scripts/install.sh" "$root"
environment=/opt/facekiosk/.venv
chroot "$root" /usr/bin/python3 -m venv --without-pip "$environment"
mount --bind "$site" "$(echo "$root$environment"/lib/python3.*/site-packages)"
cat >"$root$environment/bin/kioskctl" <<END
#!$environment/bin/python
import sys
sys.path.insert(0, "/opt/facekiosk")
from provisioning.main import main
sys.exit(main())
END
chmod 755 "$root$environment/bin/kioskctl"
for group in render input; do chroot "$root" groupadd -rf $group; done  # what udev's package makes
chroot "$root" systemd-sysusers facekiosk.conf
chroot "$root" systemd-tmpfiles --create facekiosk.conf
chroot "$root" kioskctl init --appliance --yes
sed -i 's/^# source = .*/source = "demo"/' "$root/etc/facekiosk/facekiosk.toml"
sed -i 's/^# port = 8080/port = 8091/' "$root/etc/facekiosk/facekiosk.toml"
head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/etc/machine-id"

# Compositor and browser in one stand-in: a page that draws until it is sent SIGUSR1, and then lives on without drawing.
cat >"$root/usr/bin/cage" <<END
#!$environment/bin/python
import asyncio, signal, sys
import aiohttp

draws = [True]

async def beats(socket):
    while True:
        if draws:
            await socket.send_str('{"type": "beat"}')
        await asyncio.sleep(1)

async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, draws.clear)
    while True:
        try:
            async with aiohttp.ClientSession() as http, http.ws_connect(sys.argv[-1] + "live") as socket:
                beating = asyncio.ensure_future(beats(socket))
                async for _ in socket:
                    pass
                beating.cancel()
        except (aiohttp.ClientError, OSError):
            pass
        await asyncio.sleep(1)

asyncio.run(main())
END
chmod 755 "$root/usr/bin/cage"
# There is no terminal, and so no session on one.
mkdir -p "$root/etc/systemd/system/facekiosk-screen.service.d"
cat >"$root/etc/systemd/system/facekiosk-screen.service.d/test.conf" <<'END'
[Service]
PAMName=
TTYPath=
TTYReset=no
TTYVHangup=no
TTYVTDisallocate=no
StandardInput=null
UtmpIdentifier=
END
cat >"$root/etc/systemd/system/kiosktest.target" <<'END'
[Unit]
Wants=systemd-journald.service facekiosk.service facekiosk-screen.service report.service
AllowIsolate=yes
END
cat >"$root/etc/systemd/system/report.service" <<'END'
[Unit]
After=facekiosk.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/report.sh
ExecStopPost=/bin/systemctl poweroff --force
END
install -m 755 "$report" "$root/report.sh"
mkdir -p "$root/out" "$root/oldroot"
mount --bind "$out" "$root/out"
cd "$root"
# Not chroot: a process in one may make no user namespace (PrivateUsers=).
pivot_root . oldroot
umount -l /oldroot
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=kiosktest.target --log-target=journal
