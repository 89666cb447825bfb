#!/usr/bin/env bash
# `pip install` builds the library and puts it beside the package, without a network. $1: Python, $2: build directory.
set -eu
python=$1 build=$2
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
made="$here/build $here/actz.egg-info"  # setuptools leaves these beside the sources
clean() { rm -rf "$dir" $made; }
trap clean EXIT
ACTZ_CMAKE_BUILD_DIR=$build "$python" -m pip install --quiet --no-build-isolation --no-deps --no-index \
  --disable-pip-version-check --root-user-action=ignore --target "$dir/site" "$here"
cd "$dir"
[ -f site/actz/libactz_c.so ] && [ -f site/actz/py.typed ]
grep -q '^Tag: py3-none-' site/actz-*.dist-info/WHEEL
grep -q '^actz = actz.zarr_codec:Actz$' site/actz-*.dist-info/entry_points.txt
env -u ACTZ_LIBRARY PYTHONPATH="$dir/site" "$python" - "$dir" <<'PYTHON'
import sys
import numpy as np
import actz
from actz import _native
assert actz.__file__.startswith(sys.argv[1]), actz.__file__
assert _native.library._name.startswith(sys.argv[1]), _native.library._name
array = np.arange(12, dtype=np.int32).reshape(3, 4)
assert np.array_equal(actz.decode(actz.encode(array))["tensor"], array)
PYTHON
