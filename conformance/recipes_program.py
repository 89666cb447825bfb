"""Files that the program writes: what users have. Inputs are slices of examples/data or seeded numbers."""

import array
import json
import os
import random
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "examples", "data")
FORMATS = {"bool": "B", "u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q",
           "f16": "e", "f32": "f", "f64": "d"}
RECIPES = []  # (id, rules, tensors, arguments, note)
PROFILE = "stories.actp"
BESIDE = "stories260K_layer3_4x256x64_bf16.safetensors"  # the same rows, of bf16
PROFILES = {  # file -> options of `actz fit`
    PROFILE: ["--nmse", "0.01,0.05", "--lags", "1,2"],
    "stories_4_states.actp": ["--nmse", "0.03", "--lags", "none", "--states", "4"],
    "stories_uniform.actp": ["--nmse", "0.03", "--lags", "1", "--states", "1"],
    "stories_of_a.actp": ["--nmse", "0.03", "--lags", "1", "--reference", "a=" + BESIDE],
    "stories_matched.actp": ["--nmse", "0.03"],
    "stories_dictionary.actp": ["--nmse", "0.1", "--dictionary", "32KiB"],
    "stories_static.actp": ["--nmse", "0.03", "--lags", "1,2", "--states", "1", "--no-context"],
}


def activations(rows, first=0, name="stories260K_layer3_4x256x64.npy"):
    """Rows of 64 channels of a real layer."""
    with open(os.path.join(DATA, name), "rb") as file:
        data = file.read()
    values = array.array("f", data[10 + int.from_bytes(data[8:10], "little"):])
    return list(values[64 * first : 64 * (first + rows)])


def elements(dtype, values):
    if dtype == "bf16":
        return b"".join(struct.pack("<f", value)[2:] for value in values)
    return struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)


def safetensors(tensors):
    """tensors: (name, dtype, shape, bytes)."""
    header, at = {}, 0
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype.upper(), "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data for *_, data in tensors)


def recipe(name, note, tensors, *arguments, rules=()):
    RECIPES.append((name, list(rules), tensors, list(arguments), note))


