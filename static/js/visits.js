// In the agenda one key says of the visit one is on that the patient is there, was received, or did not come. The acts are the
// forms of the visit's own page; the block is drawn anew from the answer, and what was done can be undone for ten seconds.
"use strict";

const VISIT_KEYS = {
  a: (block) => ({ arrived: block.classList.contains("appt--in") ? "0" : "1" }),
  h: (block) => ({ status: block.classList.contains("appt--done") ? "booked" : "fulfilled" }),
  "Maj+H": (block) => ({ status: block.classList.contains("appt--noshow") ? "booked" : "noshow" }),
};
tellKeys("Sur un rendez-vous", [["a", "Arrivé, ou pas encore"], ["h", "Honoré, ou pas encore"], ["Maj+H", "Non honoré, ou pas encore"]]);
// What takes it back, by what was done to a block that looked so.
const undoing = (act, block) => {
  if (act.arrived) return { arrived: act.arrived === "1" ? "0" : "1" };
  if (block.classList.contains("appt--done")) return { status: "fulfilled" };
  return { status: block.classList.contains("appt--noshow") ? "noshow" : "booked" };
};

document.addEventListener("keydown", (event) => {
  const block = event.target.closest && event.target.closest("a.appt[data-version]");
  if (!block || !shortcutsOn() || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = VISIT_KEYS[event.shiftKey ? `Maj+${event.key.toUpperCase()}` : event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) mark(block, act(block));
}, true);

async function mark(block, act, undone = false) {
  if (block.hasAttribute("aria-busy")) return;
  block.setAttribute("aria-busy", "true");
  const back = undoing(act, block);
  const path = block.pathname;
  try {
    const done = await sendAct(path + (act.arrived ? "arrivee/" : "statut/"), { version: block.dataset.version, ...act });
    const fresh = visitBlock(path);
    const undo = done.state === "done" && fresh && !undone ? () => mark(visitBlock(path) || fresh, back, true) : null;
    say(done.said, undo);
    if (done.state === "done" && fresh) fresh.focus({ preventScroll: true });
  } catch {
    say(NO_ANSWER);
  }
  block.removeAttribute("aria-busy");
}
