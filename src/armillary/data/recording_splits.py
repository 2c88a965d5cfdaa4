"""Training, validation and test of recordings: by speaker where that can be, else by what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, Recording, Split
from armillary.data.duplicates import text_groups
from armillary.data.splits import HoldOut, Splits, allot, hash_of

SplitBy = Literal["auto", "speaker", "text", "clip"]

FEWEST_SPEAKERS = 3  # known ones, for a split by speaker
FOR_VALIDATION = 10  # speakers, from which on some are given to validation alone
REPEATED = 3  # clips of each text, from which on texts are a vocabulary and no split by text makes sense


def hold_out_recordings(
    recordings: Sequence[Recording], names: Sequence[str], shares: HoldOut, by: SplitBy = "auto"
) -> Splits:
    """Split recordings so that test judges what training never heard.

        speaker   nobody in test is in training; with fewer than ten speakers validation, which only steers
                  training, is drawn from the clips of training's speakers
        text      nothing said in test, or nearly so, is said in training
        clip      by the hashes of ``names``, text by text: for one or two speakers of a small vocabulary

    ``auto`` takes the first that the data allow: three known speakers; texts that are repeated less than
    three times on the average.  Clips without a speaker are for training when others have one.  The report
    counts speakers, and the test clips whose words or whose speaker training has too.
    """
    if not recordings:
        raise DataError("there are no recordings to split")
    by = _possible(recordings) if by == "auto" else by
    if by == "speaker":
        places = _by_speaker(recordings, names, shares)
    elif by == "text":
        places = _by_text(recordings, names, shares, list(range(len(recordings))))
    else:
        places = _by_clip(recordings, names, shares)
    examples = {
        name: [recordings[i] for i in sorted(found, key=lambda i: hash_of(names[i], shares.seed))]
        for name, found in places.items()
    }
    return Splits(examples, overlaps(examples))


def overlaps(examples: dict[Split, list[Recording]]) -> dict[str, int]:
    """Return what a reader of test's figures should know: speakers, and what test shares with training."""
    counts = {f"n_{name}_speakers": len({r.speaker for r in examples[name]} - {""}) for name in SPLITS}
    texts, speakers = ({getattr(r, of) for r in examples["train"]} for of in ("text", "speaker"))
    test = examples["test"]
    counts["n_test_texts_in_training"] = sum(r.text in texts for r in test)
    counts["n_test_speakers_in_training"] = sum(r.speaker != "" and r.speaker in speakers for r in test)
    return counts


def _possible(recordings: Sequence[Recording]) -> SplitBy:
    if len({r.speaker for r in recordings} - {""}) >= FEWEST_SPEAKERS:
        return "speaker"
    is_vocabulary = len(recordings) >= REPEATED * len({r.text for r in recordings})
    return "clip" if is_vocabulary else "text"


def _by_speaker(
    recordings: Sequence[Recording], names: Sequence[str], shares: HoldOut
) -> dict[Split, list[int]]:
    clips: dict[str, list[int]] = {}
    for i, recording in enumerate(recordings):
        clips.setdefault(recording.speaker, []).append(i)
    unknown = clips.pop("", [])
    if len(clips) < FEWEST_SPEAKERS:
        raise DataError(
            f"a split by speaker takes {FEWEST_SPEAKERS} known speakers, and there are {len(clips)}; name "
            "them in the column speaker, or split by text: task.source.by=text"
        )
    queue = [clips[speaker] for speaker in sorted(clips, key=lambda s: hash_of(s, shares.seed))]
    places = allot(queue, [1.0] * len(recordings), shares)
    if len(clips) < FOR_VALIDATION:
        others = places["train"] + places["validation"]
        rest = _by_text(recordings, names, shares, others)
        places |= {"train": rest["train"] + rest["test"], "validation": rest["validation"]}
    return places | {"train": places["train"] + unknown}


def _by_text(
    recordings: Sequence[Recording], names: Sequence[str], shares: HoldOut, among: Sequence[int]
) -> dict[Split, list[int]]:
    groups: dict[int, list[int]] = {}
    for i, group in zip(among, text_groups([recordings[i].text for i in among]).tolist(), strict=True):
        groups.setdefault(group, []).append(i)
    queue = sorted(groups.values(), key=lambda group: hash_of(min(names[i] for i in group), shares.seed))
    return allot(queue, [1.0] * len(recordings), shares)


def _by_clip(
    recordings: Sequence[Recording], names: Sequence[str], shares: HoldOut
) -> dict[Split, list[int]]:
    places: dict[Split, list[int]] = {name: [] for name in SPLITS}
    clips: dict[str, list[int]] = {}
    for i in sorted(range(len(names)), key=lambda i: hash_of(names[i], shares.seed)):
        clips.setdefault(recordings[i].text, []).append(i)
    for queue in clips.values():
        for name, found in allot([[i] for i in queue], [1.0] * len(recordings), shares).items():
            places[name] += found
    return places
