// Keys for the inbox and an alert, and the number of new alerts. Everything works without this file, by forms and links.
"use strict";
(() => {
  const told = document.querySelector("[data-events]");
  if (told && window.EventSource) {
    const source = new EventSource(told.dataset.events);
    source.addEventListener("new", (event) => { told.textContent = `${told.dataset.words}: ${event.data}`; });
    window.addEventListener("pagehide", () => source.close());
  }
  document.querySelectorAll("select#language").forEach((one) => one.addEventListener("change", () => one.form.submit()));
  const rows = Array.from(document.querySelectorAll("tr[data-alert]"));
  const inbox = document.getElementById("inbox");
  let at = -1;
  const go = (to) => {
    if (!rows.length) return;
    if (at >= 0) rows[at].classList.remove("at");
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at].classList.add("at");
    rows[at].querySelector("a").focus();
  };
  const acts = { a: "ack", e: "escalate", r: "resolve", f: "false" };
  const act = (name) => {
    if (!inbox.elements.act) return;
    if (!inbox.querySelector("input[name=alert]:checked") && at >= 0) rows[at].querySelector("input[name=alert]").checked = true;
    if (!inbox.querySelector("input[name=alert]:checked")) return;
    inbox.elements.act.value = name;
    inbox.submit();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    const key = event.key;
    if (inbox) {
      if (key === "j") go(at + 1);
      else if (key === "k") go(at - 1);
      else if (key === "x" && at >= 0) { const box = rows[at].querySelector("input[name=alert]"); box.checked = !box.checked; }
      else if (acts[key]) act(acts[key]);
      else return;
      event.preventDefault();
    } else {
      const button = document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
      if (button) { event.preventDefault(); button.click(); }
    }
  });
})();
