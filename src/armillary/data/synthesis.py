"""Speech made by eSpeak NG, through the library that the package espeakng-loader brings.

The library carries state from one utterance to the next (the flutter of a voice, the phase of its wave) that
nothing resets.  So whole lists are spoken, each in a process of its own: the same list sounds the same.
"""

from __future__ import annotations

import ctypes
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int16

from armillary.core.errors import DataError, MissingExtraError
from armillary.data.audio import Samples, resampled

# From speak_lib.h.
SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: nothing is played, and a call returns when all is spoken
SPEED, PITCH, SPREAD = 1, 3, 4  # espeakRATE, espeakPITCH, espeakRANGE
UTF8 = 1  # espeakCHARS_UTF8
Spoken = Int16[np.ndarray, "_"]
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Utterance(NamedTuple):
    """A text and the voice that reads it."""

    text: str
    voice: str  # a language and a variant, such as en+f2 or cmn+m3
    speed: int = 175  # words a minute, 80 to 450
    pitch: int = 50  # 0 to 100
    spread: int = 50  # of the pitch, 0 (monotone) to 100


def speak(utterances: Sequence[Utterance]) -> list[Samples]:
    """Return utterances as eSpeak NG reads them, mono at 16 kHz; the same for the same list.

    Raises DataError when there is no such voice, or it says nothing; MissingExtraError without eSpeak NG.
    """
    if importlib.util.find_spec("espeakng_loader") is None:
        raise MissingExtraError("synthetic speech", "espeakng-loader", "espeak")
    asked = json.dumps(list(utterances)).encode()
    done = subprocess.run([sys.executable, "-m", __spec__.name], input=asked, capture_output=True)
    if done.returncode != 0:
        raise DataError(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    answer = io.BytesIO(done.stdout)
    rate, lengths, samples = (np.load(answer) for _ in range(3))
    parts = np.split(samples.astype(np.float32) / 32768, lengths.cumsum()[:-1])
    return [resampled(part, float(rate)) for part in parts]


def _main() -> int:
    """Speak what standard input asks for; rate, lengths and samples go to standard output."""
    utterances = [Utterance(*fields) for fields in json.load(sys.stdin.buffer)]
    try:
        library, rate = _espeak()
        spoken = list(_spoken(library, utterances))
    except DataError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    answer = io.BytesIO()
    for array in (np.array(rate), np.array([len(part) for part in spoken]), np.concatenate(spoken)):
        np.save(answer, array)
    sys.stdout.buffer.write(answer.getvalue())
    return 0


def _espeak() -> tuple[ctypes.CDLL, int]:
    """Return the library, ready to speak, and the rate of what it makes, in Hz."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    folder = str(espeakng_loader.get_data_path())
    rate = int(library.espeak_Initialize(SYNCHRONOUS, 0, folder.encode(), 0))
    if rate <= 0:
        raise DataError(f"eSpeak NG does not start with its data in {folder}; install it again")
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # it begins by the clock
    return library, rate


def _spoken(library: ctypes.CDLL, utterances: Sequence[Utterance]) -> Iterator[Spoken]:
    """Yield the samples of each utterance, at the library's rate."""
    parts: list[np.ndarray] = []

    def take(samples: ctypes._Pointer[ctypes.c_short], n: int, _: object) -> int:
        if samples and n > 0:
            parts.append(np.ctypeslib.as_array(samples, (n,)).copy())
        return 0

    callback = CALLBACK(take)  # named, for it has to live as long as the library calls it
    library.espeak_SetSynthCallback(callback)
    for text, voice, speed, pitch, spread in utterances:
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise DataError(
                f"eSpeak NG has no voice {voice!r}; a voice is a language and a variant, such as en+f2"
            )
        for parameter, wanted in ((SPEED, speed), (PITCH, pitch), (SPREAD, spread)):
            library.espeak_SetParameter(parameter, wanted, 0)
        words = text.encode()
        library.espeak_Synth(words, len(words) + 1, 0, 0, 0, UTF8, None, None)
        spoken = np.concatenate([np.zeros(0, np.int16), *parts])
        if not spoken.any():
            raise DataError(f"eSpeak NG's voice {voice!r} says nothing for {text!r:.60}")
        yield spoken
        parts.clear()


if __name__ == "__main__":
    sys.exit(_main())
