// The page: which item is open, its passages, picking a passage, keys.

const $ = (id) => document.getElementById(id);
const state = { item: null, picking: null, anchor: 0, focus: 0 };
const settings = { single: "yes", "move-on": "no" };
const isOn = (name) => (recall(settingKey(name)) ?? settings[name]) === "yes";

// Messages are read out; those that are not plain to see on the page are shown for a while too.
function tell(message, { seen = true } = {}) {
  const told = $("told");
  told.textContent = "";
  told.classList.toggle("seen", seen && Boolean(message));
  requestAnimationFrame(() => (told.textContent = message));
  clearTimeout(state.telling);
  state.telling = setTimeout(() => told.classList.remove("seen"), 8_000);
}

function show(view) {
  const changed = document.body.dataset.view !== view;
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === view));
  if (!changed) return;
  if (view === "text") showCurrent();
  else if (state.item) bringIntoView(state.item.node, "nearest");
}

function showCurrent() {
  const mark = state.item && !isFolded(state.item) ? state.item.passages[state.item.passage]?.mark : null;
  if (mark !== null && mark !== undefined) bringIntoView(text.pieces.get(String(mark))?.[0]);
}

function open(item, { focus = true, scroll = true } = {}) {
  if (state.item && state.item !== item) close(state.item);
  if (item.node.hidden) showAll();
  state.item = item;
  item.node.classList.add("open");
  item.head.setAttribute("aria-expanded", "true");
  panelOf(item);
  show("rubric");
  if (focus) item.head.focus({ preventScroll: true });
  if (scroll) bringIntoView(item.node, "nearest");
  history.replaceState(null, "", `#${item.anchor}`);
  showPassage(item);
}

function close(item) {
  if (state.picking === item) leavePicking();
  item.node.classList.remove("open");
  item.head.setAttribute("aria-expanded", "false");
  if (state.item === item) state.item = null;
  lightUp([], null);
  lightChosen(null);
  $("passage") && ($("passage").textContent = "no passage");
}

function showPassage(item, step = 0) {
  lightChosen(item);
  const passages = isFolded(item) ? [] : item.passages;
  if (passages.length) item.passage = (item.passage + step + passages.length) % passages.length;
  const current = passages[item.passage];
  lightUp(passages.map((p) => p.mark).filter((m) => m !== null), current?.mark ?? null);
  const quotes = [...item.node.querySelectorAll(".quote")];
  quotes.forEach((quote, n) => quote.classList.toggle("current", n === item.passage));
  if ($("passage")) $("passage").textContent = passages.length ? `${item.passage + 1} of ${passages.length}` : "no passage";
  const article = current && [...document.querySelectorAll("article.document")].find((a) => a.dataset.name === current.document);
  if (article) $("which").value = article.id;
  if (step && quotes[item.passage]) bringIntoView(quotes[item.passage], "nearest");
  if (step && current) tell(`Passage ${item.passage + 1} of ${passages.length}, ${current.place}`, { seen: false });
}

function move(step, wanted = () => true) {
  if (!items.length) return;
  const from = state.item ? state.item.number : step > 0 ? -1 : items.length;
  for (let n = 1; n <= items.length; n += 1) {
    const item = items[(from + step * n + items.length * 2) % items.length];
    if (!item.node.hidden && wanted(item)) return open(item);
  }
  const hidden = items.some((item) => item.node.hidden);
  tell(hidden ? "Nothing more among those that are shown." : "Everything is decided.");
}

const isOpenStill = (item) => item.counts && !decisionOf(item)?.choice;

function decide(item, choice) {
  if (choice === "agree" && isFolded(item)) return tell("The finding is folded: decide first, 2 or 3.");
  if (choice === "other_passage") return pick(item);
  const passage = choice === "agree" && item.finding !== "not_found" ? item.passages[item.passage] : null;
  const passages = passage ? [{ document: passage.document, start: passage.start, end: passage.end, quote: passage.quote }] : [];
  const folded = isFolded(item);
  change(item, { choice, passages });
  afterDecision(item, folded);
}

function afterDecision(item, folded) {
  const { choice } = decisionOf(item);
  if (folded || choice === "other_passage") showPassage(item);
  tell(`${item.label}: ${WORDS[item.kind][choice]}. ${$("done-words").textContent}.`, { seen: false });
  if (isOn("move-on") && !folded) move(1, isOpenStill);
}