def layer(dtype="f32", rows=96, shape=None, first=0, name="layer3"):
    return [(name, dtype, shape or [2, rows // 2, 64], elements(dtype, activations(rows, first)))]


recipe("lossy_f32", "learned from the tensor itself, lags 1 and 2", layer())
recipe("lossy_no_lags", "without prediction", layer(), "--lags", "none", "--nmse", "0.1")
recipe("lossy_lags", "lags 1, 3 and 7", layer(), "--lags", "1,3,7", "--nmse", "0.01")
recipe("lossy_bits", "by rate", layer(), "--bits", "2")
for dtype in ("f16", "bf16", "f64"):
    recipe(f"lossy_{dtype}", f"elements of {dtype}", layer(dtype), "--nmse", "0.005")
recipe("lossy_chunks", "several chunks, strands that do not divide", layer(rows=140, shape=[2, 70, 64]),
       "--chunk-rows", "32")
recipe("lossy_profile_embedded", "a dense predictor and synthesis, from a profile", layer(first=512), "--profile",
       PROFILE, "--nmse", "0.02")
recipe("lossy_profile_named", "a MODEL_REFERENCE", layer(first=640), "--profile", PROFILE, "--name-profile", "--nmse",
       "0.03",
       rules=["R-ARCH-20", "R-ARCH-21"])
recipe("lossy_profile_f16", "the profile on another type", layer("f16", first=700), "--profile", PROFILE,
       "--name-profile", "--nmse", "0.03")
for kind, note in (("4_states", "the dependent quantiser with 4 states, no lags"),
                   ("uniform", "the context model with the uniform quantiser"),
                   ("static", "the static model with the uniform quantiser")):
    recipe(f"lossy_profile_{kind}", note, layer(rows=140, shape=[2, 70, 64], first=300), "--profile",
           f"stories_{kind}.actp", "--name-profile", "--nmse", "0.03")
recipe("lossy_profile_matched", "rows matched with like ones, in two chunks", layer(rows=512, shape=[16, 32, 64], first=256),
       "--profile", "stories_matched.actp", "--name-profile", "--nmse", "0.03", "--chunk-rows", "256",
       rules=["R-MTCH-01"])
recipe("lossy_profile_dictionary", "rows matched with a dictionary of the profile, in two chunks of f16",
       layer("f16", 128, [4, 32, 64]),
       "--profile", "stories_dictionary.actp", "--name-profile", "--nmse", "0.1", "--chunk-rows", "64",
       rules=["R-DICT-05"])
recipe("lossy_dictionary_embedded", "the same dictionary in the file", layer(rows=64, shape=[2, 32, 64]),
       "--profile", "stories_dictionary.actp", "--nmse", "0.1")
recipe("lossless_profile", "bf16 and f32, every bit by a refinement of what a profile codes",
       layer("bf16", 96, first=256, name="narrow") + layer("f32", 96, first=256, name="wide"),
       "--profile", "stories_matched.actp", "--name-profile", "--lossless", rules=["R-REFN-01"])
recipe("lossy_profile_far", "values far from those trained on: escapes",
       [("x", "f32", [48, 64], elements("f32", [value * 40 for value in activations(48, 90)]))], "--profile",
       PROFILE, "--name-profile", "--nmse", "0.00002")
recipe("lossy_max_error", "patches keep a bound", layer(), "--profile", PROFILE, "--name-profile", "--max-error",
       "0.05")


def with_specials():
    values = activations(48)
    values[0], values[100], values[101] = float("nan"), float("inf"), float("-inf")
    values[700], values[701], values[3071] = -0.0, 1e-42, 3e38
    return [("x", "f32", [48, 64], elements("f32", values))]


recipe("lossy_not_finite", "NaN, infinities and one huge value are patched", with_specials(), "--nmse", "0.02")
recipe("lossless_not_finite", "the same, every bit", with_specials(), "--lossless")


def integers(dtype, count=330):
    source = random.Random(dtype)
    if dtype == "bool":
        return [source.randrange(2) for _ in range(count)]
    bits = 8 * struct.calcsize(FORMATS[dtype])
    low, high = (0, 2**bits - 1) if dtype[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    usual = [max(min(int(source.gauss(20, 15)), high), low) for _ in range(count - 4)]
    return usual + [low, high, source.randint(low, high), 0]


for dtype in ("bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"):
    recipe(f"lossless_{dtype}", f"elements of {dtype}", [("n", dtype, [10, 33], elements(dtype, integers(dtype)))])
for dtype in ("f16", "bf16", "f32", "f64"):
    recipe(f"lossless_{dtype}", f"elements of {dtype}", layer(dtype, 16, [16, 64]), "--lossless")


def rounded_to_bf16():
    data = elements("bf16", activations(32))
    wide = b"".join(b"\0\0" + data[i : i + 2] for i in range(0, len(data), 2))
    return [("x", "f32", [32, 64], wide)]


recipe("lossless_f32_of_bf16", "16 low bits are zero throughout", rounded_to_bf16(), "--lossless")
NOISE = random.Random(5).getrandbits(64 * 40).to_bytes(320, "little")
recipe("lossless_noise", "nothing to gain: raw chunks", [("x", "u64", [40], NOISE)])
recipe("lossless_constant", "one symbol takes all", [("x", "f32", [7, 500], elements("f32", [2.5] * 3500))],
       "--lossless")
recipe("lossless_chunks", "many chunks", layer("bf16", 64, [64, 64]), "--lossless", "--chunk-rows", "20")
for name, shape in (("scalar", []), ("empty", [0]), ("empty_rows", [4, 0, 8]), ("one_value", [1, 1, 1]),
                    ("vector", [50]),
                    ("one_row", [1, 64]), ("one_channel", [40, 1])):
    count = 1
    for extent in shape:
        count *= extent
    values = elements("f32", activations(1)[:count])
    recipe(f"shape_{name}", f"shape {shape}, lossy options", [("x", "f32", shape, values)])
    recipe(f"shape_{name}_lossless", f"shape {shape}, lossless", [("x", "f32", shape, values)], "--lossless")
def two_tensors(rows=96, first=0, dtype="f32"):
    """Rows of a layer, a, and 48 channels that depend on them and on the row before, b."""
    a, source = activations(rows, first), random.Random("b")
    b = [0.8 * a[64 * t + c] - 0.5 * a[64 * t + c + 16] + (0.4 * a[64 * t - 64 + c] if t % (rows // 2) else 0.0) +
         source.gauss(0.0, 0.02) for t in range(rows) for c in range(48)]
    return [("a", dtype, [2, rows // 2, 64], elements(dtype, a)), ("b", "f32", [2, rows // 2, 48], elements("f32", b))]


recipe("reference", "b is predicted from a, of other width", two_tensors(512, 128), "--reference", "b=a",
       "--nmse", "0.02")
recipe("reference_no_lags", "b is predicted from a, in chunks, without lags", two_tensors(512, 128), "--reference",
       "b=a", "--lags", "none", "--nmse", "0.05", "--chunk-rows", "100")
recipe("reference_f16", "b is predicted from a of f16", two_tensors(512, 400, "f16"), "--reference", "b=a", "--nmse",
       "0.01")
recipe("reference_max_error", "patches in both tensors", two_tensors(512, 256), "--reference", "b=a",
       "--max-error", "0.05")
recipe("reference_profile_named", "b by a profile that names its reference, a, of bf16",
       layer("bf16", 140, [2, 70, 64], 300, "a") + layer("f32", 140, [2, 70, 64], 300, "b"), "--profile",
       "b=stories_of_a.actp", "--name-profile", "--nmse", "0.03")
recipe("several_tensors", "four tensors of several types, with metadata",
       layer("f32", 40, [40, 64], name="a") + layer("bf16", 40, [5, 8, 64], 300, "b") +
       [("ids", "i32", [10, 33], elements("i32", integers("i32"))), ("empty", "f16", [0, 3], b"")],
       "--nmse", "0.02", "--meta", "model=stories260K", "--meta", "layer=3")
