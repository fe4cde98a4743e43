// Which asks and citations are shown: by their words, and by what was found or decided.

const ONLY = {
  "": () => true,
  undecided: (item) => !decisionOf(item)?.choice,
  decided: (item) => Boolean(decisionOf(item)),
  check: (item) => item.kind === "citation" && item.finding !== "ok",
};

const isOnly = (only) => ONLY[only] ?? ((item) => item.kind === "facet" && item.finding === only);

// What is decided stays in sight until one asks anew: a list that shrinks under one's hands is hard to work down.
function sift() {
  const words = fold($("ask").value).split(/\s+/).filter(Boolean);
  const fits = isOnly($("only").value);
  let shown = 0;
  for (const item of items) {
    item.needle ??= fold(`${item.label} ${item.head.textContent}`);
    item.node.hidden = !(words.every((word) => item.needle.includes(word)) && fits(item));
    shown += item.node.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll(".rubric > section, .part, .criterion")) {
    if (group.querySelector(".item")) group.hidden = !group.querySelector(".item:not([hidden])");
  }
  $("sifted").textContent = shown === items.length ? "" : `${shown} of ${items.length}`;
  $("all").hidden = shown === items.length && !words.length && !$("only").value;
  if (state.item?.node.hidden) close(state.item);
  for (const button of document.querySelectorAll(".count")) button.setAttribute("aria-pressed", String(button.dataset.only === $("only").value));
}

function showAll() {
  $("ask").value = "";
  $("only").value = "";
  sift();
}

const firstShown = () => items.find((item) => !item.node.hidden);

function toShown() {
  const first = firstShown();
  show("rubric");
  if (first) bringIntoView(first.node.closest(".criterion") ?? first.node, "start");
}

function setUpAsks() {
  $("ask").addEventListener("input", () => (sift(), toShown()));
  $("ask").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && firstShown()) {
      event.preventDefault(); // or the key goes on to the button that is focused now, and closes it again
      open(firstShown());
    } else if (event.key === "Escape") showAll();
  });
  $("only").addEventListener("input", () => (sift(), toShown()));
  $("all").addEventListener("click", () => (showAll(), (state.item?.head ?? $("ask")).focus()));
  for (const count of document.querySelectorAll(".glance [data-only]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "count";
    button.dataset.only = count.dataset.only;
    button.append(...count.childNodes);
    count.replaceWith(button);
    button.addEventListener("click", () => {
      $("ask").value = "";
      $("only").value = $("only").value === button.dataset.only ? "" : button.dataset.only;
      sift();
      toShown();
    });
  }
  // Paper that leaves asks out would look as if it held them all.
  addEventListener("beforeprint", showAll);
  sift();
}
