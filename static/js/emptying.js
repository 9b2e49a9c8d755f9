// Counts what was chosen while one chooses; the page says the same without script, as it was drawn.
"use strict";

const KINDS = {
  give: ["confié", "confiés"], move: ["déplacé", "déplacés"], cancel: ["annulé", "annulés"], keep: ["gardé", "gardés"],
};
const counted = (count, [one, many]) => `${count} ${count < 2 ? one : many}`;
const said = (parts) => parts.filter(([count]) => count).map(([count, words]) => counted(count, words)).join(", ");

function countFates(form) {
  const lines = [...form.querySelectorAll("select[data-fate]")].map((select) => ({
    kind: select.value.split(":")[0], calls: "calls" in select.closest("li").dataset, sas: "sas" in select.closest("li").dataset,
  }));
  if (!lines.length) return;
  const changed = lines.filter((one) => one.kind !== "keep");
  const kinds = Object.entries(KINDS).map(([kind, words]) => [lines.filter((one) => one.kind === kind).length, words]);
  const calls = changed.filter((one) => one.calls).length;
  form.querySelector("[data-summary]").textContent = `${said(kinds)}.`;
  const consequences = said([
    [changed.length - calls, ["message", "messages"]],
    [calls, ["appel", "appels"]],
    [changed.filter((one) => one.sas).length, ["mise à jour au SAS", "mises à jour au SAS"]],
  ]);
  form.querySelector("[data-consequences]").textContent = `${consequences || "Personne à prévenir"}.`;
}

document.addEventListener("change", (event) => {
  const form = event.target.matches("select[data-fate]") && event.target.closest("form[data-emptying]");
  if (form) countFates(form);
});

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
