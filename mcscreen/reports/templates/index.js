// The batch: sort, filter, search, and how far the review is.

const $ = (id) => document.getElementById(id);
const body = document.querySelector(".batch tbody");
const rows = [...body.rows].map((node) => ({
  node,
  review: facts.rows[Number(node.dataset.row)],
  link: node.querySelector("a"),
  name: node.querySelector("a").textContent,
  needle: node.textContent.toLowerCase(),
  completion: node.dataset.status,
  numbers: Object.fromEntries([...node.querySelectorAll("td")].flatMap((cell) => Object.entries(cell.dataset).filter(([key]) => key !== "label").map(([key, value]) => [key, Number(value)]))),
}));
const order = { ready: 0, return: 1, unreadable: 2 };
const view = { key: "", down: false };
const named = new Intl.Collator(undefined, { numeric: true });

const tell = (message) => ($("told").textContent = message);

function showProgress() {
  let done = 0;
  for (const row of rows) {
    const decisions = loadReview(row.review);
    row.done = decided(decisions, new Set(row.review.optional));
    row.begun = decisions.size > 0;
    row.finished = row.review.total > 0 && row.done >= row.review.total;
    done += row.finished ? 1 : 0;
    row.numbers.done = row.done;
    const cell = row.node.querySelector(".decided");
    cell.textContent = `${row.finished ? "✓ " : ""}${row.done} of ${row.review.total}`;
    cell.classList.toggle("finished", row.finished);
    row.cell = cell;
  }
  showElsewhere();
  $("done").value = done;
  $("done-words").textContent = `${done} of ${rows.length} reviewed`;
}

// What was decided on other files or settings stays what it was; it is told here, because no page shows it.
function showElsewhere() {
  const found = reviewsElsewhere(rows.map((row) => row.review));
  for (const row of rows) {
    const before = found.filter((review) => review.submission === row.review.submission);
    if (!before.length) continue;
    const line = document.createElement("span");
    line.className = "under";
    line.textContent = `${before.reduce((sum, review) => sum + loadReview(review).size, 0)} on an earlier screening`;
    row.cell.append(line);
  }
  const others = new Set(found.map((review) => review.submission)).size;
  $("elsewhere").hidden = !others;
  $("elsewhere-words").textContent =
    `This browser also keeps decisions on ${others} submission${others === 1 ? "" : "s"} with this rubric that this report does not hold, or not with these files and settings.`;
}

const value = (row) => (view.key === "completion" ? order[row.completion] : view.key === "name" ? 0 : row.numbers[view.key] ?? 0);

function sort() {
  const sign = view.down ? -1 : 1;
  const sorted = view.key ? [...rows].sort((a, b) => sign * (value(a) - value(b) || (view.key === "name" ? named.compare(a.name, b.name) : 0)) || a.node.dataset.row - b.node.dataset.row) : rows;
  body.append(...sorted.map((row) => row.node));
  for (const head of document.querySelectorAll("[data-key]")) {
    if (head.dataset.key === view.key) head.setAttribute("aria-sort", view.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
}

function filter() {
  const words = $("find").value.trim().toLowerCase();
  const [completion, review, with_] = ["by-completion", "by-review", "by-open"].map((id) => $(id).value);
  let shown = 0;
  let next = null;
  for (const row of rows) {
    const fits =
      (!words || row.needle.includes(words)) &&
      (!completion || row.completion === completion) &&
      (!review || review === (row.finished ? "done" : row.begun ? "some" : "none")) &&
      (!with_ || row.numbers[with_] > 0);
    row.node.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  for (const node of body.rows) {
    const row = rows[Number(node.dataset.row)];
    if (!node.hidden && !row.finished) {
      next = row;
      break;
    }
  }
  $("shown").textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
  $("go-on").hidden = !next;
  if (next) {
    $("go-on").href = next.link.getAttribute("href");
    $("go-on").textContent = `Go on with ${next.name}`;
  }
  remember();
}

// Coming back from a submission, the table is as one left it.
const memo = `${PREFIX}/index/${facts.rubric.id}`;
function remember() {
  const values = Object.fromEntries(["find", "by-completion", "by-review", "by-open"].map((id) => [id, $(id).value]));
  try {
    sessionStorage.setItem(memo, JSON.stringify({ values, view }));
  } catch {
    // A browser that keeps nothing shows the whole table again.
  }
}

function recallView() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(memo) ?? "{}");
    for (const [id, value] of Object.entries(kept.values ?? {})) if ($(id)) $(id).value = String(value);
    if (document.querySelector(`[data-key="${CSS.escape(String(kept.view?.key ?? ""))}"]`)) Object.assign(view, { key: kept.view.key, down: kept.view.down === true });
  } catch {
    // As above.
  }
}

for (const head of document.querySelectorAll("[data-key]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sort";
  button.append(...head.querySelector(".sort").childNodes);
  head.querySelector(".sort").replaceWith(button);
  button.addEventListener("click", () => {
    const first = head.classList.contains("number");
    view.down = view.key === head.dataset.key ? !view.down : first;
    view.key = head.dataset.key;
    sort();
    filter();
  });
}
for (const id of ["find", "by-completion", "by-review", "by-open"]) $(id).addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || recall(settingKey("single")) === "no" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  $("find").focus();
});

function refresh() {
  showProgress();
  if (view.key) sort();
  filter();
}

const give = setUpFiles({ reviews: () => rows.map((row) => row.review), name: facts.rubric.id, tell, changed: refresh });
$("export-elsewhere").addEventListener("click", () => give(reviewsElsewhere(rows.map((row) => row.review)), `${facts.rubric.id}-earlier`));
addEventListener("pageshow", (event) => event.persisted && refresh());
recallView();
refresh();
