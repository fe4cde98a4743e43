"use strict";
// Added to a page when `mcscreen review` serves it: sends decisions to the server as they are made. What could not be sent
// stays in the browser, is told, and is sent when the server is there again. It uses what store.js has.
{
  const API = `/${location.pathname.split("/")[1]}/api`;
  const UNSENT = `${PREFIX}/unsent/`;
  const reviews = facts.rows ?? [facts];
  const AT_ONCE = 25;
  const SOON = 400;
  const link = { lost: false, running: null, again: false, pull: true, wait: 0, timer: 0, refused: new Map(), known: new Map() };

  const nameOf = ({ submission, fingerprint, files }) => JSON.stringify([submission, fingerprint, files]);
  const asReview = (name) => Object.fromEntries(["submission", "fingerprint", "files"].map((key, n) => [key, JSON.parse(name)[n]]));
  const says = (decision) => Boolean(decision.choice || decision.note || decision.blind_choice);
  const texts = (decisions) => new Map([...decisions].map(([key, decision]) => [key, JSON.stringify(decision)]));

  // What waits for the server: for each review, the latest of each item.
  function loadUnsent(name) {
    try {
      const raw = JSON.parse(recall(UNSENT + name) ?? "{}");
      return new Map(Object.values(raw).map(asDecision).filter(Boolean).map((d) => [decisionKey(d), d]));
    } catch {
      return new Map();
    }
  }

  const saveUnsent = (name, unsent) => keep(UNSENT + name, JSON.stringify(Object.fromEntries(unsent)));

  function waitingNames() {
    const names = new Set([...store.memory.keys()]);
    try {
      for (let n = 0; n < localStorage.length; n += 1) names.add(localStorage.key(n));
    } catch {
      // What this page has kept is all there is.
    }
    return [...names].filter((key) => key.startsWith(UNSENT)).map((key) => key.slice(UNSENT.length)).filter((name) => loadUnsent(name).size);
  }

  const isRefused = (name, decision) => link.refused.get(name + decisionKey(decision)) === decision.time;

  function waiting() {
    const all = waitingNames().flatMap((name) => [...loadUnsent(name).values()].map((decision) => [name, decision]));
    const refused = all.filter(([name, decision]) => isRefused(name, decision)).length;
    return { unsent: all.length - refused, refused };
  }

  function remember(review) {
    link.known.set(nameOf(review), texts(loadReview(review)));
  }

  // What has changed on this page since it last looked, goes into the queue; what is gone, as an empty decision.
  function changed(review) {
    const name = nameOf(review);
    const before = link.known.get(name) ?? new Map();
    const unsent = loadUnsent(name);
    const now = loadReview(review);
    for (const [key, decision] of now) if (before.get(key) !== JSON.stringify(decision)) unsent.set(key, decision);
    for (const [key, text] of before) {
      if (!now.has(key)) unsent.set(key, { ...JSON.parse(text), choice: null, blind_choice: null, passages: [], note: "", time: new Date().toISOString() });
    }
    saveUnsent(name, unsent);
    remember(review);
    showState();
    if (!link.lost) workIn(SOON);
  }

  // The server's word counts for everything that is not waiting to be sent; what it does not have is sent to it.
  function takeUp(review, theirs, whole) {
    const name = nameOf(review);
    const unsent = loadUnsent(name);
    const local = loadReview(review);
    const before = JSON.stringify([...local.values()]);
    const had = new Set(theirs.map(decisionKey));
    for (const decision of theirs.map(asDecision).filter(Boolean)) {
      const key = decisionKey(decision);
      if (unsent.has(key)) continue;
      if (says(decision)) local.set(key, decision);
      else local.delete(key);
    }
    if (whole) for (const [key, decision] of local) if (!had.has(key)) unsent.set(key, decision);
    saveUnsent(name, unsent);
    const after = JSON.stringify([...local.values()]);
    if (after !== before) keep(reviewKey(review), after);
    remember(review);
    // The page takes it up as it does what another tab has changed.
    if (after !== before) dispatchEvent(new StorageEvent("storage", { key: reviewKey(review) }));
  }

  async function ask(path, { method = "GET", content, leaving = false } = {}) {
    const body = content && JSON.stringify(content);
    const response = await fetch(`${API}/${path}`, {
      method,
      body,
      headers: body ? { "Content-Type": "application/json" } : {},
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      // A browser lets a page that goes away send no more than this.
      keepalive: leaving && (body ?? "").length < 60_000,
      signal: AbortSignal.timeout(20_000),
    });
    const told = (response.headers.get("Content-Type") ?? "").startsWith("application/json") ? await response.json() : null;
    if (response.ok && told) return { told };
    if ([400, 409, 413].includes(response.status)) return { refused: true, told };
    throw new Error(`status ${response.status}`);
  }

  async function send(name, batch, leaving) {
    const { told, refused } = await ask("decisions", { method: "PUT", content: { ...asReview(name), decisions: batch }, leaving });
    if (refused && batch.length > 1) {
      const half = batch.length >> 1;
      await send(name, batch.slice(0, half), leaving);
      return send(name, batch.slice(half), leaving);
    }
    if (refused) return link.refused.set(name + decisionKey(batch[0]), batch[0].time);
    const unsent = loadUnsent(name);
    for (const decision of batch) {
      const key = decisionKey(decision);
      if (unsent.get(key)?.time === decision.time) unsent.delete(key);
    }
    saveUnsent(name, unsent);
    takeUp(asReview(name), told.decisions, false);
    stand(told);
  }

  async function push(leaving) {
    for (const name of waitingNames()) {
      const open = [...loadUnsent(name).values()].filter((decision) => !isRefused(name, decision));
      for (let n = 0; n < open.length; n += AT_ONCE) await send(name, open.slice(n, n + AT_ONCE), leaving);
    }
  }

  async function pull() {
    const { told } = await ask(facts.rows ? "decisions" : `decisions?${new URLSearchParams(asReview(nameOf(facts)))}`);
    if (!told?.reviews) return;
    const theirs = new Map(told.reviews.map((review) => [nameOf(review), review]));
    for (const review of reviews) takeUp(review, theirs.get(nameOf(review))?.decisions ?? [], true);
    told.reviews.forEach(stand);
  }

  // One exchange at a time: an answer is never older than what was sent before it.
  function work(leaving = false) {
    clearTimeout(link.timer);
    link.again = true;
    link.running ??= exchange(leaving);
    return link.running;
  }

  async function exchange(leaving) {
    try {
      while (link.again) {
        link.again = false;
        if (link.pull || link.lost) await pull();
        link.pull = false;
        await push(leaving);
        connection(true);
      }
    } catch {
      connection(false);
    }
    link.running = null;
    showState();
    if (link.lost) workIn(link.wait);
  }

  function workIn(milliseconds) {
    clearTimeout(link.timer);
    link.timer = setTimeout(work, milliseconds);
  }

  function catchUp() {
    link.pull = true;
    return work();
  }

  function connection(there) {
    link.wait = there ? 0 : Math.min(20_000, (link.wait || 500) * 2);
    if (there !== link.lost) return;
    link.lost = !there;
    tell(there ? "The server is there again." : "The server does not answer. Go on: what you decide stays in this browser until it does.");
  }

  // What the page shows of it.
  const state = document.createElement("span");
  state.id = "server";
  const ready = document.createElement("button");
  ready.type = "button";
  ready.id = "ready";
  ready.hidden = true;
  const compare = document.createElement("button");
  compare.type = "button";
  compare.id = "compare";
  compare.textContent = "Compare";
  compare.hidden = true;
  document.querySelector(".review").append(" ", state, ...(facts.rows ? [] : [" ", ready, " ", compare]));

  function showState() {
    const { unsent, refused } = waiting();
    const parts = [];
    if (unsent && link.lost) parts.push(`${unsent} not saved to the server yet`);
    else if (link.lost) parts.push("no connection to the server");
    else if (unsent) parts.push("saving …");
    if (refused) parts.push(`${refused} not accepted by the server: export your decisions`);
    state.textContent = parts.join("; ") || "saved on the server";
    state.dataset.unsent = String(unsent + refused);
    state.className = link.lost || refused ? "lost" : "quiet";
  }

  function stand(standing) {
    if (facts.rows || nameOf(standing) !== nameOf(facts)) return;
    const { done, others, waiting: open } = standing;
    const together = done && open.length < others.length;
    ready.hidden = !others.length;
    ready.disabled = together;
    ready.setAttribute("aria-pressed", String(done));
    ready.textContent = done ? "Done" : "I am done";
    ready.title = open.length ? `Not done yet: ${open.join(", ")}` : "";
    compare.hidden = !together;
  }

  function element(tag, words) {
    const made = document.createElement(tag);
    made.dir = "auto";
    made.textContent = words;
    return made;
  }

  // One assessor's decision as a cell: the choice, then the passages that it rests on, then the note.
  function compared(decision) {
    const cell = document.createElement("td");
    cell.append(element("b", decision?.choice ? WORDS[decision.kind][decision.choice] : "not decided"));
    for (const passage of decision?.passages ?? []) {
      const quote = element("p", `“${passage.quote}”`);
      quote.className = "own-words";
      cell.append(quote);
    }
    if (decision?.note) cell.append(element("p", `Note: ${decision.note}`));
    return cell;
  }

  ready.addEventListener("click", async () => {
    await work();
    if (link.lost || waiting().unsent) return tell("Not everything is saved on the server yet; try again when it is.");
    try {
      const done = ready.getAttribute("aria-pressed") !== "true";
      const { told } = await ask("done", { method: "POST", content: { ...asReview(nameOf(facts)), done } });
      if (!told?.others) return tell("The server does not know this page any more; load it again.");
      stand(told);
      tell(!told.done ? "Not done any more." : compare.hidden ? `Done. Not done yet: ${told.waiting.join(", ")}.` : "Done. You can compare now.");
    } catch {
      connection(false);
      showState();
      workIn(link.wait);
    }
  });

  compare.addEventListener("click", async () => {
    let found;
    try {
      found = (await ask(`others?${new URLSearchParams(asReview(nameOf(facts)))}`)).told;
    } catch {
      return tell("The server does not answer.");
    }
    if (!found?.others) return tell("There is nothing to compare yet.");
    const dialog = document.createElement("dialog");
    dialog.className = "compared";
    dialog.setAttribute("aria-labelledby", "compared");
    const table = document.createElement("table");
    const names = Object.keys(found.others);
    const head = table.createTHead().insertRow();
    for (const name of ["Ask or citation", "You", ...names]) {
      const cell = element("th", name);
      cell.scope = "col";
      head.append(cell);
    }
    const theirs = names.map((name) => new Map(found.others[name].map((d) => [decisionKey(d), d])));
    const body = table.createTBody();
    for (const item of items) {
      const all = [decisionOf(item), ...theirs.map((own) => own.get(decisionKey(item)))];
      if (!all.some(Boolean)) continue;
      const row = body.insertRow();
      row.className = new Set(all.map((d) => d?.choice ?? "")).size > 1 ? "differs" : "";
      row.append(element("td", item.label), ...all.map(compared));
    }
    const differ = body.querySelectorAll(".differs").length;
    const title = element("h2", differ ? `You differ on ${differ} of ${body.rows.length}` : "You chose the same throughout");
    title.id = "compared";
    const label = document.createElement("label");
    const only = document.createElement("input");
    only.type = "checkbox";
    only.checked = differ > 0;
    const show = () => [...body.rows].forEach((row) => (row.hidden = only.checked && row.className !== "differs"));
    only.addEventListener("change", show);
    label.append(only, " differences only");
    show();
    const shut = element("button", "Close");
    shut.type = "button";
    shut.addEventListener("click", () => dialog.close());
    const buttons = document.createElement("p");
    buttons.className = "buttons";
    buttons.append(...(differ ? [label] : []), shut);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.append(title, buttons, table);
    document.body.append(dialog);
    dialog.showModal();
  });

  const assessor = document.querySelector('meta[name="mcscreen-assessor"]').content;
  keep(settingKey("assessor"), assessor);
  const field = document.getElementById("assessor");
  field.value = assessor;
  field.readOnly = true;
  const where = document.getElementById("where-kept");
  if (where) where.textContent = "Decisions are saved on the server that this page came from, on this computer.";

  for (const review of reviews) remember(review);
  addEventListener("mcscreen:kept", (event) => changed(event.detail));
  addEventListener("storage", (event) => {
    if (event.key && isOwnKey(event.key)) for (const review of reviews) if (reviewKey(review) === event.key) remember(review);
    if (event.key?.startsWith(UNSENT)) showState();
  });
  addEventListener("online", catchUp);
  addEventListener("pageshow", (event) => event.persisted && catchUp());
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? work(true) : catchUp()));
  addEventListener("beforeunload", (event) => {
    if (!store.keeps && waiting().unsent) event.preventDefault();
  });
  showState();
  catchUp();
}
