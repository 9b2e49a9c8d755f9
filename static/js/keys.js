// Keys: elements say their own (data-key), scripts tell theirs, and « ? » lists both. Nothing happens while one types.
"use strict";

// One's shortcuts can be switched off, on any machine: who dictates, or whose hand slips, would set them off.
const shortcutsOn = () => !document.documentElement.hasAttribute("data-shortcuts-off");

function nameSwitches() {
  document.querySelectorAll("[data-shortcuts]").forEach((button) => {
    button.title = shortcutsOn() ? button.dataset.cut : button.dataset.restore;
    button.querySelector("[data-shortcuts-label]").textContent = button.title;
    button.hidden = false;
  });
}
document.addEventListener("DOMContentLoaded", nameSwitches);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-shortcuts]");
  if (!button) return;
  const off = document.documentElement.toggleAttribute("data-shortcuts-off");
  nameSwitches();
  const body = new URLSearchParams({ csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value, off: off ? "1" : "" });
  const answer = await fetch(button.dataset.shortcuts, { method: "POST", body }).catch(() => null);
  if (answer && answer.ok) return;
  document.documentElement.toggleAttribute("data-shortcuts-off", !off);
  nameSwitches();
  document.getElementById("annonces").textContent = "Pas de réponse du serveur\u00a0: les raccourcis restent comme ils étaient.";
});

// ---- Which key does what ----
// Shift is told of letters only: on some keyboards it is what types « / » or « ? ».
function keyOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return "";
  const isLetter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  if (!isLetter) return event.key;
  return event.shiftKey ? `Maj+${event.key.toUpperCase()}` : event.key.toLowerCase();
}

// By the place they are for: [keys, what they do], of what no element says itself.
const toldKeys = new Map();
const tellKeys = (place, rows) => toldKeys.set(place, rows);

const inSight = (element) => element.getClientRects().length > 0;

document.addEventListener("keydown", (event) => {
  if (!shortcutsOn() || typing(event.target)) return;
  const key = keyOf(event);
  if (key === "?") {
    event.preventDefault();
    showKeys();
    return;
  }
  const target = key && !document.querySelector("dialog[open]") && [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(inSight);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) {
    target.focus();
    target.select();
  } else {
    target.click();
    // What a key unfolds is where one goes on.
    const first = target.matches("summary") && target.parentElement.querySelector("[data-first]");
    if (first) first.focus();
  }
});

// ---- The list of them ----
const keyElement = (name, fields = {}, ...children) => {
  const made = Object.assign(document.createElement(name), fields);
  made.append(...children);
  return made;
};

const keyWritten = (key) => (/^[a-z]$/.test(key) ? key.toUpperCase() : key.replace("Maj+", "Maj\u00a0"));

function keysOfPage() {
  const said = (one) => one.dataset.says || one.getAttribute("aria-label") || one.textContent.trim().replace(/\s+/g, " ");
  const seen = new Map();
  [...document.querySelectorAll("[data-key]")].filter(inSight).forEach((one) => { if (!seen.has(one.dataset.key)) seen.set(one.dataset.key, said(one)); });
  return [...seen];
}

function keysTable(place, rows) {
  const list = keyElement("dl", { className: "keylist" });
  rows.forEach(([keys, does]) => {
    const shown = keys.split(" ").map((key) => keyElement("kbd", { className: "kbd", textContent: keyWritten(key) }));
    list.append(keyElement("div", {}, keyElement("dt", {}, ...shown.flatMap((one, at) => (at ? [" ", one] : [one]))), keyElement("dd", { textContent: does })));
  });
  return keyElement("section", { className: "stack stack--tight" }, keyElement("h3", { textContent: place }), list);
}

function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  const dialog = keyElement("dialog", { className: "dialog dialog--keys stack" });
  dialog.setAttribute("aria-labelledby", "touches-titre");
  const places = [["Dans cette page", keysOfPage()], ...toldKeys, ["Partout", [["?", "Cette aide"], ["Échap", "Fermer ce qui est ouvert"]]]];
  const close = keyElement("button", { type: "button", className: "btn", textContent: "Fermer" });
  close.addEventListener("click", () => dialog.close());
  const off = keyElement("p", { className: "small muted", textContent: "Pendant la saisie, ces touches écrivent, rien d’autre. « Couper les raccourcis » est dans le menu à votre nom." });
  // The focus opens at the head of the list, not at its end.
  const title = keyElement("h2", { id: "touches-titre", tabIndex: -1, autofocus: true, textContent: "Raccourcis du clavier" });
  dialog.append(title, keyElement("div", { className: "keyshelp" }, ...places.filter(([, rows]) => rows.length).map(([place, rows]) => keysTable(place, rows))), off, keyElement("div", { className: "dialog__actions" }, close));
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-keys]")) return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
  showKeys();
});
