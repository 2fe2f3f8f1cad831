// The draft on the server: sent a moment after the last change, asked for when the rater comes back
// to this page from another one. It is never waited for, and a failure costs nothing but the copy.

import { find, form, settings } from "./dom.js";

const PAUSE = 1000;
let timer = 0;

export function sendSoon(draft) {
  clearTimeout(timer);
  timer = setTimeout(sendNow, PAUSE, draft);
}

const identity = () => ["ballot", "attempt"].map((name) => [name, form().elements.namedItem(name).value]);

function body(fields) {
  const pairs = Object.entries(fields).flatMap(([name, values]) => values.map((value) => [name, value]));
  const token = form().elements.namedItem("csrfmiddlewaretoken").value;
  return new URLSearchParams([...identity(), ...pairs, ["csrfmiddlewaretoken", token]]);
}

async function asked(query, options) {
  try {
    const answer = await fetch(settings().draft.url + query, options);
    return answer.ok && !answer.redirected ? await answer.json() : null;
  } catch {
    return null; // without a connection: it is kept in this browser
  }
}

export async function sendNow(draft) {
  clearTimeout(timer);
  const { at, sent } = draft.current();
  if (!form() || sent) return;
  const ballot = String(identity());
  const answer = await asked("", { method: "POST", body: body(draft.fields()), keepalive: true });
  if (!answer || !form() || String(identity()) !== ballot) return;
  draft.save({ stamp: answer.stamp, sent: draft.current().at === at });
  say(answer.said);
}

function say(text) {
  const note = find("#draft-note");
  note.hidden = !text;
  note.textContent = text;
}

// Another tab or device may have gone on since.
export async function look(draft) {
  const { at } = draft.current();
  const ballot = String(identity());
  const server = await asked(`?${new URLSearchParams(identity())}`);
  if (!server || !form() || String(identity()) !== ballot || draft.current().at !== at) return;
  if (draft.isNewer(draft.current(), server)) return;
  draft.fill(server.fields);
  draft.save({ at: Date.now(), stamp: server.stamp, sent: true });
  say(server.said);
}

document.addEventListener("htmx:beforeRequest", (event) => { if (event.target === form()) clearTimeout(timer); });
