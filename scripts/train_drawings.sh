#!/usr/bin/env bash
# Fine-tunes checkpoints/manga_color on real drawings: colored pages that you have, whose ink is taken off, and all of
# OpenMoji, beside pages of the invented manga. The weights that ship came out of this.
#
#     npm pack openmoji@17.0.0 && tar xzf openmoji-17.0.0.tgz      # makes a folder `package`
#     scripts/train_drawings.sh COLORED_PAGES package [options of train.py]
#     scripts/train_drawings.sh pages package --gpu_ids -1 --num_threads 0
#
# COLORED_PAGES is a folder of colored pages; those of the shipped weights are 90 pages of Pepper&Carrot, episodes 1 to
# 16, and began with the weights of scripts/train_two_stages.sh. The run is checkpoints/drawings; after an interruption,
# the same command resumes it. On one core of a server CPU it takes about two hours.
set -euo pipefail
if [ $# -lt 2 ] || [ ! -d "$1" ] || [ ! -d "$2/color/svg" ]; then
  echo "error: give a folder of colored pages and the folder of OpenMoji's package" >&2
  exit 2
fi
pages=$(realpath "$1")
openmoji=$(realpath "$2")
shift 2
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
data=datasets/drawings

if [ ! -d $data/pairs ]; then
  echo "== 1/3 pairs"
  rm -rf $data
  "$python" scripts/extract_scans.py "$pages" --out $data/pages --copies 10 --size 640
  "$python" scripts/make_openmoji_dataset.py "$openmoji" --out $data/openmoji --all
  "$python" scripts/make_demo_dataset.py --out $data/world --paired --pages 500 --val 0 --test 0 --seed 31 --width 512 \
    --height 736
  # Of OpenMoji as many as of the pages, so that pages count.
  mkdir -p $data/.pairs/trainA/openmoji $data/.pairs/trainB/openmoji
  for drawing in $(cd $data/openmoji/trainA && ls | shuf --random-source=<(yes) | head -1000); do
    for side in A B; do ln $data/openmoji/train$side/"$drawing" $data/.pairs/train$side/openmoji/; done
  done
  for kind in pages world; do
    for side in A B; do mv $data/$kind/train$side $data/.pairs/train$side/$kind; done
  done
  mv $data/.pairs $data/pairs
fi

echo "== 2/3 training"
if [ ! -d checkpoints/drawings ]; then cp -r checkpoints/manga_color checkpoints/drawings; fi
"$python" train.py --name drawings --continue_train --model pix2pix --dataroot $data/pairs --optimizer muon --beta1 0.9 \
  --lambda_GAN 0 --lambda_L1 0 --lambda_L2 0.5 --lambda_palette 1 --lr 0.005 --batch_size 12 --fineSize 192 \
  --resize_or_crop random_part --crop_part 0.3 1 --scan_tones 0.3 --niter 10 --niter_decay 11 --val_freq 0 --cache ram "$@"

echo "== 3/3 a small copy"
"$python" scripts/ship_weights.py checkpoints/drawings checkpoints/drawings_small --panel_size 260
