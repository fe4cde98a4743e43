"use strict";
// Decisions: kept in this browser as one goes, and given out and taken in as one JSON file (see mcscreen/decisions.py).
// A browser may refuse to keep anything; then they last as long as the page does, and the page says so.

const facts = JSON.parse(document.getElementById("data").textContent);
// On a page that `mcscreen review` serves, every assessor has a place of their own, and what is kept is sent on.
const served = document.querySelector('meta[name="mcscreen-review"]');
const PREFIX = served ? `mcscreen/1/${served.content}` : "mcscreen/1";
const CHOICES = ["agree", "other_passage", "not_addressed"];
const store = { memory: new Map(), keeps: true };

document.documentElement.classList.add("js");

function recall(key) {
  try {
    return localStorage.getItem(key) ?? store.memory.get(key) ?? null;
  } catch {
    store.keeps = false;
    return store.memory.get(key) ?? null;
  }
}

function keep(key, value) {
  store.memory.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    store.keeps = false;
  }
}

const settingKey = (name) => `${PREFIX}/setting/${name}`;

const isOwnKey = (key) => key.startsWith(`${PREFIX}/review/`);

function reviewKey(review) {
  return `${PREFIX}/review/` + JSON.stringify([facts.rubric.id, review.submission, review.fingerprint, review.files]);
}

function decisionKey(decision) {
  return JSON.stringify([decision.kind, decision.facet, decision.row]);
}

// Decisions by key. What is kept may be of another version or from another hand, so it is read as carefully as a file.
function loadReview(review) {
  let raw = [];
  try {
    raw = JSON.parse(recall(reviewKey(review)) ?? "[]");
  } catch {
    raw = [];
  }
  const decisions = (Array.isArray(raw) ? raw : []).map(asDecision).filter(Boolean);
  return new Map(decisions.map((d) => [decisionKey(d), d]));
}

function saveReview(review, decisions) {
  keep(reviewKey(review), JSON.stringify([...decisions.values()]));
  dispatchEvent(new CustomEvent("mcscreen:kept", { detail: review }));
}

const isText = (value) => typeof value === "string";
const isCount = (value) => Number.isInteger(value) && value >= 0;
const isChoice = (value) => value === null || CHOICES.includes(value);

function asPassage(raw) {
  if (!raw || !isText(raw.document) || !isText(raw.quote) || !isCount(raw.start) || !isCount(raw.end) || raw.end < raw.start) return null;
  return { document: raw.document, start: raw.start, end: raw.end, quote: raw.quote };
}

function asDecision(raw) {
  const blind = raw?.blind_choice ?? null;
  const passages = Array.isArray(raw?.passages) ? raw.passages.map(asPassage) : [null];
  const fits =
    raw && ["facet", "citation"].includes(raw.kind) && (raw.facet === null || isText(raw.facet)) &&
    (raw.row === null || Number.isInteger(raw.row)) && isText(raw.finding) && isChoice(raw.choice ?? null) && isChoice(blind) &&
    passages.every(Boolean) && isText(raw.note) && isText(raw.time) && !Number.isNaN(Date.parse(raw.time));
  if (!fits) return null;
  return {
    kind: raw.kind, facet: raw.facet, row: raw.row, finding: raw.finding, choice: raw.choice ?? null,
    blind_choice: blind, passages, note: raw.note, time: raw.time,
  };
}

// How many of the items that count are decided.
function decided(decisions, optional) {
  let number = 0;
  for (const d of decisions.values()) if (d.choice && !(d.kind === "facet" && optional.has(d.facet))) number += 1;
  return number;
}

// Reviews with this rubric that are kept here and are not among those of this report: of submissions that it does not hold, or
// of the same ones as they were screened before.
function reviewsElsewhere(known) {
  const names = new Set(store.memory.keys());
  try {
    for (let n = 0; n < localStorage.length; n += 1) names.add(localStorage.key(n));
  } catch {
    // What this page has kept is all there is.
  }
  const here = new Set(known.map(reviewKey));
  const found = [];
  for (const name of names) {
    if (!isOwnKey(name) || here.has(name)) continue;
    try {
      const [rubric, submission, fingerprint, files] = JSON.parse(name.slice(`${PREFIX}/review/`.length));
      const review = { submission, fingerprint, files };
      if (rubric === facts.rubric.id && [submission, fingerprint, files].every(isText) && loadReview(review).size) found.push(review);
    } catch {
      // Not a key of ours.
    }
  }
  return found.sort((a, b) => (reviewKey(a) < reviewKey(b) ? -1 : 1));
}

