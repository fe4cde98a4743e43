// The text side: passages lit up by their numbers, the candidate's text selected and told in the document's offsets, search.
// Offsets are Unicode code points, as in the library; a string's own positions here are UTF-16 units.

const reading = document.getElementById("reading");
const text = {
  pieces: new Map(), // number of a passage -> its pieces, in order
  sentences: null,
  lastRange: null,
};

const length = (string) => [...string].length;

function setUpText() {
  for (const piece of document.querySelectorAll("[data-m]")) {
    for (const number of piece.dataset.m.split(" ")) {
      if (!text.pieces.has(number)) text.pieces.set(number, []);
      text.pieces.get(number).push(piece);
    }
  }
  setColumns();
}

// Rows of a table one below another get the same columns, wide where much is written.
function setColumns() {
  let table = [];
  const finish = () => {
    const count = table[0]?.children.length ?? 0;
    if (!count || count > 8) return;
    const columns = Array.from({ length: count }, (_, n) => {
      const cells = table.map((row) => row.children[n].textContent);
      const word = Math.max(...cells.flatMap((cell) => cell.split(/\s+/)).map((part) => part.length));
      const mean = cells.reduce((sum, cell) => sum + cell.length, 0) / cells.length;
      return `minmax(${Math.min(word, 80 / count)}ch, ${Math.max(Math.sqrt(mean), 2).toFixed(1)}fr)`;
    });
    for (const row of table) row.style.setProperty("--columns", columns.join(" "));
  };
  for (const row of reading?.querySelectorAll(".cells") ?? []) {
    const last = table.at(-1);
    if (last && (row.previousElementSibling !== last || row.children.length !== last.children.length)) {
      finish();
      table = [];
    }
    table.push(row);
  }
  finish();
}

// Only the best passage of what was found is marked for good: every ask has its nearest passages, so marking those would mark
// nearly every sentence.
function markUsed(item) {
  if (!["covered", "thin", "ok"].includes(item.finding)) return;
  for (const piece of text.pieces.get(String(item.passages[0]?.mark)) ?? []) piece.classList.add("used");
}

// Bring something into view inside its pane (or the page, on a narrow screen) without moving the other pane.
// At once and not smoothly: one works faster, and two panes that scroll smoothly stop each other.
function bringIntoView(node, block = "center") {
  node?.scrollIntoView({ block, inline: "nearest", behavior: "instant" });
}

function lightUp(numbers, current) {
  for (const piece of document.querySelectorAll(".lit")) {
    piece.classList.remove("lit", "current");
    piece.removeAttribute("role");
  }
  for (const number of numbers) {
    for (const piece of text.pieces.get(String(number)) ?? []) {
      piece.classList.add("lit");
      piece.setAttribute("role", "mark");
      if (number === current) piece.classList.add("current");
    }
  }
  const first = current === null ? null : text.pieces.get(String(current))?.[0];
  if (first) bringIntoView(first);
}

const documentOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("article.document");

