// The desk by keyboard. Enter submits, with Ctrl or Cmd out of a field that takes Enter itself as
// well; all other keys are single and can be switched off.

import { all, announce, find, form, settings, shortcutsOff, typing, word } from "./dom.js";
import { isOpen } from "./gate.js";
import { call } from "./later.js";

const acts = {
  both: () => choose("0"),
  differences: () => find("#desk-differences")?.click(),
  find: () => beginFinding(),
  flag_left: () => flag("left"),
  flag_right: () => flag("right"),
  mark: () => call("marks", (marks) => marks.begin()),
  missing: () => call("marks", (marks) => marks.beginMissing()),
  next_difference: () => call("differing", (differing) => differing.go(1)),
  previous_difference: () => call("differing", (differing) => differing.go(-1)),
  reason: () => reason(),
  skip: () => find("#skip-dialog")?.showPopover(),
  undo: () => find("#undo-form")?.requestSubmit(),
};

// The rater may have chosen other keys than those everybody begins with.
function actOf(key) {
  const [action] = Object.entries(settings().keys).find(([, chosen]) => chosen === key) ?? [];
  return acts[action] ?? (/^[0-5]$/.test(key) ? () => choose(key) : null);
}

function choose(key) {
  if (!isOpen()) return announce(find("#answer-gate").textContent);
  const row = document.activeElement?.closest?.(".steps-row") ?? nextRow();
  const radio = row?.querySelector(`[data-key="${key}"]`);
  if (!radio) return undefined;
  begun = true;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  const open = all(".steps-row").find((other) => !find(":checked", other));
  return (open?.querySelector("input") ?? radio).focus({ preventScroll: true });
}

let begun = false; // on this page; a ballot that was taken back or begun elsewhere comes filled in

// The first criterion without an answer; when all have one, the first. Of a ballot that came with
// what must be answered, the first as well: whoever took an answer back wants to change it.
function nextRow() {
  const rows = all(".steps-row");
  const open = rows.filter((row) => !find(":checked", row));
  return (begun ? open[0] : open.find((row) => row.hasAttribute("aria-required"))) ?? rows[0];
}

// What a flag needs is asked next: the arrows must not answer another question meanwhile.
function flag(side) {
  const box = find(`[data-flag=${side}]`);
  box?.click();
  if (box?.checked) find(`#extent_${side}`).focus();
}

function reason() {
  const field = find("#ballot-form textarea");
  if (!field?.checkVisibility()) return announce(word("reason_later"));
  return field.focus();
}

// At once, whether or not what finds is loaded: the next keys are words to find.
function beginFinding() {
  const field = find("#desk-find");
  field.focus();
  field.select();
}

function submitByEnter(event) {
  const out = event.ctrlKey || event.metaKey;
  const elsewhere = !out && event.target.closest?.("a, button, summary, textarea, select");
  if (elsewhere || event.repeat || (typing(event.target) && event.target.form !== form())) return;
  event.preventDefault();
  const way = event.shiftKey ? find("#submit-same") : null;
  if (isOpen()) (way ?? find("#submit-vote")).click(); // htmx sends the name of a clicked button only
  else announce(find("#answer-gate").textContent);
}

// Letters choose in the lists of a flag; no entry of them begins with a digit.
const takes = ({ key, target }) => typing(target) && !(/^[0-5]$/.test(key) && target.closest(".flag select"));

// A skip that was not stored: its dialog is what the page is about.
export function start() {
  begun = false;
  find("#skip-dialog[data-open]")?.showPopover();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || !form() || find(":popover-open")) return;
  if (event.key === "Enter") return submitByEnter(event);
  if (event.key === "Escape" && event.target.closest?.(".flag")) return find("#desk-question").focus();
  if (event.ctrlKey || event.metaKey || shortcutsOff() || takes(event)) return;
  const act = actOf(event.key);
  if (!act) return;
  event.preventDefault();
  act();
});
