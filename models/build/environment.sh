# Sourced: the recipes' environments, made once and again when their requirements change.

# environment FOLDER LABEL REQUIREMENTS [MORE REQUIREMENTS]: install with hashes; the second list only where `torch` does not import without it.
environment() {
    local folder=$1 label=$2 stamp="$1/requirements.sha256" wanted
    shift 2
    wanted=$(cat "$@" | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
    [ -x .venv/bin/python ] || { echo "the product's environment is absent: run \`make test\` first" >&2; exit 1; }
    .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
        { echo "$label needs Python 3.11, and .venv has another" >&2; exit 1; }
    echo "setting up $folder ($label; minutes, once)"
    .venv/bin/python -m venv --clear "$folder"
    "$folder/bin/python" -m pip install --no-deps --require-hashes --progress-bar on -r "$1"
    if [ $# -gt 1 ] && ! "$folder/bin/python" -c 'import torch' 2>/dev/null; then
        "$folder/bin/python" -m pip install --no-deps --require-hashes --progress-bar on -r "$2"
    fi
    echo "$wanted" >"$stamp"
}
