// The agenda's grid works as plain lists of links. Script adds arrows between them, Alt and arrows between periods, and
// keeps the red line at the present minute.
"use strict";

let grid = document.querySelector(".agenda[data-zone]");
// What others did may have put another one in its place (present.js).
document.addEventListener("present:drawn", () => { grid = document.querySelector(".agenda[data-zone]"); });

function columns() {
  return [...grid.querySelectorAll(".agenda__day")]
    .filter((column) => column.offsetParent !== null)
    .map((column) => [...column.querySelectorAll("a")]);
}

function nearest(links, top) {
  return links.reduce((best, link) => (Math.abs(link.getBoundingClientRect().top - top) < Math.abs(best.getBoundingClientRect().top - top) ? link : best));
}

function step(link, key) {
  const days = columns();
  const column = days.findIndex((links) => links.includes(link));
  if (column < 0) return null;
  const row = days[column].indexOf(link);
  if (key === "ArrowDown") return days[column][row + 1];
  if (key === "ArrowUp") return days[column][row - 1];
  const way = key === "ArrowRight" ? 1 : -1;
  for (let next = column + way; next >= 0 && next < days.length; next += way) {
    if (days[next].length) return nearest(days[next], link.getBoundingClientRect().top);
  }
  return null;
}

if (grid) {
  tellKeys("Dans la grille", [["↑ ↓", "Le rendez-vous d’avant, d’après"], ["← →", "La colonne d’à côté"], ["Alt ← →", "La période d’avant, d’après"], ["Entrée", "Ouvrir"]]);
}

document.addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.altKey) {
    const period = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
    const link = period && document.querySelector(`[data-period="${period}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  const target = grid && grid.contains(event.target) ? step(event.target, event.key) : null;
  if (target) {
    event.preventDefault();
    target.focus();
  }
});

function localDay() {
  return new Intl.DateTimeFormat("fr-CA", { timeZone: grid.dataset.zone }).format(new Date());
}
const openedOn = grid && localDay();

// Positions are classes: the strict content policy allows no style attribute.
function showNow() {
  if (localDay() !== openedOn) {
    // Left open past midnight, the page would draw this morning's line in yesterday's column.
    grid.querySelectorAll("[data-now]").forEach((mark) => { mark.remove(); });
    grid.querySelectorAll(".agenda__head--now, .agenda__day--now").forEach((column) => { column.classList.remove("agenda__head--now", "agenda__day--now"); });
    return;
  }
  const parts = new Intl.DateTimeFormat("fr-FR", { timeZone: grid.dataset.zone, hour: "numeric", minute: "numeric", hourCycle: "h23" }).formatToParts(new Date());
  const [hour, minute] = ["hour", "minute"].map((type) => Number(parts.find((part) => part.type === type).value));
  // Hours that are folded have no room of their own: the line waits at their edge.
  const [gone, back] = (grid.dataset.fold || "24-24").split("-").map(Number);
  const folded = hour >= gone && hour < back;
  grid.querySelectorAll("[data-now]").forEach((mark) => {
    mark.classList.forEach((name) => { if (/^at-\d+[hm]$/.test(name)) mark.classList.remove(name); });
    mark.classList.toggle("is-below", hour >= back);
    mark.classList.add(`at-${folded ? gone : hour}h`);
    if (minute && !folded) mark.classList.add(`at-${minute}m`);
    if (mark.textContent) mark.textContent = `${hour}\u202fh\u202f${String(minute).padStart(2, "0")}`;
  });
}
// A long day opens at the present hour, unless one comes back to a place of one's own or is led to one.
// Where one column shows at a time it is in that one.
const nowLine = grid && [...grid.querySelectorAll(".now-line")].find((one) => one.getClientRects().length);
if (nowLine && !location.hash && !window.scrollY) {
  const box = nowLine.getBoundingClientRect();
  if (box.bottom > window.innerHeight * 0.9) window.scrollTo({ top: box.top - window.innerHeight * 0.4 });
}
if (grid && grid.querySelector("[data-now]")) setInterval(showNow, 30000);

// An open menu closes when one clicks elsewhere or presses Escape.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
