// What acts on the agenda share: each is a form of a page of its own, sent from here; its answer is this page as it is now. What was
// done is said, and can be undone for ten seconds.
"use strict";

const UNDO_SECONDS = 10;
const visitBlock = (pathname) => [...document.querySelectorAll(".agenda a.appt")].find((one) => one.pathname === pathname);

// The answer's page, and what came of it: done, asked (with what stands in the way, and the button's value that goes on), refused.
async function sendAct(path, fields) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, next: location.pathname + location.search, ...fields });
  const answer = await fetch(path, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.ok) {
    takePage(page);
    const said = page.querySelector(".app__notices .banner p");
    const untell = page.querySelector(".app__notices [data-untell]");
    return { state: "done", said: said ? said.textContent.trim().replace(/[ \n\t]+/g, " ") : "C’est fait.", untell: untell && leaveUntold(untell) };
  }
  const again = page.querySelector("[name=despite][value]");
  const lines = [...page.querySelectorAll(".banner--danger p")].map((one) => one.textContent.trim().replace(/[ \n\t]+/g, " "));
  if (again) return { state: "asked", lines: lines.slice(1), going_on: again.value, words: again.textContent.trim() };
  return { state: "refused", said: lines.join(" ") || "Rien n’a été changé\u00a0: rechargez la page." };
}

// The grid, and what is counted beside it, as that page has them.
function takePage(page) {
  for (const name of [".agenda", ".side__list"]) {
    const [now, before] = [page, document].map((one) => one.querySelector(name));
    if (!now || !before) continue;
    before.className = now.className;
    before.replaceChildren(...now.childNodes);
  }
  htmx.process(document.querySelector(".agenda"));
}

// What waits to be told of it does not leave; what was done stays done.
function leaveUntold(form) {
  const fields = { version: form.elements.version.value, acte: "sans" };
  return async () => {
    const done = await sendAct(new URL(form.action).pathname, fields).catch(() => ({ said: NO_ANSWER }));
    say(done.said);
  };
}

let toastEnds = 0;
function say(text, undo = null, untell = null) {
  document.querySelectorAll(".toast").forEach((one) => one.remove());
  clearTimeout(toastEnds);
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("span"), { textContent: text }));
  const offer = (act, words, key) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--sm", textContent: words });
    button.dataset.key = key;
    button.dataset.says = words;
    if (shortcutsOn()) button.append(" ", Object.assign(document.createElement("kbd"), { className: "kbd hide-phone", textContent: key.toUpperCase() }));
    button.addEventListener("click", act, { once: true });
    toast.append(button);
  };
  if (undo) offer(undo, "Défaire", "z");
  if (untell) offer(untell, "Ne pas prévenir", "p");
  document.querySelector("main").append(toast);
  document.getElementById("annonces").textContent = text;
  toastEnds = setTimeout(() => toast.remove(), UNDO_SECONDS * 1000);
}

tellKeys("Juste après un changement", [["z", "Défaire"], ["p", "Ne pas prévenir le patient"]]);

const NO_ANSWER = "Pas de réponse du serveur\u00a0: rechargez la page avant de recommencer.";
