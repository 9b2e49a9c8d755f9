// The field at the side works as a form without this: here the arrows walk through what it found, N books, Escape goes back.
"use strict";

const quick = document.querySelector("[data-quick]");
const quickField = quick && quick.querySelector("input[type=search]");
const quickLinks = () => [...quick.querySelectorAll("[data-hit] a:not([data-book])")];
// The words that what is listed was found by.
let answered = null;

function shutQuick() {
  document.getElementById("vite").replaceChildren();
}

function walkQuick(event) {
  const links = quickLinks();
  const at = links.indexOf(document.activeElement);
  if (event.key === "Enter" && at < 0 && quick.querySelectorAll("[data-hit]").length === 1 && answered === quickField.value) {
    // Nobody else is meant.
    event.preventDefault();
    links[0].click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!links.length) return;
    event.preventDefault();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) quickField.focus();
    else links[Math.min(next, links.length - 1)].focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    shutQuick();
    quickField.focus();
  } else if (event.key.toLowerCase() === "n" && at >= 0 && shortcutsOn() && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const book = links[at].closest("[data-hit]").querySelector("[data-book]");
    if (!book) return;
    event.preventDefault();
    event.stopPropagation();
    book.click();
  }
}

if (quick) {
  tellKeys("Dans la recherche", [["↓ ↑", "Choisir"], ["Entrée", "Ouvrir"], ["n", "Prendre rendez-vous pour lui"], ["Échap", "Fermer la liste"]]);
  quick.addEventListener("keydown", walkQuick);
  // An answer that comes after one has emptied the field is nobody's; nor does one change the list under who walks in it.
  quick.addEventListener("htmx:beforeSwap", (event) => {
    answered = event.detail.requestConfig.parameters.words;
    if (!quickField.value.trim() || document.activeElement.closest("[data-hit]")) event.detail.shouldSwap = false;
  });
  quickField.addEventListener("input", () => { if (!quickField.value.trim()) shutQuick(); });
  document.addEventListener("click", (event) => { if (!quick.contains(event.target)) shutQuick(); });
}
