// « Afficher le mot de passe » : works only with script, so it appears only with it.
"use strict";

document.querySelectorAll("[data-shows]").forEach((button) => {
  const fields = button.dataset.shows.split(" ").map((id) => document.getElementById(id));
  const show = (visible) => {
    button.setAttribute("aria-pressed", String(visible));
    fields.forEach((field) => { field.type = visible ? "text" : "password"; });
  };
  button.hidden = false;
  button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
  // Sent as a password, so that no browser remembers it as a text.
  button.closest("form").addEventListener("submit", () => show(false));
});
