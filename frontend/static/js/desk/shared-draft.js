// The draft on the server: sent a moment after the last change, asked for when the rater comes back
// to this page from another one. It is never waited for, and a failure costs nothing but the copy.

import { find, form, settings } from "./dom.js";
import { changed, current, fields, fill, isNewer, save } from "./draft.js";

const PAUSE = 1000;
let timer = 0;

export function sendSoon() {
  clearTimeout(timer);
  timer = setTimeout(sendNow, PAUSE);
}

const identity = () => ["ballot", "attempt"].map((name) => [name, form().elements.namedItem(name).value]);

function body() {
  const accepted = find("[name=accepted_findings]:checked", form());
  const pairs = Object.entries(fields()).flatMap(([name, values]) => values.map((value) => [name, value]));
  const token = form().elements.namedItem("csrfmiddlewaretoken").value;
  return new URLSearchParams([...identity(), ...pairs, ["csrfmiddlewaretoken", token], ...(accepted ? [["accepted_findings", accepted.value]] : [])]);
}

async function asked(query, options) {
  try {
    const answer = await fetch(settings().draft.url + query, options);
    return answer.ok && !answer.redirected ? await answer.json() : null;
  } catch {
    return null; // without a connection: it is kept in this browser
  }
}

export async function sendNow() {
  clearTimeout(timer);
  const { at, sent } = current();
  if (!form() || sent) return;
  const ballot = String(identity());
  const answer = await asked("", { method: "POST", body: body(), keepalive: true });
  if (!answer || !form() || String(identity()) !== ballot) return;
  save({ stamp: answer.stamp, sent: current().at === at });
  say(answer.said);
}

function say(text) {
  const note = find("#draft-note");
  note.hidden = !text;
  note.textContent = text;
}

// Another tab or device may have gone on since.
export async function look() {
  const before = current();
  const ballot = String(identity());
  const server = await asked(`?${new URLSearchParams(identity())}`);
  if (!server || !form() || String(identity()) !== ballot || current().at !== before.at) return;
  if (isNewer(current(), server)) return;
  fill(server.fields);
  save({ at: Date.now(), stamp: server.stamp, sent: true });
  say(server.said);
}

document.addEventListener("change", (event) => { if (event.target.name === "accepted_findings") changed(); });
document.addEventListener("htmx:beforeRequest", (event) => { if (event.target === form()) clearTimeout(timer); });
