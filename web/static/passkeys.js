// Makes and uses passkeys: asks the server what to sign, the browser to sign it, and sends the answer with the form.
// Where this does not run, a sentence in the form says what to do instead.
const works = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON && navigator.credentials);

if (works) for (const form of document.querySelectorAll("[data-passkey]")) offer(form);

function offer(form) {
  form.querySelector("[data-passkey-missing]").hidden = true;
  form.querySelector("[data-passkey-button]").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
}

async function ask(form) {
  const fault = form.querySelector("[data-passkey-fault]");
  fault.hidden = true;
  try {
    const asked = await fetch(form.dataset.passkeyOptions, { method: "POST", body: new FormData(form) });
    form.elements.answer.value = JSON.stringify((await sign(form.dataset.passkey, await asked.json())).toJSON());
  } catch {
    fault.hidden = false;
    return;
  }
  form.submit();
}

function sign(does, options) {
  return does === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}
