"""Reviewing through `mcscreen review` in a browser: what is decided without a connection arrives when there is one again.

The server runs in a process of its own, so that it can be lost and come back.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect
from review.small_report import write_report

from mcscreen.decisions import read_decisions
from mcscreen.review import export_decisions
from mcscreen.review.store import Store

SERVE = """
import sys
from mcscreen.review import serve
serve(sys.argv[1], assessors=sys.argv[2:], ready=lambda all: [print(a.url, flush=True) for a in all])
"""
SOON = 10_000


class Server:
    def __init__(self, report, *assessors):
        self.command = [sys.executable, "-c", SERVE, str(report), *assessors]
        self.count = len(assessors)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.urls = [self.process.stdout.readline().strip() for _ in range(self.count)]
        assert all(self.urls)
        return self

    def lose(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def report(tmp_path):
    return write_report(tmp_path / "report")


@pytest.fixture
def server(report):
    started = Server(report, "A", "B").start()
    yield started
    if started.process.poll() is None:
        started.lose()


@pytest.fixture
def new_page(chromium):
    contexts = []

    def open_one(context=None) -> Page:
        if context is None:
            context = chromium.new_context()
            contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: page.problems.append(message.text) if "Content Security Policy" in message.text else None)
        page.set_default_timeout(SOON)
        return page

    yield open_one
    problems = [problem for context in contexts for page in context.pages for problem in page.problems]
    for context in contexts:
        context.close()
    assert problems == []


def decide(page: Page, facet: str, choice: str):
    block = page.locator(f'[id="facet-{facet}"]')
    if "open" not in block.get_attribute("class").split():
        block.locator("button.head").click()
    block.locator(f'[data-choice="{choice}"]').click()


def told(page: Page):
    return expect(page.locator("#server"))


def kept(report, assessor="A"):
    with Store(report / "decisions.sqlite") as store:
        return {d.facet: d.choice for s in store.standings(assessor) for d in s.decisions}


def test_a_decision_is_saved_when_it_is_made(server, report, new_page):
    page = new_page()
    page.goto(server.urls[0] + "submissions/lind.html")
    told(page).to_have_text("saved on the server")
    decide(page, "A.place", "agree")
    told(page).to_have_text("saving …")
    told(page).to_have_text("saved on the server")
    assert kept(report) == {"A.place": "agree"}
    page.keyboard.press("0")
    page.wait_for_timeout(600)
    told(page).to_have_text("saved on the server")
    assert kept(report) == {"A.place": None}


def test_what_is_decided_without_a_connection_arrives_when_it_is_back(server, report, new_page):
    page = new_page()
    page.goto(server.urls[0] + "submissions/lind.html")
    decide(page, "A.place", "agree")
    told(page).to_have_text("saved on the server")
    server.lose()
    decide(page, "A.failed", "not_addressed")
    told(page).to_have_text("1 not saved to the server yet", timeout=SOON)
    expect(page.locator("#told")).to_contain_text("stays in this browser")
    decide(page, "A.place", "not_addressed")
    told(page).to_have_text("2 not saved to the server yet", timeout=SOON)
    assert kept(report) == {"A.place": "agree"}
    address = server.urls[0]
    server.start()
    assert server.urls[0] == address
    told(page).to_have_text("saved on the server", timeout=30_000)
    assert kept(report) == {"A.place": "not_addressed", "A.failed": "not_addressed"}


def test_what_was_waiting_when_the_page_was_closed_is_sent_by_the_next_page(server, report, new_page):
    page = new_page()
    page.goto(server.urls[0] + "submissions/lind.html")
    told(page).to_have_text("saved on the server")
    server.lose()
    decide(page, "A.failed", "not_addressed")
    told(page).to_have_text("1 not saved to the server yet", timeout=SOON)
    context = page.context
    page.close()
    server.start()
    other = new_page(context)
    other.goto(server.urls[0])
    told(other).to_have_text("saved on the server", timeout=SOON)
    assert kept(report) == {"A.failed": "not_addressed"}


def test_a_second_browser_has_what_the_first_has_decided(server, report, new_page):
    first, second = new_page(), new_page()
    first.goto(server.urls[0] + "submissions/lind.html")
    decide(first, "A.place", "agree")
    told(first).to_have_text("saved on the server")
    first.wait_for_timeout(600)
    second.goto(server.urls[0])
    expect(second.locator('tr[data-row="0"] .decided')).to_have_text("1 of 3", timeout=SOON)
    second.goto(server.urls[0] + "submissions/lind.html")
    expect(second.locator('[id="facet-A.place"] .decided')).to_have_text("agreed", timeout=SOON)
    decide(second, "A.place", "not_addressed")
    second.wait_for_timeout(600)
    told(second).to_have_text("saved on the server")
    first.reload()
    expect(first.locator('[id="facet-A.place"] .decided')).to_have_text("not addressed", timeout=SOON)


def test_two_assessors_in_one_browser_do_not_mix_and_compare_when_both_are_done(server, report, new_page, tmp_path):
    a = new_page()
    b = new_page(a.context)
    a.goto(server.urls[0] + "submissions/lind.html")
    decide(a, "A.place", "agree")
    told(a).to_have_text("saved on the server")
    a.wait_for_timeout(600)
    b.goto(server.urls[1] + "submissions/lind.html")
    told(b).to_have_text("saved on the server")
    expect(b.locator('[id="facet-A.place"] .decided')).to_have_text("")
    expect(b.locator("#assessor")).to_have_value("B")
    decide(b, "A.place", "not_addressed")
    for page in (a, b):
        expect(page.locator("#compare")).to_be_hidden()
        page.locator("#ready").click()
        expect(page.locator("#ready")).to_have_attribute("aria-pressed", "true", timeout=SOON)
    b.locator("#compare").click()
    expect(b.locator("dialog[open] h2")).to_have_text("You differ on 1 of 1")
    row = b.locator("dialog[open] tr").nth(1)
    expect(row).to_contain_text("not addressed")
    expect(row).to_contain_text("agreed")
    b.keyboard.press("1")
    expect(row).to_contain_text("not addressed")
    read = [read_decisions(path) for path in export_decisions(report, tmp_path / "out")]
    assert [(d.assessor, d.reviews[0].decisions[0].choice) for d in read] == [("A", "agree"), ("B", "not_addressed")]


def test_a_page_of_the_folder_connects_to_nothing(report, new_page):
    page = new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((report / "submissions" / "lind.html").as_uri())
    decide(page, "A.place", "agree")
    expect(page.locator("#server")).to_have_count(0)
    assert [url for url in asked if not url.startswith("file:")] == []


def test_another_site_learns_nothing(server, report, new_page, tmp_path):
    page = new_page()
    (tmp_path / "evil.html").write_text("<!doctype html><title>x</title><p>x", encoding="utf-8")
    page.goto((tmp_path / "evil.html").as_uri())
    tried = page.evaluate(
        """async (url) => {
          const ask = async (path, options) => { try { return (await fetch(url + path, options)).status; } catch (error) { return "refused"; } };
          return [await ask("api/decisions"), await ask("api/decisions", { method: "PUT", headers: { "Content-Type": "application/json" }, body: "{}" })];
        }""",
        server.urls[0],
    )
    assert tried == ["refused", "refused"]
    assert json.dumps(kept(report)) == "{}"
