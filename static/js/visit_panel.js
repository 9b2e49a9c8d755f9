// A visit opens beside its block: who comes, and what one does with them. On a phone, with Ctrl and without script it is a page.
"use strict";

const blockOfPanel = () => opened().parentElement.querySelector("a.appt");

document.addEventListener("click", (event) => {
  const block = grid && event.target.closest(".agenda__day a.appt");
  if (!block || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || !wideEnough()) return;
  event.preventDefault();
  const item = block.closest("li");
  const isIts = opened() && opened().parentElement === item;
  if (isIts || (opened() && touched(opened()))) return;
  closePanel();
  openPanel(item, block.href, block);
});

tellKeys("Sur un rendez-vous ouvert", [["e", "Modifier"], ["+", "En plus, à la même heure"], ["x", "Annuler"], ["o", "Toute la fiche"]]);

// Its buttons do what the same keys do on the block.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".pop--visit [data-mark], .pop--visit [data-move], .pop--visit [data-cancels]");
  if (!button) return;
  if (button.matches("[data-cancels]")) {
    const form = opened().querySelector("[data-cancel]");
    form.hidden = false;
    opened().querySelector(".pop__acts").hidden = true;
    settle(opened());
    form.querySelector("[type=submit]").focus();
    return;
  }
  const block = blockOfPanel();
  closePanel();
  block.focus({ preventScroll: true });
  if (button.dataset.mark) mark(block, VISIT_KEYS[button.dataset.mark](block));
  else take(block);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-cancel]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  const path = blockOfPanel().pathname;
  const fields = Object.fromEntries(new FormData(form));
  closePanel();
  changeVisit(`${path}annuler/`, fields, () => undoChange(path, Number(fields.version) + 1));
}, true);
