#!/usr/bin/env bash
# Rebuild the covering network: photos -> coverings drawn on them -> training -> int8 -> thresholds -> manifest -> report.
#   FACEKIOSK_DATA          folder with train/ (photos laid out like that) and eval/ (default: ../shared)
#   THREADS                 cores to train on (default: 1)
#   SHIP=1                  copy network and manifest into models/covering/, the curve beside this file
# Goes on where it was stopped; remove build/covering to start afresh. About a quarter of an hour on one core of a workstation
# (x86-64, Python 3.11), never on a device.
set -euo pipefail
cd "$(dirname "$0")/../../.."
data=${FACEKIOSK_DATA:-../shared}
work=build/covering out=build/models/covering_int8
export TF_CPP_MIN_LOG_LEVEL=2 CUDA_VISIBLE_DEVICES=-1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

. models/build/environment.sh
environment .venv-training PyTorch models/build/embedding/training/requirements.txt models/build/embedding/training/requirements-cuda.txt
environment .venv-models TensorFlow models/build/embedding/requirements.txt

here() { PYTHONPATH=models/build:. .venv/bin/python -W ignore -m "$@"; }
train() { PYTHONPATH=models/build .venv-training/bin/python -W ignore -m covering.train --work "$work" --threads "${THREADS:-1}" "$@"; }
run=$work/second
here covering.photos --photos "$data/train" --work "$work"
here covering.views --work "$work" --count 40000 --high 0
train --out "$work/first" --views 14000 --bare 0 --high 0 --epochs 4
train --out "$run" --views 40000 --high 0 --epochs 4 --rate 2e-3 --fixed 5 --start "$work/first/weights.npz"
PYTHONPATH=models/build .venv-models/bin/python -W ignore -m covering.export --work "$work" --run "$run" --out "$out"
here covering.finish --work "$work" --run "$run" --out "$out" ${SHIP:+--ship models/covering}
here covering.evaluate --manifest "$out/manifest.toml" --work "$work" --eval "$data/eval"
