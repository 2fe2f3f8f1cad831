// The voting page beyond HTML: keys, linked scrolling, and a draft that survives a lost connection.
// Listens on the document, so that it goes on working when htmx brings the next ballot.

const find = (selector) => document.querySelector(selector);
const form = () => find("#ballot-form");
const shortcutsOff = () => document.body.dataset.shortcuts === "off";

// Keys ------------------------------------------------------------------------------------------
const keys = {
  s: () => find("#skip-dialog")?.showPopover(),
  u: () => find("#undo-form")?.requestSubmit(),
  f: () => find("[data-flag=left]")?.click(),
  g: () => find("[data-flag=right]")?.click(),
  n: () => find("#ballot-form textarea")?.focus(),
  x: () => choose("0"),
};

function choose(key) {
  const row = document.activeElement?.closest?.(".steps-row") ?? nextRow();
  const radio = row?.querySelector(`[data-key="${key}"]`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  const open = [...document.querySelectorAll(".steps-row")].find((other) => !other.querySelector(":checked"));
  (open?.querySelector("input") ?? radio).focus();
}

// The first criterion without an answer; when all have one, the first.
function nextRow() {
  const rows = [...document.querySelectorAll(".steps-row")];
  return rows.find((row) => !row.querySelector(":checked")) ?? rows[0];
}

function typing(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !form() || find(":popover-open")) return;
  if (event.key === "Enter") return submitByEnter(event);
  if (shortcutsOff() || typing(event.target)) return;
  const act = keys[event.key] ?? (/^[0-5]$/.test(event.key) ? () => choose(event.key) : null);
  if (!act) return;
  event.preventDefault();
  act();
});

function submitByEnter(event) {
  const elsewhere = event.target.closest?.("a, button, summary, textarea, select");
  if (elsewhere || event.repeat || (typing(event.target) && event.target.form !== form())) return;
  event.preventDefault();
  form().requestSubmit(find("#submit-vote"));
}

// Linked scrolling ------------------------------------------------------------------------------
// By share of the way, since the two texts differ in length. Only the pane the reader moves leads.
let leader = null;
for (const type of ["pointerdown", "wheel", "keydown", "focusin"]) {
  document.addEventListener(type, (event) => { leader = event.target.closest?.(".pane__body") ?? leader; }, { passive: true, capture: true });
}
document.addEventListener("scroll", (event) => {
  if (event.target !== leader || !find("#link-scroll")?.checked) return;
  const way = leader.scrollHeight - leader.clientHeight;
  for (const pane of document.querySelectorAll(".pane__body")) {
    if (pane !== leader && way > 0) pane.scrollTop = (leader.scrollTop / way) * (pane.scrollHeight - pane.clientHeight);
  }
}, true);

// Draft -----------------------------------------------------------------------------------------
const draftKey = () => {
  const { ballot, attempt } = find("#desk").dataset;
  return `ballot:${ballot}:${attempt}`;
};
const kept = (field) => field.name && field.type !== "hidden";

function saveDraft() {
  const draft = [...form().elements].filter(kept).map((field) => [field.name, field.value, field.checked ?? null]);
  try {
    sessionStorage.setItem(draftKey(), JSON.stringify(draft));
  } catch {
    // A full or forbidden store costs the draft, never the vote.
  }
}

function restoreDraft() {
  const draft = JSON.parse(sessionStorage.getItem(draftKey()) ?? "[]");
  for (const [name, value, checked] of draft) {
    for (const field of form().elements) {
      if (field.name !== name) continue;
      if (field.type !== "radio" && field.type !== "checkbox") field.value = value;
      else if (field.value === value) field.checked = checked;
    }
  }
}

function dropOtherDrafts() {
  const current = find("#desk")?.dataset.ballot ? draftKey() : "";
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("ballot:") && key !== current) sessionStorage.removeItem(key);
  }
}

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => { if (event.target.form?.id === "ballot-form") saveDraft(); });
}

// Sending ---------------------------------------------------------------------------------------
function say(text) {
  const problem = find("#answer-problem");
  if (!problem) return;
  problem.hidden = !text;
  problem.textContent = text;
}

document.addEventListener("htmx:beforeRequest", (event) => { if (event.target === form()) say(""); });
document.addEventListener("htmx:sendError", (event) => {
  if (event.target === form()) say("Not stored yet: there is no connection. Your answer is kept in this browser; submit again when the connection is back.");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (event.detail.target?.id !== "desk") return;
  if (xhr.status === 422 || xhr.status === 503) {
    event.detail.shouldSwap = /id="desk"/.test(xhr.responseText);
    event.detail.isError = !event.detail.shouldSwap;
  }
  if (xhr.status === 403) say("Not stored: voting has ended here, or you signed in anew elsewhere. Reload the page to see which; your answer is kept in this browser.");
  else if (event.detail.isError) say(`Not stored: the server answered ${xhr.status}. Your answer is kept in this browser; reload the page or submit again.`);
});
document.addEventListener("htmx:afterSettle", () => { start(); announce(); });

function announce() {
  const problem = find("#answer-problem:not([hidden])");
  (problem ? find(".steps-row input") : find("#desk-question"))?.focus({ preventScroll: Boolean(problem) });
  if (!problem) window.scrollTo(0, 0);
}

// Without htmx a second click must not send a second time either.
document.addEventListener("submit", (event) => {
  if (event.target.id === "ballot-form" || event.target.id === "undo-form") return;
  const button = event.target.closest("#desk") && event.submitter;
  if (button) setTimeout(() => { button.disabled = true; });
});

function start() {
  for (const label of document.querySelectorAll(".desk__link")) label.hidden = false;
  dropOtherDrafts();
  if (form() && !find("#answer-problem:not([hidden])")) restoreDraft();
}

start();
