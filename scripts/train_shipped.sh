#!/usr/bin/env bash
# Trains the weights that ship in checkpoints/manga_color: pix2pix without a discriminator, on pairs of drawn pages, none
# of which the demo colors. Options given here are handed to train.py and win:
#
#     scripts/train_shipped.sh                      # checkpoints/shipped, about 30 minutes on 1 core of a server CPU
#     scripts/train_shipped.sh --gpu_ids -1 --num_threads 0
#
# python scripts/ship_weights.py checkpoints/shipped checkpoints/manga_color makes the small copy of it.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
"$python" scripts/make_demo_dataset.py --out datasets/shipped --level easy --paired --seed 8 --pages 900 --val 0 \
  --test 0 --width 512 --height 736
"$python" train.py --model pix2pix --dataroot datasets/shipped --name shipped --input_nc 1 --netG unet_128 --ngf 24 \
  --norm instance --no_dropout --init_type xavier --init_gain 1 --lambda_GAN 0 --lambda_L1 100 \
  --resize_or_crop random_part --crop_part 0.25 0.45 --fineSize 128 --batch_size 4 --lr 0.001 --beta1 0.9 --niter 26 \
  --niter_decay 26 --cache ram "$@"
# Once more from the full learning rate, now with larger parts too, so that margins and backgrounds are seen as such.
exec "$python" train.py --name shipped --continue_train --crop_part 0.25 0.55 --niter 66 --niter_decay 22 "$@"
