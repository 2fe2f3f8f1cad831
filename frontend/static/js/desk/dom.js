// What the parts of the desk share: finding things, words in the reader's language, who is typing.

export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const form = () => find("#ballot-form");
export const shortcutsOff = () => document.body.dataset.shortcuts === "off";

// Sent with the page: {words: {…}, …}. Read anew because htmx brings the next ballot with its own.
export const settings = () => JSON.parse(find("#desk-settings")?.textContent ?? "{}");

export function word(name, values = {}) {
  const text = settings().words?.[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function typing(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]");
}

// For screen readers: what changed without the focus moving.
export function announce(text) {
  const status = find("#desk-status");
  if (status) status.textContent = text;
}
