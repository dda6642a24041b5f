"""npz, safetensors and ONNX, written byte by byte: no clock, no order of a hash, no library's version is in them."""

import json
from collections.abc import Iterable
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from refpos.oracle.golden.export_arrays import Abouts, Array, Arrays
from refpos.oracle.golden.format import canonical

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first day of zip, which is that of every member."""
UNIX = 3
SAFETENSORS = {"<f8": "F64", "<i8": "I64", "|u1": "U8"}
ONNX = {"<f8": 11, "<i8": 7, "|u1": 2}
"""DOUBLE, INT64 and UINT8 of TensorProto.DataType."""
IR_VERSION, OPSET = 8, 13


def npz(arrays: Arrays, abouts: Abouts) -> bytes:
    """Return arrays as an archive for `np.load`, stored and not compressed; `NAME/about` has the words, in UTF-8.

    References
    ----------
    NumPy, "A simple file format for NumPy arrays", version 1.0.
    """
    members = {name: _npy(one) for name, one in arrays.items()}
    for name, words in abouts.items():
        text = canonical(words).encode()
        members[f"{name}/about"] = _npy_header("|u1", (len(text),)) + text
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(members):
            member = ZipInfo(f"{name}.npy", EPOCH)
            member.create_system, member.external_attr = UNIX, 0o644 << 16
            archive.writestr(member, members[name])
    return buffer.getvalue()


def safetensors(arrays: Arrays, abouts: Abouts) -> bytes:
    """Return arrays in the format of safetensors, wide ones first so that all are aligned; the words are metadata.

    References
    ----------
    https://github.com/huggingface/safetensors, "Format": the length of the header, the header as JSON, the bytes.
    """
    header: dict[str, object] = {"__metadata__": {name: canonical(words) for name, words in abouts.items()}}
    order, end = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name)), 0
    for name in order:
        one, begin, end = arrays[name], end, end + arrays[name].nbytes
        header[name] = {"dtype": SAFETENSORS[one.dtype.str], "shape": one.shape, "data_offsets": (begin, end)}
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(arrays[name].tobytes() for name in order)


def onnx(arrays: Arrays, abouts: Abouts) -> bytes:
    """Return an ONNX model without inputs or nodes, whose initializers are its outputs; the words are metadata.

    References
    ----------
    https://github.com/onnx/onnx, onnx/onnx.proto, whose field numbers these are.
    """
    graph = [_field(2, b"refpos golden")]
    graph += [_field(5, _tensor(name, arrays[name])) for name in sorted(arrays)]
    graph += [_field(12, _value_info(name, arrays[name])) for name in sorted(arrays)]
    model = [_field(1, IR_VERSION), _field(2, b"refpos"), _field(7, graph), _field(8, [_field(2, OPSET)])]
    model += [_field(14, [_text(1, name), _text(2, canonical(abouts[name]))]) for name in sorted(abouts)]
    return b"".join(model)


def _npy(array: Array) -> bytes:
    return _npy_header(array.dtype.str, array.shape) + array.tobytes()


def _npy_header(kind: str, shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def _tensor(name: str, array: Array) -> list[bytes]:
    kind = ONNX[array.dtype.str]
    return [*(_field(1, size) for size in array.shape), _field(2, kind), _text(8, name), _field(9, array.tobytes())]


def _value_info(name: str, array: Array) -> list[bytes]:
    shape = [_field(1, [_field(1, size)]) for size in array.shape]
    return [_text(1, name), _field(2, [_field(1, [_field(1, ONNX[array.dtype.str]), _field(2, shape)])])]


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, value: int | bytes | Iterable[bytes]) -> bytes:
    """Return a field of a protobuf message: a whole number, bytes, or the fields of a message within."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    held = value if isinstance(value, bytes) else b"".join(value)
    return _varint(number << 3 | 2) + _varint(len(held)) + held


def _varint(value: int) -> bytes:
    """Return a whole number seven bits a byte, the lowest first; all bytes but the last have their high bit set.

    Examples
    --------
    >>> _varint(300).hex()
    'ac02'
    """
    low = [value >> 7 * at & 0x7F for at in range(max(1, -(-value.bit_length() // 7)))]
    return bytes([*(one | 0x80 for one in low[:-1]), low[-1]])