// Another passage: take what is selected, or go and select it.
function pick(item) {
  if (!reading) return tell("The text is not on this page, so no passage can be selected.");
  const passage = passageOf(text.lastRange);
  if (passage) return take(item, passage);
  state.picking = item;
  document.body.classList.add("picking");
  show("text");
  $("taking").hidden = false;
  $("taking-words").textContent = matchMedia("(pointer: coarse)").matches
    ? `Select the passage for “${item.label}” in the text, then:`
    : `Select the passage for “${item.label}” with the mouse, or with ↑ ↓ sentence by sentence. Then 2 or Enter.`;
  const current = isFolded(item) ? null : item.passages[item.passage];
  const range = current ? rangeOf(current) : null;
  reading.focus({ preventScroll: true });
  if (range) selectSentences(...sentencesOf(range));
  tell($("taking-words").textContent, { seen: false });
}

function take(item, passage) {
  const before = decisionOf(item)?.choice === "other_passage" ? decisionOf(item).passages : [];
  const others = before.filter((p) => p.document !== passage.document || p.end <= passage.start || p.start >= passage.end);
  const folded = isFolded(item);
  change(item, { choice: "other_passage", passages: [...others, passage] });
  getSelection().removeAllRanges();
  text.lastRange = null;
  leavePicking();
  show("rubric");
  item.head.focus({ preventScroll: true });
  afterDecision(item, folded);
}

function leavePicking() {
  state.picking = null;
  document.body.classList.remove("picking");
  $("taking").hidden = true;
}

function selectSentences(anchor, focus) {
  const all = sentenceRanges();
  state.focus = Math.min(Math.max(focus, 0), all.length - 1);
  state.anchor = Math.min(Math.max(anchor, 0), all.length - 1);
  const [first, last] = [Math.min(state.anchor, state.focus), Math.max(state.anchor, state.focus)];
  const range = document.createRange();
  range.setStart(all[first].startContainer, all[first].startOffset);
  range.setEnd(all[last].endContainer, all[last].endOffset);
  selectRange(range);
  tell(passageOf(range)?.quote ?? "", { seen: false });
}

function pickingKey(event) {
  if (event.key === "Escape") {
    const item = state.picking;
    leavePicking();
    open(item);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const step = event.key === "ArrowDown" ? 1 : -1;
    const fresh = !passageOf(text.lastRange);
    const focus = fresh ? firstSentenceInView() : state.focus + step;
    selectSentences(event.shiftKey && !fresh ? state.anchor : focus, focus);
  } else if (event.key === "Enter" || event.key === "2") {
    const passage = passageOf(text.lastRange);
    passage ? take(state.picking, passage) : tell("Nothing is selected yet.");
  } else return false;
  return true;
}

function firstSentenceInView() {
  const edge = reading.getBoundingClientRect().top + document.querySelector(".tools").offsetHeight;
  const found = sentenceRanges().findIndex((range) => range.getBoundingClientRect().top >= edge);
  return Math.max(found, 0);
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  u: () => move(1, isOpenStill),
  1: () => state.item && decide(state.item, "agree"),
  2: () => state.item && decide(state.item, "other_passage"),
  3: () => state.item && decide(state.item, "not_addressed"),
  0: () => state.item && change(state.item, { choice: null, passages: [] }),
  n: () => state.item && panelOf(state.item).querySelector("textarea").focus(),
  t: () => show(document.body.dataset.view === "text" ? "rubric" : "text"),
  f: () => seek("ask"),
  "/": () => seek("find"),
  "?": showHelp,
  "[": () => document.querySelector('a[rel="prev"]')?.click(),
  "]": () => document.querySelector('a[rel="next"]')?.click(),
};

function seek(id) {
  $(id)?.focus();
  $(id)?.select();
}

function showHelp() {
  $("help").showModal();
  $("close").focus();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const target = event.target;
  const writing = target.closest("input, textarea, select, [contenteditable]");
  if (writing) {
    if (event.key === "Escape") (state.item?.head ?? reading ?? $("main")).focus();
    return;
  }
  if (state.picking && !target.closest("button") && pickingKey(event)) return event.preventDefault();
  if (event.key === "Enter" && state.item && (target === state.item.head || !target.closest("a, button, summary"))) {
    event.preventDefault();
    return showPassage(state.item, event.shiftKey ? -1 : 1);
  }
  if (event.key === "Escape" && state.item) return close(state.item);
  if (!keys[event.key] || !isOn("single")) return;
  event.preventDefault();
  keys[event.key]();
}

