#!/usr/bin/env bash
# Installs what building and testing need, on Debian 12. Does nothing when all of it is there.
set -eu
packages=(g++ cmake ninja-build pkg-config libeigen3-dev libfmt-dev libboost-program-options-dev doctest-dev
          libbenchmark-dev libzstd-dev zlib1g-dev libzfp-dev libzip-dev nlohmann-json3-dev libisal-dev libxxhash-dev
          libmd-dev python3 python3-numpy)
# For bindings/python: its tests, and to try `pip install` without a network.
packages+=(python3-pytest python3-hypothesis python3-pip python3-setuptools python3-wheel)
# abigail-tools: compares the interface of the C library with the one on record. mypy: types of the Python package.
[ "${1:-}" = "--full" ] && packages+=(abigail-tools mypy clang-14 libclang-rt-14-dev clang-format chromium fonts-dejavu-core)
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
