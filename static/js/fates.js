// What is chosen for all sets each line that nobody touched at once; without script « Appliquer » asks the server.
"use strict";

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-fate-for-all]");
  if (!all || !all.value) return;
  all.form.querySelectorAll("[data-fate]").forEach((line) => {
    const shown = line.previousElementSibling;
    const option = [...line.options].find((one) => one.dataset.way === all.value);
    if (line.value !== shown.value || !option) return;
    line.value = option.value;
    shown.value = option.value;
  });
  all.form.elements["sort-pour-tous-montre"].value = all.value;
});
