#!/usr/bin/env bash
# Set up the environment of one purpose: setup.sh run | test | system | bench | appliance. Nothing happens when it is up to date.
# Installs from the locks alone, with hashes; Debian packages come from debian-packages.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-run}
venv=.venv
case $purpose in
    run) groups="base build"; optional="index appliance"; parts="base" ;;
    test) groups="base build dev"; optional="index appliance"; parts="base" ;;
    system) groups="base build dev"; optional="index appliance"; parts="base system" ;;
    bench) groups="base build dev bench"; optional="index appliance"; parts="base" ;;
    appliance) groups="base build appliance"; optional="index door"; parts="base appliance" ;;
    *) echo "usage: scripts/setup.sh run|test|system|bench|appliance" >&2; exit 2 ;;
esac
[ "$(uname -m)" = aarch64 ] && parts="$parts arm"
say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }
die() { printf 'set-up stopped: %s\n' "$*" >&2; exit 1; }

find_python() {
    for candidate in python3.11 python3.12 python3; do
        if "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

missing_packages() { # part... → names of the Debian packages that are not there
    local part package probe
    while IFS='|' read -r part package probe; do
        part=${part// /}; package=${package// /}
        case " $* " in *" $part "*) ;; *) continue ;; esac
        PYTHON=${python:-python3} bash -c "$probe" >/dev/null 2>&1 || echo "$package"
    done < <(grep -v '^#' debian-packages.txt) | sort -u
}

apt_install() { # package... ; false where it may not
    local root=""
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        root=sudo
    fi
    say "installing Debian packages: $*"
    $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need_packages() { # what for, packages...
    local purpose=$1
    shift
    [ $# = 0 ] && return
    apt_install "$@" || die "$purpose needs Debian packages; run:  sudo apt-get install $*"
}

install_lock() { # group; shows which package of how many it is at
    "$venv/bin/pip" install --disable-pip-version-check --no-deps --no-build-isolation --require-hashes \
        --progress-bar off --root-user-action ignore --requirement "$(lock "$1")" |
        awk -v of="$(packages_in "$1")" '/^Collecting/ { printf "  %d/%d %-50s\r", ++n, of, $2; fflush() }
            /^Installing/ { printf "  putting %d packages in place %-40s\n", n, ""; fflush() }'
}

packages_in() { grep -cE '^[a-z0-9]' "$(lock "$1")"; }

install_optional() { # group; absent, with a line, where it cannot be built
    local missing
    missing=$(missing_packages "$1")
    # shellcheck disable=SC2086
    if [ -n "$missing" ] && ! apt_install $missing 2>/dev/null; then
        echo "  without '$1': needs Debian packages; to have it: sudo apt-get install $(echo $missing), then again"
        return
    fi
    # Annoy builds for the very processor it is built on unless told not to; a package must run on its like
    ANNOY_COMPILER_ARGS="-O3,-ffast-math,-fno-associative-math,-std=c++14" install_lock "$1" >"$venv/$1.log" 2>&1 ||
        echo "  without '$1': it did not build; see $venv/$1.log"
}

lock() { echo "locks/$1-$tag-$(uname -m).txt"; }

fingerprint() { cat "$0" pyproject.toml debian-packages.txt $(for group in $groups $optional; do lock "$group"; done) | sha256sum; }

# The appliance's user may not write beside the program: what is not compiled here would be compiled at every start.
compiled() { [ "$purpose" != appliance ] || "$venv/bin/python" -m compileall -q api camera device inference provisioning; }

python=$(find_python)
if [ -x "$venv/bin/python" ]; then
    python=$venv/bin/python
elif [ -z "$python" ]; then
    # shellcheck disable=SC2046
    need_packages "the set-up" $(missing_packages base)
    python=$(find_python)
    [ -n "$python" ] || die "Python 3.11 or 3.12 is needed; found $(python3 --version 2>&1)"
fi
tag=cp$("$python" -c 'import sys; print("%d%d" % sys.version_info[:2])')
[ -f "$(lock base)" ] || die "there is no lock for $tag on $(uname -m); see scripts/lock.sh"
stamp=$venv/.set-up-$purpose
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]; then
    # shellcheck disable=SC2086
    [ "$purpose" != system ] || [ -z "$(missing_packages $parts)" ] || need_packages "make test-system" $(missing_packages $parts)
    compiled
    exit 0
fi
# shellcheck disable=SC2046,SC2086
need_packages "the set-up" $(missing_packages $parts)
[ -x "$venv/bin/python" ] || { say "making $venv with $("$python" --version)"; "$python" -m venv "$venv"; }
for group in $groups; do
    say "installing '$group': $(packages_in "$group") packages from $(lock "$group")"
    install_lock "$group"
done
for group in $optional; do
    say "installing '$group' (optional)"
    install_optional "$group"
done
say "installing facekiosk itself"
"$venv/bin/pip" install --disable-pip-version-check --no-deps --no-build-isolation --quiet --root-user-action ignore --editable .
fingerprint >"$stamp"
compiled
say "ready"
