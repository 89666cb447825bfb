#!/usr/bin/env bash
# Installs what building and testing need, on Debian 12. Does nothing when all of it is there.
set -eu
packages=(g++ cmake ninja-build pkg-config libeigen3-dev libfmt-dev libboost-program-options-dev doctest-dev
          libbenchmark-dev libzstd-dev zlib1g-dev libzfp-dev libzip-dev nlohmann-json3-dev libisal-dev libxxhash-dev
          libmd-dev python3 python3-numpy
          python3-jsonschema)  # conformance/check_manifest.py: the lists of vectors against their schema
packages+=(mandoc bash-completion)  # cli/tests: form of the manual page, completion
# For bindings/python: its tests, and to try `pip install` without a network.
packages+=(python3-pytest python3-hypothesis python3-pip python3-setuptools python3-wheel)
# For bindings/hdf5, actz.hdf5, actz.zarr_codec and actz.distributed; without them these are not built, or not tested.
packages+=(libhdf5-dev hdf5-tools python3-h5py python3-zarr python3-dask python3-distributed)
[ "${1:-}" = "--full" ] && packages+=(
  clang-14 libclang-rt-14-dev clang-format chromium fonts-dejavu-core
  abigail-tools  # compares the interface of the C library with the one on record
  mypy  # types of the Python package
  dpkg-dev file lintian man-db  # cmake/check_packages.sh
  valgrind  # the decoder over all vectors
  zstd  # conformance/peers_under_damage.py: formats beside ours
  # conformance/other_machines.sh: the decoder on six other machines
  qemu-user-static g++-aarch64-linux-gnu g++-riscv64-linux-gnu g++-powerpc64le-linux-gnu g++-s390x-linux-gnu
  g++-i686-linux-gnu g++-arm-linux-gnueabihf)
# actz.learn and its experiment: PyTorch; OpenBLAS, ten times as fast as the reference BLAS that PyTorch brings along; the
# general coder that the experiment compares with. actz.torch needs PyTorch alone. Without it their tests are skipped.
{ [ "${1:-}" = "--full" ] || [ "${1:-}" = "--learn" ]; } && packages+=(python3-torch libopenblas0-pthread python3-zstandard)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing: ${missing[*]}"
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
