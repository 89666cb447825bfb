"""Files whose rows a network predicts, legal and not."""

import random

from recipes_context import contexts
from recipes_dictionaries import Matched, dictionary_of
from recipes_invalid import ENTROPY, add, file_of
from recipes_matches import matched
from recipes_valid import lossy_file, matrix, recipe
from writer import dense, diagonal, lossy_model, match_part, network_predictor

LEVEL = 3


def network(name, channels, lags, widths, matched_rows=False, size=20, shift=4, output_shift=6):
    inputs, layers = channels * (2 * len(lags) + 1 if matched_rows else len(lags)), []
    for number, width in enumerate(widths):
        layers.append(([(shift + i) % 7 for i in range(width)], matrix(f"{name} layer {number}", width, inputs, size)))
        inputs = width
    return network_predictor(lags, [i % 3 for i in range(channels)], [5] * channels,
                             matrix(f"{name} lags", channels, channels * len(lags), 8), layers,
                             [output_shift + i % 2 for i in range(channels)],
                             matrix(f"{name} output", channels, inputs, 90))


@recipe(LEVEL, "R-MODEL-13", "R-MODEL-14")
def network_static():
    """one layer under a static model, lags 1 and 3; strands of 7, 7 and 6 rows in two sequences"""
    return lossy_file("network static", 5, 5, rows=20, strand_rows=7, sequences=2, lanes_log2=2,
                      predictor=network("network static", 5, [1, 3], [9]), synthesis=dense(matrix("ns", 5, 5, 60), shift=3))


@recipe(LEVEL)
def network_context():
    """a context model with the dependent quantiser, and fewer coefficients than channels"""
    return lossy_file("network context", 6, 4, rows=20, strand_rows=7, sequences=2,
                      synthesis=dense(matrix("nc", 6, 4, 60), shift=3),
                      predictor=network("network context", 6, [1, 2], [17]), **contexts(4, state_bits=3))


@recipe(LEVEL)
def network_matches():
    """rows matched: the network sees matched rows, too, and zeros where there is none; lags 1 and 2"""
    return matched("network matches", 5, 5, rows=26, strand_rows=13,
                   predictor=network("network matches", 5, [1, 2], [12], True))


@recipe(LEVEL)
def network_dictionary():
    """rows matched with those of a dictionary, of which the network sees some that lie before the first row of the chunk"""
    return Matched(*dictionary_of("network", 4, rows=7)).tensor(
        "network dictionary", 4, predictor=network("network dictionary", 4, [1, 2], [11], True)).finish()


@recipe(LEVEL)
def network_far():
    """matched rows beyond 2^22, which gains clamp and the network does not; input_shift 9 and up"""
    shifts, weights = [5, 6, 7, 8], matrix("network far layer", 4, 9, 100)
    predictor = network_predictor([1], [9, 10, 11], [15] * 3, matrix("network far lags", 3, 3, 8), [(shifts, weights)],
                                  [3, 4, 5], matrix("network far output", 3, 4, 300))
    source = random.Random("network far")
    values = [[source.choice((-300, -250, 0, 260, 300)) for _ in range(3)] for _ in range(20)]
    return matched("network far", 3, 3, rows=10, strand_rows=10, predictor=predictor, values=values,
                   synthesis=diagonal([32767, -32768, 30000]))


@recipe(LEVEL)
def network_layers():
    """four layers of 3, 1, 40 and 2 outputs"""
    return lossy_file("network layers", 3, 3, rows=9, predictor=network("network layers", 3, [1], [3, 1, 40, 2]))


@recipe(LEVEL)
def network_extremes():
    """inputs and outputs that saturate, weights of -128 and 127, sums that wrap in the second layer, its rounding and the
    output, shifts of 31"""
    wide = [[(127, -128)[(i * 5 + j * 3 + i * j) % 7 % 2] for j in range(4)] for i in range(600)]
    second = [[127] * 600, [-128] * 600, [(127, -128)[i % 5 == 0] for i in range(600)], [127 - i % 3 for i in range(600)]]
    layers = [([0] * 600, wide), ([31, 0, 16, 30], second)]
    output = [[32767] * 4, [-32768] * 4, [32767, -32768, 32767, -32768], [1, 2, 3, 4]]
    source = random.Random("network extremes")
    values = [[source.choice((-4, 3, -4, 3, 0)) for _ in range(4)] for _ in range(30)]
    return lossy_file("network extremes", 4, 4, rows=30, strand_rows=30, synthesis=diagonal([32767, -32768, 20000, 9]),
                      values=values, predictor=network_predictor([1], [0] * 4, [12] * 4, matrix("ne", 4, 4, 8), layers,
                                                                 [31, 16, 0, 3], output))


