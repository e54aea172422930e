"use strict";

// Passkeys. Pages work without this file, with codes. The button stays hidden where the browser knows no passkeys.
(() => {
  const known = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);
  for (const hint of document.querySelectorAll("[data-no-passkey]")) hint.hidden = known;
  if (!known) return;

  const ask = {
    create: (options) =>
      navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
    get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  };

  for (const form of document.querySelectorAll("[data-passkey]")) {
    const failed = form.querySelector("[data-passkey-failed]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      try {
        const credential = await ask[form.dataset.passkey](JSON.parse(form.dataset.options));
        form.elements.answer.value = JSON.stringify(credential.toJSON());
        form.submit();
      } catch {
        failed.hidden = false;
      }
    });
  }
})();
