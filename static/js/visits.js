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
  const here = location.pathname + location.search;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, version: block.dataset.version, next: here, ...act });
  try {
    const answer = await fetch(block.pathname + (act.arrived ? "arrivee/" : "statut/"), { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok) {
      const fresh = redraw(block, page);
      const said = page.querySelector(".app__notices .banner");
      say(said ? said.textContent.trim() : "C’est fait.", fresh && !undone ? () => mark(fresh, back, true) : null);
    } else {
      const why = page.querySelector(".banner--danger");
      say(why ? why.textContent.trim().replace(/\s+/g, " ") : "Rien n’a été changé\u00a0: rechargez la page.");
    }
  } catch {
    say("Pas de réponse du serveur\u00a0: rechargez la page avant de recommencer.");
  }
  block.removeAttribute("aria-busy");
}

// The block, and the count beside « À clore », as the page has them now.
function redraw(block, page) {
  const fresh = [...page.querySelectorAll(".agenda a.appt")].find((one) => one.pathname === block.pathname);
  if (!fresh) return null;
  const focused = document.activeElement === block || document.activeElement.closest(".toast");
  block.closest("li").replaceWith(fresh.closest("li"));
  document.querySelector(".side__list").replaceWith(page.querySelector(".side__list"));
  if (focused) fresh.focus();
  return fresh;
}

let toastEnds = 0;
function say(text, undo = null) {
  document.querySelectorAll(".toast").forEach((one) => one.remove());
  clearTimeout(toastEnds);
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--sm", textContent: "Annuler l’action" });
    button.addEventListener("click", undo);
    toast.append(button);
  }
  document.querySelector("main").append(toast);
  document.getElementById("annonces").textContent = text;
  toastEnds = setTimeout(() => toast.remove(), 10000);
}
