// What every page may do beyond HTML: `?` for help, the colour switch in place, and a sentence when
// a request by htmx fails. Everything works without this file.

const messages = document.getElementById("messages");

function say(text, level = "info") {
  // A poll that fails every few seconds says so once.
  for (const old of messages?.children ?? []) if (old.textContent === text) old.remove();
  const item = document.createElement("li");
  item.className = `message message--${level}`;
  const span = document.createElement("span");
  span.textContent = text;
  item.append(span);
  messages?.append(item);
}

function typing(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.body.dataset.shortcuts === "off" || typing(event.target)) return;
  event.preventDefault();
  document.getElementById("page-help")?.togglePopover();
});

// A menu closes when the reader clicks or tabs elsewhere, or presses Escape.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

// The switch is a form that works by itself; here it only saves the reader a reload.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-switch]")) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of event.target.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  const body = new FormData(event.target, event.submitter);
  fetch(event.target.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
});

// The ballot knows better what was kept.
const speaksForItself = (event) => event.target.closest?.("[data-tells-errors]");

document.addEventListener("htmx:sendError", (event) => {
  if (speaksForItself(event)) return;
  say(document.body.dataset.offline, "error");
});
document.addEventListener("htmx:responseError", (event) => {
  if (speaksForItself(event)) return;
  const status = event.detail.xhr.status;
  say(document.body.dataset.refused.replace("{status}", status), "error");
});