function exportFile(reviews, name) {
  const content = {
    schema: 1,
    assessor: recall(settingKey("assessor")),
    rubric: facts.rubric,
    reviews: reviews.map(({ submission, fingerprint, files }) => ({
      submission, fingerprint, files, decisions: [...loadReview({ submission, fingerprint, files }).values()],
    })),
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1) + "\n"], { type: "application/json" }));
  link.download = `${name.replace(/[^\w.-]+/g, "-").slice(0, 60) || "decisions"}.decisions.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Merge a file into what is kept here: of two decisions on one thing the later one stays. Returns what to tell.
async function importFile(file, known) {
  let content;
  try {
    content = JSON.parse(await file.text());
  } catch {
    return `“${file.name}” is not JSON; nothing was imported.`;
  }
  if (content?.schema !== 1 || !Array.isArray(content.reviews)) return `“${file.name}” is no file of decisions; nothing was imported.`;
  if (content.rubric?.id !== facts.rubric.id) return `“${file.name}” is about another rubric; nothing was imported.`;
  const count = { taken: 0, older: 0, broken: 0, other: 0 };
  const here = new Set(known.map(reviewKey));
  for (const review of content.reviews) {
    if (!isText(review?.submission) || !isText(review.fingerprint) || !isText(review.files) || !Array.isArray(review.decisions)) {
      count.broken += 1;
      continue;
    }
    if (!here.has(reviewKey(review))) {
      count.other += 1;
      continue;
    }
    const decisions = loadReview(review);
    for (const raw of review.decisions) {
      const decision = asDecision(raw);
      if (!decision) {
        count.broken += 1;
        continue;
      }
      const before = decisions.get(decisionKey(decision));
      if (before && Date.parse(before.time) >= Date.parse(decision.time)) {
        count.older += 1;
        continue;
      }
      decisions.set(decisionKey(decision), decision);
      count.taken += 1;
    }
    saveReview(review, decisions);
  }
  const told = [`${count.taken} decisions imported`];
  if (count.older) told.push(`${count.older} kept as they are here, because these are not older`);
  if (count.other) told.push(`${count.other} reviews left out: they are of other submissions, files or settings than this report`);
  if (count.broken) told.push(`${count.broken} could not be read`);
  return told.join("; ") + ".";
}

// The field for the assessor's initials, and the buttons that both pages have.
function setUpFiles({ reviews, name, tell, changed }) {
  const assessor = document.getElementById("assessor");
  const picker = document.getElementById("file");
  assessor.value = recall(settingKey("assessor")) ?? "";
  assessor.addEventListener("input", () => keep(settingKey("assessor"), assessor.value.trim()));
  const wanted = document.getElementById("wanted");
  let waiting = null;
  const give = (reviews, name) => {
    const made = reviews.filter((review) => loadReview(review).size);
    if (!made.length) return tell("There is no decision to export yet.");
    if (!recall(settingKey("assessor"))) {
      const dialog = assessor.closest("dialog");
      if (dialog && !dialog.open) dialog.showModal();
      waiting = () => give(reviews, name);
      wanted.textContent = "Give your initials, then Enter: they go into the file.";
      return assessor.focus();
    }
    exportFile(made, name);
    tell(`Decisions on ${made.length} submission${made.length === 1 ? "" : "s"} exported; look among your downloads.`);
  };
  assessor.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !waiting || !assessor.value.trim()) return;
    event.preventDefault();
    assessor.closest("dialog")?.close();
    waiting();
    waiting = null;
    wanted.textContent = "";
  });
  document.getElementById("export").addEventListener("click", () => give(reviews(), name));
  document.getElementById("import").addEventListener("click", () => picker.click());
  picker.addEventListener("change", async () => {
    if (!picker.files.length) return;
    picker.closest("dialog")?.close();
    tell(await importFile(picker.files[0], reviews()));
    picker.value = "";
    changed();
  });
  addEventListener("storage", (event) => event.key && isOwnKey(event.key) && changed());
  return give;
}
