"""Chapter 2.3: checksums and digests."""


# spec: crc32c
def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
# end


# spec: xxh64
XXH_P1 = 0x9E3779B185EBCA87
XXH_P2 = 0xC2B2AE3D27D4EB4F
XXH_P3 = 0x165667B19E3779F9
XXH_P4 = 0x85EBCA77C2B2AE63
XXH_P5 = 0x27D4EB2F165667C5
MASK64 = 2**64 - 1


def rotate_left64(value, count):
    return ((value << count) | (value >> (64 - count))) & MASK64


def xxh64_round(lane, word):
    return rotate_left64((lane + word * XXH_P2) & MASK64, 31) * XXH_P1 & MASK64


def xxh64(data):
    at = 0
    if len(data) >= 32:
        lanes = [(XXH_P1 + XXH_P2) & MASK64, XXH_P2, 0, -XXH_P1 & MASK64]
        while at + 32 <= len(data):
            for i in range(4):
                lanes[i] = xxh64_round(lanes[i], int.from_bytes(data[at : at + 8], "little"))
                at += 8
        result = sum(rotate_left64(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK64
        for lane in lanes:
            result = ((result ^ xxh64_round(0, lane)) * XXH_P1 + XXH_P4) & MASK64
    else:
        result = XXH_P5
    result = (result + len(data)) & MASK64
    while at + 8 <= len(data):
        word = int.from_bytes(data[at : at + 8], "little")
        result = (rotate_left64(result ^ xxh64_round(0, word), 27) * XXH_P1 + XXH_P4) & MASK64
        at += 8
    if at + 4 <= len(data):
        word = int.from_bytes(data[at : at + 4], "little")
        result = (rotate_left64(result ^ (word * XXH_P1 & MASK64), 23) * XXH_P2 + XXH_P3) & MASK64
        at += 4
    for byte in data[at:]:
        result = rotate_left64(result ^ (byte * XXH_P5 & MASK64), 11) * XXH_P1 & MASK64
    result = (result ^ (result >> 33)) * XXH_P2 & MASK64
    result = (result ^ (result >> 29)) * XXH_P3 & MASK64
    return result ^ (result >> 32)
# end


# spec: sha256
def fraction_bits_of_root(number, degree):
    """The first 32 bits of the fraction of number^(1/degree)."""
    low, high = 0, number << 32
    while low < high:
        middle = (low + high + 1) // 2
        if middle**degree <= number << (32 * degree):
            low = middle
        else:
            high = middle - 1
    return low & 0xFFFFFFFF


def rotate_right32(value, count):
    return ((value >> count) | (value << (32 - count))) & 0xFFFFFFFF


def sha256(data):
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, n))]  # the first 64
    constants = [fraction_bits_of_root(prime, 3) for prime in primes]
    state = [fraction_bits_of_root(prime, 2) for prime in primes[:8]]
    padding = b"\x80" + bytes((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    message = bytes(data) + padding
    for block in range(0, len(message), 64):
        w = [int.from_bytes(message[block + 4 * i : block + 4 * i + 4], "big") for i in range(16)]
        for i in range(16, 64):
            s0 = rotate_right32(w[i - 15], 7) ^ rotate_right32(w[i - 15], 18) ^ (w[i - 15] >> 3)
            s1 = rotate_right32(w[i - 2], 17) ^ rotate_right32(w[i - 2], 19) ^ (w[i - 2] >> 10)
            w.append((w[i - 16] + s0 + w[i - 7] + s1) & 0xFFFFFFFF)
        a, b, c, d, e, f, g, h = state
        for i in range(64):
            s1 = rotate_right32(e, 6) ^ rotate_right32(e, 11) ^ rotate_right32(e, 25)
            t1 = h + s1 + ((e & f) ^ (~e & 0xFFFFFFFF & g)) + constants[i] + w[i]
            s0 = rotate_right32(a, 2) ^ rotate_right32(a, 13) ^ rotate_right32(a, 22)
            t2 = s0 + ((a & b) ^ (a & c) ^ (b & c))
            a, b, c, d, e, f, g, h = (t1 + t2) & 0xFFFFFFFF, a, b, c, (d + t1) & 0xFFFFFFFF, e, f, g
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(word.to_bytes(4, "big") for word in state)
# end


# spec: test_values
def check_digest_test_values():
    alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789"
    assert [crc32c(data) for data in (b"", b"123456789", alphabet)] == [0, 0xE3069283, 0xFE84208C]
    assert [xxh64(data) for data in (b"", b"123456789", alphabet)] == [
        0xEF46DB3751D8E999, 0x8CB841DB40E6AE83, 0x64F23ECF1609B766]
    assert sha256(b"abc").hex().upper() == "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
# end