@recipe(LEVEL)
def network_one_row():
    """strands of one row: the network sees zeros"""
    return lossy_file("network one row", 3, 3, rows=5, strand_rows=1, predictor=network("network one row", 3, [2], [4]))


@recipe(LEVEL, "R-MODEL-15")
def network_most_weights():
    """15 · 4096 weights of the layer and 4096 of the matrix: 65536 for the one channel"""
    return lossy_file("network most weights", 1, 1, rows=20, strand_rows=20, predictor=network(
        "network most weights", 1, list(range(1, 16)), [4096], size=1))


def parts(**changes):
    options = {"lags": [1], "input_shift": [0, 0], "output_shift": [0, 0], "matrix": [[1, 0], [0, 1]],
               "layers": [([0, 1, 2], [[1, 2], [3, 4], [5, 6]])], "network_output_shift": [0, 0],
               "network_matrix": [[1, 2, 3], [4, 5, 6]]}
    return network_predictor(**{**options, **changes})


def with_network(name, rules, note="", families="corrupt", predictor=None, cut=0, **changes):
    model = lossy_model(2, entropy=ENTROPY, predictor=predictor or parts(**changes))
    add(name, LEVEL, families, rules, note, lambda: file_of(stored_model=model[: len(model) - cut]))


with_network("network_layer_count_0", "R-MODEL-13", layer_count=0)
with_network("network_layer_count_5", "R-MODEL-13", layer_count=5, layers=[([0], [[1, 1]])] + [([0], [[1]])] * 4,
             network_matrix=[[1], [1]])
with_network("network_outputs_0", "R-MODEL-14", layers=[([], [])], network_matrix=[[], []])
with_network("network_outputs_4097", "R-MODEL-14", layers=[([0] * 4097, [[1, 1]] * 4097)], network_matrix=[[1] * 4097] * 2)
with_network("network_too_many_weights", "R-MODEL-15", "4096 · 2 + 31 · 4096 weights of layers, and 2 · 31: more than 131072",
             families="limit_exceeded", layers=[([0] * 4096, [[1, 1]] * 4096), ([0] * 31, [[1] * 4096] * 31)],
             network_matrix=[[1] * 31] * 2)
with_network("network_matrix_too_large", "R-MODEL-15", "4096 · 2 + 30 · 4096 = 131072 weights of layers, and a matrix of 60",
             families="limit_exceeded", layers=[([0] * 4096, [[1, 1]] * 4096), ([0] * 30, [[1] * 4096] * 30)],
             network_matrix=[[1] * 30] * 2)
with_network("network_weight_128", "R-MODEL-04", layers=[([0], [[128, 0]])], network_matrix=[[1], [1]])
with_network("network_weight_below", "R-MODEL-04", layers=[([0], [[0, -129]])], network_matrix=[[1], [1]])
with_network("network_shift_32", "R-MODEL-04", layers=[([32], [[1, 1]])], network_matrix=[[1], [1]])
with_network("network_output_shift_32", "R-MODEL-04", network_output_shift=[32, 0])
with_network("network_factor_32768", "R-MODEL-04", network_matrix=[[32768, 2, 3], [4, 5, 6]])
add("network_cut", LEVEL, "corrupt", "R-CONT-18", "ends where the layers should begin",
    lambda: file_of(stored_model=lossy_model(2, entropy=b"", synthesis=(1, b""), predictor=(
        3, parts(layers=[([0], [[1, 1]])], network_matrix=[[1], [1]])[1][:9]))[:26]))


def inputs_of_matches_missing():
    """a match part, but weights for the rows of the strand alone"""
    return file_of(stored_model=lossy_model(2, entropy=ENTROPY, predictor=parts(), match=match_part(
        [1, 1], [8192, 0], [[128, 100]])))


add("network_inputs_of_matches_missing", LEVEL, "corrupt", "R-MODEL-05", inputs_of_matches_missing.__doc__,
    inputs_of_matches_missing)
