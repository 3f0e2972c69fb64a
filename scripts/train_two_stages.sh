#!/usr/bin/env bash
# The OnePunch method on hard and easy pages of the invented manga, which it draws, and on drawings of your own: no pair
# of a scan and its coloring is used. How far it gets is in benchmarks/learning_pages.md.
#
#     scripts/train_two_stages.sh DRAWINGS [options of train.py for both trainings]
#     scripts/train_two_stages.sh datasets/openmoji --gpu_ids -1 --num_threads 0
#
# DRAWINGS is a data set with trainA (scans) and trainB (colorings, other drawings). The runs are checkpoints/two_stages
# and checkpoints/two_stages_scans. On two cores of a server CPU it takes about three hours: 12 minutes for drawing, 30
# for the scan generator, 20 for making scans, 90 and 40 for the colorizer. Of it,
#
#     python scripts/ship_weights.py checkpoints/two_stages checkpoints/manga_color
#
# makes a small copy as the one that ships; "page_size": 320 was then added to its opt.json by hand. The weights that
# ship had --scan_tones from the eighth epoch on, and other colors that were never light all over.
set -euo pipefail
if [ $# -lt 1 ] || [ ! -d "$1/trainA" ] || [ ! -d "$1/trainB" ]; then
  echo "error: give a data set with trainA and trainB, such as datasets/openmoji" >&2
  exit 2
fi
drawings=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
data=datasets/two_stages

draw() { "$python" scripts/make_demo_dataset.py --val 0 --test 0 "$@"; }

echo "== 1/5 drawing"
draw --out $data/large --pages 1500 --seed 7 --width 512 --height 736
draw --out $data/small --pages 5000
draw --out $data/easy --level easy --paired --pages 900 --seed 8 --width 512 --height 736
for side in A B; do  # both kinds of drawings for the scan generator
  mkdir -p $data/mixed/train$side
  ln -sf "$PWD/$data/large/train$side/"* "$drawings/train$side/"* $data/mixed/train$side
done

echo "== 2/5 the scan generator"
"$python" train.py --name two_stages_scans --dataroot $data/mixed --netG scan --netD attention --input_nc 1 --ngf 16 \
  --ndf 16 --lambda_B 1 --lr 0.0004 --resize_or_crop random_part --crop_part 0.225 0.375 --fineSize 96 --niter 2 \
  --niter_decay 2 --save_epoch_freq 2 --val_freq 0 --cache ram "$@"

echo "== 3/5 scans of the colorings"
# By four scan generators, each of whose habits is another, and of the drawings in other colors, so that tones tell
# nothing of the true ones.
generators=()
for state in latest_net_G_B_ema latest_net_G_B 2_net_G_B_ema 2_net_G_B; do
  generators+=("checkpoints/two_stages_scans/$state.pth")
done
# make NAME COLORINGS SIZE OPTIONS...: pairs in two folders of their own within those of all pairs.
make() {
  local name=$1 colorings=$2 size=$3
  shift 3
  "$python" scripts/make_scans.py --scan_generator "${generators[@]}" --dataroot "$colorings" --size "$size" \
    --out "$data/made_$name" --pairs folders --recolor 1 "$@"
  for side in A B; do
    mkdir -p $data/pairs/train$side
    rm -rf "$data/pairs/train$side/$name"
    mv "$data/made_$name/train$side" "$data/pairs/train$side/$name"
  done
}
make drawings "$drawings/trainB" 128 --copies 2
make large $data/large/trainB 300
make small $data/small/trainB 256
make easy $data/easy/trainB 300 --copies 2

# Colors as classes, Muon, and more tones on the scans: how fast that learns is in benchmarks/learning_pages.md.
color() {
  "$python" train.py --name two_stages --model pix2pix --dataroot $data/pairs --netG palette_unet --ngf 24 --norm batch \
    --no_dropout --input_nc 1 --init_type xavier --init_gain 1 --lambda_GAN 0 --lambda_L1 0 --lambda_L2 0.5 \
    --lambda_palette 1 --scan_tones 0.4 --resize_or_crop random_part --optimizer muon --beta1 0.9 --val_freq 0 \
    --cache ram "$@"
}

echo "== 4/5 the colorizer"
color --crop_part 0.4 0.8 --fineSize 128 --batch_size 24 --lr 0.01 --niter 10 --niter_decay 13 "$@"

echo "== 5/5 the colorizer, larger parts of pages"
color --continue_train --crop_part 0.5 1 --fineSize 192 --batch_size 12 --lr 0.005 --niter 23 --niter_decay 5 "$@"
