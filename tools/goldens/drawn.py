"""Weights that are drawn from their names, so that no golden stores them."""

import numpy
import torch


def drawn(name, count, centre, scale):
    """Element i: centre + scale * (n / 512 - 1), n the ten highest bits of splitmix64(fnv1a(name) + (i + 1) * golden); exact in fp16."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(state) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return torch.tensor(centre + scale * ((z >> numpy.uint64(54)).astype(numpy.float64) / 512 - 1), dtype=torch.float32)
