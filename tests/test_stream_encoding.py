"""Text and bytes: what Node makes of them, and decoding whatever way the bytes are split."""

from __future__ import annotations

import base64
import itertools
import random
import string
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ask_node

from gnet import GnetError
from gnet.stream.encoding import encode, make_decoder, normal_name

NAMES = ["utf8", "utf16le", "latin1", "ascii", "hex", "base64", "base64url"]

#: Byte strings that are invalid, cut short or odd in one encoding or another.
AWKWARD = [
    b"",
    b"a",
    b"abc",
    "zażółć gęślą jaźń 😀 \U0010ffff".encode(),
    "zażółć 😀 \U0010ffff x".encode("utf-16-le"),
    b"\x80",
    b"\xff\xfe",
    b"\xc3",
    b"\xc3\xc3\xa9",
    b"\xe2\x82",
    b"\xe2\x82\xac\xe2\x82",
    b"\xe2\x28\xa1",
    b"\xf0\x9f\x98",
    b"\xf0\x9f\x98\x80\xf0\x9f",
    b"\xf0\x9f\x41\x98\x80",
    b"\xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xed\xa0\x80",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xc0\x80\xc1\xbf",
    b"\xef\xbb\xbfbom",
    b"\x3d\xd8",
    b"\x3d\xd8\x00",
    b"\x3d\xd8\x00\xde",
    b"\x00\xde\x3d\xd8",
    b"\x3d\xd8\x3d\xd8\x00\xde",
    b"\x3d\xd8A\x00",
    bytes(range(256)),
]

#: Texts that are odd in one encoding or another.
TEXTS = [
    "",
    "abc",
    "zażółć 😀",
    "\ud83d",
    "\ude00",
    "\ude00\ud83d",
    "a\ud83db",
    "\ud83d\ud83d",
    "\xff\u0100\u01ff",
    "\0",
    "00ff",
    "00FfA",
    "0g00",
    "00 ff",
    "zz",
    "é0",
    "0\u0130",
    "YQ==",
    "YWI=",
    "YWJj",
    "YWJjZA",
    "Y",
    "YW",
    "YWJ",
    "=",
    "====",
    "YQ==YWJj",
    "Y Q\n=\t=",
    "Y-_/+w",
    "a*b!c",
    "\u0159YWJj",
    "YWJj\0YWJj",
]


def random_bytes(count: int) -> list[bytes]:
    """A fixed corpus: noise, and valid text with single bytes changed."""
    order = random.Random(7)
    corpus = []
    for _ in range(count):
        if order.random() < 0.5:
            corpus.append(order.randbytes(order.randrange(12)))
        else:
            text = "".join(order.choices("aé€😀\u07ff\uffff\U00010000", k=order.randrange(1, 6)))
            data = bytearray(text.encode(order.choice(["utf-8", "utf-16-le"])))
            for _ in range(order.randrange(3)):
                data[order.randrange(len(data))] = order.randrange(256)
            corpus.append(bytes(data[: order.randrange(len(data) + 1)]))
    return corpus


def random_texts(count: int) -> list[str]:
    """A fixed corpus: lone surrogates, near misses of hex and base64, all planes."""
    order = random.Random(8)
    alphabets = [
        string.hexdigits + "g ",
        string.ascii_letters + string.digits + "+/-_= \n*é",
        "a\x7f\x80\xff\u0100\ud800\udbff\udc00\udfff\ue000\U00010000\U0010ffff",
    ]
    return [
        "".join(order.choices(order.choice(alphabets), k=order.randrange(1, 14)))
        for _ in range(count)
    ]


def decoded(name: str, pieces: Sequence[bytes]) -> str:
    """The text of the pieces, one after the other, and of what is left in the end."""
    decoder = make_decoder(name)
    return "".join(map(decoder.decode, pieces)) + decoder.decode(b"", final=True)


def as_units(text: str) -> list[int]:
    """The text as JavaScript sees it: its UTF-16 units."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=True)]


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("utf8", "utf8"),
        ("UTF-8", "utf8"),
        ("Utf8", "utf8"),
        ("ucs2", "utf16le"),
        ("UCS-2", "utf16le"),
        ("utf-16le", "utf16le"),
        ("binary", "latin1"),
        ("LATIN1", "latin1"),
        ("BASE64URL", "base64url"),
    ],
)
def test_an_encoding_has_one_normal_name(given_name: str, name: str) -> None:
    """Whatever case and spelling it came in."""
    assert normal_name(given_name) == name


@pytest.mark.parametrize("name", ["utf-7", "", " utf8", None, 5, b"utf8", "utf_8"])
def test_a_name_that_node_does_not_know_is_refused(name: Any) -> None:
    """Even if Python knows it."""
    with pytest.raises(TypeError) as caught:
        normal_name(name)
    assert isinstance(caught.value, GnetError)
    assert caught.value.code == "ERR_UNKNOWN_ENCODING"


# ---------------------------------------------------------------- beside Node


def test_texts_are_encoded_as_node_does() -> None:
    """Lone surrogates, bad hex, bad base64 and all."""
    texts = TEXTS + random_texts(1500)
    answers = ask_node(
        """
        const all = question.texts.map((units) => {
          const text = String.fromCharCode(...units);
          return question.names.map((name) => Buffer.from(text, name).toString('hex'));
        });
        console.log(JSON.stringify(all));
        """,
        {"texts": [as_units(text) for text in texts], "names": NAMES},
    )
    wrong = [
        (text, name, encode(text, name).hex(), expected)
        for text, row in zip(texts, answers, strict=True)
        for name, expected in zip(NAMES, row, strict=True)
        if encode(text, name).hex() != expected
    ]
    assert wrong == []


def test_bytes_are_decoded_as_node_does() -> None:
    """In one piece, by Node's own ``StringDecoder``."""
    corpus = AWKWARD + random_bytes(1500)
    answers = ask_node(
        """
        const { StringDecoder } = require('string_decoder');
        const all = question.corpus.map((hex) => question.names.map((name) => {
          const decoder = new StringDecoder(name);
          const text = decoder.write(Buffer.from(hex, 'hex')) + decoder.end();
          return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
        }));
        console.log(JSON.stringify(all));
        """,
        {"corpus": [data.hex() for data in corpus], "names": NAMES},
    )
    wrong = [
        (data, name, decoded(name, [data]), expected)
        for data, row in zip(corpus, answers, strict=True)
        for name, expected in zip(NAMES, row, strict=True)
        if as_units(decoded(name, [data])) != expected
    ]
    assert wrong == []


