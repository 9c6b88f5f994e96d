#!/usr/bin/env bash
# An embedding of your own: photos -> the teacher's answers -> training -> TFLite, float and int8 -> calibration by group -> manifest.
#   train.sh [--steps N] [--threads N] [--work FOLDER]   (--help says all)
#   FACEKIOSK_DATA   folder with train/ (photos: any folder laid out alike) and teachers/ (default: ../shared)
#   SHIP=1           take the result over: weights and curve into the recipe, model and manifest into models/
# Killed at any point, it goes on where it was. About an hour on two cores that have nothing else to do; a GPU is used where there is one.
# Runs on a workstation, x86-64 and Python 3.11, never on a device.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=models/build/embedding
export FACEKIOSK_DATA=${FACEKIOSK_DATA:-../shared}
work=build/training
for ((i = 1; i < $#; i++)); do
    next=$((i + 1))
    [ "${!i}" != --work ] || work=${!next}
done

. models/build/environment.sh
environment .venv-training PyTorch "$here/training/requirements.txt" "$here/training/requirements-cuda.txt"
PYTHONPATH=models/build:. .venv-training/bin/python -m embedding.training.main --data "$FACEKIOSK_DATA/train" \
    --teacher "$FACEKIOSK_DATA/teachers/mobilefacenet_apache_112_128d.onnx" --work "$work" "$@"
case " $* " in *" --help "* | *" -h "*) exit 0 ;; esac
PYTHONPATH=models/build .venv/bin/python -m embedding.curves "$work/curve.json" "$work/curve.png"
if [ -n "${SHIP:-}" ]; then
    cp "$work/distilled.npz" "$work/curve.json" "$work/curve.png" "$here/weights/"
fi
FACEKIOSK_WEIGHTS="$(realpath "$work/distilled.npz")" "$here/build.sh" distilled
