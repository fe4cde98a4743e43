"""Videos: their length, which is what a citation such as "2:10-2:40" is held against.

The words of a video are not read; its captions are a file of their own. MediaInfo reads the headers of every usual
container without decoding a frame, so the size of the file does not matter.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mcscreen.document import Draft, UnreadableDocument
from mcscreen.limits import Limits

__all__ = ["extract"]


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Set the draft's length in seconds; writes no text.

    Raises:
        UnreadableDocument: `corrupt` when the container cannot be parsed or holds neither pictures nor sound.
    """
    try:
        from pymediainfo import MediaInfo
    except ImportError:
        draft.warn("the length of the video is not known: pymediainfo is not installed")
        return
    if not MediaInfo.can_parse():
        draft.warn("the length of the video is not known: the MediaInfo library is not installed")
        return
    # Without the option MediaInfo looks for neighbours named clip2, clip3 … and counts them as one video.
    media = MediaInfo.parse(path.absolute(), parse_speed=0.5, mediainfo_options={"File_TestContinuousFileNames": "0"})
    tracks = [track for track in media.tracks if track.track_type in ("Video", "Audio")]
    if not tracks:
        raise UnreadableDocument("corrupt", "the video is damaged or was not uploaded completely; upload it again")
    lengths = [_seconds(track.duration) for track in media.tracks if track.track_type in ("General", "Video", "Audio")]
    known = [length for length in lengths if length]
    draft.reader = _version()
    if known:
        draft.seconds = max(known)
    else:
        draft.warn("the video does not say how long it is")


def _seconds(duration: object) -> float:
    try:
        return float(str(duration).partition("/")[0]) / 1000
    except ValueError:
        return 0.0


@cache
def _version() -> str:
    from importlib.metadata import version

    return f"pymediainfo {version('pymediainfo')}"
