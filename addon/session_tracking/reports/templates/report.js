"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const shown = document.getElementById("shown");
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
  }));
  const apply = () => {
    const text = form.elements.text.value.trim().toLowerCase();
    let count = 0;
    for (const finding of findings) {
      const data = finding.element.dataset;
      const fits =
        finding.text.includes(text) &&
        ["severity", "state", "rule"].every((name) => {
          const wanted = form.elements[name].value;
          return !wanted || wanted === data[name];
        });
      finding.element.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${findings.length} findings`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
