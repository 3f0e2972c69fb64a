#!/usr/bin/env bash
# Trains the weights that ship in checkpoints/demo_color: a CycleGAN between the unpaired scans and colorings of
# the demo manga, small enough for a laptop. Scans come in grey, so that the identity loss can teach the color
# generator what colors things have. Options given here are handed to train.py and win:
#
#     scripts/train_demo.sh                                      # checkpoints/demo_long, about an hour on 2 cores
#     scripts/train_demo.sh --name mine --niter 10 --niter_decay 10
#
# python scripts/ship_weights.py checkpoints/demo_long checkpoints/demo_color makes the small copy of it.
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" train.py --dataroot datasets/demo --name demo_long --input_nc 1 \
  --netG unet_128 --ngf 16 --ndf 32 --resize_or_crop crop --fineSize 128 \
  --lambda_A 2 --lambda_B 10 --cycle_noise 0.2 --lr 0.0008 --niter 80 --niter_decay 80 \
  --display_freq 480 --update_html_freq 480 --save_epoch_freq 20 "$@"
