"""The pages in a browser: an assessor's way through a submission with the keyboard alone, and that nothing uploaded runs."""

from __future__ import annotations

import json
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from mcscreen.decisions import files_digest, read_decisions
from mcscreen.reports import write_reports

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _kept(page: Page) -> list[dict]:
    return page.evaluate("[...decisions.values()]")


def _lit(page: Page) -> str:
    return "".join(page.locator("#reading .lit.current").all_text_contents())


def test_keys_lead_through_facets_and_light_up_their_passages(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    facts = report.screenings[0].coverage
    _press(page, "j")
    assert page.locator(".item.open").count() == 1 and _lit(page) == facts[0].evidence[0].quote
    assert page.locator("#passage").text_content() == "1 of 3"
    _press(page, "Enter")
    assert _lit(page) == facts[0].evidence[1].quote
    _press(page, "Shift+Enter", "j")
    assert _lit(page) == facts[1].evidence[0].quote and page.locator(".item.open").get_attribute("data-item") == "1"
    _press(page, "k", "k")
    assert page.locator(".item.open").get_attribute("data-item") == str(len(facts) + 2)
    box = page.locator("#reading .lit.current").first.bounding_box()
    assert box is not None and 0 < box["y"] < 900
    assert page.evaluate("scrollY") == 0, "the page stands still; its panes scroll"


def test_decisions_are_kept_exported_and_read_by_the_library(watched, report, tmp_path):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    document = report.submissions["one"].documents[0]
    # Up to the first sentence, wherever the best passage is.
    _press(page, "j", "1", "j", "2", *["ArrowUp"] * 9, "ArrowDown", "Shift+ArrowDown", "Enter", "j", "3", "n")
    page.keyboard.type("nothing on this")
    _press(page, "Escape")
    page.reload()
    assert page.locator("#done-words").text_content().startswith("3 of ")
    page.locator("#export").click()
    assert page.locator("#help").is_visible(), "without initials there is no export"
    page.keyboard.type("KB")
    _press(page, "Escape")
    with page.expect_download() as download:
        page.locator("#export").click()
    download.value.save_as(tmp_path / "d.json")
    file = read_decisions(tmp_path / "d.json")
    (review,) = file.reviews
    assert file.assessor == "KB" and review.submission == "one"
    assert review.files == files_digest(report.screenings[0].submission)
    agreed, other, none = review.decisions
    assert [d.choice for d in review.decisions] == ["agree", "other_passage", "not_addressed"]
    assert agreed.passages[0].quote == report.screenings[0].coverage[0].evidence[0].quote
    (passage,) = other.passages
    assert document.text[passage.start : passage.end] == passage.quote and passage.quote.count(".") == 2
    assert none.note == "nothing on this" and none.passages == () and none.finding == "not_found"


def test_a_selection_is_told_in_the_documents_offsets(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    text = report.submissions["one"].documents[0].text
    _press(page, "j")
    for quote in ("telephone 📚 while", "📚 while we read. It took a year.\nOn Fridays"):
        start = text.index(quote)
        page.evaluate(
            "p => { const r = rangeOf(p); getSelection().removeAllRanges(); getSelection().addRange(r); text.lastRange = r; }",
            {"document": "Part 1.docx", "start": start, "end": start + len(quote), "quote": ""},
        )
        _press(page, "2")
        assert {"document": "Part 1.docx", "start": start, "end": start + len(quote), "quote": quote} in _kept(page)[0]["passages"]


def test_a_decision_can_be_taken_back(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    _press(page, "j", "3")
    assert page.locator(".item.open .decided").text_content() == "not addressed"
    _press(page, "0")
    assert _kept(page) == [] and page.locator(".item.open .decided").text_content() == ""


def test_an_ask_is_found_by_its_words_and_by_what_was_found(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    facts = report.screenings[0].coverage
    _press(page, "f")
    page.keyboard.type("DID not work")
    _press(page, "Enter")
    assert page.locator(".item:visible").count() == 1 and page.locator("#sifted").text_content().startswith("1 of ")
    assert page.locator(".item.open b").text_content() == "what did not work"
    page.locator("#all").click()
    assert page.locator(".item:visible").count() == len(facts) + 3 and page.locator("#all").is_hidden()
    assert page.evaluate("document.activeElement.className") == "head", "the focus is not lost with the button"
    page.locator('.count[data-only="thin"]').click()
    thin = [n for n, c in enumerate(facts) if c.status == "thin"]
    _press(page, "j", "3", "j")
    assert page.locator(".item:visible").count() == len(thin), "what is decided stays in sight"
    assert page.locator(".item.open").get_attribute("data-item") in map(str, thin)
    page.locator("#only").select_option("undecided")
    assert page.locator(".item:visible").count() == len(facts) + 2
    page.locator("#only").select_option("covered")
    page.locator("table.trace a.line").first.click()
    assert page.locator(".item.open").is_visible()
    page.locator("#only").select_option("not_found")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".item:visible").count() == len(facts) + 3, "paper holds all"


def test_blind_pages_cannot_be_sifted_by_findings(watched, blind):
    page = watched.page
    page.goto(blind.address("submissions/one.html"))
    assert page.locator("#only option").all_text_contents() == ["all asks", "not decided", "decided, or with a note"]
    assert page.locator(".count:visible").count() == 0


def test_an_export_goes_on_once_the_initials_are_given(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    page.locator("#export").click()
    expect(page.locator("#told")).to_have_text("There is no decision to export yet.")
    assert page.locator("#told").bounding_box()["width"] > 100, "what is told can be seen"
    _press(page, "j", "1")
    page.locator("#export").click()
    assert "initials" in page.locator("#wanted").text_content()
    page.keyboard.type("KB")
    with page.expect_download():
        _press(page, "Enter")
    assert not page.locator("#help").is_visible()
    expect(page.locator("#told")).to_contain_text("1 submission exported")


def test_a_mouse_selects_whole_words(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    _press(page, "j")
    start = report.submissions["one"].documents[0].text.index("chool stops for twen")
    page.evaluate(
        "p => { const range = rangeOf(p); getSelection().removeAllRanges(); getSelection().addRange(range); }",
        {"document": "Part 1.docx", "start": start, "end": start + len("chool stops for twen"), "quote": ""},
    )
    expect(page.locator("#taking")).to_be_visible()
    page.locator("#take").click()
    assert _kept(page)[0]["passages"][0]["quote"] == "school stops for twenty"


def test_decisions_on_an_earlier_screening_are_told_and_exported(watched, report, tmp_path):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    page.evaluate("keep(settingKey('assessor'), 'KB')")
    _press(page, "j", "1")
    earlier = {"submission": "one", "fingerprint": "before", "files": "f"}
    gone = {"submission": "gone", "fingerprint": "before", "files": "f"}
    page.evaluate("all => all.forEach(review => saveReview(review, decisions))", [earlier, gone])
    page.goto(report.address("index.html"))
    assert page.locator("tbody tr").first.locator(".decided").text_content().endswith("1 on an earlier screening")
    assert "on 2 submissions with this rubric" in page.locator("#elsewhere").text_content()
    with page.expect_download() as download:
        page.locator("#export-elsewhere").click()
    download.value.save_as(tmp_path / "d.json")
    reviews = read_decisions(tmp_path / "d.json").reviews
    assert [(r.submission, r.fingerprint, len(r.decisions)) for r in reviews] == [("gone", "before", 1), ("one", "before", 1)]


def test_a_page_of_an_earlier_run_keeps_what_was_decided(watched, rubric, report, tmp_path):
    texts = report.submissions
    write_reports(report.screenings[:2], rubric, tmp_path, ["html"], submissions=texts)
    page = watched.page
    page.goto((tmp_path / "submissions" / "two.html").as_uri())
    _press(page, "j", "3")
    write_reports(report.screenings[:1], rubric, tmp_path, ["html"], submissions=texts)
    page.goto((tmp_path / "earlier" / "two.html").as_uri())
    assert page.locator(".earlier").is_visible() and page.locator("#done-words").text_content().startswith("1 of ")
    page.get_by_role("link", name="The report as it is now").click()
    assert page.locator("tbody tr a").all_text_contents() == ["one"]
    assert "on 1 submission with" in page.locator("#elsewhere").text_content()


def test_import_merges_and_the_later_decision_stays(watched, report, tmp_path):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    _press(page, "j", "1", "j", "1")
    mine = _kept(page)
    earlier = {**mine[0], "choice": "not_addressed", "passages": [], "time": "2001-01-01T00:00:00Z"}
    later = {**mine[1], "choice": "not_addressed", "passages": [], "time": "2999-01-01T00:00:00Z"}
    facts = page.evaluate("({submission: facts.submission, fingerprint: facts.fingerprint, files: facts.files})")
    other = {**facts, "fingerprint": "another", "decisions": [later]}
    content = {
        "schema": 1,
        "assessor": "X",
        "rubric": page.evaluate("facts.rubric"),
        "reviews": [{**facts, "decisions": [earlier, later, {"kind": "?"}]}, other],
    }
    file = tmp_path / "d.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    page.locator("#file").set_input_files(file)
    expect(page.locator("#told")).to_contain_text("imported")  # waiting by a function would need eval, which the page forbids
    assert page.locator("#told").text_content() == (
        "1 decisions imported; 1 kept as they are here, because these are not older; "
        "1 reviews left out: they are of other submissions, files or settings than this report; 1 could not be read."
    )
    assert [d["choice"] for d in _kept(page)] == ["agree", "not_addressed"]
    file.write_text("<html>", encoding="utf-8")
    page.locator("#file").set_input_files(file)
    expect(page.locator("#told")).to_contain_text("not JSON")


def test_blind_first_shows_a_finding_after_the_decision_only(watched, blind):
    page = watched.page
    page.goto(blind.address("submissions/one.html"))
    _press(page, "j")
    item = page.locator(".item.open")
    assert not item.locator(".status").is_visible() and not item.locator("blockquote").first.is_visible() and _lit(page) == ""
    assert not page.locator(".glance .strip").is_visible() and not page.locator("table.trace").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.item.open')).borderLeftColor") == page.evaluate(
        "getComputedStyle(document.querySelectorAll('.item')[2]).borderLeftColor"
    ), "the colour of the edge must not tell the finding"
    _press(page, "1")
    assert _kept(page) == []
    _press(page, "3")
    assert item.locator(".status").is_visible() and _lit(page) != ""
    _press(page, "1")
    (decision,) = _kept(page)
    assert (decision["choice"], decision["blind_choice"]) == ("agree", "not_addressed")


def test_index_counts_what_is_decided_and_filters_and_sorts(watched, report):
    page = watched.page
    page.goto(report.address("submissions/two.html"))
    total = sum(c.required for c in report.screenings[1].coverage) + 3
    for _ in range(total + len([c for c in report.screenings[1].coverage if not c.required])):
        _press(page, "j", "3")
    page.goto(report.address("index.html"))
    assert page.locator("#done-words").text_content() == "1 of 3 reviewed"
    assert page.locator("tbody tr").nth(1).locator(".decided").text_content() == f"✓ {total} of {total}"
    assert page.locator("#go-on").get_attribute("href") == "submissions/one.html"
    page.locator("#by-review").select_option("done")
    assert page.locator("tbody tr:visible").count() == 1 and page.locator("#shown").text_content() == "1 of 3 shown"
    page.locator("#by-review").select_option("")
    _press(page, "Escape")
    page.locator("#find").fill("TWO")
    assert page.locator("tbody tr:visible a").all_text_contents() == ["two"]
    page.locator("#find").fill("")
    page.get_by_role("button", name="Decided").click()
    assert page.locator("tbody tr a").first.text_content() == "two"
    assert page.locator('[aria-sort="descending"]').get_attribute("data-key") == "done"
    page.reload()
    assert page.locator("tbody tr a").first.text_content() == "two", "the table is as one left it"


def test_hostile_text_runs_nothing(watched, report):
    page = watched.page
    page.goto(report.address("index.html"))
    page.goto(page.locator("tbody a").nth(2).evaluate("a => a.href"))
    for _ in report.screenings[2].coverage + report.screenings[2].citations:
        _press(page, "j", "Enter", "3")
    _press(page, "2", "ArrowDown", "Enter", "n")
    page.keyboard.type("<img src=x onerror=window.hacked=1>")
    _press(page, "Escape", "?", "Escape", "/")
    page.keyboard.type("script")
    page.reload()
    _press(page, "j")
    assert page.evaluate("window.hacked") is None and page.locator("img").count() == 0
    assert page.locator("script").count() == 2


def test_single_keys_can_be_switched_off(watched, report):
    page = watched.page
    page.goto(report.address("submissions/one.html"))
    _press(page, "?")
    page.locator("#single").uncheck()
    _press(page, "Escape", "j")
    assert page.locator(".item.open").count() == 0
    page.locator(".review .next-open").click()
    assert page.locator(".item.open").count() == 1


def test_without_storage_the_page_works_and_says_so(chromium: Browser, report):
    page = chromium.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })")
    page.goto(report.address("submissions/one.html"))
    _press(page, "j", "3")
    assert page.locator(".item.open .decided").text_content() == "not addressed"
    assert "keeps nothing" in page.locator("#kept").text_content()
    page.close()


def test_without_a_script_everything_can_be_read(chromium: Browser, report):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.address("submissions/one.html"))
    assert page.locator(".item-body").first.is_visible() and page.locator("#reading").is_visible()
    assert not page.locator("#export").is_visible()
    context.close()


def test_three_hundred_rows_are_quick(watched, large):
    page = watched.page
    page.goto(large.address("index.html"))
    assert page.locator("tbody tr").count() == 300
    spent = page.evaluate(
        """() => { const find = document.getElementById("find"); const t = performance.now();
        for (const words of ["s29", "", "s01"]) { find.value = words; find.dispatchEvent(new Event("input")); document.body.offsetHeight; }
        return performance.now() - t; }"""
    )
    assert page.locator("tbody tr:visible").count() == 10 and spent < 3_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 720, 390])
