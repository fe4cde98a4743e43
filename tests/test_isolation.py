"""Files that break a reader: the child dies, the document says why, the next file is read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mcscreen.document import Block, Cell, Document, Place, Table
from mcscreen.errors import McscreenError
from mcscreen.extractors import read_document
from mcscreen.isolation import Readers, messages, readers
from mcscreen.isolation import child as child_side
from mcscreen.isolation.messages import NotADocument, pack, receive, send, unpack
from mcscreen.limits import Limits

LIMITS = Limits()
SMALL = Limits(memory_bytes=300_000_000, cpu_seconds=5, wall_seconds=100)
POSIX = sys.platform != "win32"


def pdf(content: bytes, form: bytes = b"") -> bytes:
    """A PDF of one page whose resources name a form /X."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    resources = b"<< /Font << /F 4 0 R >> /XObject << /X 6 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R /Resources " + resources + b" >>",
        font,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources %s /Length %d >>\nstream\n%s\nendstream"
        % (resources, len(form), form),
    ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out) + b"trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


TEXT = b"BT /F 12 Tf 50 700 Td (Every student had one adult who knew the goals) Tj ET "
LOOP = pdf(TEXT + b"/X Do", b"/X Do /X Do")
"""A form that draws itself twice: pdfium takes all memory and aborts."""


@pytest.fixture(scope="module")
def shared():
    """Children with small limits; each test leaves them able to read."""
    with Readers(limits=SMALL) as pool:
        yield pool


