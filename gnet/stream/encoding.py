"""Text over byte streams: Node's encodings, and decoding with characters split across chunks.

Node: buffer, "Buffers and character encodings"; string_decoder. Names are case-insensitive.
"""

from __future__ import annotations

import base64
import codecs
import re
from typing import Protocol

from gnet.errors import inspected, node_error

__all__ = ["Decoder", "encode", "make_decoder", "normal_name"]

#: What a user may write -> the name Node gives back.
_NAMES = {
    "utf8": "utf8",
    "utf-8": "utf8",
    "utf16le": "utf16le",
    "utf-16le": "utf16le",
    "ucs2": "utf16le",
    "ucs-2": "utf16le",
    "latin1": "latin1",
    "binary": "latin1",
    "ascii": "ascii",
    "hex": "hex",
    "base64": "base64",
    "base64url": "base64url",
}


def normal_name(encoding: object) -> str:
    """The encoding's one name. Raises ``ERR_UNKNOWN_ENCODING`` (``TypeError``)."""
    name = _NAMES.get(encoding.lower()) if isinstance(encoding, str) else None
    if name is None:
        raise node_error("ERR_UNKNOWN_ENCODING", inspected(encoding, quote=False))
    return name


def encode(text: str, encoding: str) -> bytes:
    """The bytes of ``text``, as ``Buffer.from(text, encoding)`` makes them.

    Like Node it never fails on the text: a lone surrogate becomes U+FFFD, latin1 and ascii keep
    the low byte of each UTF-16 unit, hex stops at the first pair that is none, and base64 skips
    what does not belong to its alphabet.
    """
    name = normal_name(encoding)
    if name == "utf8":
        try:
            return text.encode()
        except UnicodeEncodeError:
            units = text.encode("utf-16-le", "surrogatepass")
            return units.decode("utf-16-le", "replace").encode()
    if name == "utf16le":
        return text.encode("utf-16-le", "surrogatepass")
    if name in ("latin1", "ascii"):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass")[::2]
    if not text.isascii():  # Node looks at the low byte of each UTF-16 unit here, too
        text = text.encode("utf-16-le", "surrogatepass")[::2].decode("latin-1")
    if name == "hex":
        pairs = re.match(r"(?:[0-9a-fA-F]{2})*", text)
        return bytes.fromhex(pairs.group() if pairs else "")
    head = text.split("=", 1)[0].translate(str.maketrans("-_", "+/"))
    digits = re.sub(r"[^A-Za-z0-9+/]", "", head)
    if len(digits) % 4 == 1:
        digits = digits[:-1]  # six bits make no byte
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


class Decoder(Protocol):
    """Turns chunks into text; what is incomplete waits for the next chunk."""

    def decode(self, chunk: bytes, final: bool = False) -> str:
        """The text that is complete with ``chunk``; with ``final``, all that is left."""


class _Ascii:
    def decode(self, chunk: bytes, final: bool = False) -> str:
        return bytes(byte & 0x7F for byte in chunk).decode("ascii")


class _Hex:
    def decode(self, chunk: bytes, final: bool = False) -> str:
        return chunk.hex()


class _Base64:
    """Three bytes make four digits; the one or two in between wait."""

    def __init__(self, url: bool) -> None:
        self._url = url
        self._rest = b""

    def decode(self, chunk: bytes, final: bool = False) -> str:
        data = self._rest + chunk
        whole = len(data) if final else len(data) - len(data) % 3
        self._rest = data[whole:]
        if self._url:
            return base64.urlsafe_b64encode(data[:whole]).decode().rstrip("=")
        return base64.b64encode(data[:whole]).decode()


class _Utf16:
    """Waits for the second byte of a unit and the second unit of a surrogate pair."""

    def __init__(self) -> None:
        self._rest = b""

    def decode(self, chunk: bytes, final: bool = False) -> str:
        data = self._rest + chunk
        whole = len(data) & ~1
        if not final and whole and 0xD8 <= data[whole - 1] <= 0xDB:
            whole -= 2
        # An odd last byte makes no character: Node drops it at the end.
        self._rest = b"" if final else data[whole:]
        return data[:whole].decode("utf-16-le", "surrogatepass")


def make_decoder(encoding: str) -> Decoder:
    """A decoder for one of the names that `normal_name` returns. Node: string_decoder."""
    if encoding == "utf8":
        return codecs.getincrementaldecoder("utf-8")("replace")
    if encoding == "latin1":
        return codecs.getincrementaldecoder("latin-1")()
    if encoding == "utf16le":
        return _Utf16()
    if encoding == "ascii":
        return _Ascii()
    if encoding == "hex":
        return _Hex()
    return _Base64(url=encoding == "base64url")