def test_accessibility_rules_hold(chromium: Browser, report, blind, scheme: str, width: int):
    # 720 pixels are what a screen of 1,440 shows at 200 % zoom.
    context = chromium.new_context(viewport={"width": width, "height": 900 if width > 1000 else 700}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    addresses = [report.address("index.html"), report.address("submissions/one.html"), blind.address("submissions/one.html")]
    for address in addresses:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        if "submissions" in address:
            _press(page, "j", "2", "Enter", "j", "3", "j")
        page.evaluate(AXE)
        for view in ("rubric", "text") if "submissions" in address and width < 1000 else ("",):
            if view == "text":
                _press(page, "t")
            found = page.evaluate("async rules => (await axe.run({ runOnly: rules })).violations.map(v => [v.id, v.nodes[0].html])", RULES)
            assert found == [], (address, view)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility_rules_hold_in_passing_states(chromium: Browser, report, large, scheme: str):
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(large.address("index.html"))
    page.evaluate("keep(settingKey('assessor'), ''); saveReview({ submission: 'gone', fingerprint: 'f', files: 'f' }, new Map([['', {}]]))")

    def found() -> list:
        page.evaluate(AXE)
        return page.evaluate("async rules => (await axe.run({ runOnly: rules })).violations.map(v => [v.id, v.nodes[0].html])", RULES)

    page.locator("#find").fill("s29")
    assert found() == [], "filtered"
    page.goto(report.address("submissions/one.html"))
    page.locator('.count[data-only="not_found"]').click()
    _press(page, "j", "2", "ArrowDown")
    assert found() == [], "picking among some"
    _press(page, "Enter")
    page.locator("#find").fill("Monday")
    page.locator("#export").click()
    assert found() == [], "initials wanted"
    page.keyboard.type("KB")
    with page.expect_download():
        _press(page, "Enter")
    page.wait_for_selector(".told.seen")
    assert found() == [], "told"
    context.close()
