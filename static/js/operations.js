// What script adds to the operators' pages: copying an exchange, and saying that the page has had no news.
"use strict";

const unveil = (root) => root.querySelectorAll("[data-copy-beside]").forEach((button) => { button.hidden = false; });
document.addEventListener("DOMContentLoaded", () => unveil(document));
document.addEventListener("htmx:afterSwap", () => unveil(document));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-beside]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
  document.getElementById("annonces").textContent = button.dataset.copied;
  button.querySelector("span").textContent = "Copié";
});

// The server that no longer answers must not leave an old page that looks alive.
const silent = (is) => { const notice = document.getElementById("sans-nouvelles"); if (notice) notice.hidden = !is; };
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    silent(true);
    // What asks once, after a delay, would never ask again.
    const asker = event.detail.elt;
    setTimeout(() => { if (asker.isConnected) htmx.trigger(asker, "retry"); }, 10000);
  });
}
document.addEventListener("htmx:beforeOnLoad", (event) => { if (event.detail.xhr.status < 400) silent(false); });
