#!/usr/bin/env bash
# Trains the weights that ship in checkpoints/demo_color: pix2pix on pairs of demo pages, none of which the demo
# colors. Options given here are handed to train.py and win:
#
#     scripts/train_demo.sh                                      # checkpoints/demo_pairs, about 20 minutes on 1 core
#     scripts/train_demo.sh --name mine --niter 10 --niter_decay 10
#
# python scripts/ship_weights.py checkpoints/demo_pairs checkpoints/demo_color makes the small copy of it.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
"$python" scripts/make_demo_dataset.py --out datasets/demo_pairs --paired --seed 1 --pages 240 --val 0 --test 0
exec "$python" train.py --model pix2pix --dataroot datasets/demo_pairs --name demo_pairs --input_nc 1 \
  --netG resnet_6blocks --ngf 16 --ndf 32 --norm instance --no_dropout --gan_mode lsgan --resize_or_crop crop \
  --fineSize 128 --lr 0.0005 --niter 30 --niter_decay 30 --display_freq 480 --update_html_freq 960 \
  --save_epoch_freq 20 "$@"
