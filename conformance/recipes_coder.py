"""Streams of the entropy coder without a container: chapters 7 and 11 alone (coder_file.py)."""

import random

from coder_file import external_file, rans_file
from external import tables_checksum
from writer import BitWriter, rans_encode, uint, xxh64

CODER_RECIPES = []  # (id, level, rules, families, bytes, note)


def add(name, level, rules, note, data, families=""):
    CODER_RECIPES.append((name, level, rules.split(), families.split(), data, note))


def spread(source, symbols, precision_bits):
    """Frequencies of so many symbols, each at least 1."""
    cuts = sorted(source.sample(range(1, 2**precision_bits), symbols - 1))
    return [after - before for before, after in zip([0] + cuts, cuts + [2**precision_bits])]


def drawn(source, frequencies):
    return source.choices(range(len(frequencies)), frequencies)[0]


def coded_runs(name, lengths, precision_bits, sizes, lanes_log2, gap=False):
    """(classes, class of each symbol of the runs, states and words)."""
    source = random.Random(name)
    classes = [spread(source, size, precision_bits) for size in sizes]
    if gap:
        classes.append([2**precision_bits - 1, 0, 1])
        classes.append([0, 0, 2**precision_bits])
    runs = [[source.randrange(len(classes)) for _ in range(length)] for length in lengths]
    coded = [[(drawn(source, classes[one]), classes[one]) for one in run] for run in runs]
    return classes, runs, rans_encode(coded, 2**lanes_log2, precision_bits)[0]


def rans(name, note, lengths, precision_bits=10, sizes=(7, 30), lanes_log2=2, rules="", families="", change=None, **more):
    """change: of states and words."""
    classes, runs, body = coded_runs(name, lengths, precision_bits, sizes, lanes_log2, **more)
    body = change(body) if change else body
    add(name, 1, rules, note, rans_file(precision_bits, classes, runs, lanes_log2, body), families)


for lanes in range(8):
    rans(f"coder_lanes_{2 ** lanes:03}", "runs of no symbol, one, a group and one less and more, and many", lanes_log2=lanes,
         lengths=(0, 1, 2**lanes - 1, 2**lanes, 2**lanes + 1, 700), rules="R-RANS-01 R-RANS-03 R-RANS-04")
for bits in range(8, 13):
    rans(f"coder_precision_{bits:02}", "", (300, 5), bits, (2, 256, 40), 3)
rans("coder_gaps", "symbols of frequency 0, and classes whose only symbol takes no bits", (500,), 12, gap=True)
rans("coder_no_bits", "nothing but symbols that take no bits", (1000, 1000), 8, (1,), 4)
rans("coder_no_symbols", "no run at all", (), lanes_log2=5)
rans("coder_many", "9000 symbols of five classes in one run", (9000,), 11, (3, 9, 27, 81, 243), 7)
BROKEN = "corrupt"
rans("coder_state_low", "a state of 65535", (50,), rules="R-RANS-01", families=BROKEN, change=lambda body: uint(65535, 4) + body[4:])
rans("coder_state_zero", "", (50,), rules="R-RANS-01", families=BROKEN, change=lambda body: body[:12] + uint(0, 4) + body[16:])
rans("coder_word_missing", "", (50,), rules="R-RANS-03 R-RANS-04", families=BROKEN, change=lambda body: body[:-2])
rans("coder_words_missing", "none left", (50,), rules="R-RANS-03", families=BROKEN, change=lambda body: body[:16])
rans("coder_word_extra", "", (50,), rules="R-RANS-04", families=BROKEN, change=lambda body: body + b"\0\0")
rans("coder_word_changed", "", (50,), rules="R-RANS-03 R-RANS-04", families=BROKEN, change=lambda body: body[:-1] + uint(body[-1] ^ 1, 1))
rans("coder_state_unused", "a lane that no symbol uses does not start at 65536", (3,), lanes_log2=2, rules="R-RANS-04",
     families=BROKEN, change=lambda body: body[:12] + uint(65537, 4) + body[16:])