def test_valid_text_in_pieces_comes_chunk_by_chunk_as_from_node() -> None:
    """Not only the same in the end: each piece brings what Node's brings."""
    order = random.Random(9)
    corpus = []
    for _ in range(300):
        text = "".join(order.choices("aé€😀\U0010ffff", k=order.randrange(1, 8)))
        # Not utf16le: cut inside a pair's second half, Node delivers the first half alone.
        name = order.choice(["utf8", "base64", "base64url", "hex"])
        data = text.encode()
        cuts = sorted(order.randrange(len(data) + 1) for _ in range(order.randrange(4)))
        pieces = [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]
        corpus.append((name, pieces))
    answers = ask_node(
        """
        const { StringDecoder } = require('string_decoder');
        console.log(JSON.stringify(question.map(([name, pieces]) => {
          const decoder = new StringDecoder(name);
          return [...pieces.map((hex) => decoder.write(Buffer.from(hex, 'hex'))), decoder.end()]
              .map((text) => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)));
        })));
        """,
        [(name, [piece.hex() for piece in pieces]) for name, pieces in corpus],
    )
    wrong = []
    for (name, pieces), expected in zip(corpus, answers, strict=True):
        decoder = make_decoder(name)
        texts = [*map(decoder.decode, pieces), decoder.decode(b"", final=True)]
        if [as_units(text) for text in texts] != expected:
            wrong.append((name, pieces, texts, expected))
    assert wrong == []


# ---------------------------------------------------------------- properties


@pytest.mark.parametrize("name", NAMES)
def test_awkward_bytes_decode_the_same_split_at_every_position(name: str) -> None:
    """In two pieces, in three, and byte by byte."""
    for data in AWKWARD:
        whole = decoded(name, [data])
        assert decoded(name, [data[at : at + 1] for at in range(len(data))]) == whole
        for at in range(len(data) + 1):
            assert decoded(name, [data[:at], data[at:]]) == whole, (data, at)
        if len(data) < 12:
            for one, two in itertools.combinations(range(len(data) + 1), 2):
                assert decoded(name, [data[:one], data[one:two], data[two:]]) == whole


@given(st.sampled_from(NAMES), st.lists(st.binary(max_size=6), max_size=12))
def test_any_split_decodes_as_the_whole(name: str, pieces: list[bytes]) -> None:
    """Empty pieces among them."""
    assert decoded(name, pieces) == decoded(name, [b"".join(pieces)])


@given(st.text(), st.lists(st.integers(0, 60), max_size=5))
def test_text_survives_encoding_and_split_decoding(text: str, cuts: list[int]) -> None:
    """In both encodings that hold all of Unicode."""
    for name in ("utf8", "utf16le"):
        data = encode(text, name)
        edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
        assert decoded(name, [data[a:b] for a, b in itertools.pairwise(edges)]) == text


@given(st.binary())
def test_bytes_survive_the_encodings_that_hold_them(data: bytes) -> None:
    """Decoded to text and encoded again."""
    for name in ("latin1", "hex", "base64", "base64url"):
        assert encode(decoded(name, [data]), name) == data


@given(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=[])))
def test_encoding_never_fails(name: str, text: str) -> None:
    """Whatever the text, lone surrogates included."""
    assert isinstance(encode(text, name), bytes)


@given(st.binary(), st.sampled_from(["base64", "base64url"]))
def test_base64_without_padding_and_with_noise_is_understood(data: bytes, name: str) -> None:
    """Both alphabets under both names."""
    for plain in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        text = plain.decode().rstrip("=")
        noisy = "\n".join(text[at : at + 3] for at in range(0, len(text), 3))
        assert encode(text, name) == data
        assert encode(noisy, name) == data


# ---------------------------------------------------------------- the final flush


@pytest.mark.parametrize(
    ("name", "data", "before", "rest"),
    [
        ("utf8", b"a\xe2\x82", "a", "\ufffd"),
        ("utf8", b"a\xf0\x9f\x98", "a", "\ufffd"),
        ("utf16le", b"a\x00b", "a", ""),
        ("utf16le", b"a\x00\x3d\xd8", "a", "\ud83d"),
        ("base64", b"abcd", "YWJj", "ZA=="),
        ("base64url", b"abcd", "YWJj", "ZA"),
        ("hex", b"\xff", "ff", ""),
        ("latin1", b"\xff", "\xff", ""),
        ("ascii", b"\xff", "\x7f", ""),
    ],
)
def test_what_is_incomplete_comes_at_the_end(
    name: str, data: bytes, before: str, rest: str
) -> None:
    """Not earlier, and once."""
    decoder = make_decoder(name)
    assert decoder.decode(data) == before
    assert decoder.decode(b"", final=True) == rest
    assert decoder.decode(b"", final=True) == ""
