// Keys in the list of referrals: arrows walk through its rows, letters act on the one where one is; cancelling is asked for here.
"use strict";

const rowLinks = () => [...document.querySelectorAll("[data-row] .table__link")];

document.addEventListener("keydown", (event) => {
  if (!shortcutsOn() || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (document.querySelector("dialog[open]")) return;
  const links = rowLinks();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (typing(document.activeElement) && !(event.key === "ArrowDown" && document.activeElement.type === "search")) return;
    const row = document.activeElement.closest("[data-row]");
    const at = row ? links.indexOf(row.querySelector(".table__link")) : -1;
    const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    return;
  }
  const row = document.activeElement.closest("[data-row]");
  const act = row && row.querySelector(`[data-row-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!act) return;
  event.preventDefault();
  act.click();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-cancel]");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const dialog = document.getElementById("annulation");
  dialog.querySelector("form").action = opener.dataset.cancel;
  dialog.querySelector("[name=version]").value = opener.dataset.version;
  dialog.querySelector("[data-what]").textContent = opener.dataset.says;
  dialog.showModal();
  dialog.addEventListener("close", () => opener.focus(), { once: true });
});
