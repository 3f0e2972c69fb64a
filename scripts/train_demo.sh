#!/usr/bin/env bash
# Trains the weights that ship in checkpoints/demo_color: a CycleGAN between the unpaired scans and colorings of
# the demo manga, small enough for a laptop. Options given here are handed to train.py and win:
#
#     scripts/train_demo.sh                                              # checkpoints/demo_color, over an hour on 2 cores
#     scripts/train_demo.sh --name mine --niter 10 --niter_decay 10
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" train.py --dataroot datasets/demo --name demo_color --input_nc 1 \
  --netG resnet_6blocks --ngf 16 --ndf 16 --resize_or_crop crop --fineSize 128 \
  --niter 60 --niter_decay 60 --display_freq 480 --update_html_freq 480 --save_epoch_freq 20 "$@"
