"""Who may ask, what is given out, and what is kept."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import stat
import subprocess
import sys
import threading
from base64 import b64encode
from hashlib import sha256

import pytest
from review.small_report import decision, review, write_report
from starlette.testclient import TestClient

from mcscreen.decisions import read_decisions
from mcscreen.errors import InputError, MissingExtra
from mcscreen.review import export_decisions, serve
from mcscreen.review.pages import NotServable, find_page, prepare, read_batch
from mcscreen.review.server import MOST_BYTES, application
from mcscreen.review.store import Store

HOST = "127.0.0.1:8765"
OURS = {"Origin": f"http://{HOST}", "Content-Type": "application/json"}


@pytest.fixture
def seats(store):
    return [store.seat("A"), store.seat("B")]


@pytest.fixture
def clients(report, store, seats):
    app = application(report, store, seats, 8765)
    return [TestClient(app, base_url=f"http://{HOST}/{seat.token}", follow_redirects=False) for seat in seats]


@pytest.fixture
def client(clients):
    return clients[0]


def put(client, body, **headers):
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.put("/api/decisions", content=content, headers=OURS | headers)


def done(client, key, is_done=True):
    said = {"submission": key.submission, "fingerprint": key.fingerprint, "files": key.files, "done": is_done}
    return client.post("/api/done", content=json.dumps(said), headers=OURS)


def query(key):
    return {"submission": key.submission, "fingerprint": key.fingerprint, "files": key.files}


# Who may ask


@pytest.mark.parametrize("token", ["", "x", "ü", "%00", "../", "A"])
def test_without_the_token_there_is_nothing(client, token):
    for path in (
        f"http://{HOST}/{token}",
        f"http://{HOST}/{token}/",
        f"http://{HOST}/{token}/index.html",
        f"http://{HOST}/{token}/api/decisions",
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.text == "Not found.\n"


def test_part_of_a_token_is_no_token(client, seats):
    assert client.get(f"http://{HOST}/{seats[0].token[:-1]}/").status_code == 404
    assert client.get(f"http://{HOST}/{seats[0].token}x/").status_code == 404


def test_the_address_without_its_slash_leads_to_the_index(client, seats):
    answer = client.get(f"http://{HOST}/{seats[0].token}")
    assert (answer.status_code, answer.headers["Location"]) == (307, f"/{seats[0].token}/")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "localhost:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8765.evil.example", "", "[::1]:8765"],
)
def test_another_host_is_refused_before_anything_else(client, host):
    for path in ("/", "/api/decisions"):
        assert client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://127.0.0.1:8766", f"https://{HOST}", f"http://{HOST}.evil.example", "http://localhost:8765"],
)
def test_another_origin_can_neither_read_nor_write(client, keys, store, origin):
    assert put(client, review(keys[0], decision()), Origin=origin).status_code == 403
    assert client.get("/api/decisions", headers={"Origin": origin}).status_code == 403
    assert client.get("/", headers={"Origin": origin}).status_code == 403
    assert store.history() == []


def test_a_change_without_an_origin_is_refused(client, keys, store):
    answer = client.put("/api/decisions", content=json.dumps(review(keys[0], decision())), headers={"Content-Type": "application/json"})
    assert answer.status_code == 403
    assert store.history() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_link_to_a_page_and_no_more(client, site):
    assert client.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert client.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    assert client.get("/api/decisions", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}).status_code == 403


def test_a_preflight_gets_no_permission(client):
    answer = client.options("/api/decisions", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_cannot_write(client, keys, kind):
    assert put(client, review(keys[0], decision()), **{"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "TRACE"])
def test_other_methods_do_nothing(client, store, method):
    assert client.request(method, "/api/decisions", headers=OURS).status_code == 405
    assert client.request(method, "/index.html", headers=OURS).status_code == 405


def test_every_answer_has_the_headers(client, keys):
    answers = [
        client.get("/"),
        client.get("/none.html"),
        client.get("/", headers={"Host": "x"}),
        put(client, review(keys[0], decision())),
        put(client, "{"),
    ]
    assert [a.status_code for a in answers] == [200, 404, 421, 200, 400]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


# Pages


def test_the_pages_are_served_and_nothing_else(client, report):
    (report / "screenings.jsonl").write_text("{}", encoding="utf-8")
    (report / "submissions" / "secret.txt").write_text("x", encoding="utf-8")
    (report / "other.html").write_text("x", encoding="utf-8")
    assert client.get("/index.html").status_code == client.get("/submissions/lind.html").status_code == client.head("/").status_code == 200
    for path in (
        "/screenings.jsonl",
        "/decisions.sqlite",
        "/decisions.sqlite-wal",
        "/submissions",
        "/submissions/",
        "/submissions/secret.txt",
        "/other.html",
        "/api",
        "/api/",
        "/favicon.ico",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    ["/submissions/../outside.html", "/submissions/%2e%2e/outside.html", "/..%2foutside.html", "/submissions/..%2f..%2foutside.html", "/submissions/%2e%2e%2findex.html",
     "//index.html", "/submissions//lind.html", "/submissions/%5c..%5cindex.html", "/submissions/lind.html%00", "/%00index.html", "/submissions/LIND.html"],
)  # fmt: skip
def test_no_address_leads_out_of_the_folder(client, seats, report, path):
    (report.parent / "outside.html").write_bytes((report / "index.html").read_bytes())
    # The client would tidy the path up; the application gets it as it is.
    answer = client.get(client.base_url.copy_with(raw_path=f"/{seats[0].token}{path}".encode()))
    assert answer.status_code == 404


def test_links_are_not_followed(report, tmp_path):
    page = report / "submissions" / "lind.html"
    outside = tmp_path / "outside.html"
    page.rename(outside)
    page.symlink_to(outside)
    assert find_page(report, "submissions/lind.html") is None
    (report / "submissions").rename(tmp_path / "away")
    (report / "submissions").symlink_to(tmp_path / "away")
    assert find_page(report, "submissions/moreau.html") is None
    assert find_page(report, "index.html") is not None


def test_a_served_page_may_run_its_scripts_and_talk_to_its_server_only(client, report):
    answer = client.get("/submissions/lind.html")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    scripts = [s.encode() for s in re.findall(r"<script>(.*?)</script>", answer.text, re.S)]
    assert len(scripts) == 2
    assert policy["script-src"].split() == [f"'sha256-{b64encode(sha256(s).digest()).decode()}'" for s in scripts]
    assert policy["connect-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert "http-equiv" not in answer.text, "the page's own policy would forbid every connection"


def test_a_served_page_is_the_page_of_the_folder_and_a_little_more(client, report):
    page = (report / "submissions" / "lind.html").read_text(encoding="utf-8")
    served = client.get("/submissions/lind.html").text
    body = page[page.index("<body>") : page.index("</body>")]
    assert body in served
    assert "fetch(" not in page, "a page on the disk has nothing to connect with"


def test_an_assessors_name_is_text_on_the_page(report, store):
    seat = store.seat('"><script>alert(1)</script>')
    served, _ = prepare((report / "index.html").read_bytes(), seat)
    assert b"<script>alert" not in served
    assert b"&lt;script&gt;alert" in served


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"script-src &#39;sha256-", b"script-src &#39;unsafe-inline&#39; &#39;sha256-"), (b"default-src &#39;none&#39;", b"default-src *"), (b"http-equiv", b"data-x"), (b"</body>", b"")],
)  # fmt: skip
def test_a_page_with_another_policy_is_not_served(client, report, store, old, new):
    index = report / "index.html"
    content = index.read_bytes()
    assert old in content
    index.write_bytes(content.replace(old, new))
    with pytest.raises(NotServable):
        prepare(index.read_bytes(), store.seat("A"))
    assert client.get("/").status_code == 409


# Decisions


def test_a_decision_is_kept_and_given_back(client, keys):
    sent = decision(note="ünïcödé 👩🏽‍🏫", passages=[{"document": "part1.txt", "start": 0, "end": 3, "quote": "Two"}])
    answer = put(client, review(keys[0], sent))
    assert (answer.status_code, answer.json()["saved"]) == (200, 1)
    [kept] = client.get("/api/decisions").json()["reviews"]
    assert kept["submission"] == "lind"
    assert kept["decisions"][0]["note"] == sent["note"]
    assert kept["decisions"][0]["passages"] == sent["passages"]
    assert client.get("/api/decisions", params=query(keys[0])).json()["reviews"] == [kept]
    assert client.get("/api/decisions", params=query(keys[1])).json()["reviews"][0]["decisions"] == []


def test_an_assessor_sees_nothing_of_the_others_until_both_are_done(clients, keys):
    a, b = clients
    put(a, review(keys[0], decision(note="mine alone")))
    put(b, review(keys[0], decision(choice="not_addressed")))
    assert "mine alone" not in b.get("/api/decisions").text + b.get("/").text + b.get("/submissions/lind.html").text
    assert b.get("/api/others", params=query(keys[0])).status_code == 409
    assert done(a, keys[0]).json()["waiting"] == ["B"]
    answer = b.get("/api/others", params=query(keys[0]))
    assert answer.status_code == 409
    assert "mine alone" not in answer.text
    assert a.get("/api/others", params=query(keys[0])).status_code == 409
    assert done(b, keys[0]).json()["waiting"] == []
    assert b.get("/api/others", params=query(keys[0])).json()["others"]["A"][0]["note"] == "mine alone"
    assert a.get("/api/others", params=query(keys[0])).json()["others"]["B"][0]["choice"] == "not_addressed"
    assert a.get("/api/others", params=query(keys[1])).status_code == 409


def test_one_who_is_done_with_nothing_decided_is_shown_as_such(clients, keys):
    for client in clients:
        done(client, keys[0])
    assert clients[0].get("/api/others", params=query(keys[0])).json()["others"] == {"B": []}


def test_a_token_stands_for_one_assessor(clients, keys, store):
    put(clients[1], review(keys[0], decision()))
    assert [c.assessor for c in store.history()] == ["B"]
    assert put(clients[1], review(keys[0], decision()) | {"assessor": "A"}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [{"choice": "pass"}, {"time": "2026-03-01T10:00:00"}, {"row": "1"}, {"kind": "page"}, {"grade": 3}, {"passages": [{"document": "x", "start": 3, "end": 1, "quote": ""}]}],
)  # fmt: skip
def test_what_is_no_decision_is_refused_with_its_place(client, keys, store, change):
    answer = put(client, review(keys[0], decision() | change))
    assert answer.status_code == 400
    assert answer.json()["refused"][0].startswith("decisions.0")
    assert store.history() == []


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"decisions": []}', "[" * 100_000, b"\xff\xfe", '{"a": "\\ud800"}'])
def test_what_is_no_review_is_refused(client, body):
    assert put(client, body).status_code == 400
    assert client.post("/api/done", content=body, headers=OURS).status_code == 400


def test_a_review_of_another_report_is_refused(client, keys):
    other = review(keys[0], decision()) | {"fingerprint": "beef"}
    assert put(client, other).status_code == 409
    assert client.get("/api/others", params={"submission": "x", "fingerprint": "y", "files": "z"}).status_code == 409
    assert client.get("/api/others").status_code == 400


def test_what_is_too_large_is_not_read(client, keys):
    large = json.dumps(review(keys[0], decision(note="x" * MOST_BYTES)))
    assert put(client, large).status_code == 413
    pieces = (large[n : n + 100_000].encode() for n in range(0, len(large), 100_000))
    assert client.put("/api/decisions", content=pieces, headers=OURS).status_code == 413, "without a length"


def test_an_unexpected_fault_is_told_without_what_was_written(client, keys, store, monkeypatch, caplog):
    def fail(*_):
        raise ValueError("somebody's words")

    monkeypatch.setattr(Store, "save", fail)
    with caplog.at_level(logging.DEBUG):
        answer = put(client, review(keys[0], decision(note="somebody's words")))
    assert answer.status_code == 500
    assert "words" not in answer.text + caplog.text
    assert "ValueError" in caplog.text


def test_nothing_that_is_written_is_logged(client, keys, caplog):
    with caplog.at_level(logging.DEBUG):
        put(client, review(keys[0], decision(note="somebody's words")))
        client.get("/submissions/lind.html")
    told = "".join(r.getMessage() for r in caplog.records if not r.name.startswith("httpx"))
    assert "words" not in told
    assert "lind" not in told


# The whole thing


class Serving:
    """`serve` in a thread, as the command runs it."""

    def __init__(self, report, **options):
        self.addresses = []
        self.error = None
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(report, options), daemon=True)

    def _run(self, report, options):
        try:
            serve(report, ready=self._ready, running=lambda stop: setattr(self, "stop", stop), **options)
        except Exception as error:
            self.error = error
            self.started.set()

    def _ready(self, addresses):
        self.addresses = addresses
        self.started.set()

    def __enter__(self):
        self.thread.start()
        assert self.started.wait(30)
        if self.error:
            raise self.error
        return self

    def __exit__(self, *_):
        if self.addresses:
            self.stop()
        self.thread.join(30)
        assert not self.thread.is_alive()


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def test_a_review_from_the_address_to_the_export(report, keys, tmp_path, capfd):
    with Serving(report, assessors=["A", " B ", "A"]) as serving:
        assert [a.assessor for a in serving.addresses] == ["A", "B"]
        port, path = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/[\w-]{43}/)", serving.addresses[0].url).groups()
        status, page, headers = ask(int(port), "GET", path)
        assert (status, b"mcscreen-review" in page) == (200, True)
        assert "server" not in {name.lower() for name in headers}
        assert ask(int(port), "GET", path + "../../etc/passwd")[0] == 404
        assert ask(int(port), "GET", path + "submissions/../../decisions.sqlite")[0] == 404
        ours = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        body = json.dumps(review(keys[0], decision()))
        assert ask(int(port), "PUT", path + "api/decisions", body, ours)[0] == 200
        assert ask(int(port), "PUT", path + "api/decisions", body, {**ours, "Host": f"evil.example:{port}"})[0] == 421
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as raw:
            raw.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n".encode())
            assert b" 200 " not in raw.recv(4096).split(b"\r\n")[0]
        again = serving.addresses
    assert stat.S_IMODE((report / "decisions.sqlite").stat().st_mode) == 0o600
    assert [p.name for p in report.glob("decisions.sqlite*")] == ["decisions.sqlite"], "all is in the one file"
    assert read_decisions(export_decisions(report, tmp_path / "out")[0]).assessor == "A"
    with Serving(report) as serving:
        assert serving.addresses == again, "an open page finds its server again"
    told = capfd.readouterr()
    assert told.out + told.err == ""


def test_it_listens_on_this_computer_only(report):
    with Serving(report) as serving:
        port = int(serving.addresses[0].url.split(":")[2].split("/")[0])
        for host in ("127.0.0.2", "::1"):
            with pytest.raises(OSError):
                socket.create_connection((host, port), timeout=2).close()


def test_a_port_that_is_taken_is_an_error_and_the_remembered_one_is_not(report):
    with Serving(report) as first:
        port = int(first.addresses[0].url.split(":")[2].split("/")[0])
        with pytest.raises(InputError, match="taken"), Serving(report, port=port):
            pass
        with Serving(report) as second:
            assert second.addresses[0].url != first.addresses[0].url


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\nb", "\u202ex"])
def test_a_name_that_is_none_is_refused(report, name):
    with pytest.raises(InputError, match="no name"):
        serve(report, assessors=[name])


def test_a_folder_without_pages_is_refused(tmp_path, report):
    with pytest.raises(InputError, match=r"no index\.html"):
        serve(tmp_path)
    (report / "index.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(InputError, match="this version"):
        serve(report)
    assert not (report / "decisions.sqlite").exists()


def test_blind_first_needs_pages_that_are(report, tmp_path):
    with pytest.raises(InputError, match="--blind-first"):
        serve(report, blind_first=True)
    with Serving(write_report(tmp_path / "blind", blind=True), blind_first=True) as serving:
        assert len(serving.addresses) == 1


def test_without_the_extra_it_says_what_to_install(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtra, match=r"mcscreen\[review\]"):
        serve(report)


def test_the_decisions_of_a_report_that_was_screened_again_are_kept_apart(report, store, client, keys):
    put(client, review(keys[0], decision()))
    index = report / "index.html"
    index.write_bytes(index.read_bytes().replace(b"f00d", b"cafe"))
    batch = read_batch(report)
    assert client.get("/submissions/lind.html").status_code == 200
    assert put(client, review(batch.keys[0], decision())).status_code == 200
    assert put(client, review(keys[0], decision("A.failed"))).status_code == 200, "an open page of the old report"
    assert len(store.export("A")[0].reviews) == 2


def test_the_web_server_is_loaded_when_it_is_used():
    code = "import sys, mcscreen.review, mcscreen.cli; print(sorted({'starlette', 'uvicorn', 'anyio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
