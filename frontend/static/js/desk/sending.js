// The vote on its way: what is said when it did not arrive, and where the focus goes when it did.

import { all, find, form, word } from "./dom.js";

export function say(text) {
  const problem = find("#answer-problem");
  if (!problem) return;
  problem.hidden = !text;
  find("#answer-problem-text").textContent = text;
}

document.addEventListener("htmx:beforeRequest", (event) => { if (event.target === form()) say(""); });
document.addEventListener("htmx:sendError", (event) => {
  if (event.target === form()) say(word("no_connection"));
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (event.detail.target?.id !== "desk") return;
  if (xhr.status === 422 || xhr.status === 503) {
    event.detail.shouldSwap = /id="desk"/.test(xhr.responseText);
    event.detail.isError = !event.detail.shouldSwap;
  }
  if (xhr.status === 403) say(word("ended"));
  else if (event.detail.isError) say(word("server_error", { status: xhr.status }));
});

// Without htmx a second click must not send a second time either.
document.addEventListener("submit", (event) => {
  if (event.target.id === "ballot-form" || event.target.id === "undo-form" || event.target.method !== "post") return;
  const button = event.target.closest("#desk") && event.submitter;
  if (button) setTimeout(() => { button.disabled = true; });
});

// What is missing of a flag; the reason where something in it may point to a patient; else the choice.
function toMend() {
  const asked = all(".flag select").find((select) => select.checkVisibility() && !select.value);
  return asked ?? (find(".answer .findings") && written()) ?? find(".steps-row input");
}

const written = () => all(".answer textarea").find((field) => field.value) ?? find(".answer .findings input");

export function focusAfterSwap() {
  const problem = find("#answer-problem:not([hidden])");
  (problem ? toMend() : find("#desk-question"))?.focus({ preventScroll: Boolean(problem) });
  if (!problem) window.scrollTo(0, 0);
}
