// Another reason proposes how long it takes: the length is taken when one says so.
"use strict";

const reason = document.querySelector("select[name=reason]");
const minutes = document.querySelector("input[name=minutes]");
const proposal = document.querySelector("[data-proposal]");

function propose() {
  const usual = reason.selectedOptions[0]?.dataset.minutes;
  proposal.hidden = !usual || usual === minutes.value.trim();
  proposal.querySelector("[data-proposed]").textContent = usual || "";
}

reason.addEventListener("change", propose);
minutes.addEventListener("input", propose);
proposal.querySelector("button").addEventListener("click", () => {
  minutes.value = reason.selectedOptions[0].dataset.minutes;
  propose();
  minutes.focus();
});
