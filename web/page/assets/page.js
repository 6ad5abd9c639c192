"use strict";
// What the page does by itself: it keeps times going, looks again when something has changed, and says so to who listens.
// Everything can be read without it.
(() => {
  const main = () => document.getElementById("main");
  const root = document.documentElement;

  // Times. The words are those of times.go.
  const length = (s) => s < 60 ? `${Math.floor(s)} s` : s < 3600 ? `${Math.floor(s / 60)} min`
    : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  const relative = (s) => s < 0 ? `in ${length(-s)}` : s < 5 ? "just now" : `${length(s)} ago`;
  const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  function tick() {
    const now = Date.now();
    for (const t of document.querySelectorAll("time[data-ago]")) set(t, relative((now - Date.parse(t.dateTime)) / 1000));
    for (const t of document.querySelectorAll("time[data-until]")) {
      const late = (now - Date.parse(t.dateTime)) / 1000;
      set(t, late < 0 ? relative(late) : "any moment");
    }
    for (const p of document.querySelectorAll("progress[data-from]")) {
      const from = Date.parse(p.dataset.from);
      p.value = Math.max(0, (now - from) / 1000);
    }
  }

  function local() {
    for (const t of document.querySelectorAll("time")) {
      if (!t.title.includes(" here, ")) t.title = `${new Date(t.dateTime).toLocaleString()} here, ${t.title}`;
    }
  }

  // Looking again. What stands is changed in place: focus, scrolling and what is unfolded stay. A thousand changes are one look a second.
  const pause = 1000;
  let last = 0, waiting = 0, looking = false, again = false;

  function look() {
    if (waiting || !main() || "still" in main().dataset) return;
    if (looking) { again = true; return; }
    waiting = setTimeout(async () => {
      waiting = 0; last = Date.now(); looking = true;
      const before = sayings();
      try {
        await refresh();
        tell(before);
      } catch { /* the next change, or the next reconnect, brings it */ }
      looking = false;
      if (again) { again = false; look(); }
    }, Math.max(0, last + pause - Date.now()));
  }

  async function refresh() {
    const typing = document.activeElement;
    if (typing && typing.matches("main input:not([type=hidden]), main select, main textarea") && typing.value !== typing.defaultValue) return;
    await htmx.ajax("GET", location.pathname + location.search, { source: "#main", target: "#main", select: "#main", swap: "outerMorph" });
    tick(); local();
  }

  const sayings = () => new Map([...document.querySelectorAll("[data-say]")].map((n) => [n.id, n.dataset.say]));

  function tell(before) {
    const news = [];
    for (const [id, say] of sayings()) {
      if (before.get(id) === say) continue;
      news.push(say);
      const node = document.getElementById(id);
      node.classList.add("touched");
      setTimeout(() => node.classList.remove("touched"), 2000);
    }
    if (news.length) set(document.getElementById("said"), news.slice(0, 5).join("; "));
  }

  // The stream of changes. It rests while nobody looks: a browser has few connections to a host.
  let stream = null, failures = 0, retry = 0;

  function show(state, text) {
    const link = document.getElementById("link");
    link.hidden = false; link.dataset.state = state; set(link, text);
  }

  function concerns(message) {
    const watched = main()?.dataset.watch;
    if (!watched || !message.data) return true;
    try {
      const { environment } = JSON.parse(message.data);
      return !environment || environment === watched;
    } catch { return true; }
  }

  function listen() {
    if (stream || document.hidden || !main() || "still" in main().dataset) return;
    stream = new EventSource("/api/v1/events");
    stream.onopen = () => { if (failures) look(); failures = 0; show("live", "live"); };
    for (const kind of ["change", "message"]) stream.addEventListener(kind, (e) => { if (concerns(e)) look(); });
    stream.addEventListener("look-again", look);
    stream.onerror = () => {
      failures++;
      if (failures > 1) show("lost", "reconnecting");
      if (stream.readyState === EventSource.CLOSED) rest(Math.min(30000, 1000 * 2 ** failures));
    };
  }

  // rest closes the stream, and opens it again after a while; 0: when somebody asks for it.
  function rest(after) {
    stream?.close(); stream = null;
    clearTimeout(retry);
    if (after) retry = setTimeout(() => { look(); listen(); }, after);
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) rest(0); else { look(); listen(); tick(); } });
  addEventListener("pagehide", () => rest(0));
  addEventListener("pageshow", (e) => { if (e.persisted) { look(); listen(); } });

  // Filters answer as they are changed, and parts are paged where they stand.
  async function into(id, address, push) {
    const target = document.getElementById(id);
    if (!target) { location.assign(address); return; }
    target.setAttribute("aria-busy", "true");
    await htmx.ajax("GET", address, { source: `#${id}`, target: `#${id}`, select: `#${id}`, swap: "outerHTML" });
    if (push) history.replaceState(null, "", address);
    const found = document.getElementById(id)?.dataset.found;
    if (found) set(document.getElementById("said"), found);
    tick(); local();
  }

  function address(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    const text = query.toString();
    return form.getAttribute("action") + (text ? `?${text}` : "");
  }

  let typed = 0;
  const submit = (form) => into(form.dataset.into, address(form), !form.closest(".lazy"));
  document.addEventListener("input", (e) => {
    const form = e.target.closest?.("form[data-into]");
    if (!form) return;
    clearTimeout(typed);
    typed = setTimeout(() => submit(form), e.target.matches("select") ? 0 : 350);
  });
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("form[data-into]")) return;
    e.preventDefault(); clearTimeout(typed); submit(e.target);
  });

  document.addEventListener("click", (e) => {
    const copy = e.target.closest?.("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        const was = copy.textContent;
        set(copy, "copied");
        set(document.getElementById("said"), "copied");
        setTimeout(() => set(copy, was), 1500);
      });
      return;
    }
    const page = e.target.closest?.("a[data-into]");
    if (page && !e.metaKey && !e.ctrlKey && !e.shiftKey && e.button === 0) {
      e.preventDefault();
      into(page.dataset.into, page.getAttribute("href"), !page.closest(".lazy")).then(() => document.getElementById(page.dataset.into)?.scrollIntoView({ block: "nearest" }));
    }
  });

  document.addEventListener("htmx:after:swap", () => { tick(); local(); });
  // A fault fills the part that it belongs to. The page as a whole stays as it was; what was asked for by hand is shown in full.
  document.addEventListener("htmx:before:swap", (e) => {
    const { response, target, request } = e.detail.ctx;
    if (target.id !== "main") e.detail.ctx.title = null;
    if (response.status < 400 || target.matches(".lazy")) return;
    e.preventDefault();
    if (response.status === 400 && target.id !== "main") complain(target, e.detail.ctx.text);
    else if (target.id !== "main") location.assign(request.action);
  });

  // What can't be asked, as a name that is half typed, is said where the answer would stand.
  function complain(target, page) {
    const why = new DOMParser().parseFromString(page, "text/html").querySelector("main .part p");
    const say = document.createElement("p");
    say.className = "say is-warn";
    say.textContent = why ? why.textContent : "That can't be asked.";
    target.replaceChildren(say);
    target.dataset.found = say.textContent;
    target.removeAttribute("aria-busy");
  }

  function begin() {
    root.classList.add("scripted");
    if (navigator.clipboard) root.classList.add("can-copy");
    tick(); local(); listen();
    setInterval(tick, 5000);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
