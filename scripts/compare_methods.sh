#!/usr/bin/env bash
# Two ways to learn coloring from the same drawings, none of them in both domains, at about the same time: a CycleGAN
# and the OnePunch method, both measured on the same true pairs.
#
#     scripts/compare_methods.sh DATA OUT        # DATA: folder with trainA, trainB and the pairs valA, valB
#
# trains at 64 × 64 pixels, about 25 minutes each on 2 cores of a server CPU (TIME=0.1 takes a tenth of that), and
# writes OUT/figures.md and OUT/grid.png. What training took is in OUT/checkpoints/*/training.json.
set -euo pipefail
if [ $# -ne 2 ] || [ ! -d "$1/trainA" ] || [ ! -d "$1/valB" ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
fi
mkdir -p "$2"
data=$(realpath "$1")
out=$(realpath "$2")
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
time=${TIME:-1}

# train NAME EPOCHS OPTIONS...: half the epochs at the full learning rate, half while it falls.
train() {
  local name=$1 half again=
  half=$("$python" -c "print(max(1, round($2 * $time / 2)))")
  shift 2
  [ ! -f "$out/checkpoints/$name/latest_state.pth" ] || again=--continue_train
  "$python" train.py --name "$name" --checkpoints_dir "$out/checkpoints" $again --gpu_ids -1 --num_threads 1 --display_id 0 \
    --niter "$half" --niter_decay "$half" --save_epoch_freq 1000 --print_freq 550 "$@"
}

# color NAME: the validation scans, as the network alone colors them.
color() {
  "$python" test.py --name "$1" --checkpoints_dir "$out/checkpoints" --results_dir "$out/results" --gpu_ids -1 \
    --dataroot "$data/valA" --no-keep_lines
}

train cyclegan 26 --dataroot "$data" --netG resnet_6blocks --ngf 24 --ndf 24 --loadSize 72 --fineSize 64
color cyclegan
train scans 12 --dataroot "$data" --netG scan --netD attention --input_nc 1 --ngf 16 --ndf 16 --lambda_B 1 --lr 0.0004 \
  --loadSize 72 --fineSize 48
# Few drawings, all alike in place and size: no turning and tilting, and little weight for a discriminator that soon
# knows them by heart.
train onepunch 150 --model colorizer --dataroot "$data" --scan_generator "$out/checkpoints/scans" --stages 64 \
  --batch_size 8 --ngf 16 --ndf 16 --lr 0.001 --lr_D 0.0001 --lambda_L1 100 --scan_noise 0.05 \
  --rotation 0 --perspective 0 --blur_p 0 --erasing_p 0 --crop_part 0.97 1 --sample_freq 2500
color onepunch
"$python" scripts/evaluate.py --truth "$data/valB" --size 64 --baseline cyclegan --markdown "$out/figures.md" \
  uncolored="$data/valA" cyclegan="$out/results/cyclegan/test_latest/images" \
  onepunch="$out/results/onepunch/test_latest/images"
"$python" scripts/picture_grid.py --rows 24 --side_by_side 3 --width 64 --out "$out/grid.png" --columns \
  scan="$data/valA" CycleGAN="$out/results/cyclegan/test_latest/images" \
  "two stages=$out/results/onepunch/test_latest/images" truth="$data/valB"