class Stream:
    """An external stream, whose fields can be chosen."""

    def __init__(self, name, count=200, precision_bits=10, lanes_log2=2, far=8, means=None):
        source = random.Random(name)
        self.precision_bits, self.lanes_log2 = precision_bits, lanes_log2
        self.classes = [(-3, spread(source, 8, precision_bits)), (100, spread(source, 3, precision_bits)),
                        (-(2**31), [2**precision_bits]), (0, spread(source, 256, precision_bits))]
        self.class_of = [source.randrange(len(self.classes)) for _ in range(count)]
        self.means = means or [source.randint(-1000, 1000) for _ in range(count)]
        self.values = []
        for number, mean in zip(self.class_of, self.means):
            lowest, frequencies = self.classes[number]
            if number == 2:  # only the escape: so that the value is one of 32 bits
                self.values.append(source.randint(-(2**31), -(2**31) + 10**6))
            else:
                self.values.append(mean + lowest + source.randint(-far, len(frequencies) + far))

    def symbols(self):
        """(runs for the coder, bypass stream)."""
        run, bypass = [], BitWriter()
        for value, number, mean in zip(self.values, self.class_of, self.means):
            lowest, frequencies = self.classes[number]
            symbol, escape = value - mean - lowest, len(frequencies) - 1
            if not 0 <= symbol < escape:
                bypass.bits(int(symbol >= 0), 1)
                bypass.exp_golomb(symbol - escape if symbol >= 0 else -1 - symbol)
                symbol = escape
            run.append((symbol, frequencies))
        return [run], bypass.bytes()

    def bytes(self, version=1, reserved=0, precision=None, lanes_log2=None, count=None, checksum_xor=0, words_more=0, bypass_more=0,
              digest_xor=0, states=None, words=b"", bypass_extra=b"", bypass_cut=0, tail=b"", cut=None):
        runs, bypass = self.symbols()
        body, word_count = rans_encode(runs, 2**self.lanes_log2, self.precision_bits)
        state_bytes = 4 * 2**self.lanes_log2
        bypass = bypass[: len(bypass) - bypass_cut] + bypass_extra
        digest = xxh64(b"".join(uint(value, 4) for value in self.values)) ^ digest_xor
        fields = ((version, 1), (self.precision_bits if precision is None else precision, 1),
                  (self.lanes_log2 if lanes_log2 is None else lanes_log2, 1), (reserved, 1),
                  (tables_checksum(self.classes) ^ checksum_xor, 4), (len(self.values) if count is None else count, 8),
                  (word_count + len(words) // 2 + words_more, 8), (len(bypass) + bypass_more, 8), (digest, 8))
        out = b"".join(uint(value, width) for value, width in fields)
        out += (states or body[:state_bytes]) + body[state_bytes:] + words + bypass + tail
        return external_file(self.precision_bits, self.classes, self.class_of, self.means, out[:cut])


def external(name, rules="", note="", families="", stream=None, **fields):
    add(name, 3, rules, note, (stream or Stream(name)).bytes(**fields), families)


for lanes in range(8):
    external(f"external_lanes_{2 ** lanes:03}", note="escapes above and below", stream=Stream(f"external {lanes}", 300, lanes_log2=lanes))
for bits in range(8, 13):
    external(f"external_precision_{bits:02}", stream=Stream(f"external precision {bits}", 150, bits))
external("external_empty", note="no value", stream=Stream("external empty", 0))
external("external_blocks", note="more values than a decoder takes at a time", stream=Stream("external blocks", 9000, 12, 7))
EDGES = Stream("external edges", 4, means=[0, 0, 0, 0])
EDGES.class_of, EDGES.values = [0, 0, 2, 3], [2**31 - 1, -(2**31), -(2**31), 2**31 - 1]
external("external_edges", "R-EXTN-04", "the smallest and the largest value", stream=EDGES)
external("external_version", "R-EXTN-01", families="unsupported", version=2)
external("external_lanes_log2", "R-EXTN-01", families="unsupported", lanes_log2=8)
external("external_reserved", "R-EXTN-01", families="unsupported", reserved=1)
external("external_precision", "R-EXTN-02", families="bad_argument", precision=11)
external("external_tables", "R-EXTN-02", families="bad_argument", checksum_xor=1)
external("external_count", "R-EXTN-02", families="bad_argument", count=201)
external("external_cut_in_header", "R-EXTN-03", families="corrupt", cut=39)
external("external_cut", "R-EXTN-03", families="corrupt", cut=-1)
external("external_tail", "R-EXTN-03", families="corrupt", tail=b"\0")
external("external_word_count_wraps", "R-EXTN-03", families="corrupt", words_more=2**63)
external("external_bypass_bytes", "R-EXTN-03", families="corrupt", bypass_more=2**64 - 1)
external("external_state_low", "R-RANS-01", families="corrupt", states=uint(65535, 4) * 4)
external("external_words_extra", "R-RANS-04", families="corrupt", words=b"\0\0")
external("external_bypass_extra", "R-CHNK-20", families="corrupt", bypass_extra=b"\0")
external("external_bypass_cut", "R-CHNK-20 R-QUAN-02", families="corrupt", bypass_cut=20)
external("external_digest", "R-EXTN-05", families="corrupt", digest_xor=1)
ABOVE = Stream("external above", 3, means=[2**31 - 1, 0, 0])
ABOVE.class_of, ABOVE.values = [0, 0, 0], [2**31, 0, 0]
external("external_above_32_bits", "R-EXTN-04", families="corrupt", stream=ABOVE)
BELOW = Stream("external below", 3, means=[-(2**31), 0, 0])
BELOW.class_of, BELOW.values = [0, 0, 0], [-(2**31) - 1, 0, 0]
external("external_below_32_bits", "R-EXTN-04", families="corrupt", stream=BELOW)
