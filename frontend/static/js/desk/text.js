// The text of an element as a reader sees it, with the way back from characters to places: for
// marking errors and for finding words. Folded parts count, so that offsets do not depend on them.

const LEFT_OUT = "script, style, template, svg, canvas, button, select, [data-unmarked]";

export function readText(root) {
  const pieces = [];
  const blocks = new Map();
  let text = "";
  let before = null;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, {
    acceptNode: (node) => (leftOut(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT),
  });
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeName === "BR") text += "\n";
    if (node.nodeType !== Node.TEXT_NODE || isLayout(node)) continue;
    const block = blockOf(node.parentElement, root, blocks);
    if (before && block !== before && !text.endsWith("\n")) text += "\n";
    before = block;
    pieces.push({ node, start: text.length });
    text += node.data;
  }
  return { text, pieces };
}

function leftOut(node) {
  return node.nodeType === Node.ELEMENT_NODE && (node.matches(LEFT_OUT) || getComputedStyle(node).userSelect === "none");
}

// Line breaks and indentation of the markup itself.
function isLayout(node) {
  return /^\s*\n\s*$/.test(node.data) && !getComputedStyle(node.parentElement).whiteSpace.startsWith("pre");
}

function blockOf(element, root, known) {
  if (element === root) return root;
  if (!known.has(element)) {
    const inline = /^(inline|contents)/.test(getComputedStyle(element).display);
    known.set(element, inline ? blockOf(element.parentElement, root, known) : element);
  }
  return known.get(element);
}

export function rangeOf(read, start, end) {
  const range = document.createRange();
  range.setStart(...placeAt(read, start));
  range.setEnd(...placeAt(read, end, true));
  return range;
}

// An end belongs to the piece before it, a start to the piece after it.
function placeAt({ pieces }, offset, isEnd = false) {
  let piece = pieces[0];
  for (const next of pieces) {
    if (isEnd ? next.start >= offset : next.start > offset) break;
    piece = next;
  }
  return [piece.node, Math.min(offset - piece.start, piece.node.length)];
}

// The characters a selection covers, without blanks at its ends; null if there are none.
export function offsetsOf(read, range) {
  const touched = read.pieces.filter(({ node }) => range.intersectsNode(node));
  if (!touched.length) return null;
  const [first, last] = [touched[0], touched.at(-1)];
  const start = first.start + (range.startContainer === first.node ? range.startOffset : 0);
  const end = last.start + (range.endContainer === last.node ? range.endOffset : last.node.length);
  const chosen = read.text.slice(start, end);
  const trimmed = chosen.trim();
  if (!trimmed) return null;
  const begin = start + chosen.indexOf(trimmed);
  return { start: begin, end: begin + trimmed.length };
}

// JavaScript counts halves of surrogate pairs, the server characters.
export const asCharacters = (text, offset) => [...text.slice(0, offset)].length;
export const asUnits = (text, characters) => [...text].slice(0, characters).join("").length;

// Shown without touching the markup. Where a browser cannot, the list below the pane says it all.
export function paint(name, ranges) {
  if (!globalThis.CSS?.highlights) return;
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}

// Scrolls the pane, and the page where the pane itself is out of view.
export function reveal(range) {
  const element = range.startContainer.parentElement;
  for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  const pane = element.closest(".pane__body, .case__body");
  const box = range.getBoundingClientRect();
  const view = pane.getBoundingClientRect();
  if (box.top < view.top || box.bottom > view.bottom) pane.scrollTop += box.top - view.top - view.height / 3;
  pane.closest(".pane, .case").scrollIntoView({ block: "nearest", inline: "nearest" });
}
