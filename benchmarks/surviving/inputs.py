"""Submissions to try: good ones, copies of them that differ, and as many short ones as wanted."""

from __future__ import annotations

import os
import random
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from mcscreen.shipped import shipped

_TEXTS = {".txt", ".md", ".csv", ".html", ".htm", ".vtt", ".srt"}
_PARTS = {".docx": "word/document.xml", ".odt": "content.xml"}
_WORD = re.compile(rb"(?<![A-Za-z<&/:=\"'._-])[a-z]{5,12}(?![A-Za-z;:=\"'>._/-])")
_TIME = (2024, 1, 1, 0, 0, 0)


def good_submissions(folder: Path | None) -> list[tuple[str, Path]]:
    """Names and folders of good submissions, by name.

    Raises:
        SystemExit: When there is none.
    """
    if folder is None:
        return [(p.name, p) for p in sorted(shipped("examples").iterdir()) if p.is_dir() and any(p.iterdir())]
    found = [(p.name, p / "submission" if (p / "submission").is_dir() else p) for p in sorted(folder.iterdir()) if p.is_dir()]
    if not found:
        raise SystemExit(f"{folder}: no submission in it; give a folder with a folder for each submission")
    return found


def place(source: Path, target: Path) -> None:
    """Put a file, folder, link or pipe at another place as it is; files are linked where that is possible, and holes stay holes."""
    mode = source.lstat().st_mode
    if stat.S_ISDIR(mode):
        target.mkdir(parents=True, exist_ok=True)
        for child in sorted(os.listdir(source)):
            place(source / child, target / child)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(mode):
        target.symlink_to(os.readlink(source))
    elif stat.S_ISFIFO(mode):
        os.mkfifo(target)
    else:
        try:
            os.link(source, target)
        except OSError:  # another file system
            about = source.stat()
            if about.st_size > 1_000_000_000 and about.st_blocks == 0:
                with target.open("wb") as file:
                    file.truncate(about.st_size)
            else:
                shutil.copyfile(source, target)


def copies(good: Sequence[tuple[str, Path]], number: int, target: Path, seed: int, share: float = 0.02) -> None:
    """So many submissions, no two alike: copies of the good ones, a share of their longer words exchanged for each other."""
    for n in range(number):
        name, source = good[n % len(good)]
        chance = random.Random(f"{seed} {n}")
        folder = target / f"{name}-{n:03d}"
        shutil.copytree(source, folder)
        if n >= len(good):
            changed = sum(_exchange(path, chance, share) for path in sorted(folder.rglob("*")) if path.is_file())
            if not changed:  # such as PDF alone
                (folder / "Part 3 Addition.txt").write_text(
                    "Part 3. Reflection\n\n" + " ".join(_sentences(chance, 3)) + "\n", encoding="utf-8"
                )


def _exchange(path: Path, chance: random.Random, share: float) -> bool:
    """Exchange some words of a file in place; whether it is of a kind that can be changed so."""
    suffix = path.suffix.lower()
    if suffix in _TEXTS:
        path.write_bytes(_exchanged(path.read_bytes(), chance, share))
        return True
    if suffix not in _PARTS:
        return False
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, _exchanged(data, chance, share, markup=True) if name == _PARTS[suffix] else data)
    return True


def _exchanged(data: bytes, chance: random.Random, share: float, *, markup: bool = False) -> bytes:
    pieces = re.split(rb"(<[^>]*>)", data) if markup else [data]
    words = sorted(set(_WORD.findall(b" ".join(pieces[::2]))))
    others = dict(zip(words, chance.sample(words, len(words)), strict=True))
    change = lambda m: others[m[0]] if chance.random() < share and m[0] in others else m[0]  # noqa: E731
    return b"".join(p if n % 2 else _WORD.sub(change, p) for n, p in enumerate(pieces))


_WHO = "I|we|our team|my colleague|the counselor|the principal|an aide|the librarian|two teachers|the seventh graders".split("|")
_DID = (
    "met every week with|kept a list for|called the families of|wrote a plan with|changed the timetable of|asked for the goals of|"
    "watched over|celebrated the progress of|measured the attendance of|visited the homes of|built a corner for|listened to"
).split("|")
_WHOM = (
    "nine readers|each newcomer|the quiet ones|students with plans|the whole grade|three families|the debate club|our smallest group|"
    "those who had moved|the music class|every child on the list|the students who were often absent"
).split("|")
_WHY = (
    "so that each had one adult|because the survey had told us so|after the first report|until the goals were met|before the bell|"
    "when the winter began|since half of the numbers were old|and wrote down what had changed|although it cost an afternoon|"
    "which nobody had done before|as the plan asked for|and showed the results to the staff"
).split("|")


def _name(chance: random.Random) -> str:
    return "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(5)).capitalize()


def _sentences(chance: random.Random, number: int) -> Iterator[str]:
    """Sentences with three names and a number in each, at most eleven words apart: no twelve words in a row stand in two of them."""
    for _ in range(number):
        who, did, whom, why = (chance.choice(words) for words in (_WHO, _DID, _WHOM, _WHY))
        count, month = chance.randint(2, 900), chance.choice("September October November January February March April May".split())
        a, b, c = (_name(chance) for _ in range(3))
        yield f"{who[0].upper()}{who[1:]} {did} {a} and {whom} {count} times with {b} in {month}, {why} at {c}."


def generated(number: int, target: Path, seed: int) -> None:
    """So many short submissions of invented sentences, no two alike; text files, some 250 words each."""
    for n in range(number):
        chance = random.Random(f"{seed} {n}")
        folder = target / f"{n // 1000:04d}" / f"candidate-{n:07d}"
        folder.mkdir(parents=True)
        one, three = list(_sentences(chance, 10)), list(_sentences(chance, 5))
        rows = [f"Targeted support {i},Plan {n},p. {i},{s.replace(',', ' ')}" for i, s in enumerate(_sentences(chance, 2), 1)]
        (folder / "Part 1 Narrative.txt").write_text("Part 1. Overview Questions\n\n" + "\n\n".join(one) + "\n", encoding="utf-8")
        (folder / "Part 2 Self-Analysis.csv").write_text(
            "Detail,Artifact,Location,Explanation\n" + "\n".join(rows) + "\n", encoding="utf-8"
        )
        (folder / "Part 3 Reflection.txt").write_text("Part 3. Reflection & Application\n\n" + " ".join(three) + "\n", encoding="utf-8")
