// Keys for the inbox and an alert, and the number of new alerts. Everything works without this file, by forms and links.
"use strict";
(() => {
  const told = document.querySelector("[data-events]");
  const inbox = document.getElementById("inbox");
  const fresh = document.getElementById("fresh");
  // a new alert's row is put where the server has it; rows that are there, their marks and the focus stay
  const renew = async () => {
    const body = inbox && inbox.querySelector("tbody");
    if (!body) { if (fresh) fresh.hidden = false; return; }
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) { fresh.hidden = false; return; }
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    let before = null;
    for (const row of other.querySelectorAll("tr[data-alert]")) {
      let own = body.querySelector(`tr[data-alert="${CSS.escape(row.dataset.alert)}"]`);
      if (!own) { own = document.adoptNode(row); own.classList.add("fresh"); if (before) before.after(own); else body.prepend(own); }
      before = own;
    }
  };
  if (told && window.EventSource) {
    const source = new EventSource(told.dataset.events);
    const title = document.title;
    source.addEventListener("unread", (event) => {
      if (!told.dataset.said) told.textContent = Number(event.data) ? `${event.data} ${told.dataset.words}` : "";
      document.title = Number(event.data) ? `(${event.data}) ${title}` : title;
    });
    source.addEventListener("alert", (event) => {
      const one = JSON.parse(event.data);
      const link = document.createElement("a");
      link.href = `/alerts/${encodeURIComponent(one.id)}`;
      link.textContent = `${one.severity}, ${one.organisation}: ${one.title || one.id}`.slice(0, 120);
      told.dataset.said = "yes";
      told.replaceChildren(`${told.dataset.new}: `, link);
      renew().catch(() => { if (fresh) fresh.hidden = false; });
    });
    window.addEventListener("pagehide", () => source.close());
  }
  document.querySelectorAll("select#language").forEach((one) => one.addEventListener("change", () => one.form.submit()));
  // an editor's preview follows what is typed; the answer to an older text is dropped
  const editor = document.querySelector("form[data-preview]");
  const preview = document.getElementById("preview");
  if (editor && preview) {
    let waiting = 0;
    let asked = null;
    const look = async () => {
      if (asked) asked.abort();
      asked = new AbortController();
      preview.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(editor.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(editor)), signal: asked.signal });
        if (answer.ok) preview.innerHTML = await answer.text();
        preview.removeAttribute("aria-busy");
      } catch (error) {
        if (error.name !== "AbortError") preview.removeAttribute("aria-busy");
      }
    };
    editor.addEventListener("input", (event) => {
      if (event.target.name === "why") return;
      clearTimeout(waiting);
      waiting = setTimeout(look, 600);
    });
  }
  const waits = document.querySelector("[data-refresh]");
  if (waits) setTimeout(() => location.reload(), Number(waits.dataset.refresh));
  let rows = [];
  let at = -1;
  const go = (to) => {
    const current = rows[at];
    rows = Array.from(document.querySelectorAll("tr[data-alert]"));
    if (!rows.length) return;
    to += current ? rows.indexOf(current) - at : 0;
    if (current) current.classList.remove("at");
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
      const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (button) { event.preventDefault(); button.click(); }
    }
  });
})();
