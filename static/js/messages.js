// A button puts its variable where one was typing last.
"use strict";
{
  const texts = [...document.querySelectorAll("textarea")];
  let last = texts[0];
  texts.forEach((text) => text.addEventListener("focus", () => { last = text; }));
  document.querySelectorAll("[data-with-script]").forEach((element) => { element.hidden = false; });
  document.querySelectorAll("[data-insert]").forEach((button) => {
    button.addEventListener("click", () => {
      last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
      last.dispatchEvent(new Event("input", { bubbles: true }));
      last.focus();
    });
  });
}