const LETTER = /[\p{L}\p{N}\p{M}’'_-]/u;

// A hand that selects with a mouse begins and ends within words; the words are meant.
function wholeWords(range) {
  const { startContainer: first, endContainer: last } = range;
  let [start, end] = [range.startOffset, range.endOffset];
  if (first.nodeType === Node.TEXT_NODE && LETTER.test(first.data[start] ?? "")) {
    while (start > 0 && LETTER.test(first.data[start - 1])) start -= 1;
    range.setStart(first, start);
  }
  if (last.nodeType === Node.TEXT_NODE && LETTER.test(last.data[end - 1] ?? "")) {
    while (end < last.length && LETTER.test(last.data[end])) end += 1;
    range.setEnd(last, end);
  }
  return range;
}

// The selected stretch as a passage of one document, or null.
function passageOf(range) {
  if (!reading || !range || range.collapsed) return null;
  const article = documentOf(range.startContainer) ?? documentOf(range.endContainer);
  if (!article || !reading.contains(article)) return null;
  const lines = [];
  let start = null;
  let end = null;
  for (const block of article.querySelectorAll(".block")) {
    if (!range.intersectsNode(block)) continue;
    let line = "";
    for (const piece of block.querySelectorAll("[data-s]")) {
      const node = piece.firstChild;
      if (!node || !range.intersectsNode(node)) continue;
      const from = node === range.startContainer ? range.startOffset : 0;
      const to = node === range.endContainer ? range.endOffset : node.length;
      const taken = node.data.slice(from, to);
      if (!taken) continue;
      const offset = Number(piece.dataset.s) + length(node.data.slice(0, from));
      start ??= offset;
      end = offset + length(taken);
      line += taken;
    }
    if (line) lines.push(line);
  }
  if (start === null) return null;
  const quote = lines.join("\n");
  const before = length(quote) - length(quote.trimStart());
  const after = length(quote) - length(quote.trimEnd());
  if (!quote.trim()) return null;
  return { document: article.dataset.name, start: start + before, end: end - after, quote: quote.trim() };
}

function rangeOf(passage) {
  const article = [...(reading?.querySelectorAll("article.document") ?? [])].find((a) => a.dataset.name === passage.document);
  if (!article) return null;
  const range = document.createRange();
  let begun = false;
  let ended = false;
  for (const piece of article.querySelectorAll("[data-s]")) {
    const node = piece.firstChild;
    if (!node) continue;
    const from = Number(piece.dataset.s);
    const characters = [...node.data];
    if (from + characters.length <= passage.start) continue;
    if (from >= passage.end) break;
    const at = (offset) => characters.slice(0, Math.max(0, offset - from)).join("").length;
    if (!begun) range.setStart(node, at(passage.start));
    begun = true;
    range.setEnd(node, at(Math.min(passage.end, from + characters.length)));
    ended = true;
  }
  return begun && ended ? range : null;
}

// Light up stretches that have no pieces of their own (chosen passages, hits), where the browser can.
function highlight(name, ranges) {
  if (!globalThis.CSS?.highlights) return;
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}

function selectRange(range) {
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  bringIntoView(range.startContainer.parentElement, "nearest");
}

// Selecting without a mouse: sentence by sentence, through all documents.
function sentenceRanges() {
  if (text.sentences) return text.sentences;
  const cutter = globalThis.Intl?.Segmenter ? new Intl.Segmenter(document.documentElement.lang, { granularity: "sentence" }) : null;
  text.sentences = [];
  for (const block of reading.querySelectorAll(".block")) {
    const whole = block.textContent;
    const stretches = cutter ? [...cutter.segment(whole)].map((s) => [s.index, s.index + s.segment.trimEnd().length]) : [[0, whole.length]];
    for (const [start, end] of stretches) {
      const range = rangeInBlock(block, start, end);
      if (range) text.sentences.push(range);
    }
  }
  return text.sentences;
}

function rangeInBlock(block, start, end) {
  const range = document.createRange();
  let position = 0;
  let begun = false;
  for (const { firstChild: node } of block.querySelectorAll("[data-s]")) {
    const after = position + node.length;
    if (!begun && start < after) {
      range.setStart(node, start - position);
      begun = true;
    }
    if (begun && end <= after) {
      range.setEnd(node, end - position);
      return range.collapsed ? null : range;
    }
    position = after;
  }
  return null;
}

// Numbers of the first and the last sentence that a range reaches into.
function sentencesOf(range) {
  const all = sentenceRanges();
  const first = all.findIndex((s) => s.compareBoundaryPoints(Range.START_TO_END, range) > 0);
  const last = all.findLastIndex((s) => s.compareBoundaryPoints(Range.END_TO_START, range) < 0);
  return [Math.max(first, 0), Math.max(last, first, 0)];
}

function search(words, step) {
  const blocks = [...document.querySelectorAll(reading ? "#reading .block" : ".item:not(.folded) blockquote")];
  const wanted = fold(words.trim());
  const hits = [];
  if (wanted.length > 1) {
    for (const block of blocks) {
      const whole = fold(block.textContent);
      for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + wanted.length)) {
        const range = reading ? rangeInBlock(block, at, at + wanted.length) : null;
        hits.push({ block, range });
      }
    }
  }
  highlight("hits", hits.map((h) => h.range).filter(Boolean));
  text.hit = hits.length ? ((text.hit ?? (step > 0 ? -1 : 0)) + step + hits.length) % hits.length : undefined;
  const hit = hits[text.hit];
  highlight("hit", hit?.range ? [hit.range] : []);
  if (hit) bringIntoView(hit.range?.startContainer.parentElement ?? hit.block);
  return wanted.length > 1 ? (hits.length ? `${text.hit + 1} of ${hits.length}` : "not in the text") : "";
}

// Letters without case or accents, one for one, so that positions stay what they are.
function fold(string) {
  return string.replace(/[^]/g, (c) => {
    const plain = c.normalize("NFD")[0].toLowerCase();
    return plain.length === 1 ? plain : c;
  });
}
