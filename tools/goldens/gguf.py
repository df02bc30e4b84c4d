"""Blocks, tensors and a whole file of the `gguf` package, for src/gguf/*_test.cpp.

usage: python tools/goldens/gguf.py        (pip install gguf==0.19.0)

Writes tests/goldens/gguf.json: bytes as hexadecimal digits. Random bytes serve as blocks: every level and every packed
scale occurs; the fp16 scales are kept finite, since a NaN's payload is nobody's promise.
"""

import importlib.metadata
import json
import pathlib
import sys
import tempfile

# This script bears the name of the library it uses: leave its own folder out of the search.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
from gguf import GGMLQuantizationType as Type  # noqa: E402
from gguf import GGUFValueType, GGUFWriter, quants  # noqa: E402
from gguf.constants import GGML_QUANT_SIZES  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
RANDOM = np.random.default_rng(15)

# Where the fp16 scales of a block stand.
SCALES = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2],
          Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208]}
PLAIN = [Type.F32, Type.F16, Type.BF16]


def hexadecimal(array):
    return np.ascontiguousarray(array).tobytes().hex()


def blocks_of(kind):
    numbers, size = GGML_QUANT_SIZES[kind]
    count = 3 if numbers == 256 else 6
    blocks = RANDOM.integers(0, 256, (count, size), dtype=np.uint8)
    scales = np.array([0.013, -1.7, 6e-8, 65504, -0.0, 3.1e-5], dtype=np.float16)  # subnormal and largest among them
    for row in range(count):
        for index, at in enumerate(SCALES[kind]):
            blocks[row, at:at + 2] = scales[(row + 2 * index) % len(scales)].reshape(1).view(np.uint8)
    return blocks


def dequantized():
    cases = {}
    for kind in SCALES:
        blocks = blocks_of(kind)
        cases[kind.name] = {"bytes": hexadecimal(blocks), "numbers": hexadecimal(quants.dequantize(blocks, kind))}
    for kind in PLAIN:
        _, size = GGML_QUANT_SIZES[kind]
        raw = RANDOM.integers(0, 256, (1, 64 * size), dtype=np.uint8)
        raw[0, size - 1::size] &= 0xBB  # no exponent of ones only
        cases[kind.name] = {"bytes": hexadecimal(raw), "numbers": hexadecimal(quants.dequantize(raw, kind))}
    return cases


def quantized():
    normal = RANDOM.standard_normal((12, 32)).astype(np.float32)
    normal[1] *= 1e-6  # a scale that is subnormal in fp16
    normal[2] *= 1e-9  # one that becomes zero
    normal[3] = 0
    normal[4] *= 2e4
    normal[5, :] = np.arange(32) * 0.5 - 8  # halves: rounded away from zero
    normal[5, 0] = 127
    normal[6, :4] = [np.float32(-0.0), 6e-8, 2.9802322e-8, -65504]  # ties and limits of fp16
    return {"numbers": hexadecimal(normal),
            "bytes": {kind.name: hexadecimal(quants.quantize(normal, kind)) for kind in [*PLAIN, Type.Q8_0]}}


def whole_file():
    """One value of each type, lists, tensors of several types and lengths that need padding."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "file.gguf"
        writer = GGUFWriter(path, "llama")
        for name in ["UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "UINT64", "INT64"]:
            writer.add_key_value("a." + name.lower(), 7 if name[0] == "U" else -7, GGUFValueType[name])
        writer.add_float32("a.float32", 0.1)
        writer.add_float64("a.float64", 0.1)
        writer.add_bool("a.bool", True)
        writer.add_string("a.string", "gr\u00fc\u00df dich")
        writer.add_array("list.strings", ["a", "", "bc"])
        writer.add_array("list.int32", [1, -2, 3])
        writer.add_array("list.float32", [0.5, -1.25])
        writer.add_array("list.bool", [True, False, True])
        numbers = np.arange(96, dtype=np.float32).reshape(3, 32) / 7
        writer.add_tensor("norm.weight", numbers[0, :5])
        for kind in [Type.F16, Type.BF16, Type.Q8_0]:
            writer.add_tensor(kind.name.lower() + ".weight", quants.quantize(numbers, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes().hex()


def rope_freqs():
    """Llama 3.2 1B's, as generate_extra_tensors of llama.cpp's convert_hf_to_gguf.py computes them (its torch in numpy)."""
    base, dim, factor, low, high, original = 500000.0, 64, 32.0, 1.0, 4.0, 8192
    freqs = 1.0 / (base ** (np.arange(0, dim, 2, dtype=np.float32) / np.float32(dim)))
    factors = []
    for freq in freqs:
        length = 2 * np.pi / freq
        if length < original / high:
            factors.append(1)
        elif length > original / low:
            factors.append(factor)
        else:
            smooth = (original / length - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return hexadecimal(np.array(factors, dtype=np.float32))


golden = {"gguf": importlib.metadata.version("gguf"), "numpy": np.__version__, "dequantized": dequantized(),
          "quantized": quantized(), "file": whole_file(),
          "rope_freqs": rope_freqs()}
(ROOT / "tests/goldens/gguf.json").write_text(json.dumps(golden, indent=1) + "\n")
