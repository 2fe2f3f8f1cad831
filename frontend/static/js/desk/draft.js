// What was entered and not yet submitted, kept in this browser until the ballot is answered; for
// other devices shared-draft.js keeps it on the server.

import { replace } from "./boxes.js";
import { find, form, settings } from "./dom.js";

const SAVED_EVERY = 5000; // the reading times, which no event tells of

// When the rater last changed it, the server's draft it goes on from, and whether the server has all.
let state = { at: 0, stamp: "", sent: true };

const key = () => {
  const { ballot, attempt } = find("#desk").dataset;
  return `ballot:${ballot}:${attempt}`;
};
const kept = (field) => field.name && (field.type !== "hidden" || "kept" in field.dataset);
const chosen = (field) => (field.type !== "radio" && field.type !== "checkbox") || field.checked;

function fields() {
  const found = {};
  for (const field of [...form().elements].filter((each) => kept(each) && each.value && chosen(each))) {
    (found[field.name] ??= []).push(field.value);
  }
  return found;
}

export function save(change = {}) {
  if (!form()) return;
  Object.assign(state, change);
  try {
    sessionStorage.setItem(key(), JSON.stringify({ ...state, fields: fields() }));
  } catch {
    // A full or forbidden store costs the draft, never the vote.
  }
}

// The rater entered something: the server is told as well.
export function changed() {
  save({ at: Date.now(), sent: false });
  shared((draft) => draft.sendSoon(own));
}

// Given, not imported: files that import each other cannot be named by their hashes.
const own = { current: () => state, fields, fill, isNewer, save };
const shared = (act) => import("./shared-draft.js").then(act, () => {});

// Times that outputs were in view never go back.
function fill(given) {
  replace(given.mark ?? []);
  for (const field of [...form().elements].filter((each) => kept(each) && each.name !== "mark")) {
    const values = given[field.name] ?? [];
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (field.name.startsWith("seen_")) field.value = Math.max(field.value, values[0] ?? 0) || "";
    else if (field.type !== "hidden" || values.length) field.value = values[0] ?? "";
  }
}

// With the server's stamp unchanged, what is here holds it all. Else another device has saved since:
// ages are compared, as clocks may differ.
function isNewer(local, server) {
  if (!server.stamp || server.stamp === local.stamp) return true;
  return !local.sent && Date.now() - local.at < server.age * 1000;
}

function restore(server) {
  const text = sessionStorage.getItem(key());
  const local = text && JSON.parse(text);
  state = { at: local?.at ?? 0, stamp: server.stamp, sent: true };
  if (!local) return;
  if (!isNewer(local, server)) return fill({ ...fields(), ...times(local.fields) });
  fill(local.fields);
  state.sent = local.sent;
  if (!local.sent) shared((draft) => draft.sendSoon(own));
}

const times = (given) => Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith("seen_")));

function dropOthers() {
  const current = find("#desk")?.dataset.ballot ? key() : "";
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("ballot:") && name !== current) sessionStorage.removeItem(name);
  }
}

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => { if (event.target.form?.id === "ballot-form") changed(); });
}
document.addEventListener("visibilitychange", () => {
  save();
  if (form()) shared((draft) => (document.hidden ? draft.sendNow(own) : draft.look(own)));
});
setInterval(() => save(), SAVED_EVERY);

export function start() {
  dropOthers();
  if (!form()) return;
  const problem = find("#answer-problem:not([hidden])");
  if (!problem) return restore(settings().draft);
  state = { at: Date.now(), stamp: settings().draft.stamp, sent: false };
}
