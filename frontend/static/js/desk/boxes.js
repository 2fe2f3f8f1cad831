// The marks of a ballot as the form holds them: a ticked box below its pane, so that a mark goes with
// the vote as any other field does; unticking it takes it out. The box's value is the mark as JSON.

import { all, find, word } from "./dom.js";

export const boxes = () => all(".marks input");
export const ticked = () => boxes().filter((box) => box.checked).map((box) => JSON.parse(box.value));

// What an output lacks has no place in it.
export const isMissing = ({ region, start }) => !region && start === undefined;

export function item(value) {
  const mark = JSON.parse(value);
  const row = find("#mark-item").content.cloneNode(true);
  Object.assign(find("input", row), { value, checked: true });
  tell(find(".mark__place", row), mark);
  const type = find(`#mark-form [value="${CSS.escape(mark.error_type)}"]`)?.closest("label").textContent.trim();
  find(".mark__said", row).textContent = [type, mark.significant && word("significant"), !isMissing(mark) && mark.note].filter(Boolean).join(" · ");
  if (isMissing(mark)) find(".mark__show", row).remove();
  find(`#marks-${mark.side}`).append(row);
}

// Words are quoted; only what tells regions knows of millimetres.
function tell(node, mark) {
  if (mark.region) import("./places.js").then(({ describe }) => { node.textContent = describe(mark); });
  else node.textContent = isMissing(mark) ? word("mark_missing", mark) : `“${mark.quote}”`;
}

// Marks of a draft, in place of those the page came with.
export function replace(values) {
  for (const row of all(".marks li")) row.remove();
  values.forEach(item);
  list();
}

export function list() {
  for (const marks of all(".marks")) marks.hidden = !marks.children.length;
}