function setUpItem(item) {
  const heading = item.node.querySelector(".item-head h5, .item-head h3");
  item.head = document.createElement("button");
  item.head.type = "button";
  item.head.className = "head";
  item.head.setAttribute("aria-expanded", "false");
  item.head.append(...heading.childNodes);
  heading.append(item.head);
  item.node.querySelector(".item-head").addEventListener("click", () => (state.item === item ? close(item) : open(item, { scroll: false })));
  item.node.querySelectorAll(".quote").forEach((quote, n) => {
    const mark = item.passages[n]?.mark ?? null;
    if (mark === null) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "to-text";
    button.append(quote.querySelector(".place").cloneNode(true));
    button.setAttribute("aria-label", `Show in the text: ${item.passages[n].place}`);
    quote.querySelector(".place").replaceWith(button);
    button.addEventListener("click", () => {
      item.passage = n;
      show("text");
      showPassage(item);
    });
  });
  showDecision(item);
}

function forgetSelection() {
  text.lastRange = null;
  if (!state.picking) $("taking").hidden = true;
}

function setUpReading() {
  $("which").addEventListener("change", () => bringIntoView($($("which").value), "start"));
  $("back").addEventListener("click", () => state.item && showPassage(state.item, -1));
  $("forward").addEventListener("click", () => state.item && showPassage(state.item, 1));
  $("take").addEventListener("click", () => state.item && (passageOf(text.lastRange) ? take(state.item, passageOf(text.lastRange)) : tell("Nothing is selected yet.")));
  $("leave").addEventListener("click", () => (getSelection().removeAllRanges(), leavePicking(), state.item && open(state.item)));
  for (const link of document.querySelectorAll(".to-document")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show("text");
      const article = $(link.hash.slice(1));
      $("which").value = article.id;
      bringIntoView(article, "start");
    });
  }
  $("find").addEventListener("input", () => ((text.hit = undefined), ($("hits").textContent = search($("find").value, 1))));
  $("find").addEventListener("blur", () => $("find").value.trim() || ($("hits").textContent = ""));
  $("find").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      $("find").value = "";
      $("hits").textContent = search("", 1);
    } else if (event.key === "Enter") $("hits").textContent = search($("find").value, event.shiftKey ? -1 : 1);
  });
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    const range = selection.rangeCount ? selection.getRangeAt(0) : null;
    const selected = range && !range.collapsed && reading.contains(range.commonAncestorContainer);
    clearTimeout(text.forgetting);
    if (selected) text.lastRange = wholeWords(range.cloneRange());
    // A tap on a button ends the selection just before the button is told.
    else text.forgetting = setTimeout(forgetSelection, 500);
    if (!state.picking && state.item && selected) {
      $("taking").hidden = false;
      $("taking-words").textContent = `This is for “${state.item.label}”?`;
    }
  });
  reading.addEventListener("click", (event) => {
    const piece = event.target.closest("[data-m]");
    if (!piece?.matches(".used, .lit") || state.picking || text.lastRange) return;
    const numbers = piece.dataset.m.split(" ").map(Number);
    const owners = items.filter((item) => !isFolded(item) && item.passages.some((p) => numbers.includes(p.mark)));
    const next = owners[(owners.indexOf(state.item) + 1) % owners.length];
    if (!next) return;
    next.passage = next.passages.findIndex((p) => numbers.includes(p.mark));
    open(next, { focus: false });
  });
}

setUpText();
items.forEach(setUpItem);
items.forEach(markUsed);
setUpAsks();
if (reading) setUpReading();
for (const name of Object.keys(settings)) {
  $(name).checked = isOn(name);
  $(name).addEventListener("change", () => keep(settingKey(name), $(name).checked ? "yes" : "no"));
}
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show(button.dataset.show));
$("keys").addEventListener("click", showHelp);
$("close").addEventListener("click", () => $("help").close());
for (const button of document.querySelectorAll(".next-open")) button.addEventListener("click", () => move(1, isOpenStill));
document.addEventListener("keydown", onKey);
setUpFiles({ reviews: () => [facts], name: facts.submission, tell, changed: reload });
showProgress();
show("rubric");
function openFromAddress() {
  const item = items.find((candidate) => `#${candidate.anchor}` === decodeURIComponent(location.hash));
  if (item) open(item);
}
addEventListener("hashchange", openFromAddress);
addEventListener("beforeprint", () => items.filter(decisionOf).forEach(panelOf));
openFromAddress();
