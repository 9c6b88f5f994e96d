#!/usr/bin/env bash
# Resolve every lock anew: one file per group, Python and platform, with hashes and no index address.
# Needs uv (pip install uv). The base lock constrains every other group, so that one version of a package serves all.
set -euo pipefail
cd "$(dirname "$0")/.."
groups="index appliance door fleet dev bench"

compile() { # python machine name extra-arguments...
    local python=$1 machine=$2 name=$3
    shift 3
    uv pip compile "$@" --override locks/overrides.txt --generate-hashes \
        --no-emit-index-url --no-header --no-annotate --quiet --python-version "$python" \
        --python-platform "$machine-manylinux_2_34" --output-file "locks/$name.txt"
}

for python in 3.11 3.12; do
    for machine in x86_64 aarch64; do
        suffix="cp${python/./}-$machine"
        echo "locking $suffix"
        compile "$python" "$machine" "all-$suffix" pyproject.toml \
            --extra index --extra appliance --extra door --extra fleet --extra dev --extra bench --group build
        compile "$python" "$machine" "base-$suffix" pyproject.toml -c "locks/all-$suffix.txt"
        compile "$python" "$machine" "build-$suffix" --group build -c "locks/all-$suffix.txt"
        for group in $groups; do
            compile "$python" "$machine" "$group-$suffix" pyproject.toml --extra "$group" -c "locks/all-$suffix.txt"
            python3 scripts/subtract_lock.py "locks/$group-$suffix.txt" "locks/base-$suffix.txt"
        done
        rm "locks/all-$suffix.txt"
    done
done