@pytest.fixture
def write(tmp_path):
    def make(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return make


def child_pid(pool: Readers) -> int:
    (child,) = pool._living
    return child._process.pid


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends, or is only waiting to be collected."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


# --- what comes out is what the readers give -----------------------------------------------------------------------------


def test_a_document_is_the_same_as_read_in_this_process(shared, write):
    table = write("a.csv", "Detail,Artifact\nA “quoted” détail,Plan\n".encode())
    page = write("p.html", b"<h1>Title</h1><p>One.</p><table><tr><td>a</td><td>b</td></tr></table>")
    for path in (table, page, write("plain.pdf", pdf(TEXT)), write("empty.txt", b""), write("noise.docx", b"\x00\x01\x02" * 50)):
        assert shared.read(path, path.name) == read_document(path, path.name)


def test_a_name_that_is_no_text_reaches_the_child(shared, tmp_path):
    path = tmp_path / os.fsdecode(b"latin1-\xe9\xff.txt")
    path.write_text("One sentence.")
    assert shared.read(path, "latin1-é.txt").text == "One sentence."
    assert shared.read(tmp_path / "nothing.txt", "nothing.txt").status == "unsupported"


def test_the_child_holds_no_model(shared, write):
    shared.read(write("a.txt", b"One."), "a.txt")
    maps = Path(f"/proc/{child_pid(shared)}/maps")
    if maps.exists():
        assert "onnxruntime" not in maps.read_text() and "sklearn" not in maps.read_text()
    code = "import sys, mcscreen.isolation.child as c; c._warm_up(); print([m for m in sys.modules if m.partition('.')[0] in FORBIDDEN])"
    forbidden = "FORBIDDEN = ('onnxruntime', 'sklearn', 'torch', 'spacy', 'pandas', 'numpy', 'tokenizers'); "
    assert subprocess.run([sys.executable, "-c", forbidden + code], capture_output=True, text=True).stdout.strip() == "[]"


# --- what breaks a child --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="no limit on memory")
def test_a_native_abort_is_survived_and_the_other_reader_finds_the_text(shared, write):
    before = child_pid(shared)
    document = shared.read(write("loop.pdf", LOOP), "loop.pdf")
    assert (document.status, document.text) == ("partial", "Every student had one adult who knew the goals")
    assert document.reader.startswith("pdfplumber")
    assert "usual PDF reader" in document.reason
    assert child_pid(shared) != before
    assert shared.read(write("next.txt", b"The next file."), "next.txt").text == "The next file."


@pytest.mark.skipif(sys.platform != "linux", reason="no limit on memory")
def test_what_takes_all_memory_is_too_large(write, monkeypatch):
    with scripted("hold = []\nwhile True: hold.append(bytearray(2_000_000))", monkeypatch) as pool:
        document = pool.read(write("bomb.txt", b"tick"), "bomb.txt")
    assert document.status == "too_large"
    assert "300 MB" in document.reason
    assert (document.size, document.sha256) == (4, hashlib.sha256(b"tick").hexdigest())


@pytest.mark.skipif(not POSIX, reason="no limit on processor time")
def test_a_loop_ends_by_its_processor_time(write, monkeypatch):
    with scripted("while True: pass", monkeypatch, replace(SMALL, cpu_seconds=0.1)) as pool:
        assert pool.read(write("a.txt", b"x"), "a.txt").status == "timeout"


def test_a_hang_ends_by_the_clock_and_takes_its_programs_along(write, monkeypatch, tmp_path):
    note = tmp_path / "pid"
    code = f"import subprocess; p = subprocess.Popen(['sleep', '60']); open({str(note)!r}, 'w').write(str(p.pid)); p.wait()"
    with scripted(code, monkeypatch, replace(SMALL, wall_seconds=1)) as pool:
        begun = time.monotonic()
        document = pool.read(write("a.txt", b"x"), "a.txt")
        assert document.status == "timeout"
        assert time.monotonic() - begun < 15
        assert not POSIX or gone(int(note.read_text()))


@pytest.mark.skipif(not POSIX, reason="no signals")
@pytest.mark.parametrize(("number", "told"), [(signal.SIGABRT, "SIGABRT"), (signal.SIGKILL, "from outside")])
def test_a_death_by_a_signal_is_a_crash_and_so_tried_again(write, monkeypatch, number, told):
    with scripted(f"import os; os.kill(os.getpid(), {int(number)})", monkeypatch) as pool:
        document = pool.read(write("a.txt", b"x"), "a.txt")
    assert document.status == "crashed"
    assert told in document.reason


@pytest.mark.parametrize(
    "code",
    [
        "os._exit(3)",
        "sys.modules['mcscreen.isolation.child'].pack = lambda d, worn: b'{}'; return d",
        "sys.modules['mcscreen.isolation.child'].pack = lambda d, worn: b'[' * 100000; return d",
        "sys.modules['mcscreen.isolation.child'].send = lambda s, m: (s.write(b'\\xff' * 8), s.flush()); return d",
    ],
)
def test_an_answer_that_makes_no_sense_is_a_crash(write, monkeypatch, code):
    with scripted(f"import os, sys; d = real(*a, **k); {code}", monkeypatch) as pool:
        assert pool.read(write("a.txt", b"x"), "a.txt").status == "crashed"


def test_prints_of_a_library_do_not_disturb(write, monkeypatch):
    with scripted("import os; os.write(1, b'noise' * 100); print('noise'); return real(*a, **k)", monkeypatch) as pool:
        assert pool.read(write("a.txt", b"Still read."), "a.txt").text == "Still read."


def test_a_crash_after_other_files_is_tried_again_alone(write, monkeypatch):
    """A child that had read others dies of a file that a new child reads."""
    code = "count.append(1)\n    if len(count) == 2: import os; os.abort()\n    return real(*a, **k)"
    with scripted(code, monkeypatch) as pool:
        assert pool.read(write("a.txt", b"One."), "a.txt").text == "One."
        assert pool.read(write("b.txt", b"Two."), "b.txt").text == "Two."


def scripted(code: str, monkeypatch: pytest.MonkeyPatch, limits: Limits = SMALL) -> Readers:
    """Readers whose child runs `code` in the place of `read_document`, which is called `real` there."""
    indented = code if "\n    " in code else code.replace("\n", "\n    ")
    boot = (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
        "import mcscreen.isolation.child as child\nreal, count, child._warm_up = child.read_document, [], int\n"
        f"def fake(*a, **k):\n    {indented}\nchild.read_document = fake\nchild.serve()"
    )
    monkeypatch.setattr(readers, "_BOOT", boot)
    return Readers(limits=limits)


# --- the pool ---------------------------------------------------------------------------------------------------------------


def test_several_threads_share_two_children(write):
    paths = [write(f"{n}.txt", f"File number {n}.".encode()) for n in range(24)]
    found: dict[str, str] = {}
    with Readers(limits=SMALL, children=2) as pool:
        threads = [
            threading.Thread(target=lambda some=paths[k::4]: found.update({p.name: pool.read(p, p.name).text for p in some}))
            for k in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pool._living) == 2
    assert found == {p.name: f"File number {p.stem}." for p in paths}


def test_closing_ends_the_children_and_reading_afterwards_is_an_error(write):
    path = write("a.txt", b"One.")
    with Readers(limits=SMALL) as pool:
        pool.read(path, "a.txt")
        pid = child_pid(pool)
    assert gone(pid, 0.5)
    with pytest.raises(RuntimeError, match="closed"):
        pool.read(path, "a.txt")
    pool.close()


def test_closing_while_a_file_is_read(write, monkeypatch):
    path = write("a.txt", b"x")
    pool = scripted("import time; time.sleep(60)", monkeypatch)
    raised: list[BaseException] = []

    def read() -> None:
        try:
            pool.read(path, "a.txt")
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.5)
    pool.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(raised) == 1


