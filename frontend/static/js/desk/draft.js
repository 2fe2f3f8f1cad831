// What was entered and not yet submitted, kept in this browser until the ballot is answered.

import { replace } from "./boxes.js";
import { find, form } from "./dom.js";

const SAVED_EVERY = 5000; // the reading times, which no event tells of

const key = () => {
  const { ballot, attempt } = find("#desk").dataset;
  return `ballot:${ballot}:${attempt}`;
};
const kept = (field) => field.name && (field.type !== "hidden" || "kept" in field.dataset);

export function save() {
  if (!form()) return;
  const draft = [...form().elements].filter(kept).map((field) => [field.name, field.value, field.checked ?? null]);
  try {
    sessionStorage.setItem(key(), JSON.stringify(draft));
  } catch {
    // A full or forbidden store costs the draft, never the vote.
  }
}

function restore() {
  const text = sessionStorage.getItem(key());
  if (!text) return;
  const draft = JSON.parse(text);
  const marks = draft.filter(([name, , ticked]) => name === "mark" && ticked).map(([, value]) => value);
  replace(marks);
  for (const [name, value, checked] of draft) {
    for (const field of form().elements) {
      if (field.name !== name || name === "mark" || !kept(field)) continue;
      if (field.type !== "radio" && field.type !== "checkbox") field.value = value;
      else if (field.value === value) field.checked = checked;
    }
  }
}

function dropOthers() {
  const current = find("#desk")?.dataset.ballot ? key() : "";
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("ballot:") && name !== current) sessionStorage.removeItem(name);
  }
}

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => { if (event.target.form?.id === "ballot-form") save(); });
}
document.addEventListener("visibilitychange", save);
setInterval(save, SAVED_EVERY);

export function start() {
  dropOthers();
  if (form() && !find("#answer-problem:not([hidden])")) restore();
}
