// The query's completion and the timeline that is dragged. Everything works without this file: typing, and a link a bar.
"use strict";
(() => {
  const input = document.querySelector("[data-complete]");
  if (input) {
    const box = document.createElement("ul");
    box.id = "query-offers";
    box.className = "offers-box";
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", input.labels[0] ? input.labels[0].firstChild.textContent.trim() : "");
    box.hidden = true;
    const holder = input.closest("label").parentNode === null ? input.parentNode : input.closest("label");
    const wrap = document.createElement("span");
    wrap.className = "completing";
    input.replaceWith(wrap);
    wrap.append(input);
    holder.after(box);
    wrap.closest("form").classList.add("completing");
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", box.id], ["aria-haspopup", "listbox"]]) input.setAttribute(name, value);
    const fault = document.getElementById("query-fault");
    let offers = { start: 0, end: 0, offers: [] };
    let at = -1, asked = 0, timer = 0, faultTimer = 0;
    const close = () => { box.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const select = (to) => {
      at = (to + offers.offers.length) % offers.offers.length;
      [...box.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
      input.setAttribute("aria-activedescendant", box.children[at].id);
      box.children[at].scrollIntoView({ block: "nearest" });
    };
    const take = (number) => {
      const value = offers.offers[number].value;
      const more = value.endsWith(":") || value.endsWith(" ") ? "" : " ";
      input.value = input.value.slice(0, offers.start) + value + more + input.value.slice(offers.end).trimStart();
      const to = offers.start + value.length + more.length;
      input.setSelectionRange(to, to);
      close();
      input.focus();
      if (value.endsWith(":")) ask();
    };
    const show = () => {
      box.replaceChildren(...offers.offers.map((one, number) => {
        const row = document.createElement("li");
        row.id = `query-offer-${number}`;
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", "false");
        const detail = document.createElement("span");
        detail.textContent = one.detail;
        row.append(one.value.trim(), detail);
        row.addEventListener("pointerdown", (event) => { event.preventDefault(); take(number); });
        return row;
      }));
      if (!offers.offers.length || document.activeElement !== input) { close(); return; }
      at = -1;
      input.removeAttribute("aria-activedescendant");
      box.hidden = false;
      input.setAttribute("aria-expanded", "true");
    };
    const ask = async () => {
      const number = ++asked;
      const query = new URLSearchParams({ q: input.value, at: String(input.selectionStart) });
      try {
        const answer = await fetch(`${input.dataset.complete}?${query}`, { headers: { Accept: "application/json" } });
        if (!answer.ok || number !== asked) return;
        offers = await answer.json();
      } catch { return; }
      show();
      clearTimeout(faultTimer);
      const said = offers.fault ? `${offers.position + 1}: ${offers.fault}` : "";
      if (!said) fault.textContent = "";
      else faultTimer = setTimeout(() => { fault.textContent = said; }, 700);
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && box.hidden) { event.preventDefault(); ask(); return; }
      if (box.hidden) return;
      if (event.key === "ArrowDown") select(at + 1);
      else if (event.key === "ArrowUp") select(at < 0 ? -1 : at - 1);
      else if (event.key === "Escape") close();
      else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(at);
      else return;
      event.preventDefault();
    });
  }

  const chart = document.querySelector("[data-timeline]");
  if (chart) {
    const bars = [...chart.querySelectorAll(".hit")];
    const links = [...chart.querySelectorAll("a")];
    chart.classList.add("zooms");
    links.forEach((one, number) => { one.tabIndex = number ? -1 : 0; });
    chart.addEventListener("keydown", (event) => {
      const now = links.indexOf(document.activeElement);
      const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: links.length - 1 }[event.key];
      if (now < 0 || to === undefined || !links[to]) return;
      event.preventDefault();
      links[now].tabIndex = -1;
      links[to].tabIndex = 0;
      links[to].focus();
    });
    let from = -1, to = -1;
    const barAt = (event) => {
      const place = chart.getBoundingClientRect();
      return Math.max(0, Math.min(bars.length - 1, Math.floor(((event.clientX - place.left) / place.width) * bars.length)));
    };
    const draw = () => bars.forEach((bar, number) => bar.classList.toggle("picked", from >= 0 && number >= Math.min(from, to) && number <= Math.max(from, to)));
    chart.addEventListener("pointerdown", (event) => { if (event.button === 0) { from = to = barAt(event); chart.setPointerCapture(event.pointerId); event.preventDefault(); } });
    chart.addEventListener("pointermove", (event) => { if (from >= 0) { to = barAt(event); draw(); } });
    chart.addEventListener("pointercancel", () => { from = -1; draw(); });
    chart.addEventListener("pointerup", () => {
      if (from < 0) return;
      const [first, last] = [bars[Math.min(from, to)], bars[Math.max(from, to)]];
      from = -1;
      draw();
      const address = chart.dataset.timeline.replace("SINCE", encodeURIComponent(first.dataset.since)).replace("UNTIL", encodeURIComponent(last.dataset.until));
      location.assign(address);
    });
  }
})();