@pytest.mark.skipif(not POSIX, reason="no process groups")
def test_a_killed_parent_leaves_no_orphan_in_the_middle_of_a_file(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    code = (
        "import sys; from pathlib import Path; import mcscreen.isolation.readers as r\n"
        "r._BOOT = r._BOOT.replace('serve()', '(setattr(c, \"read_document\", lambda *a, **k: [None for _ in iter(int, 1)]), c.serve())')"
        ".replace('from mcscreen.isolation.child import serve', 'import mcscreen.isolation.child as c')\n"
        "p = r.Readers(); (c,) = p._living; c.wait(); print(c._process.pid, flush=True); p.read(Path(sys.argv[1]), 'a.txt')"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "a.txt")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(0.2)
    assert not gone(pid, 0.1)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_a_child_that_dies_between_files_is_replaced(shared, write):
    path = write("a.txt", b"One.")
    shared.read(path, "a.txt")
    os.kill(child_pid(shared), signal.SIGTERM)
    assert shared.read(path, "a.txt").text == "One."


def test_a_child_that_never_starts_is_not_the_files_fault(write, monkeypatch):
    monkeypatch.setattr(readers, "_BOOT", "raise SystemExit(1)")
    with Readers(limits=SMALL) as pool, pytest.raises(McscreenError, match="does not start"):
        pool.read(write("a.txt", b"x"), "a.txt")


def test_a_worn_child_is_replaced(write, monkeypatch):
    monkeypatch.setattr(readers, "_FILES", 2)
    path = write("a.txt", b"One.")
    with Readers(limits=SMALL) as pool:
        pids = []
        for _ in range(4):
            pids.append(child_pid(pool))
            assert pool.read(path, "a.txt").text == "One."
    assert pids[0] == pids[1] != pids[2] == pids[3]


@pytest.mark.skipif(not POSIX, reason="a shell script")
def test_ocr_works_in_the_child(write, monkeypatch, tmp_path):
    from PIL import Image

    script = tmp_path / "bin" / "tesseract"
    script.parent.mkdir()
    script.write_text(
        '#!/bin/sh\nif [ "$1" = "--list-langs" ]; then echo "List (1):"; echo eng; exit 0; fi\ncat >/dev/null; echo "Words of a scan"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    picture = io.BytesIO()
    Image.new("L", (400, 300), 255).save(picture, "PNG")
    with Readers(limits=SMALL, ocr=True) as pool:
        document = pool.read(write("scan.png", picture.getvalue()), "scan.png")
    assert document.text == "Words of a scan"


@pytest.mark.skipif(not POSIX, reason="no resource module")
def test_where_memory_cannot_be_limited_it_is_watched(monkeypatch):
    seen: list[int] = []
    values = iter([100, 150, 900])
    monkeypatch.setattr(child_side, "_peak_memory", lambda: next(values))
    monkeypatch.setattr(child_side, "_TICK", 0.0)
    monkeypatch.setattr(child_side.os, "_exit", seen.append)
    child_side._watch_memory(500)
    assert seen == [messages.MEMORY_EXIT]


# --- messages ---------------------------------------------------------------------------------------------------------------


def document() -> Document:
    heading = Place(page=1, heading="A “heading”")
    return Document(
        name="a.txt",
        status="partial",
        reason="half",
        reader="r 1",
        format="txt",
        sha256="0" * 64,
        size=7,
        text="One two\nthree\u2028",
        blocks=(
            Block(0, 3, "heading", Place(slide=2), 1),
            Block(4, 7, "cell", Place(sheet="S", row=3, seconds=(0.25, 1.5), paragraph=2), template=True),
            Block(8, 13, "paragraph", heading),
        ),
        tables=(Table(((Cell(4, 7), Cell(4, 7, merged=True)), ()), heading),),
        pages=2,
        page_kind="slide",
        seconds=2.5,
        warnings=("one", "two"),
    )


def test_a_document_survives_the_way():
    assert unpack(pack(document()), "a.txt", LIMITS) == (document(), False)
    assert unpack(pack(document(), worn=True), "a.txt", LIMITS)[1] is True


def test_a_long_heading_is_sent_once():
    heading = "h" * 10_000
    blocks = tuple(Block(n, n + 1, "paragraph", Place(heading=heading, paragraph=n + 1)) for n in range(1_000))
    message = pack(Document("a", "text", text="x" * 1_000, blocks=blocks))
    assert len(message) < 100_000
    assert unpack(message, "a", LIMITS)[0].blocks == blocks


@pytest.mark.parametrize(
    "change",
    [
        {"status": "fine"},
        {"blocks": [[0, 99, "paragraph", 0, 0, False]]},
        {"blocks": [[5, 4, "paragraph", 0, 0, False]]},
        {"blocks": [[-1, 4, "paragraph", 0, 0, False]]},
        {"blocks": [[0, 4, "paragraph", 99, 0, False]]},
        {"blocks": [[4, 7, "cell", 0, 0, False], [0, 3, "heading", 0, 0, False]]},
        {"blocks": [[0, 4, "shout", 0, 0, False]]},
        {"tables": [[0, [[[0, 99, False]]]]]},
        {"places": [[1, None, 99, None, None, None, None, None]] * 3},
        {"seconds": -1},
        {"size": "7"},
        {"sha256": "../../etc"},
        {"more": 1},
        {"text": "x" * 5_000_001},
    ],
)
def test_what_no_reader_writes_is_refused(change):
    wire = json.loads(pack(document())) | change
    with pytest.raises(NotADocument):
        unpack(json.dumps(wire).encode(), "a.txt", LIMITS)


def test_messages_are_bounded_and_a_torn_one_is_none():
    stream = io.BytesIO()
    send(stream, b"hello")
    assert receive(io.BytesIO(stream.getvalue()), 5) == b"hello"
    assert receive(io.BytesIO(stream.getvalue()[:-1]), 5) is None
    assert receive(io.BytesIO(stream.getvalue()[:3]), 5) is None
    with pytest.raises(NotADocument):
        receive(io.BytesIO(stream.getvalue()), 4)
