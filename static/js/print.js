"use strict";

// Print button. On the page only if the terminal has a printer; hidden without scripts, which it needs.
(() => {
  const reveal = () => document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));

  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
  document.addEventListener("htmx:afterSwap", reveal);
  reveal();
})();
