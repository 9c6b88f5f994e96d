#!/usr/bin/env bash
# build.sh float: only the float32 file of the weights here, for `make pad-report` to compare with. Without `float`:
# Rebuild the passive liveness network: sources -> views and what the teachers say of them -> training -> int8 -> report -> manifest.
#   FACEKIOSK_DATA          folder with eval/ and teachers/ laid out like the evaluation data (default: ../shared)
#   SCENES                  scenes to make, two views each (default: 24000)
#   STEPS                   steps of 64 views (default: 12000, of which 11000 are run), and half as many more at half the rate
#                           with a second set of views as well
#   WORK                    folder of views, runs and curves (default: build/passive)
#   THREADS                 cores to train on (default: 1)
#   SHIP=1                  copy network and manifest into models/liveness/, curve and weights beside this file
# Goes on where it was stopped; remove WORK to start afresh. About an hour on one core of a workstation (x86-64,
# Python 3.11), never on a device. Of the evaluation data it reads what may be trained on: `python -m passive.sources` names it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
data=${FACEKIOSK_DATA:-../shared}
work=${WORK:-build/passive} out=build/models/passive
scenes=${SCENES:-24000} steps=${STEPS:-12000}
export TF_CPP_MIN_LOG_LEVEL=2 CUDA_VISIBLE_DEVICES=-1 OMP_NUM_THREADS=${THREADS:-1}

. models/build/environment.sh
if [ "${1:-}" = float ]; then
    environment .venv-models TensorFlow models/build/embedding/requirements.txt
    PYTHONPATH=models/build exec .venv-models/bin/python -W ignore -m passive.export --weights models/build/passive/weights.npz --out "$out"
fi
environment .venv-training PyTorch models/build/embedding/training/requirements.txt models/build/embedding/training/requirements-cuda.txt
environment .venv-models TensorFlow models/build/embedding/requirements.txt

here() { PYTHONPATH=models/build:. .venv/bin/python -W ignore -m "$@"; }
train() { PYTHONPATH=models/build .venv-training/bin/python -W ignore -m passive.train --work "$work" --threads "${THREADS:-1}" "$@"; }
here passive.sources --eval "$data/eval" --work "$work"
here passive.views --eval "$data/eval" --teachers "$data/teachers" --work "$work" --count "$scenes"
here passive.views --eval "$data/eval" --teachers "$data/teachers" --work "$work" --count $((scenes / 3)) --seed 2 --reach 1.9 5.2
train --out "$work/without-webcam" --simulated 0.5 --steps $((steps / 4)) --without webcam --views $((scenes * 7 / 24))
train --out "$work/first" --simulated 0.5 --steps "$steps" --until $((steps * 11 / 12))
train --out "$work/second" --steps $((steps / 4)) --rate 1e-3 --simulated 0.5 --sets 1 2 --start "$work/first/weights.npz"
train --out "$work/run" --steps $((steps * 7 / 24)) --rate 1.2e-3 --seed 2 --simulated 0.5 --sets 1 2 --start "$work/second/weights.npz"
PYTHONPATH=models/build .venv-models/bin/python -W ignore -m passive.export --work "$work" --weights "$work/run/weights.npz" --out "$out"
finish() { here passive.finish --first "$work/first" "$work/second" --run "$work/run" --without "$work/without-webcam" --out "$out" "$@"; }
rm -f build/reports/pad.json
finish
here bench.pad --model "$out/manifest.toml" --eval "$data/eval" --teachers "$data/teachers"
finish ${SHIP:+--ship models/liveness}
