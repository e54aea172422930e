"use strict";

// Print buttons: hidden without scripts, which they need. The public door shows one if the terminal has a printer.
(() => {
  const reveal = () => document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));

  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
  document.addEventListener("htmx:afterSwap", reveal);
  reveal();
})();
