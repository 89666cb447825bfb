#!/usr/bin/env bash
# Builds the decoder for other machines and runs all vectors there, under emulation: other_machines.sh [MACHINE...]
# Verdicts and bytes must be those of the list. s390x is big-endian; i686 and armhf have 32-bit pointers.
set -eu
cd "$(dirname "$0")/.."
python=/usr/bin/python3
declare -A compilers=([aarch64]=aarch64-linux-gnu-g++ [riscv64]=riscv64-linux-gnu-g++ [ppc64le]=powerpc64le-linux-gnu-g++
                      [s390x]=s390x-linux-gnu-g++ [i686]=i686-linux-gnu-g++ [armhf]=arm-linux-gnueabihf-g++)
declare -A emulators=([aarch64]=qemu-aarch64-static [riscv64]=qemu-riscv64-static [ppc64le]=qemu-ppc64le-static
                      [s390x]=qemu-s390x-static [i686]=qemu-i386-static [armhf]=qemu-arm-static)
machines=("$@")
[ ${#machines[@]} -gt 0 ] || machines=(aarch64 riscv64 ppc64le s390x i686 armhf)
for machine in "${machines[@]}"; do
  # g++ warns of every 64-bit length that becomes a size_t where that has 32 bits; limits of readers keep them below.
  strict=ON
  case $machine in i686 | armhf) strict=OFF ;; esac
  cmake -S conformance/decoder -B "build/decoder-$machine" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE='-O1 -DNDEBUG' -DCMAKE_SYSTEM_NAME=Linux \
    -DCMAKE_SYSTEM_PROCESSOR="$machine" -DCMAKE_CXX_COMPILER="${compilers[$machine]}" -DCMAKE_EXE_LINKER_FLAGS=-static \
    -DACTZ_WARNINGS_AS_ERRORS=$strict
  cmake --build "build/decoder-$machine" -j "${JOBS:-$(nproc)}"
  decoder="${emulators[$machine]} build/decoder-$machine/actz_decoder_driver {in} {out} [--profile {profile}]"
  echo "$machine, at random: $("$python" conformance/run_conformance.py --no-skips --decoder "$decoder [--rows {rows}]")"
  echo "$machine, front to back: $("$python" conformance/run_conformance.py --decoder "$decoder --stream")"
done
