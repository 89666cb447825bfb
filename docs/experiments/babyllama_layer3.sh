#!/usr/bin/env bash
# The runs behind split_training_babyllama3.*: the longest training of the experiment, in five steps of which each goes on
# from a checkpoint of the one before, and the simplest model beside it. $1: the data folder; $2: an empty folder for
# checkpoints, activations and the results of each run. An hour and a half on two shared cores.
set -eu
data=${1:?the data folder}
work=${2:?a folder to work in}
here=$(dirname "$0")
run() {  # run NAME OPTION...
  /usr/bin/python3 "$here/split_training.py" full --data "$data" --output "$work" --cache "$work/activations" \
    --networks babyllama --layers 3 --checkpoints "$work/$1" --name "$@"
}
trained=babyllama_3_direct-access
run factorized --models factorized --trade-offs 1e-4,2e-4,4e-4,8e-4
run direct --models direct-access --trade-offs 1e-4,2e-4,4e-4,8e-4
run long --models direct-access --trade-offs 1e-4,2e-4 --model-steps 4000
run longer --models direct-access --trade-offs 1.5e-4,3e-4 --steps 1200 --start "$work/long/${trained}_0.0002"
run fine --models direct-access --trade-offs 8e-5,1.1e-4 --steps 900 --start "$work/longer/${trained}_0.00015"
run finest --models direct-access --trade-offs 9e-5 --steps 1500 --start "$work/fine/${trained}_8e-05"
/usr/bin/python3 "$here/split_training.py" report "$work"/{factorized,direct,long,longer,fine,finest}.json \
  --output "$here" --name split_training_babyllama3
