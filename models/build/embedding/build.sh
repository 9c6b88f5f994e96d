#!/usr/bin/env bash
# Rebuild the embedding models from their origins: weights -> TFLite (verified) -> calibration -> manifest.
#   build.sh [NAME ...]     networks to build (default: distilled dlib, those that ship); their manifests lie in build/models/NAME_PRECISION/
#   FACEKIOSK_DATA          folder with train/ (photos to calibrate on) and teachers/ (default: ../shared)
#   PRECISIONS              default: "int8 float32"
#   PER_GROUP               most photos of a group of people to calibrate on (default: all)
#   SHIP=1                  copy the int8 models and their manifests into models/
# Runs on a workstation, x86-64 and Python 3.11, never on a device.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=models/build/embedding
data=${FACEKIOSK_DATA:-../shared}
out=build/models
names=("$@")
[ $# -gt 0 ] || names=(distilled dlib)
export TF_CPP_MIN_LOG_LEVEL=2 CUDA_VISIBLE_DEVICES=-1

. models/build/environment.sh
environment .venv-models TensorFlow "$here/requirements.txt"

# The MobileFaceNet is always built: as the calibration's referee it finds photos of one person among those of different people.
PYTHONPATH=models/build .venv-models/bin/python -m embedding.export $(printf '%s\n' "${names[@]}" mobilefacenet | sort -u) --data "$data" --out "$out"

models=()
for name in "${names[@]}"; do
    for precision in ${PRECISIONS:-int8 float32}; do models+=("$name:$precision"); done
done
PYTHONPATH=models/build:. .venv/bin/python -m embedding.finish "${models[@]}" --photos "$data/train" --out "$out" ${PER_GROUP:+--per-group "$PER_GROUP"}

for name in "${names[@]}"; do
    case $name in
        distilled) shipped=models ;;
        dlib) shipped=models/dlib ;;
        *) continue ;;
    esac
    file=face_embedding_${name}_int8.tflite
    if [ -n "${SHIP:-}" ]; then
        cp "$out/${name}_int8/manifest.toml" "$out/${name}_int8/$file" "$shipped/"
        echo "shipped: $shipped/manifest.toml"
    elif cmp -s "$out/${name}_int8/$file" "$shipped/$file"; then
        echo "$shipped/$file: reproduced, byte for byte"
    fi
done
