// Sorts the drawings, and shows the figures that they are sorted by.
"use strict";
{
  const { baseline, digits, figures } = JSON.parse(document.getElementById("figures").textContent);
  const list = document.querySelector(".drawings");
  const drawings = [...list.children];
  const controls = Object.fromEntries([...document.querySelectorAll("select")].map((select) => [select.name, select]));

  const figureOf = (title, name, metric) => figures[title]?.[name]?.[metric] ?? [null, null];

  // How bad a drawing is; null where that can't be told.
  function loss(name) {
    const chosen = controls.title.selectedOptions[0];
    const [, own] = figureOf(chosen.value, name, controls.metric.value);
    if (own === null || !("beside" in chosen.dataset)) return own;
    const [, base] = figureOf(baseline, name, controls.metric.value);
    return base === null ? null : own - base;
  }

  function sort() {
    const losses = new Map(drawings.map((drawing) => [drawing, loss(drawing.dataset.name)]));
    const sign = controls.order.value === "worst" ? -1 : 1;
    const worth = (drawing) => (losses.get(drawing) === null ? Infinity : sign * losses.get(drawing));
    list.append(...drawings.sort((one, other) => worth(one) - worth(other) || 0));
    for (const drawing of drawings) {
      for (const shown of drawing.querySelectorAll(".figure")) {
        const [value] = figureOf(shown.dataset.title, drawing.dataset.name, controls.metric.value);
        shown.textContent = value === null ? "–" : value.toFixed(digits[controls.metric.value]);
      }
    }
  }

  for (const select of Object.values(controls)) select.addEventListener("change", sort);
  // A browser may remember what was chosen.
  window.addEventListener("pageshow", sort);
}
