"""Pictures: photographs, screenshots and scans uploaded as PNG, JPEG, TIFF and the like.

A picture has no text to read, and saying so is the point: a photographed page must show up as unread, not as missing
evidence. Only with OCR is the picture decoded at all, and then with a bound on its size, because a few kilobytes can
declare gigabytes of pixels.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from mcscreen.document import Draft, UnreadableDocument, count_words
from mcscreen.limits import Limits

__all__ = ["extract"]

_MOST_PIXELS = 60_000_000
_LONGEST_SIDE = 6_000
"""Side in pixels to which larger pictures are reduced; an A4 page at 400 dots per inch still fits."""


def extract(path: Path, draft: Draft, limits: Limits, ocr: Callable[[bytes], str] | None = None) -> None:
    """Read a picture into `draft`, which takes OCR.

    Args:
        path: The file.
        draft: Receives the recognised text; frames of a TIFF or GIF count as pages.
        limits: Bounds; `ocr_pages` is observed here.
        ocr: Text of a picture given as PNG bytes.

    Raises:
        UnreadableDocument: `needs_ocr` without OCR or when it finds nothing; `corrupt`, `too_large` or `unsupported` when the
            picture cannot be decoded.
    """
    draft.page_kind = "page"
    with path.open("rb") as stream:
        if not stream.read(1):
            raise UnreadableDocument("corrupt", "the file has no bytes; upload it again")
    if ocr is None:
        draft.pages = 1
        raise UnreadableDocument("needs_ocr", "a picture; words in it are not read without OCR: upload the document itself, or turn OCR on")
    draft.reader = "OCR"
    words = 0
    failures: list[str] = []
    for number, picture in enumerate(_frames(path, draft, limits), 1):
        try:
            text = ocr(picture)
        except Exception as error:  # an engine's failure is the frame's, not the batch's
            failures.append(type(error).__name__)
            continue
        words += count_words(text)
        draft.move(page=number)
        for block in re.split(r"\n\s*\n", text):
            draft.paragraph(" ".join(line.strip() for line in block.split("\n") if line.strip()))
    if not words:
        why = f"OCR failed ({failures[0]})" if failures else "OCR found no words in it"
        raise UnreadableDocument("needs_ocr", f"a picture; {why}: upload the document itself")
    if failures:
        draft.unread(f"OCR failed on {len(failures)} of {draft.pages} pictures in the file ({failures[0]})")
    draft.warn("the text was read from a picture by OCR")


def _frames(path: Path, draft: Draft, limits: Limits) -> Iterator[bytes]:
    """Each picture of the file as a PNG in shades of grey, upright."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # a tighter bound is checked below
            opened = Image.open(path)
        with opened as picture:
            draft.pages = int(getattr(picture, "n_frames", 1)) if picture.format in ("TIFF", "MPO") else 1
            if draft.pages > limits.ocr_pages:
                draft.unread(f"only the first {limits.ocr_pages} of {draft.pages:,} pictures in the file were given to OCR")
            for number in range(min(draft.pages, limits.ocr_pages)):
                if draft.pages > 1:
                    picture.seek(number)
                if picture.width * picture.height > _MOST_PIXELS:
                    raise UnreadableDocument(
                        "too_large",
                        f"a picture of {picture.width:,} by {picture.height:,} pixels; at most {_MOST_PIXELS // 10**6} million are read",
                    )
                upright = ImageOps.exif_transpose(picture) or picture
                if upright.mode in ("RGBA", "LA", "PA", "P"):
                    clear = upright.convert("RGBA")
                    upright = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
                grey = upright.convert("L")
                grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
                stream = io.BytesIO()
                grey.save(stream, "PNG")
                yield stream.getvalue()
    except UnidentifiedImageError:
        heic = path.read_bytes()[4:8] == b"ftyp"
        if heic:
            raise UnreadableDocument("needs_ocr", "a picture of a kind (HEIC) that OCR cannot open here; save it as JPEG or PNG") from None
        raise UnreadableDocument("corrupt", "the picture is damaged or of a kind that cannot be opened; save it as PNG") from None
    except Image.DecompressionBombError:
        raise UnreadableDocument("too_large", "the picture declares more pixels than can be read") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableDocument("corrupt", f"the picture is damaged ({type(error).__name__})") from None
