#!/usr/bin/env bash
# The whole OnePunch method on any two folders, scans and colorings that need not show the same drawings:
#
#     scripts/train_onepunch.sh SCANS COLORINGS NAME [options of train.py for both stages]
#     scripts/train_onepunch.sh chapters/ covers/ onepiece --gpu_ids -1 --num_threads 2
#
# learns a scan generator (checkpoints/NAME_scans), shows what scans it makes (results/NAME_scans), trains the
# colorizer on these (checkpoints/NAME) and colors the first 100 scans with it (results/NAME). Interrupted? The same
# command goes on where the last save left off. SCAN_OPTIONS and COLOR_OPTIONS hold options for one stage alone:
#
#     COLOR_OPTIONS="--stages 64,128 --stage_batch_sizes 32,16" scripts/train_onepunch.sh ...
set -euo pipefail

# stop MESSAGE: one line, and nothing has been written.
stop() {
  echo "error: $1" >&2
  exit 2
}

if [ $# -lt 3 ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
fi
[ -d "$1" ] || stop "no folder of scans $1"
[ -d "$2" ] || stop "no folder of colorings $2"
scans=$(realpath "$1")
colorings=$(realpath "$2")
name=$3
shift 3
gpus=() previous=
for option in "$@"; do
  case $option in
    --name*|--suffix*|--checkpoints_dir*|--dataroot*) stop "$option: the folders follow from NAME" ;;
    --gpu_ids=*) gpus=("$option") ;;
  esac
  [ "$previous" != --gpu_ids ] || gpus=(--gpu_ids "$option")
  previous=$option
done
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
data=datasets/${name}_onepunch

# link FOLDER NAME: a link of ours in the data set, that shows to the user's own folder.
link() {
  [ -L "$data/$2" ] || [ ! -e "$data/$2" ] || stop "$data/$2 is no link of this script: give another NAME"
  mkdir -p "$data"
  ln -sfn "$1" "$data/$2"
}

# train RUN OPTIONS...: begin a run, or go on with it.
train() {
  local run=$1
  shift
  if compgen -G "checkpoints/$run/*_net_*.pth" >/dev/null; then
    "$python" train.py --name "$run" --continue_train "$@"
  else
    "$python" train.py --name "$run" "$@"
  fi
}

link "$scans" trainA
link "$colorings" trainB

echo "== 1/3 the scan generator"
# Weak networks both ways. The way back to the coloring counts little: a scan that keeps the colors' traces is none.
# shellcheck disable=SC2086
train "${name}_scans" --dataroot "$data" --netG scan --netD attention --input_nc 1 --lambda_B 1 \
  --resize_or_crop random_part --fineSize 128 --niter 10 --niter_decay 10 "$@" ${SCAN_OPTIONS:-}
"$python" scripts/make_scans.py --scan_generator "checkpoints/${name}_scans" --dataroot "$colorings" \
  --out "results/${name}_scans" --max_dataset_size 100 ${gpus[@]+"${gpus[@]}"}

echo "== 2/3 the colorizer"
# shellcheck disable=SC2086
train "$name" --model colorizer --dataroot "$colorings" --scan_generator "checkpoints/${name}_scans" "$@" \
  ${COLOR_OPTIONS:-}

echo "== 3/3 coloring scans"
"$python" test.py --dataroot "$scans" --name "$name" --num_test 100 ${gpus[@]+"${gpus[@]}"}
