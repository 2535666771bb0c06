// Every page works without this file; it only adds comfort (menu on small screens, character counts, focus on errors,
// and similar recommendations while one is typed).
import { initAll } from "./govuk-frontend-6.3.0/govuk-frontend.min.js";

const PAUSE = 600; // milliseconds without a key before anything is asked

initAll();
const similar = document.querySelector("[data-similar]");
if (similar) followTyping(similar, similar.closest("form"));

function followTyping(region, form) {
  const [status, list] = ["status", "list"].map((name) => region.querySelector(`[data-similar-${name}]`));
  let timer, request;
  form.addEventListener("input", (event) => {
    if (!["text", "themes"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });

  function look() {
    request?.abort();
    request = new XMLHttpRequest();
    request.open("POST", region.dataset.similar); // posted: what is typed stands in no address
    request.responseType = "document";
    request.addEventListener("load", ({ target }) => {
      if (target.status === 200 && target.response) show(target.response);
    });
    request.send(new FormData(form));
  }

  function show(answer) {
    list.replaceChildren(...[...answer.body.childNodes].map((node) => document.importNode(node, true)));
    const count = list.querySelector("[data-similar-count]")?.textContent ?? "";
    if (status.textContent !== count) status.textContent = count;
  }
}
