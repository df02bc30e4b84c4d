"""The random streams of src/base/random.cpp, so that another program can be given nudge's order of samples."""

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def _mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


class Stream:
    def __init__(self, seed, purpose, index=0):
        state = 0xCBF29CE484222325
        for byte in purpose.encode():
            state = ((state ^ byte) * 0x100000001B3) & MASK
        self.key = _mix((_mix(_mix((seed + GOLDEN) & MASK) ^ state) + (index + 1) * GOLDEN) & MASK)
        self.counter = 0

    def __call__(self):
        self.counter += 1
        return _mix(_mix((self.key + self.counter * GOLDEN) & MASK) ^ self.key)

    def below(self, n):
        rejected = (-n & MASK) % n
        while True:
            product = self() * n
            if (product & MASK) >= rejected:
                return product >> 64


def permutation(seed, purpose, index, n):
    stream, order = Stream(seed, purpose, index), list(range(n))
    for i in range(n, 1, -1):
        j = stream.below(i)
        order[i - 1], order[j] = order[j], order[i - 1]
    return order
