"""What is refused, and in which words: always a SpecError, the rule and then the value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, rubbish

import refpos
from refpos import (
    NTK,
    Alibi,
    Attention,
    Audio,
    Bands,
    ByIndex,
    ByParts,
    Centres,
    Chunks,
    DecoderMask,
    Dense,
    DynamicNTK,
    Frequencies,
    Grid,
    Image,
    Index,
    InverseRoot,
    Kerple,
    Linear,
    Local,
    LogCount,
    LogFloor,
    LongRope,
    MixedRadix,
    MRope,
    Mscale,
    PartNTK,
    PerHead,
    PerPlane,
    Pix2StructGrid,
    Radix,
    Ramp,
    ReRope,
    RmsNorm,
    RootLog,
    Rotary,
    Shaw,
    Sinusoidal,
    SpecError,
    T5Buckets,
    Text,
    Video,
    XPos,
    angles,
    at_length,
    attend,
    bias,
    cos_sin,
    embed,
    index,
    lookup,
    omega,
    place,
    place_mask,
    planes,
    rotate,
    scores,
    sections,
    tabulate,
    turn,
)
from refpos.catalogue import ATTENTION, BIAS, CATALOGUE, POSITIONS, TABLE
from refpos.errors import require

F = Frequencies((0, 0))
TWO_AXES = Frequencies((0, 1))
ROTARY = Rotary(F)
SINUSOIDAL = Sinusoidal(F)
DENSE = Dense(1, 2)
DYNAMIC = Frequencies((0, 0), scaling=DynamicNTK(2, 2048))
X = np.ones((3, 4))
COLUMNS = np.ones((3, 2))
READ_ONLY = np.ones((3, 4))
READ_ONLY.flags.writeable = False
NAN = float("nan")
INF = float("inf")

DESCRIPTIONS = {
    "axes that skip an axis": (
        lambda: Frequencies((0, 2)),
        "axes must use every axis from 0 to 2; got (0, 2)",
    ),
    "no axes": (lambda: Frequencies(()), "axes must turn at least one plane; got ()"),
    "axes of which none turns": (
        lambda: Frequencies((None, None)),
        "axes must turn at least one plane; got (None, None)",
    ),
    "a list of axes": (
        lambda: Frequencies([0, 0]),
        "axes must be a tuple of axis numbers, or None where a plane stands still; got [0, 0]",
    ),
    "a negative axis": (
        lambda: Frequencies((-1, 0)),
        "axes must be a tuple of axis numbers, or None where a plane stands still; got (-1, 0)",
    ),
    "a bool as an axis": (
        lambda: Bands((False,), 1, 2),
        "axes must be a tuple of axis numbers, or None where a plane stands still; got (False,)",
    ),
    "a number of axes for axes": (
        lambda: Frequencies(2),
        "axes must be a tuple of axis numbers, or None where a plane stands still; got 2",
    ),
    "a million planes": (
        lambda: Frequencies((0,) * 10**6),
        "axes must be those of at most 65,536 planes; got 1000000",
    ),
    "a thousand axes": (
        lambda: Frequencies(tuple(range(1000))),
        "axes must be numbered from 0 to 255 at most; got 999",
    ),
    "a block too large to be told": (
        lambda: Grid(block=10**5000),
        "block must have at most 1024 bits; got a number too long to print",
    ),
    "an offset too far before the last feature": (
        lambda: Rotary(F, offset=-(10**5000)),
        "offset must have at most 1024 bits; got a number too long to print",
    ),
    "a million digits": (
        lambda: Radix((2,) * 10**6),
        "bases must be those of at most 65,536 digits; got 1000000",
    ),
    "a million learned planes": (
        lambda: Dense(1, 10**6),
        "planes must be those of at most 65,536 planes of all heads; got 1000000",
    ),
    "a thousand heads of a thousand learned planes": (
        lambda: Dense(1, 1000, heads=1000),
        "planes must be those of at most 65,536 planes of all heads; got 1000000",
    ),
    "a thousand learned axes": (lambda: Dense(1000, 2), "axes must not exceed 256; got 1000"),
    "a million buckets": (lambda: T5Buckets(1, 10**6, 10**7), "buckets must not exceed 65,536; got 1000000"),
    "a million bands": (
        lambda: Bands((0,) * 10**6, 1, 2),
        "axes must be those of at most 65,536 planes; got 1000000",
    ),
    "a million heads": (
        lambda: PerHead((F,) * 10**6),
        f"frequencies must be those of at most 65,536 planes of all heads; got {len(F.axes) * 10**6}",
    ),
    "a thousand heads of a thousand planes": (
        lambda: PerHead((Frequencies((0,) * 1000),) * 1000),
        "frequencies must be those of at most 65,536 planes of all heads; got 1000000",
    ),
    "a million slopes": (lambda: Alibi(10**6), "slopes must be those of at most 65,536 heads; got 1000000"),
    "sections of a million planes": (
        lambda: sections((10**30,), 10**30),
        f"sections must be those of at most 65,536 planes; got {10**30}",
    ),
    "a base of one": (lambda: Frequencies((0,), base=1), "base must be greater than 1; got 1.0"),
    "a base below one": (lambda: Frequencies((0,), base=0.5), "base must be greater than 1; got 0.5"),
    "an infinite base": (lambda: Frequencies((0,), base=INF), "base must be finite; got inf"),
    "a base that is no number": (lambda: Frequencies((0,), base=NAN), "base must be finite; got nan"),
    "a base beyond all doubles": (
        lambda: Frequencies((0,), base=10**309),
        f"base must be finite; got 1{'0' * 118}…",
    ),
    "a base too long to print": (
        lambda: Frequencies((0,), base=10**5000),
        "base must be finite; got a number too long to print",
    ),
    "a base between two doubles": (
        lambda: Frequencies((0,), base=2**53 + 1),
        "base must be a number that a double holds exactly; got 9007199254740993",
    ),
    "a bool as a base": (lambda: Frequencies((0,), base=True), "base must be a number; got True"),
    "a text as a base": (lambda: Frequencies((0,), base="1e4"), "base must be a number; got 1e4"),
    "a base per axis of another number": (
        lambda: Frequencies((0, 1), base=(2, 3, 4)),
        "base must be one number, or one for each of the 2 axes; got (2.0, 3.0, 4.0)",
    ),
    "one of two bases too small": (
        lambda: Frequencies((0, 1), base=(2, 1)),
        "base must be greater than 1; got (2.0, 1.0)",
    ),
    "no base": (lambda: Frequencies((0,), base=()), "base must not be empty; got ()"),
    "an unknown ladder": (
        lambda: Frequencies((0,), ladder="axial"),
        "ladder must be one of 'shared', 'per-axis', 'alternating'; got axial",
    ),
    "an end point that is no bool": (
        lambda: Frequencies((0, 0), endpoint=1),
        "endpoint must be True or False; got 1",
    ),
    "an unknown unit": (
        lambda: Frequencies((0,), unit="degree"),
        "unit must be one of 'radian', 'half-turn', 'turn'; got degree",
    ),
    "an end point on one plane": (
        lambda: Frequencies((0, 1, 1), ladder="per-axis", endpoint=True),
        "a ladder with an end point needs at least two planes; got 1",
    ),
    "NTK scaling on one plane": (
        lambda: Frequencies((0,), scaling=NTK(2)),
        "NTK scaling needs at least two planes on a ladder; got 1",
    ),
    "dynamic NTK scaling on one plane": (
        lambda: Frequencies((0,), scaling=DynamicNTK(2, 16)),
        "NTK scaling needs at least two planes on a ladder; got 1",
    ),
    "a scaling that is none": (
        lambda: Frequencies((0,), scaling=2.0),
        "scaling must be a scaling or a tuple of scalings; got 2.0",
    ),
    "a list of scalings": (
        lambda: Frequencies((0,), scaling=[Linear(2)]),
        "scaling must be a scaling or a tuple of scalings; got [Linear(factor=2.0)]",
    ),
    "a factor per axis of another number": (
        lambda: Frequencies((0, 1), scaling=Linear((2, 3, 4))),
        "factor must be one number, or one for each of the 2 axes; got (2.0, 3.0, 4.0)",
    ),
    "divisors for other planes": (
        lambda: Frequencies((0, 0), scaling=PerPlane((1, 2, 3))),
        "there must be a divisor for each of the 2 planes; got 3",
    ),
    "long and short divisors for other planes": (
        lambda: Frequencies((0, 0), scaling=LongRope((1,), (2,), 16)),
        "there must be a divisor for each of the 2 planes; got 1",
    ),
    "a band that begins at zero": (lambda: Bands((0,), 0, 1), "low must be greater than 0; got 0.0"),
    "a band that ends below zero": (lambda: Bands((0,), 1, -1), "high must be greater than 0; got -1.0"),
    "an unknown spacing": (
        lambda: Bands((0,), 1, 2, spacing="mel"),
        "spacing must be one of 'log', 'linear'; got mel",
    ),
    "a band in an unknown unit": (
        lambda: Bands((0,), 1, 2, unit="hertz"),
        "unit must be one of 'radian', 'half-turn', 'turn'; got hertz",
    ),
    "dense frequencies of no axis": (lambda: Dense(0, 2), "axes must be at least 1; got 0"),
    "dense frequencies of no plane": (lambda: Dense(1, 0), "planes must be at least 1; got 0"),
    "dense frequencies of half an axis": (lambda: Dense(1.0, 2), "axes must be an int; got 1.0"),
    "dense frequencies of no head": (lambda: Dense(1, 2, heads=0), "heads must be at least 1; got 0"),
    "dense frequencies in an unknown unit": (
        lambda: Dense(1, 2, unit=None),
        "unit must be one of 'radian', 'half-turn', 'turn'; got None",
    ),
    "no heads": (
        lambda: PerHead(()),
        "frequencies must be a tuple of Frequencies or Bands, one per head; got ()",
    ),
    "heads that learn": (
        lambda: PerHead((DENSE,)),
        "frequencies must be a tuple of Frequencies or Bands, one per head; "
        "got (Dense(axes=1, planes=2, heads=None, unit='radian'),)",
    ),
    "heads of different width": (
        lambda: PerHead((F, Frequencies((0,)))),
        "every head must have as many planes; got [1, 2]",
    ),
    "heads of different axes that read all": (
        lambda: PerHead((F, TWO_AXES)),
        "without reads, every head must have as many axes; got [1, 2]",
    ),
    "reads for another number of heads": (
        lambda: PerHead((F, F), reads=((0,),)),
        "reads must have an entry per head; got ((0,),)",
    ),
    "a head that reads too little": (
        lambda: PerHead((TWO_AXES,), reads=((0,),)),
        "a head must read a coordinate for each axis; got (0,)",
    ),
    "heads that skip a coordinate": (
        lambda: PerHead((F, F), reads=((0,), (2,))),
        "reads must use every coordinate from 0 to 2; got ((0,), (2,))",
    ),
    "a head that reads a coordinate twice": (
        lambda: PerHead((TWO_AXES,), reads=((0, 0),)),
        "reads must be a tuple of tuples of coordinates, none of them twice; got ((0, 0),)",
    ),
    "a head that reads coordinate 0.0": (
        lambda: PerHead((F,), reads=((0.0,),)),
        "reads must be a tuple of tuples of coordinates, none of them twice; got ((0.0,),)",
    ),
    "reads in a list": (
        lambda: PerHead((F,), reads=[[0]]),
        "reads must be a tuple of tuples of coordinates, none of them twice; got [[0]]",
    ),
    "a factor of zero": (lambda: Linear(0), "factor must be greater than 0; got 0.0"),
    "a negative factor": (lambda: NTK(-2), "factor must be greater than 0; got -2.0"),
    "one of two factors negative": (
        lambda: NTK((1, -2)),
        "factor must be greater than 0; got (1.0, -2.0)",
    ),
    "parts with a factor of zero": (
        lambda: ByParts(0, 16, 1, 4),
        "factor must be greater than 0; got 0.0",
    ),
    "a radix of a factor of zero": (lambda: MixedRadix(0, 1), "factor must be greater than 0; got 0.0"),
    "a radix whose steps shrink": (lambda: MixedRadix(2, -0.5), "exponent must be from 0 to 1; got -0.5"),
    "a radix that grows too fast": (lambda: MixedRadix(2, 1.5), "exponent must be from 0 to 1; got 1.5"),
    "bands of planes that are not dealt": (
        lambda: Sinusoidal(Frequencies((0, 0, 1)), blocks="band"),
        f"bands need planes that are dealt to the axes in turn; got {Frequencies((0, 0, 1))!r}",
    ),
    "parts of no original length": (lambda: ByParts(8, 0, 1, 4), "original must be at least 1; got 0"),
    "parts of half a token": (lambda: ByParts(8, 16.5, 1, 4), "original must be an int; got 16.5"),
    "parts that ramp nowhere": (
        lambda: ByParts(8, 16, 4, 4),
        "low must be less than high; got (4.0, 4.0)",
    ),
    "parts that ramp down": (
        lambda: ByParts(8, 16, 4, 1),
        "low must be less than high; got (4.0, 1.0)",
    ),
    "an index ramp from slow to fast": (
        lambda: ByIndex(8, 16, fast=1, slow=32),
        "slow must not exceed fast; got (32.0, 1.0)",
    ),
    "part NTK of a factor of zero": (lambda: PartNTK(0, 16), "factor must be greater than 0; got 0.0"),
    "part NTK of no original length": (lambda: PartNTK(8, 0), "original must be at least 1; got 0"),
    "part NTK from slow to fast": (
        lambda: PartNTK(8, 16, fast=(2, 16)),
        "fast must be two numbers of turns, the second not greater; got (2.0, 16.0)",
    ),
    "part NTK of three numbers of turns": (
        lambda: PartNTK(8, 16, slow=(3, 2, 1)),
        "slow must be two numbers of turns, the second not greater; got (3.0, 2.0, 1.0)",
    ),
    "part NTK of a negative number of turns": (
        lambda: PartNTK(8, 16, slow=(1, -1)),
        "slow must be greater than 0; got (1.0, -1.0)",
    ),
    "part NTK of one number": (lambda: PartNTK(8, 16, fast=16.0), "fast must be a tuple of numbers; got 16.0"),
    "part NTK of one plane": (
        lambda: Frequencies((0,), scaling=PartNTK(8, 16)),
        "NTK scaling needs at least two planes on a ladder; got 1",
    ),
    "an index ramp of no turns": (
        lambda: ByIndex(8, 16, slow=0),
        "slow must be greater than 0; got 0.0",
    ),
    "an index ramp with a factor of zero": (
        lambda: ByIndex(0, 16),
        "factor must be greater than 0; got 0.0",
    ),
    "an index ramp of no original length": (
        lambda: ByIndex(2, 0),
        "original must be at least 1; got 0",
    ),
    "an index ramp truncated by a number": (
        lambda: ByIndex(8, 16, truncate=0),
        "truncate must be True or False; got 0",
    ),
    "no divisors": (lambda: PerPlane(()), "divisors must be a tuple of numbers; got ()"),
    "one divisor for all": (lambda: PerPlane(2.0), "divisors must be a tuple of numbers; got 2.0"),
    "a divisor of zero": (
        lambda: PerPlane((1, 0)),
        "divisors must be greater than 0; got (1.0, 0.0)",
    ),
    "a divisor that is a bool": (lambda: PerPlane((1, True)), "divisors must be a number; got True"),
    "a dynamic factor below one": (
        lambda: DynamicNTK(0.5, 16),
        "factor must be at least 1; got 0.5",
    ),
    "a dynamic factor of no original length": (
        lambda: DynamicNTK(2, 0),
        "original must be at least 1; got 0",
    ),
    "short and long divisors of different number": (
        lambda: LongRope((1, 2), (1,), 16),
        "short and long must have as many divisors as each other; got (2, 1)",
    ),
    "a long divisor of zero": (
        lambda: LongRope((1,), (0,), 16),
        "long must be greater than 0; got (0.0,)",
    ),
    "long divisors of no original length": (
        lambda: LongRope((1,), (1,), 0),
        "original must be at least 1; got 0",
    ),
    "a rotary variant without frequencies": (
        lambda: Rotary(None),
        "frequencies must be Frequencies, Bands, Dense or PerHead; got None",
    ),
    "an unknown pairing": (
        lambda: Rotary(F, pairing="neox"),
        "pairing must be one of 'half', 'interleaved', 'blocked'; got neox",
    ),
    "an unknown pairing of the output": (
        lambda: Rotary(F, write="neox"),
        "write must be one of None, 'half', 'interleaved', 'blocked'; got neox",
    ),
    "an output that is paired like the input": (
        lambda: Rotary(F, write="half"),
        "write must differ from pairing, or be None; got half",
    ),
    "half an offset": (lambda: Rotary(F, offset=0.5), "offset must be an int; got 0.5"),
    "an offset from the end too near to it": (
        lambda: Rotary(F, offset=-3),
        "offset must leave room for the 4 features that are rotated; got -3",
    ),
    "a sign of zero": (lambda: Rotary(F, sign=0), "sign must be one of 1, -1; got 0"),
    "a sign that is a bool": (lambda: Rotary(F, sign=True), "sign must be one of 1, -1; got True"),
    "blocks that are not contiguous": (
        lambda: Rotary(Frequencies((0, 1, 0)), pairing="blocked"),
        "blocks need the planes of an axis to stand together; got (0, 1, 0)",
    ),
    "output blocks that are not contiguous": (
        lambda: Rotary(Frequencies((0, 1, 0)), write="blocked"),
        "blocks need the planes of an axis to stand together; got (0, 1, 0)",
    ),
    "tiled columns of blocks that are not contiguous": (
        lambda: Rotary(Frequencies((0, 1, 0)), pairing="interleaved", columns="tiled"),
        "blocks need the planes of an axis to stand together; got (0, 1, 0)",
    ),
    "blocks of dense frequencies": (
        lambda: Rotary(DENSE, pairing="blocked"),
        "blocks need planes that each belong to one axis; got Dense",
    ),
    "unknown columns": (
        lambda: Rotary(F, columns="mixed"),
        "columns must be one of 'paired', 'tiled', 'repeated'; got mixed",
    ),
    "tiled columns of halves": (
        lambda: Rotary(F, columns="tiled"),
        "tiled columns need interleaved pairing; got half",
    ),
    "repeated columns of interleaved pairs": (
        lambda: Rotary(F, pairing="interleaved", columns="repeated"),
        "repeated columns need half pairing; got interleaved",
    ),
    "repeated columns that are written elsewhere": (
        lambda: Rotary(F, columns="repeated", write="interleaved"),
        "repeated columns need write to be None; got interleaved",
    ),
    "an attention factor of zero": (
        lambda: Rotary(F, attention_factor=0),
        "attention_factor must be greater than 0; got 0.0",
    ),
    "an attention factor in words": (
        lambda: Rotary(F, attention_factor="mscale"),
        "attention_factor must be a number; got mscale",
    ),
    "growth that is a number": (
        lambda: Rotary(F, growth=512.0),
        "growth must be XPos or None; got 512.0",
    ),
    "growth along two axes": (
        lambda: Rotary(Dense(2, 1), growth=XPos()),
        "growth needs positions of one axis; got Dense(axes=2, planes=1, heads=None, unit='radian')",
    ),
    "a magnitude of factor zero": (lambda: Mscale(0), "factor must be greater than 0; got 0.0"),
    "a magnitude that may be negative": (
        lambda: Mscale(2, -1),
        "coefficient must not be negative; got -1.0",
    ),
    "a root of logarithms of factor zero": (
        lambda: RootLog(0, 16),
        "factor must be greater than 0; got 0.0",
    ),
    "a root of logarithms to base one": (
        lambda: RootLog(2, 1),
        "original must be at least 2; got 1",
    ),
    "growth over no length": (lambda: XPos(0), "scale_base must be greater than 0; got 0.0"),
    "growth from nowhere": (lambda: XPos(512, INF), "centre must be finite; got inf"),
    "sines of heads": (
        lambda: Sinusoidal(PerHead((F,))),
        f"frequencies must be Frequencies, Bands or Dense; got {repr(PerHead((F,)))[:119]}…",
    ),
    "an unknown order": (
        lambda: Sinusoidal(F, order="sin"),
        "order must be one of 'interleaved', 'interleaved-cos', 'sin-cos', 'cos-sin'; got sin",
    ),
    "unknown blocks": (
        lambda: Sinusoidal(F, blocks="head"),
        "blocks must be one of 'axis', 'function', 'band'; got head",
    ),
    "a width narrower than the planes": (
        lambda: Sinusoidal(F, width=3),
        "width must be at least 4; got 3",
    ),
    "a negative prefix": (lambda: Sinusoidal(F, prefix=-1), "prefix must be at least 0; got -1"),
    "a scale of zero": (lambda: Sinusoidal(F, scale=0), "scale must be greater than 0; got 0.0"),
    "a text of no token": (lambda: Text(0), "n must be at least 1; got 0"),
    "an image without a side": (lambda: Image(0, 4), "h must be at least 1; got 0"),
    "an image with half a side": (lambda: Image(4, 0.5), "w must be an int; got 0.5"),
    "a video of no frame": (lambda: Video(0, 2, 2), "t must be at least 1; got 0"),
    "a video that stands still": (
        lambda: Video(1, 2, 2, fps=0),
        "fps must be greater than 0; got 0.0",
    ),
    "an index from half a token": (lambda: Index(0.5), "start must be an int; got 0.5"),
    "an index from beyond the exact integers": (
        lambda: Index(2**53 + 1),
        "start must not exceed 2^53; got 9007199254740993",
    ),
    "a grid from beyond the exact integers": (
        lambda: Grid(-(2**53) - 1),
        "start must not exceed 2^53; got -9007199254740993",
    ),
    "centres that run down": (
        lambda: Centres(1, -1),
        "low must be less than high; got (1.0, -1.0)",
    ),
    "centres that are too far apart": (
        lambda: Centres(-1e308, 1e308),
        "high less low must be finite; got (-1e+308, 1e+308)",
    ),
    "a merge of no patch": (lambda: MRope(merge=0), "merge must be at least 1; got 0"),
    "no token a second": (
        lambda: MRope(tokens_per_second=0),
        "tokens_per_second must be greater than 0; got 0.0",
    ),
}

CALLS = {
    "sections that do not add up": (
        lambda: sections((16, 24, 23), 64),
        "sections must add up to the 64 planes; got (16, 24, 23)",
    ),
    "a section of no plane": (
        lambda: sections((4, 0), 4),
        "sections must be a tuple or list of positive ints; got (4, 0)",
    ),
    "no sections": (
        lambda: sections((), 0),
        "sections must be a tuple or list of positive ints; got ()",
    ),
    "a number for sections": (
        lambda: sections(4, 4),
        "sections must be a tuple or list of positive ints; got 4",
    ),
    "an array of sections": (
        lambda: sections(np.array([2, 2]), 4),
        "sections must be a tuple or list of positive ints; got array([2, 2])",
    ),
    "sections of 4.0 planes": (lambda: sections((2, 2), 4.0), "planes must be an int; got 4.0"),
    "sections that are interleaved by a text": (
        lambda: sections((2, 2), 4, interleaved="no"),
        "interleaved must be True or False; got no",
    ),
    "a length of zero": (
        lambda: at_length(DYNAMIC, 0),
        "n must be an int from 1 to 2^53; got 0",
    ),
    "a length beyond the exact integers": (
        lambda: at_length(DYNAMIC, 2**53 + 1),
        "n must be an int from 1 to 2^53; got 9007199254740993",
    ),
    "a length that is a float": (
        lambda: at_length(DYNAMIC, 4096.0),
        "n must be an int from 1 to 2^53; got 4096.0",
    ),
    "the length of nothing": (
        lambda: at_length(None, 4096),
        "variant must be Rotary, Sinusoidal or a description of frequencies; got None",
    ),
    "planes of fewer features than are rotated": (
        lambda: planes(ROTARY, 3),
        "features must hold the 4 that are rotated from feature 0 on; got 3",
    ),
    "planes of features too few after the offset": (
        lambda: planes(Rotary(F, offset=2), 5),
        "features must hold the 4 that are rotated from feature 2 on; got 5",
    ),
    "planes of features too few before the end": (
        lambda: planes(Rotary(F, offset=-6), 5),
        "features must hold the 4 that are rotated from feature -6 on; got 5",
    ),
    "planes of 4.0 features": (lambda: planes(ROTARY, 4.0), "features must be an int; got 4.0"),
    "planes of nothing": (lambda: planes(None, 4), "variant must be Rotary; got None"),
    "no segments": (
        lambda: place([], Index()),
        "segments must be Text, Audio, Image or Video, at least one; got []",
    ),
    "segments that are numbers": (
        lambda: place([3], Index()),
        "segments must be Text, Audio, Image or Video, at least one; got [3]",
    ),
    "a number of segments": (
        lambda: place(3, Index()),
        "segments must be Text, Audio, Image or Video, at least one; got [3]",
    ),
    "an unknown rule": (
        lambda: place([Text(1)], "mrope"),
        "rule must be one of those that place segments; got mrope, "
        "and CATALOGUE[name].variant is the description of a name",
    ),
    "text on a grid": (
        lambda: place([Text(3)], Grid()),
        "Grid must place grids of its kind; got Text(n=3)",
    ),
    "a video by its centres": (
        lambda: place([Video(1, 2, 2)], Centres()),
        "Centres must place grids of its kind; got Video(t=1, h=2, w=2, fps=1.0)",
    ),
    "images and videos on one grid": (
        lambda: place([Image(2, 2), Video(1, 2, 2)], Grid()),
        "segments of one call must have as many axes; got [(2, 2), (1, 2, 2)]",
    ),
    "a height that the merge does not divide": (
        lambda: place([Image(3, 4)], MRope()),
        "sides must be multiples of the merge, 2; got (3, 4)",
    ),
    "a width that the merge does not divide": (
        lambda: place([Video(1, 4, 5)], MRope(merge=4)),
        "sides must be multiples of the merge, 4; got (4, 5)",
    ),
    "times beyond the exact integers": (
        lambda: place([Video(2, 2, 2, fps=1e-300)], MRope(tokens_per_second=1e300)),
        "times must not exceed 2^53; got Video(t=2, h=2, w=2, fps=1e-300)",
    ),
    "frequencies of nothing": (
        lambda: omega(None),
        "frequencies must be Frequencies, Bands, Dense or PerHead; got None",
    ),
    "frequencies in a list": (
        lambda: omega([F]),
        f"frequencies must be Frequencies, Bands, Dense or PerHead; got {repr([F])[:119]}",
    ),
    "frequencies that are infinite": (
        lambda: omega(Frequencies((0, 0), scaling=(Linear(1e-300), Linear(1e-300)))),
        f"frequencies must be finite; got {repr(Frequencies((0, 0), scaling=(Linear(1e-300),) * 2))[:119]}…",
    ),
    "frequencies that depend on the length": (
        lambda: omega(DYNAMIC),
        f"a variant that depends on the length needs at_length first; got {repr(DYNAMIC)[:119]}…",
    ),
    "a head whose frequencies depend on the length": (
        lambda: omega(PerHead((DYNAMIC,))),
        f"a variant that depends on the length needs at_length first; got {repr(PerHead((DYNAMIC,)))[:119]}…",
    ),
    "angles that depend on the length": (
        lambda: angles([0], DYNAMIC),
        f"a variant that depends on the length needs at_length first; got {repr(DYNAMIC)[:119]}…",
    ),
    "nothing learned": (lambda: omega(DENSE), "learned must bring exactly omega; got []"),
    "an empty mapping of what is learned": (
        lambda: omega(DENSE, learned={}),
        "learned must bring exactly omega; got []",
    ),
    "another name of what is learned": (
        lambda: omega(DENSE, learned={"freqs": [[1.0, 2.0]]}),
        "learned must bring exactly omega; got ['freqs']",
    ),
    "more learned than asked for": (
        lambda: omega(DENSE, learned={"omega": [[1.0, 2.0]], 5: [1.0]}),
        "learned must bring exactly omega; got ['omega', 5]",
    ),
    "something learned by what learns nothing": (
        lambda: omega(F, learned={"omega": [[1.0, 2.0]]}),
        "learned arrays are only for variants that learn; got {'omega': [[1.0, 2.0]]}",
    ),
    "an array without a name": (
        lambda: omega(DENSE, learned=np.ones((1, 2))),
        "learned must be a mapping of names to arrays; got array([[1., 1.]])",
    ),
    "learned frequencies of another shape": (
        lambda: omega(DENSE, learned={"omega": [1.0, 2.0]}),
        "omega must have shape (1, 2); got (2,)",
    ),
    "learned frequencies without heads": (
        lambda: omega(Dense(1, 2, heads=3), learned={"omega": [[1.0, 2.0]]}),
        "omega must have shape (3, 1, 2); got (1, 2)",
    ),
    "learned frequencies that are no number": (
        lambda: omega(DENSE, learned={"omega": [[1.0, NAN]]}),
        "omega must be finite; got array([nan])",
    ),
    "learned frequencies in words": (
        lambda: omega(DENSE, learned={"omega": [["1", "2"]]}),
        "omega must be integers or floats; got <U1",
    ),
    "learned frequencies that are complex": (
        lambda: omega(DENSE, learned={"omega": [[1j, 2]]}),
        "omega must be integers or floats; got complex128",
    ),
    "learned frequencies that are bools": (
        lambda: omega(DENSE, learned={"omega": [[True, False]]}),
        "omega must be integers or floats; got bool",
    ),
    "learned frequencies that are ragged": (
        lambda: omega(DENSE, learned={"omega": [[1.0], [1.0, 2.0]]}),
        "omega must be integers or floats; got a ragged list",
    ),
    "a position without a sequence": (
        lambda: angles(3, F),
        "positions must have shape (..., n); got ()",
    ),
    "flat positions of two axes": (
        lambda: angles([0, 1], TWO_AXES),
        "positions must have shape (..., n, 2); got (2,)",
    ),
    "positions of three axes for two": (
        lambda: angles([[0, 1, 2]], TWO_AXES),
        "positions must have shape (..., n, 2); got (1, 3)",
    ),
    "positions of one axis for two": (
        lambda: angles([[0], [1]], TWO_AXES),
        "positions must have shape (..., n, 2); got (2, 1)",
    ),
    "a position that is no number": (
        lambda: angles([0.0, NAN], F),
        "positions must be finite; got array([nan])",
    ),
    "an infinite position": (
        lambda: angles([0.0, -INF], F),
        "positions must be finite; got array([-inf])",
    ),
    "positions that are bools": (
        lambda: angles([True, False], F),
        "positions must be integers or floats; got bool",
    ),
    "a bool among positions": (
        lambda: angles([1, True], F),
        "positions must be integers or floats; got a bool among numbers",
    ),
    "complex positions": (
        lambda: angles([1j], F),
        "positions must be integers or floats; got complex128",
    ),
    "positions in words": (
        lambda: angles(["1"], F),
        "positions must be integers or floats; got <U1",
    ),
    "positions that are objects": (
        lambda: angles([None, 1], F),
        "positions must be integers or floats; got list of objects",
    ),
    "ragged positions": (
        lambda: angles([[0], [0, 1]], F),
        "positions must be integers or floats; got a ragged list",
    ),
    "positions in extended precision": (
        lambda: angles(np.arange(2, dtype=np.longdouble), F),
        f"positions must be integers or floats; got {np.dtype(np.longdouble)}",
    ),
    "dates for positions": (
        lambda: angles(np.array(["2026-01-01"], dtype="M8[D]"), F),
        "positions must be integers or floats; got datetime64[D]",
    ),
    "a position beyond the exact integers": (
        lambda: angles([2**53 + 1], F),
        "integer positions must not exceed 2^53; got array([9007199254740993])",
    ),
    "a position below the exact integers": (
        lambda: angles([-(2**53) - 1], F),
        "integer positions must not exceed 2^53; got array([-9007199254740993])",
    ),
    "an integer beyond the exact ones among floats": (
        lambda: angles([2**53 + 1, 0.5], F),
        "integers among positions must not exceed 2^53; got [9007199254740993, 0.5]",
    ),
    "an unsigned position beyond the exact integers": (
        lambda: angles(np.array([2**64 - 1], dtype=np.uint64), F),
        "integer positions must not exceed 2^53; got array([18446744073709551615], dtype=uint64)",
    ),
    "angles that are infinite": (
        lambda: angles([1e308], Frequencies((0,), unit="turn")),
        "angles must be finite; got [1e+308]",
    ),
    "angles of nothing": (
        lambda: angles([0], None),
        "frequencies must be Frequencies, Bands, Dense or PerHead; got None",
    ),
    "a sinusoidal variant to rotate by": (
        lambda: rotate(X, [0, 1, 2], SINUSOIDAL),
        f"variant must be Rotary; got {repr(SINUSOIDAL)[:119]}…",
    ),
    "a sinusoidal variant to turn by": (
        lambda: turn(X, COLUMNS, COLUMNS, SINUSOIDAL),
        f"variant must be Rotary; got {repr(SINUSOIDAL)[:119]}…",
    ),
    "a table of nothing": (lambda: cos_sin([0], None), "variant must be Rotary; got None"),
    "a rotary variant to embed by": (
        lambda: embed([0], ROTARY),
        f"variant must be Sinusoidal; got {repr(ROTARY)[:119]}…",
    ),
    "an embedding that depends on the length": (
        lambda: embed([0], Sinusoidal(DYNAMIC)),
        f"a variant that depends on the length needs at_length first; got {repr(DYNAMIC)[:119]}…",
    ),
    "features narrower than the variant": (
        lambda: rotate(np.ones((3, 2)), [0, 1, 2], ROTARY),
        "features must hold the 4 that are rotated from feature 0 on; got 2",
    ),
    "an odd number of features that is too small": (
        lambda: rotate(np.ones((3, 3)), [0, 1, 2], ROTARY),
        "features must hold the 4 that are rotated from feature 0 on; got 3",
    ),
    "a vector without a sequence": (
        lambda: rotate(np.ones(4), [0], ROTARY),
        "x must have shape (..., n, d); got (4,)",
    ),
    "features that are integers": (
        lambda: rotate(np.ones((3, 4), dtype=int), [0, 1, 2], ROTARY),
        "x must be float16, float32 or float64, in native byte order; got int64",
    ),
    "features that are complex": (
        lambda: rotate(np.ones((3, 4), dtype=complex), [0, 1, 2], ROTARY),
        "x must be float16, float32 or float64, in native byte order; got complex128",
    ),
    "features of a dtype like bfloat16": (
        lambda: rotate(np.ones((3, 4), dtype="V2"), [0, 1, 2], ROTARY),
        "x must be float16, float32 or float64, in native byte order; got |V2",
    ),
    "features in extended precision": (
        lambda: rotate(np.ones((3, 4), dtype=np.longdouble), [0, 1, 2], ROTARY),
        f"x must be float16, float32 or float64, in native byte order; got {np.dtype(np.longdouble)}",
    ),
    "features in another byte order": (
        lambda: rotate(np.ones((3, 4), dtype=">f4"), [0, 1, 2], ROTARY),
        "x must be float16, float32 or float64, in native byte order; got >f4",
    ),
    "ragged features": (
        lambda: rotate([[1.0], [1.0, 2.0]], [0, 1], ROTARY),
        "x must be float16, float32 or float64, in native byte order; got a ragged list",
    ),
    "fewer positions than vectors": (
        lambda: rotate(X, [0, 1], ROTARY),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (); got (2,)",
    ),
    "one position for three vectors": (
        lambda: rotate(X, [1], ROTARY),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (); got (1,)",
    ),
    "positions of more batches than vectors": (
        lambda: rotate(X, [[0, 1, 2]], ROTARY),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (); got (1, 3)",
    ),
    "positions of one batch for two": (
        lambda: rotate(np.ones((2, 3, 4)), [[0, 1, 2]], ROTARY),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (2,); got (1, 3)",
    ),
    "positions of the heads without the batch": (
        lambda: rotate(np.ones((2, 5, 3, 4)), np.zeros((5, 3)), ROTARY),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (2, 5); got (5, 3)",
    ),
    "positions of one batch for many heads": (
        lambda: rotate(np.ones((2, 5, 3, 4)), np.zeros((2, 1, 3)), ROTARY),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (2, 5); got (2, 1, 3)",
    ),
    "positions on two axes of fewer tokens than vectors": (
        lambda: rotate(X, [[0, 1], [1, 1]], Rotary(Frequencies((0, 1)))),
        "positions must be those of 3 tokens, their lead a prefix of that of x, (); got (2,)",
    ),
    "positions under a mask": (
        lambda: rotate(X, np.ma.masked_array([0, 1, 2], mask=[0, 1, 0]), ROTARY),
        "positions must be integers or floats; got a masked array",
    ),
    "positions under a mask that hides nothing": (
        lambda: angles(np.ma.masked_array([0, 1, 2]), F),
        "positions must be integers or floats; got a masked array",
    ),
    "something learned under a mask": (
        lambda: omega(DENSE, learned={"omega": np.ma.masked_array([[1.0, 2.0]])}),
        "omega must be integers or floats; got a masked array",
    ),
    "features under a mask": (
        lambda: rotate(np.ma.masked_array(X), [0, 1, 2], ROTARY),
        "x must be float16, float32 or float64, in native byte order; got a masked array",
    ),
    "cosines under a mask": (
        lambda: turn(X, np.ma.masked_array(COLUMNS), COLUMNS, ROTARY),
        "cos must be an array; got MaskedArray",
    ),
    "room under a mask": (
        lambda: rotate(X, [0, 1, 2], ROTARY, out=np.ma.masked_array(X.copy())),
        "out must be an array; got MaskedArray",
    ),
    "room over the cosines": (
        lambda: turn(X, (room := np.ones((3, 4)))[:, 2:], COLUMNS, ROTARY, out=room),
        "out must share no memory with cos and sin; got overlapping arrays",
    ),
    "room over the sines": (
        lambda: turn(X, COLUMNS, (room := np.ones((3, 4)))[:, 2:], ROTARY, out=room),
        "out must share no memory with cos and sin; got overlapping arrays",
    ),
    "vectors of other heads than the variant": (
        lambda: rotate(np.ones((3, 3, 4)), [0, 1, 2], Rotary(PerHead((F, F)))),
        "x must have shape (..., 2 heads, n, d); got (3, 3, 4)",
    ),
    "vectors without heads": (
        lambda: rotate(X, [0, 1, 2], Rotary(PerHead((F, F)))),
        "x must have shape (..., 2 heads, n, d); got (3, 4)",
    ),
    "an array for a side": (
        lambda: rotate(X, [0, 1, 2], ROTARY, side=np.array([1, 2])),
        "side must be 'query', 'key' or 'output'; got array([1, 2])",
    ),
    "an unknown side": (
        lambda: rotate(X, [0, 1, 2], ROTARY, side="value"),
        "side must be 'query', 'key' or 'output'; got value",
    ),
    "an output that grows": (
        lambda: cos_sin([0], Rotary(F, growth=XPos()), side="output"),
        "outputs cannot be turned back where there is growth; got XPos(scale_base=512.0, centre=0.0)",
    ),
    "an output that is written elsewhere": (
        lambda: cos_sin([0], Rotary(F, write="interleaved"), side="output"),
        "outputs are turned back only where pairs are written as they are read, with paired columns; "
        "got ('interleaved', 'paired')",
    ),
    "an output of mismatched columns": (
        lambda: cos_sin([0], Rotary(F, columns="repeated"), side="output"),
        "outputs are turned back only where pairs are written as they are read, with paired columns; "
        "got (None, 'repeated')",
    ),
    "growth beyond all doubles": (
        lambda: cos_sin([-(10**6)], Rotary(F, growth=XPos())),
        "cosines and sines must be finite in float64; got [-1000000]",
    ),
    "growth beyond the dtype": (
        lambda: cos_sin([-(10**5)], Rotary(F, growth=XPos()), np.float32),
        "cosines and sines must be finite in float32; got [-100000]",
    ),
    "an attention factor beyond the dtype": (
        lambda: cos_sin([0], Rotary(F, attention_factor=1e39), np.float32),
        "cosines and sines must be finite in float32; got [0]",
    ),
    "a table of float16": (
        lambda: cos_sin([0], ROTARY, np.float16),
        "the dtype of a table must be float32 or float64; got float16",
    ),
    "a table of integers": (
        lambda: cos_sin([0], ROTARY, int),
        "the dtype of a table must be float32 or float64; got int64",
    ),
    "a table of an unknown dtype": (
        lambda: cos_sin([0], ROTARY, "bfloat16"),
        "the dtype of a table must be float32 or float64; got bfloat16",
    ),
    "a table of a dtype that does not parse": (
        lambda: cos_sin([0], ROTARY, ","),
        "the dtype of a table must be float32 or float64; got ,",
    ),
    "cosines in a list": (
        lambda: turn(X, COLUMNS.tolist(), COLUMNS, ROTARY),
        "cos must be an array; got list",
    ),
    "sines in a list": (
        lambda: turn(X, COLUMNS, COLUMNS.tolist(), ROTARY),
        "sin must be an array; got list",
    ),
    "cosines of float32 for float64": (
        lambda: turn(X, COLUMNS.astype(np.float32), COLUMNS, ROTARY),
        "cos must be float64 for x of float64; got float32",
    ),
    "sines of float16 for float16": (
        lambda: turn(X.astype(np.float16), COLUMNS.astype(np.float32), COLUMNS.astype(np.float16), ROTARY),
        "sin must be float32 for x of float16; got float16",
    ),
    "cosines and sines of different shape": (
        lambda: turn(X, COLUMNS, COLUMNS[:2], ROTARY),
        "cos and sin must have one shape; got ((3, 2), (2, 2))",
    ),
    "a table of other planes": (
        lambda: turn(X, np.ones((3, 1)), np.ones((3, 1)), ROTARY),
        "cos and sin must have shape (..., 3, 2), its lead a prefix of that of x, (); got (3, 1)",
    ),
    "a table without a sequence": (
        lambda: turn(X, np.ones(2), np.ones(2), ROTARY),
        "cos and sin must have shape (..., 3, 2), its lead a prefix of that of x, (); got (2,)",
    ),
    "an out that is a list": (
        lambda: rotate(X, [0, 1, 2], ROTARY, out=[0.0]),
        "out must be an array; got list",
    ),
    "an out of another dtype": (
        lambda: rotate(X, [0, 1, 2], ROTARY, out=np.ones((3, 4), dtype=np.float32)),
        "out must be float64 of shape (3, 4); got ('float32', (3, 4))",
    ),
    "an out of another shape": (
        lambda: rotate(X, [0, 1, 2], ROTARY, out=np.ones((2, 3, 4))),
        "out must be float64 of shape (3, 4); got ('float64', (2, 3, 4))",
    ),
    "an out that overlaps x": (
        lambda: rotate(X, [0, 1, 2], ROTARY, out=X[::-1]),
        "out must be x itself or share no memory with it; got overlapping arrays",
    ),
    "an out that is read-only": (
        lambda: rotate(X, [0, 1, 2], ROTARY, out=READ_ONLY),
        "out must be writeable; got a read-only array",
    ),
    "an out that is x and read-only": (
        lambda: rotate(READ_ONLY, [0, 1, 2], ROTARY, out=READ_ONLY),
        "out must be writeable; got a read-only array",
    ),
}

FUNCTIONS = {
    "omega": lambda draw: omega(draw(), learned=draw()),
    "angles": lambda draw: angles(draw(), draw(), learned=draw()),
    "angles at rubbish": lambda draw: angles(draw(), F),
    "angles of what is learned": lambda draw: angles([0], DENSE, learned={"omega": draw()}),
    "cos_sin": lambda draw: cos_sin(draw(), draw(), draw()),
    "cos_sin of a dtype": lambda draw: cos_sin([0], ROTARY, draw()),
    "cos_sin of a side": lambda draw: cos_sin([0], ROTARY, side=draw()),
    "rotate": lambda draw: rotate(draw(), draw(), draw()),
    "rotate at rubbish": lambda draw: rotate(X, draw(), ROTARY, learned=draw(), out=draw()),
    "turn": lambda draw: turn(X, draw(), draw(), draw()),
    "turn rubbish": lambda draw: turn(draw(), COLUMNS, COLUMNS, ROTARY, out=draw()),
    "embed": lambda draw: embed(draw(), draw(), learned=draw()),
    "tabulate": lambda draw: tabulate(draw()),
    "embed at rubbish": lambda draw: embed(draw(), SINUSOIDAL, learned=draw()),
    "place": lambda draw: place(draw(), draw()),
    "place text by rubbish": lambda draw: place([Text(1)], draw()),
    "place_mask": lambda draw: place_mask(draw(), draw()),
    "place_mask of rubbish": lambda draw: place_mask(draw(), DecoderMask()),
    "scores": lambda draw: scores(draw(), draw(), draw(), draw(), draw(), learned=draw()),
    "scores at rubbish": lambda draw: scores(X, X, draw(), draw(), Attention(ROTARY)),
    "attend": lambda draw: attend(draw(), draw(), draw(), [0, 1, 2], [0, 1, 2], Attention(ROTARY), mask=draw()),
    "at_length": lambda draw: at_length(draw(), draw()),
    "at_length of rubbish": lambda draw: at_length(DYNAMIC, draw()),
    "planes": lambda draw: planes(draw(), draw()),
    "planes of rubbish": lambda draw: planes(ROTARY, draw()),
    "bias": lambda draw: bias(draw(), draw(), draw(), learned=draw()),
    "bias at rubbish": lambda draw: bias(draw(), draw(), Alibi(2), learned=draw()),
    "bias of what is learned": lambda draw: bias([0], [1], Kerple(1), learned={"r1": draw(), "r2": draw()}),
    "index": lambda draw: index(draw(), draw(), draw()),
    "index at rubbish": lambda draw: index(draw(), draw(), T5Buckets(2)),
    "sections": lambda draw: sections(draw(), draw(), interleaved=draw()),
}

EXAMPLES = {
    Frequencies: [F, TWO_AXES, DYNAMIC],
    Bands: [Bands((0, 1), 1, 2)],
    Dense: [DENSE],
    PerHead: [PerHead((F, F)), PerHead((F, TWO_AXES), reads=((1,), (0, 1)))],
    Rotary: [ROTARY, Rotary(TWO_AXES, pairing="interleaved", write="half"), Rotary(DENSE, growth=XPos())],
    Sinusoidal: [SINUSOIDAL],
    Mscale: [Mscale(4)],
    RootLog: [RootLog(4, 16)],
    XPos: [XPos()],
    Linear: [Linear(2)],
    NTK: [NTK((2, 3))],
    MixedRadix: [MixedRadix(2, 0.5)],
    ByParts: [ByParts(2, 16, 1, 4)],
    ByIndex: [ByIndex(2, 16)],
    PartNTK: [PartNTK(2, 16)],
    PerPlane: [PerPlane((1, 2))],
    DynamicNTK: [DynamicNTK(2, 16)],
    LongRope: [LongRope((1, 2), (3, 4), 16)],
    Text: [Text(1)],
    Audio: [Audio(3, 25)],
    ReRope: [ReRope(4, 2)],
    Local: [Local(4)],
    Chunks: [Chunks(4)],
    RmsNorm: [RmsNorm()],
    InverseRoot: [InverseRoot(4)],
    LogFloor: [LogFloor(0.1, 4)],
    LogCount: [LogCount(4)],
    Image: [Image(2, 2)],
    Video: [Video(1, 2, 2)],
    Index: [Index()],
    Grid: [Grid()],
    Centres: [Centres()],
    MRope: [MRope(), MRope(2, 2)],
    Pix2StructGrid: [Pix2StructGrid((16, 16), 4)],
    Ramp: [Ramp(3, 0.5)],
}
for _entry in {**BIAS, **TABLE, **POSITIONS, **ATTENTION}.values():
    EXAMPLES.setdefault(type(_entry.variant), []).append(_entry.variant)


def refusal(call):
    """Return what a call says when it refuses, an empty text when it does not."""
    try:
        call()
    except SpecError as error:
        return str(error)
    return ""


def test_an_error_says_the_rule_and_then_the_value():
    assert "n must be even; got 3" == refusal(lambda: require(False, "n must be even", 3))


def test_nothing_is_said_where_the_rule_is_kept():
    assert "" == refusal(lambda: require(True, "n must be even", 4))


def test_an_error_is_on_one_line_whatever_the_value():
    with pytest.raises(SpecError) as raised:
        require(False, "x must be whole", np.full((9, 9), np.inf))

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: omega(Dense(1, 3), learned={"omega": [[1.0, np.nan, 2.0]]}),
        lambda: bias(0, 1, Kerple(2), learned={"r1": [1.0, np.inf], "r2": [1.0, 1.0]}),
        lambda: scores([[1.0]], [[1.0]], [0], [0], Shaw(1, 1, False), learned={"keys": [[1.0], [np.inf], [2.0]]}),
    ],
    ids=["omega", "bias", "attention"],
)
def test_an_error_shows_the_first_number_that_is_not_finite(call):
    with pytest.raises(SpecError, match=r"must be finite; got array\(\[(nan|inf)\]\)$"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda given: bias(0, 1, given("alibi")),
        lambda given: index(0, 1, given("t5-encoder")),
        lambda given: lookup([0], given("bert"), learned={}),
        lambda given: place([Text(1)], given("qwen2-vl-positions")),
        lambda given: place_mask([[1]], given("opt-positions")),
        lambda given: scores([[1.0]], [[1.0]], [0], [0], given("log-n")),
        lambda given: rotate(np.ones((1, 128)), [0], given("llama-2")),
        lambda given: embed([0], given("whisper")),
    ],
    ids=["bias", "index", "lookup", "place", "place_mask", "scores", "rotate", "embed"],
)
def test_who_gives_an_entry_or_a_name_is_told_where_its_description_is(call):
    with pytest.raises(SpecError, match=r"must be .*; got Entry.*, whose \.variant is the description$"):
        call(CATALOGUE.get)
    with pytest.raises(SpecError, match=r"must be .*; got .*, and CATALOGUE\[name\]\.variant is the description of a"):
        call(str)


def test_a_string_for_another_field_is_not_taken_for_a_name():
    with pytest.raises(SpecError, match=r"got thirds$"):
        Rotary(Frequencies((0,)), pairing="thirds")


def test_a_long_value_is_cut_to_120_characters():
    assert f"rule; got {'x' * 119}…" == refusal(lambda: require(False, "rule", "x" * 121))


def test_a_value_of_120_characters_is_not_cut():
    assert f"rule; got {'x' * 120}" == refusal(lambda: require(False, "rule", "x" * 120))


def test_a_spec_error_is_a_value_error():
    assert issubclass(SpecError, ValueError)


@pytest.mark.parametrize(("make", "message"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_description_refuses(make, message):
    assert message == refusal(make)


@pytest.mark.parametrize(("call", "message"), CALLS.values(), ids=CALLS)
def test_a_function_refuses(call, message):
    assert message == refusal(call)


def test_every_description_in_the_package_is_fuzzed():
    public = {one for name in refpos.__all__ if isinstance(one := getattr(refpos, name), type)}

    assert {one for one in public if hasattr(one, "__dataclass_fields__")} == set(EXAMPLES)


@pytest.mark.parametrize("description", EXAMPLES, ids=lambda one: one.__name__)
@MANY
@given(data=st.data())
def test_a_description_of_rubbish_is_refused_or_is_hashable(description, data):
    fields = data.draw(st.fixed_dictionaries(dict.fromkeys(description.__dataclass_fields__, rubbish)))
    try:
        made = description(**fields)
    except SpecError:
        return

    assert made == description(**{name: getattr(made, name) for name in fields})
    assert hash(made) == hash(description(**fields))


@pytest.mark.parametrize("description", EXAMPLES, ids=lambda one: one.__name__)
@MANY
@given(data=st.data())
def test_a_description_with_one_field_of_rubbish_is_refused_or_is_hashable(description, data):
    good = data.draw(st.sampled_from(EXAMPLES[description]))
    name = data.draw(st.sampled_from(list(description.__dataclass_fields__)))
    fields = {field: getattr(good, field) for field in description.__dataclass_fields__}
    fields[name] = data.draw(rubbish)
    try:
        made = description(**fields)
    except SpecError:
        return

    assert hash(made) == hash(description(**fields))


@pytest.mark.parametrize("call", FUNCTIONS.values(), ids=FUNCTIONS)
@MANY
@given(data=st.data())
def test_a_function_of_rubbish_refuses_or_returns_finite_numbers(call, data):
    try:
        result = call(lambda: data.draw(rubbish))
    except SpecError:
        return

    if isinstance(result, np.ndarray):
        assert np.isfinite(result).all()
