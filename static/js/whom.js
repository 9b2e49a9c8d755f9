// In the form of a new appointment, on its page or in the panel: the list of known patients under what is typed, the length that
// follows the reason, and the button that says what it does.
"use strict";

// ---- Whom it is for ----
const options = (combo) => [...combo.querySelectorAll("[role=option]")];
// Whether what is listed is an answer to what is typed by now.
const answers = (combo) => {
  const list = combo.querySelector("[data-words]");
  return Boolean(list) && list.dataset.words === combo.querySelector("[role=combobox]").value;
};
const active = (combo) => combo.querySelector("[role=option][aria-selected=true]");

function activate(combo, option) {
  options(combo).forEach((one) => one.setAttribute("aria-selected", String(one === option)));
  const input = combo.querySelector("[role=combobox]");
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

// With script the field is a combobox, and its list needs no button.
function prepare(root) {
  root.querySelectorAll("[data-combo] [data-search]").forEach((input) => {
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "trouves");
    input.setAttribute("aria-expanded", "false");
  });
  root.querySelectorAll("[data-search-button]").forEach((button) => { button.hidden = true; });
  root.querySelectorAll("[data-enter-books]").forEach(follow);
}
document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => prepare(event.target.parentElement || event.target));

function shut(combo) {
  combo.querySelector("#trouves").replaceChildren();
  combo.querySelector("[role=combobox]").setAttribute("aria-expanded", "false");
  activate(combo, null);
}

function press(option) {
  const combo = option.closest("[data-combo]");
  const button = combo.querySelector(`[data-${option.dataset.press}]`);
  button.value = option.dataset.value;
  button.click();
}

// Of who types faster than the list comes: the one who is found is chosen when it does.
let awaited = null;

document.addEventListener("htmx:afterSwap", (event) => {
  const combo = event.target.closest && event.target.closest("[data-combo]");
  if (!combo || event.target.id !== "trouves") return;
  if (!answers(combo)) {
    shut(combo);
    return;
  }
  const found = options(combo);
  const input = combo.querySelector("[role=combobox]");
  input.setAttribute("aria-expanded", String(found.length > 0));
  activate(combo, active(combo));
  document.getElementById("annonces").textContent = found.length > 1 ? `${found.length - 1} trouvé${found.length > 2 ? "s" : ""}` : "";
  const known = found.filter((one) => one.dataset.press === "choose");
  if (awaited === input && known.length === 1) press(known[0]);
  awaited = null;
});

document.addEventListener("keydown", (event) => {
  const input = event.target.matches && event.target.matches("[data-combo] [role=combobox]") ? event.target : null;
  if (!input || event.ctrlKey || event.metaKey) return;
  const combo = input.closest("[data-combo]");
  const found = options(combo);
  const here = found.indexOf(active(combo));
  if (event.key === "Enter" && input.value.trim()) {
    event.preventDefault();
    event.stopPropagation();
    if (here >= 0 && answers(combo)) press(found[here]);
    else awaited = input;
  } else if (event.key === "Escape" && found.length) {
    event.stopPropagation();
    shut(combo);
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length) {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    activate(combo, found[(here + step + found.length) % found.length]);
  }
});

document.addEventListener("input", (event) => {
  const combo = event.target.matches("[data-search]") && event.target.closest("[data-combo]");
  // What is listed is no answer to what is typed now.
  if (combo) {
    awaited = null;
    shut(combo);
  }
});

document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-combo] [role=option]");
  if (option) press(option);
});

// ---- What follows a choice ----
const clockOf = (minutes) => `${Math.floor(minutes / 60) % 24}\u202fh\u202f${String(minutes % 60).padStart(2, "0")}`;

function follow(form) {
  const chosen = form.elements.reason && form.elements.reason.selectedOptions[0];
  const dot = form.querySelector("[data-dot]");
  if (dot) dot.className = `dot ${(chosen && chosen.dataset.tone) || ""}`.trim();
  // A slot looked for by its reason has no length yet.
  if (chosen && chosen.dataset.minutes && form.closest("[data-pop]") && !form.elements.minutes.value) form.elements.minutes.value = chosen.dataset.minutes;
  const end = form.querySelector("[data-end]");
  const length = Number(form.elements.minutes && form.elements.minutes.value);
  if (end && length) {
    const [hour, minute] = end.dataset.end.split(":").map(Number);
    end.textContent = clockOf(hour * 60 + minute + length);
  }
  const instead = form.querySelector("[data-instead]");
  if (!instead) return;
  // One of the two buttons: another hour, or beside what is there, which Enter in a field never does.
  const one = instead.querySelector("input:checked");
  const beside = Boolean(one) && "beside" in one.dataset;
  const books = form.querySelector("[data-books]");
  if (!books) return;
  books.hidden = beside;
  books.disabled = !one;
  form.querySelector("[data-default]").disabled = beside || !one;
  form.querySelector("[data-beside-button]").hidden = !beside;
  if (one && !beside) books.textContent = one.dataset.act;
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form || !form.matches("[data-enter-books]")) return;
  const { reason, minutes } = form.elements;
  if (event.target === minutes) minutes.dataset.typed = "1";
  // On the page its place may change: there a length left empty is that of the reason.
  const wanted = event.target === reason && reason.selectedOptions[0].dataset.minutes;
  if (wanted && form.closest("[data-pop]") && !minutes.dataset.typed) minutes.value = wanted;
  follow(form);
});

// On « en plus » Enter goes to its own button, which a second one presses.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("[data-instead] [data-beside]")) return;
  event.preventDefault();
  event.target.form.querySelector("[data-beside-button]").focus();
});

// Enter in a list of choices books, as it does in a field.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("[data-enter-books] select")) return;
  event.preventDefault();
  const button = event.target.form.querySelector("[data-default]");
  button.click();
});
