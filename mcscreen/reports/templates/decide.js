// Decisions on one page: what is kept for each item, and how an item shows it.

const items = facts.items.map((fact, number) => ({ ...fact, number, node: document.getElementById(fact.anchor), passage: 0, panel: null }));
const optional = new Set(facts.items.filter((item) => !item.counts).map((item) => item.facet));
const WORDS = {
  facet: { agree: "agreed", other_passage: "addressed", not_addressed: "not addressed" },
  citation: { agree: "agreed", other_passage: "shown", not_addressed: "not shown" },
};
let decisions = loadReview(facts);

const decisionOf = (item) => decisions.get(decisionKey(item));
const isFolded = (item) => item.node.classList.contains("folded");

function change(item, values) {
  const before = decisionOf(item);
  const { kind, facet, row, finding } = item;
  const after = { choice: null, blind_choice: null, passages: [], note: "", ...before, kind, facet, row, finding, ...values };
  if (values.choice && isFolded(item)) after.blind_choice = values.choice;
  after.time = new Date().toISOString();
  if (after.choice || after.note || after.blind_choice) decisions.set(decisionKey(item), after);
  else decisions.delete(decisionKey(item));
  saveReview(facts, decisions);
  showDecision(item);
  showProgress();
}

// Take up what another tab or a file has brought.
function reload() {
  decisions = loadReview(facts);
  items.forEach(showDecision);
  showProgress();
}

function panelOf(item) {
  if (item.panel) return item.panel;
  const panel = document.getElementById("deciding").content.firstElementChild.cloneNode(true);
  item.panel = panel;
  panel.setAttribute("aria-label", `Your decision on ${item.label}`);
  const note = panel.querySelector("textarea");
  note.value = decisionOf(item)?.note ?? "";
  note.addEventListener("input", () => change(item, { note: note.value }));
  for (const button of panel.querySelectorAll("[data-choice]")) button.addEventListener("click", () => decide(item, button.dataset.choice));
  panel.querySelector(".unfold").addEventListener("click", () => unfold(item));
  item.node.querySelector(".item-body").append(panel);
  showDecision(item);
  return panel;
}

function choiceWords(item, choice) {
  const citation = item.kind === "citation";
  if (choice === "agree") return `Agree: ${item.said}`;
  if (choice === "not_addressed") return citation ? "Not shown there" : "Not addressed";
  if (isFolded(item) || item.finding !== "covered") return citation ? "Shown here: select" : "Addressed here: select";
  return "Another passage";
}

function showDecision(item) {
  const decision = decisionOf(item);
  if (facts.blind && (decision?.choice || decision?.blind_choice)) item.node.classList.remove("folded");
  const chip = item.node.querySelector(".decided");
  chip.textContent = decision?.choice ? WORDS[item.kind][decision.choice] : decision?.note ? "note" : "";
  chip.dataset.choice = decision?.choice ?? "";
  if (!item.panel) return;
  for (const button of item.panel.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", String(decision?.choice === button.dataset.choice));
    button.querySelector("span").textContent = choiceWords(item, button.dataset.choice);
    button.hidden = button.dataset.choice === "agree" && isFolded(item);
    if (button.dataset.choice === "other_passage") button.disabled = !reading;
  }
  item.panel.querySelector(".unfold").hidden = !isFolded(item);
  const note = item.panel.querySelector("textarea");
  if (note !== document.activeElement) note.value = decision?.note ?? "";
  const chosen = decision?.choice === "other_passage" ? decision.passages : [];
  item.panel.querySelector(".chosen").replaceChildren(...chosen.map((passage) => chosenLine(item, passage)));
}

function chosenLine(item, passage) {
  const line = document.createElement("li");
  const quote = document.createElement("blockquote");
  quote.dir = "auto";
  quote.textContent = passage.quote;
  const show = document.createElement("button");
  show.type = "button";
  show.textContent = `Show in ${passage.document}`;
  show.addEventListener("click", () => showChosen(passage));
  const drop = document.createElement("button");
  drop.type = "button";
  drop.textContent = "Remove";
  drop.addEventListener("click", () => {
    const rest = decisionOf(item).passages.filter((p) => p.start !== passage.start || p.document !== passage.document);
    change(item, rest.length ? { passages: rest } : { passages: [], choice: null });
    item.panel.querySelector('[data-choice="other_passage"]').focus();
  });
  line.append(quote, show, " ", drop);
  return line;
}

function showChosen(passage) {
  const range = rangeOf(passage);
  if (!range) return;
  show("text");
  bringIntoView(range.startContainer.parentElement);
}

// The item's own passages in the text, where the browser can light up a stretch without pieces.
function lightChosen(item) {
  const own = item && decisionOf(item)?.choice === "other_passage" ? decisionOf(item).passages : [];
  highlight("chosen", own.map(rangeOf).filter(Boolean));
}

function unfold(item) {
  item.node.classList.remove("folded");
  showDecision(item);
  showPassage(item);
  item.head.focus();
}

function showProgress() {
  const total = items.filter((item) => item.counts).length;
  const number = decided(decisions, optional);
  const bar = document.getElementById("done");
  bar.max = Math.max(total, 1);
  bar.value = number;
  document.getElementById("done-words").textContent = `${number} of ${total} decided`;
  document.getElementById("kept").textContent = store.keeps ? "" : "This browser keeps nothing for this page: export before you close it.";
  document.querySelector(".desk").classList.toggle("blind", facts.blind && items.some(isFolded));
}
