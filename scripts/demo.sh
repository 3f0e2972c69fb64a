#!/usr/bin/env bash
# From nothing to a page of colored drawings, on any machine: draws a small manga, trains on it for two or three
# minutes to show what a run looks like, and colors its test pages with the weights that ship in
# checkpoints/demo_color (the same training carried on for longer: scripts/train_demo.sh). `make demo` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
data=datasets/demo
short_run=checkpoints/demo

echo "== 1/3 drawing the demo manga"
"$python" scripts/make_demo_dataset.py --out "$data"

echo "== 2/3 a short training, to see a run: unpaired scans and colorings"
if [ -f "$short_run/6_net_G_A.pth" ]; then
  echo "$short_run is trained already"
else
  scripts/train_demo.sh --name demo --niter 3 --niter_decay 3 --save_epoch_freq 6
fi

echo "== 3/3 coloring the test pages with checkpoints/demo_color"
"$python" test.py --dataroot "$data" --name demo_color

cat <<END

The colored pages:        results/demo_color/test_latest/index.html
The short run's pictures: $short_run/web/index.html
The short run's losses:   $(dirname "$python")/tensorboard --logdir $short_run/tb
END
