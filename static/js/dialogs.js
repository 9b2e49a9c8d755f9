// A link with data-dialog leads to a page that asks; with script the question opens here instead.
"use strict";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
      dialog.addEventListener("close", () => opener.focus(), { once: true });
    }
    return;
  }
  const closer = event.target.closest("[data-close]");
  if (closer && closer.closest("dialog")) closer.closest("dialog").close();
});
