#!/usr/bin/env bash
# From nothing to a page of colored drawings, on any machine: draws a small manga, trains a CycleGAN on it for two
# or three minutes to show what a run looks like (its colors are mud still), and colors the test pages with the
# weights that ship in checkpoints/manga_color. `make demo` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
short_run=checkpoints/demo

echo "== 1/3 drawing the demo manga"
"$python" scripts/make_demo_dataset.py --out datasets/demo --level easy --pages 80 --width 512 --height 736 --force

echo "== 2/3 a short training, to see a run: scans and colorings that are no pairs"
if [ -f "$short_run/10_net_G_A.pth" ]; then
  echo "$short_run is trained already"
else
  again=
  ! compgen -G "$short_run/*_net_*.pth" >/dev/null || again=--continue_train
  # shellcheck disable=SC2086
  "$python" train.py $again --dataroot datasets/demo --name demo --input_nc 1 --netG resnet_6blocks --ngf 16 --ndf 16 \
    --resize_or_crop random_part --fineSize 128 --niter 5 --niter_decay 5 --display_freq 160 --update_html_freq 160 \
    --save_epoch_freq 10
fi

echo "== 3/3 coloring the test pages with the shipped weights"
"$python" test.py --dataroot datasets/demo --name manga_color

cat <<END

The colored pages:        results/manga_color/test_latest/index.html
The short run's pictures: $short_run/web/index.html
The short run's losses:   $(dirname "$(command -v "$python")")/tensorboard --logdir $short_run/tb
END
