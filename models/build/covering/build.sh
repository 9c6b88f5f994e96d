#!/usr/bin/env bash
# Rebuild the covering network: photos -> coverings drawn on them -> training -> int8 -> thresholds -> manifest -> report.
#   FACEKIOSK_DATA          folder with train/ (photos laid out like that) and eval/ (default: ../shared)
#   THREADS                 cores to train on (default: 1)
#   FURTHER=1               go on from there with 60000 views at a lower rate; the network in models/covering did not
#   SHIP=1                  copy network and manifest into models/covering/, the curve beside this file
# Goes on where it was stopped; remove build/covering to start afresh. About half an hour on one core of a workstation
# (x86-64, Python 3.11), never on a device.
set -euo pipefail
cd "$(dirname "$0")/../../.."
data=${FACEKIOSK_DATA:-../shared}
work=build/covering out=build/models/covering_int8
export TF_CPP_MIN_LOG_LEVEL=2 CUDA_VISIBLE_DEVICES=-1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

. models/build/environment.sh
environment .venv-models TensorFlow models/build/embedding/requirements.txt

PYTHONPATH=models/build:. .venv/bin/python -m covering.photos --photos "$data/train" --work "$work"
views() { PYTHONPATH=models/build:. .venv/bin/python -m covering.views --work "$work" --count "$1"; }
train() { PYTHONPATH=models/build .venv-models/bin/python -m covering.train --work "$work" --threads "${THREADS:-1}" "$@"; }
run=$work/first
views 28000
train --out "$run" --views 28000 --epochs 5
if [ -n "${FURTHER:-}" ]; then
    views 60000
    train --out "$work/second" --views 60000 --epochs 1 --rate 1e-3 --start "$run/weights.h5"
    run=$work/second
fi
PYTHONPATH=models/build .venv-models/bin/python -m covering.export --work "$work" --run "$run" --out "$out"
PYTHONPATH=models/build:. .venv/bin/python -m covering.finish --work "$work" --run "$run" --out "$out" ${SHIP:+--ship models/covering}
PYTHONPATH=models/build:. .venv/bin/python -W ignore -m covering.evaluate --manifest "$out/manifest.toml" --work "$work" --eval "$data/eval"
