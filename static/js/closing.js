// The closing page is one form that works without this: here are its keys, and the count while one chooses.
"use strict";

const closing = document.querySelector("form[data-closing]");
const WORDS = {
  h: ["honoré", "honorés"],
  n: ["non honoré", "non honorés"],
  a: ["annulé", "annulés"],
  p: ["laissé pour plus tard", "laissés pour plus tard"],
};

function countChoices() {
  const chosen = [...closing.querySelectorAll("input[data-choice]:checked")].map((one) => one.dataset.choice);
  const counts = Object.keys(WORDS).map((kind) => [kind, chosen.filter((one) => one === kind).length]).filter(([, count]) => count);
  const words = counts.map(([kind, count]) => `${count} ${WORDS[kind][count > 1 ? 1 : 0]}`).join(", ");
  const done = chosen.filter((one) => one !== "p").length;
  closing.querySelector("[data-summary]").textContent = `${words}.`;
  const button = closing.querySelector("[type=submit]");
  button.textContent = done > 1 ? `Clore les ${done} rendez-vous` : "Clore le rendez-vous";
  button.disabled = !done;
}

if (closing) tellKeys("Sur une ligne", [["h", "Honoré"], ["n", "Non honoré"], ["a", "Annulé"], ["p", "Plus tard"], ["Ctrl Entrée", "Tout clore"]]);

// H, N, A, P say it of the line one is on, and go to the next; to the button after the last.
function choose(event) {
  const line = event.target.closest("fieldset.close");
  const choice = line && line.querySelector(`input[data-choice="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!choice || !shortcutsOn() || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  choice.checked = true;
  countChoices();
  const lines = [...closing.querySelectorAll("fieldset.close")];
  const next = lines[lines.indexOf(line) + 1];
  (next ? next.querySelector("input[data-choice]:checked") : closing.querySelector("[type=submit]")).focus();
}

if (closing) {
  closing.querySelector("[data-keys]").hidden = false;
  closing.addEventListener("change", countChoices);
  closing.addEventListener("keydown", choose);
  countChoices();
}
