// Every page works without this file; it only adds comfort (menu on small screens, character counts, focus on errors,
// similar recommendations while one is typed, and a notice before a session ends).
import { initAll } from "./govuk-frontend-6.3.0/govuk-frontend.min.js";

const NOTICE = 120; // seconds before the end of a session
const ENDED = "Your session has ended. Press your button all the same: what you typed is saved until you have signed in.";
const LAST = "You cannot stay signed in longer. What you typed is saved until you have signed in again.";
const PAUSE = 600; // milliseconds without a key before anything is asked

initAll();
const similar = document.querySelector("[data-similar]");
if (similar) followTyping(similar, similar.closest("form"));
const ending = document.querySelector("[data-session]");
if (ending) watchSession(ending);

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

function watchSession(notice) {
  const [words, form] = ["words", "form"].map((name) => notice.querySelector(`[data-session-${name}]`));
  const until = document.querySelector("[data-session-until]");
  let end = Date.now() + notice.dataset.session * 1000;
  let isFinal = "sessionFinal" in notice.dataset;
  setInterval(look, 1000); // by the clock: a computer that slept knows at once
  look();

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return answer && look((end = 0));
    const session = await answer.json();
    [end, isFinal, until.textContent] = [Date.now() + session.seconds * 1000, session.final, session.until];
    look();
  });

  function look() {
    const left = end - Date.now();
    const isNear = left <= NOTICE * 1000;
    form.hidden = !isNear || isFinal || left <= 0;
    say(!isNear ? "" : left <= 0 ? ENDED : `You will be signed out at ${until.textContent}. ${isFinal ? LAST : ""}`.trim());
  }

  function say(text) {
    if (words.textContent !== text) words.textContent = text; // else it would be read out again every second
  }
}
