// What script adds to the booking pages: arrows through the slots, the chosen hour on the button, dates tidied, copy.
"use strict";

// From one of them, ↑ ↓ walk through the free slots on the page, Échap goes back to the one chosen on the platform.
const visible = (element) => element.getClientRects().length > 0;

document.addEventListener("keydown", (event) => {
  if (!shortcutsOn() || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const slots = [...document.querySelectorAll("[data-chosen], [data-slot]")].filter(visible);
  const here = slots.indexOf(document.activeElement);
  // Anywhere else the arrows scroll the page, as everybody expects.
  if (here < 0) return;
  if (event.key === "Escape") {
    const chosen = document.querySelector("[data-chosen]");
    if (chosen) chosen.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = slots[here + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }
});

// The button repeats the hour chosen among the nearest ones.
function repeatHour() {
  const chosen = document.querySelector("[data-hours] input:checked");
  document.querySelectorAll("[data-hour]").forEach((label) => {
    if (chosen) label.textContent = `${label.dataset.hour} ${chosen.dataset.label}`;
  });
  document.querySelectorAll("[data-told]").forEach((told) => { if (chosen) told.textContent = chosen.dataset.says; });
}
document.addEventListener("change", (event) => { if (event.target.closest("[data-hours]")) repeatHour(); });
window.addEventListener("pageshow", repeatHour);

// How long until an hour, while the page stays open.
function spanUntil(start) {
  const minutes = Math.floor((new Date(start) - Date.now()) / 60000);
  if (minutes <= 0) return minutes ? "l’heure est passée" : "maintenant";
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!hours) return `dans ${rest}\u00a0min`;
  return `dans ${hours}\u202fh${rest ? `\u202f${String(rest).padStart(2, "0")}` : ""}`;
}
setInterval(() => {
  document.querySelectorAll("[data-starts]").forEach((one) => {
    const words = spanUntil(one.dataset.starts);
    if (one.textContent !== words) one.textContent = words;
  });
}, 15000);

// 14021991 is shown back as 14/02/1991. The server reads both.
document.addEventListener("focusout", (event) => {
  const field = event.target;
  if (!field.matches("[data-birth-date]")) return;
  const digits = /^(\d{2})(\d{2})(\d{4})$/.exec(field.value.trim());
  if (digits) field.value = `${digits[1]}/${digits[2]}/${digits[3]}`;
});

// One line, those of the day, else what is told.
function textToCopy(asked) {
  if ("copyText" in asked) return asked.copyText;
  if ("copyDay" in asked) return [...document.querySelectorAll("[data-today] [data-copy-text]")].map((one) => one.dataset.copyText).join("\n");
  return document.querySelector("copyLine" in asked ? "#ligne" : "[data-copy-from] .say, .facts").innerText.trim();
}
document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  await navigator.clipboard.writeText(textToCopy(copy.dataset));
  document.getElementById("annonces").textContent = copy.dataset.copied;
  copy.querySelector("span").textContent = copy.dataset.copied;
});
