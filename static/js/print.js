"use strict";

// Loaded only where the terminal has a printer. Without scripts there is no button, because nothing could press it.
(() => {
  const reveal = () => document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));

  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
  document.addEventListener("htmx:afterSwap", reveal);
  reveal();
})();
