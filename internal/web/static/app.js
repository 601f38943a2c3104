// Ponte in the browser: one stream, forms, keys, clocks. No framework; strict CSP. Its words stand in the body's data.
(() => {
  "use strict";
  const body = document.body, say = (name, detail) => body.dispatchEvent(new CustomEvent(name, { detail }));

  // ---- live: the server says "ocorrencia-1234 changed"; parts that listen for it refetch themselves.
  const stateEl = document.querySelector("[data-live-state]");
  const show = on => {
    if (!stateEl) return;
    const words = on ? body.dataset.liveOn : body.dataset.liveOff;
    stateEl.hidden = false;
    stateEl.classList.toggle("off", !on);
    if (stateEl.textContent !== words) stateEl.textContent = words;
  };
  // A part that is told while a request of its own or of its filters is on the way asks again behind it: htmx drops the
  // second one (hx-sync), and what is on the way may have been read before the news.
  const stale = new Set(), parts = () => [...document.querySelectorAll("[data-live-part][hx-trigger]")];
  const topicOf = el => el.getAttribute("hx-trigger").split(" ")[0];
  const news = (topic, detail) => {
    parts().forEach(el => { if (topicOf(el) === topic) stale.add(el.id); });
    say(topic, detail);
  };
  document.addEventListener("htmx:before:request", e => stale.delete(e.detail.ctx.sourceElement.id));
  document.addEventListener("htmx:finally:request", () => setTimeout(() => {   // htmx frees the queue behind this event
    new Set(parts().filter(el => stale.has(el.id)).map(topicOf)).forEach(topic => say(topic, {}));
  }));
  // Whoever (re)connects asks every part on the page: what changed while nobody listened arrives then.
  const resync = () => new Set(parts().map(topicOf)).forEach(topic => news(topic, { resync: true }));
  const hear = m => {
    if (m.t === "changed") news(m.topic, m);
    else if (m.t === "all") resync();
    else if (m.t === "open") { show(true); resync(); }
    else if (m.t === "down") show(false);
  };
  window.ponte = { hear, leader: false };

  function connect(url, tell) {                       // one EventSource, with a watchdog for half-open sockets
    let es, beat, wait = 1000, dead;
    const start = () => {
      es = new EventSource(url);
      const alive = () => { clearTimeout(beat); beat = setTimeout(again, 45000); };
      es.onopen = () => { wait = 1000; alive(); tell({ t: "open" }); };
      es.addEventListener("ping", () => { alive(); tell({ t: "ping" }); });
      es.addEventListener("all", () => { alive(); tell({ t: "all" }); });
      es.addEventListener("changed", e => { alive(); tell({ t: "changed", topic: e.data }); });
      es.onerror = () => { tell({ t: "down" }); if (es.readyState === 2) { clearTimeout(dead); dead = setTimeout(again, wait); wait = Math.min(wait * 2, 30000); } };
    };
    const again = () => { es.close(); clearTimeout(beat); start(); };
    start();
    return () => { clearTimeout(beat); clearTimeout(dead); es.close(); };
  }

  const url = body.dataset.live;
  if (url && !navigator.locks) connect(url, hear);     // plain HTTP to another machine: browsers keep locks for HTTPS
  else if (url) {                                      // one stream per browser: a lock picks the tab that holds it
    const ch = new BroadcastChannel("ponte-live"), me = crypto.getRandomValues(new Uint32Array(2)).join();
    const quiet = 40000;                               // the server pings every 15 s
    let up = false, leave, watch;
    const heard = () => { clearTimeout(watch); watch = setTimeout(() => { if (!leave) join(true); heard(); }, quiet); };
    const tell = m => { up = m.t === "open" || (m.t !== "down" && up); heard(); hear(m); ch.postMessage(m); };
    ch.onmessage = ({ data: m }) => {
      if (m.t !== "hello") { heard(); if (!m.to || m.to === me) hear(m); }
      else if (leave) ch.postMessage({ t: up ? "open" : "down", to: m.me });   // a new tab learns the state, and resyncs
    };
    const join = steal => {
      ch.postMessage({ t: "hello", me });
      navigator.locks.request("ponte-live", steal ? { steal } : {}, () => new Promise(done => {
        window.ponte.leader = true;
        const stop = connect(url, tell);
        leave = () => { leave = null; window.ponte.leader = false; stop(); done(); };
      })).catch(() => { leave?.(); join(); });                                  // stolen from us: queue up again
    };
    const back = () => { join(); resync(); };
    join(); heard();
    addEventListener("pagehide", () => leave?.());                              // by hand: a page kept for "back" keeps its lock
    addEventListener("pageshow", e => { if (e.persisted) back(); });
    document.addEventListener("freeze", () => leave?.());
    document.addEventListener("resume", back);
  }

  // ---- drafts: a live part must never touch what is being written. The server sends a draft back only where a
  // form was sent without this script; from here on it belongs to the browser, and the markup is empty like the next one.
  const own = el => {
    if (el.type === "checkbox") { const on = el.checked; el.removeAttribute("checked"); el.checked = on; }
    else { const v = el.value; el.tagName === "TEXTAREA" ? el.textContent = "" : el.removeAttribute("value"); el.value = v; }
  };
  document.querySelectorAll("[data-keep]").forEach(own);
  addEventListener("limpar", e => {                    // the server took the form (HX-Trigger: limpar)
    const form = e.target.closest("form") || e.target;
    form.reset?.();
    form.querySelectorAll?.("details[open]").forEach(d => d.open = false);
  });

  // ---- what is written and not sent yet goes to the server, so that a closed tab loses nothing and the browser keeps nothing
  const written = new Map();                           // form -> timer
  const keep = form => {
    clearTimeout(written.get(form));
    if (!written.delete(form)) return;
    const body = new URLSearchParams({ lugar: form.dataset.draft });
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "lugar") body.append(name, value);
    fetch("/rascunhos", { method: "POST", body, keepalive: true }).catch(() => {});   // it is tried again with the next key
  };
  const drop = e => { const form = e.target.closest?.("form[data-draft]"); if (form) { clearTimeout(written.get(form)); written.delete(form); } };
  addEventListener("input", e => {
    const form = e.target.form;
    if (!form?.dataset.draft) return;
    clearTimeout(written.get(form));
    written.set(form, setTimeout(() => keep(form), 700));
  });
  addEventListener("submit", drop, true);
  const keepAll = () => { for (const form of [...written.keys()]) keep(form); };
  addEventListener("pagehide", keepAll);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keepAll(); });

  // ---- what went wrong and swapped nothing: the text stays, and this says so
  const alertEl = document.getElementById("aviso");
  let hide;
  const warn = (text, status) => {
    if (!alertEl) return;
    alertEl.textContent = text || alertEl.dataset.lost;
    if (status === 401) {
      const a = document.createElement("a");
      a.href = "/entrar"; a.target = "_blank"; a.textContent = alertEl.dataset.again;
      alertEl.append(" ", a);
    }
    alertEl.showPopover?.();
    clearTimeout(hide);
    hide = setTimeout(() => alertEl.hidePopover?.(), status === 401 ? 60000 : 12000);
  };
  document.addEventListener("htmx:response:error", e => {
    const ctx = e.detail.ctx;
    if (ctx.request.method === "GET") { if (ctx.response.status === 401) warn(ctx.text, 401); return; }  // a refetch tries again by itself
    if (ctx.response.status >= 500 || ctx.hx?.reswap === "none") warn(ctx.response.status >= 500 ? "" : ctx.text, ctx.response.status);
  });
  document.addEventListener("htmx:error", e => { if (e.detail.ctx?.request?.method !== "GET") warn(); });

  // ---- the demo's users fill the sign-in form
  addEventListener("click", e => {
    const b = e.target.closest?.("[data-fill]");
    if (!b) return;
    document.getElementById("login").value = b.dataset.fill;
    document.getElementById("senha").value = b.dataset.fillPassword;
    document.querySelector("form .btn.pri").focus();
  });

  // ---- a window of a pop-up status: a link that opens beside the page; with a key held down the browser does as it likes
  addEventListener("click", e => {
    const a = e.target.closest?.("a[data-window]");
    if (!a || e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    window.open(a.href, "_blank", "popup,noopener,noreferrer,width=1000,height=760");
  });

  // ---- files: what was chosen stands in a list until it is sent, and can be taken back; more can be chosen, pasted or
  // dropped. The list is the browser's: news does not touch it. Without this the browser's own field does.
  const size = n => {
    const f = (v, d) => new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: d, maximumFractionDigits: d }).format(v);
    return n < 1048576 - 1023 ? f(Math.max(1, Math.ceil(n / 1024)), 0) + " KB" : f(n / 1048576, n < 10485760 ? 1 : 0) + " MB";
  };
  const chosenFiles = new WeakMap(), pickerOf = el => el?.closest?.("form")?.querySelector("input[type=file][data-most]");
  const weigh = input => [...input.files].reduce((n, f) => n + f.size, 0);
  const choose = (input, files) => {
    const all = new DataTransfer(), seen = new Set();
    for (const f of files) {
      const key = [f.name, f.size, f.lastModified].join();
      if (!seen.has(key)) all.items.add(f);
      seen.add(key);
    }
    input.files = all.files;
    listChosen(input);
  };
  const listChosen = input => {
    const box = input.form.querySelector(".chosen"), model = box.querySelector("template"), files = [...input.files], most = +input.dataset.most;
    chosenFiles.set(input, files);
    const large = f => f.size > +input.dataset.largest;
    box.querySelector("ul").replaceChildren(...files.map(f => {
      const li = model.content.firstElementChild.cloneNode(true), no = li.querySelector(".bad"), off = li.querySelector("button");
      li.querySelector(".n").textContent = f.name;
      li.querySelector("small").textContent = size(f.size);
      li.classList.toggle("doc", !f.type.startsWith("image/"));
      off.setAttribute("aria-label", off.dataset.remove.replace("#", () => f.name));
      if (large(f)) { li.classList.add("too"); no.textContent = no.dataset.words; no.hidden = false; }
      return li;
    }));
    box.classList.toggle("any", files.length > 0);
    if (!files.length) box.querySelectorAll("input[type=checkbox]").forEach(c => c.checked = false);
    input.setCustomValidity(files.length > most ? input.dataset.tooMany : files.some(large) ? input.dataset.tooLarge : "");
  };
  document.querySelectorAll("input[type=file][data-most]").forEach(i => { if (i.files.length) listChosen(i); });
  addEventListener("change", e => {
    if (e.target.matches?.("input[type=file][data-most]")) choose(e.target, [...chosenFiles.get(e.target) || [], ...e.target.files]);
  });
  addEventListener("reset", e => { const input = pickerOf(e.target); if (input) setTimeout(() => listChosen(input)); });
  addEventListener("click", e => {
    const b = e.target.closest?.(".chosen [data-remove]");
    if (!b) return;
    const input = pickerOf(b), at = [...b.closest("ul").children].indexOf(b.closest("li"));
    choose(input, [...input.files].filter((_, i) => i !== at));
    (input.form.querySelectorAll(".chosen [data-remove]")[Math.min(at, input.files.length - 1)] || input).focus();
  });
  addEventListener("paste", e => {
    const input = pickerOf(e.target), d = e.clipboardData;
    if (!input || !d?.files.length || d.types.includes("text/plain")) return;   // a spreadsheet's cells are text and picture both
    e.preventDefault(); choose(input, [...input.files, ...d.files]);
  });
  const over = (e, on) => {
    const input = e.dataTransfer?.types.includes("Files") && pickerOf(e.target);
    document.querySelectorAll("form.over").forEach(f => { if (!on || f !== input?.form) f.classList.remove("over"); });
    if (!input) return;
    e.preventDefault();
    if (on) input.form.classList.add("over");
    return input;
  };
  addEventListener("dragover", e => over(e, true));
  addEventListener("dragleave", e => { if (!e.relatedTarget) over(e, false); });
  addEventListener("drop", e => { const input = over(e, false); if (input) choose(input, [...input.files, ...e.dataTransfer.files]); });
  const sending = (e, on) => {
    const ctx = e.detail.ctx, input = ctx.request.method === "POST" && pickerOf(ctx.sourceElement);
    if (!input || on && !input.files.length) return;             // at its end they may be gone
    const box = input.form.querySelector(".chosen"), say = box.querySelector(".sending");
    if (on) ctx.request.timeout = 60000 + weigh(input) / 16;    // what comes over a slow line takes its time: 16 KB/s
    on ? box.setAttribute("aria-busy", "true") : box.removeAttribute("aria-busy");
    say.textContent = on ? say.dataset.words.replace("#", size(weigh(input))) : "";
  };
  document.addEventListener("htmx:config:request", e => sending(e, true));
  document.addEventListener("htmx:finally:request", e => sending(e, false));

  // ---- photos: a click shows one larger, in place; arrows leaf through the page's, Escape closes. Without this it is a link.
  const big = document.getElementById("foto"), photos = () => [...document.querySelectorAll("a[data-photo]")];
  const showPhoto = a => {
    const all = photos(), stage = big.querySelector(".stage"), img = new Image();
    stage.querySelector("img")?.remove();
    big.photo = a.id; img.src = a.href; img.alt = a.dataset.photo; stage.append(img);
    big.querySelector("[data-name]").textContent = a.dataset.photo;
    big.querySelector("[data-count]").textContent = all.length > 1 ? all.indexOf(a) + 1 + " / " + all.length : "";
    big.querySelector("[data-original]").href = a.href;
    big.querySelectorAll("[data-leaf]").forEach(b => b.hidden = !all[all.indexOf(a) + +b.dataset.leaf]);
    if (!big.open) big.showModal();
  };
  const leaf = by => { const all = photos(), next = all[all.findIndex(a => a.id === big.photo) + by]; if (next) showPhoto(next); };
  if (big) {
    addEventListener("click", e => {
      const a = e.target.closest?.("a[data-photo]");
      if (!a || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
      e.preventDefault(); showPhoto(a);
    });
    big.addEventListener("click", e => { const b = e.target.closest("[data-leaf]"); if (b) leaf(+b.dataset.leaf); else if (e.target === big) big.close(); });
    big.addEventListener("keydown", e => { if (e.key === "ArrowLeft") leaf(-1); else if (e.key === "ArrowRight") leaf(1); });
    big.addEventListener("close", () => { document.getElementById(big.photo)?.focus(); big.querySelector(".stage img")?.remove(); });
  }

  // ---- the board: a card's move is confirmed in a dialog, whether its button was pressed or it was dropped on a column. What
  // it may become it says itself; the server decides. Without this the button is a link to a page. News waits for a card in the hand.
  const mover = document.getElementById("mover-dialogo");
  if (mover) {
    let card, from, waits;
    const ask = (path, by) => {
      from = by;
      htmx.ajax("GET", path, { target: "#mover-corpo", swap: "outerHTML" }).then(() => {
        if (!document.getElementById("mover-titulo")) return;
        if (!mover.open) mover.showModal();
        (mover.querySelector("textarea") || mover.querySelector(".next .btn"))?.focus();
      });
    };
    const cols = () => document.querySelectorAll(".board .col"), takes = col => col && (" " + card.dataset.next + " ").includes(" " + col.dataset.column + " ");
    const end = () => {
      card?.classList.remove("held"); card = null;
      cols().forEach(c => c.classList.remove("may", "no", "over"));
      if (waits) { waits = false; resync(); }
    };
    addEventListener("click", e => {
      const a = e.target.closest?.("a[data-move]");
      if (a && !e.ctrlKey && !e.metaKey && !e.shiftKey && !e.altKey) { e.preventDefault(); ask(a.getAttribute("href"), a.id); }
      else if (e.target.closest?.("[data-close]") && mover.open) { e.preventDefault(); mover.close(); }
    });
    mover.addEventListener("click", e => { if (e.target === mover) mover.close(); });
    mover.addEventListener("close", () => document.getElementById(from)?.focus());
    addEventListener("movida", () => mover.close());
    addEventListener("dragstart", e => {
      const c = e.target.closest?.(".card[draggable]");
      if (!c) return;
      card = c; e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", c.dataset.card);
      c.classList.add("held");
      cols().forEach(col => { if (!col.contains(c)) col.classList.add(takes(col) ? "may" : "no"); });
    });
    addEventListener("dragover", e => {
      const col = card && e.target.closest?.(".col");
      cols().forEach(c => c.classList.toggle("over", c === col && takes(c)));
      if (takes(col)) { e.preventDefault(); e.dataTransfer.dropEffect = "move"; }
    });
    addEventListener("drop", e => {
      const col = card && e.target.closest?.(".col");
      if (!takes(col)) return;
      e.preventDefault();
      const a = card.querySelector("a[data-move]"), to = col.dataset.column;
      if (a) ask(a.getAttribute("href") + "&para=" + encodeURIComponent(to), a.id);
    });
    addEventListener("dragend", end);
    document.addEventListener("htmx:before:request", e => {
      if (card && e.detail.ctx.sourceElement.matches("[data-live-part]")) { waits = true; e.preventDefault(); }
    });
    let at;                                            // a card that goes to another column takes the cursor along
    document.addEventListener("htmx:before:swap", () => { at = document.activeElement.closest(".board") && document.activeElement.id; });
    document.addEventListener("htmx:after:swap", () => { if (at && document.activeElement === body) document.getElementById(at)?.focus(); });
  }

  // ---- copying: without a clipboard (plain HTTP to another machine) the text is selected, for the person to copy
  addEventListener("click", async e => {
    const b = e.target.closest?.("[data-copy]"), from = b && document.getElementById(b.dataset.copy);
    if (!from) return;
    getSelection().selectAllChildren(from);
    try { await navigator.clipboard.writeText(from.textContent); } catch { if (!document.execCommand("copy")) return; }
    const words = b.querySelector("[data-copy-words]"), before = words.textContent;
    if (before === b.dataset.copied) return;
    words.textContent = b.dataset.copied;
    setTimeout(() => { words.textContent = before; }, 2500);
  });

  // ---- keys: "c" comment, j/k rows, x ticks one, arrows and Enter in the finder, Ctrl+Enter sends, Escape leaves a field
  const typing = el => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  // The finder: arrows walk from the box through what it found, Enter takes the first. What was not answered yet is
  // asked by the form itself.
  const walkChoices = (e, at) => {
    const box = document.querySelector("[data-pick]"), list = box && document.querySelector(box.dataset.pick);
    if (!list || at !== box && !at.matches("[data-choice]")) return false;
    const choices = [...list.querySelectorAll("[data-choice]")], i = choices.indexOf(at);
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      const next = e.key === "ArrowDown" ? choices[Math.min(i + 1, choices.length - 1)] : choices[i - 1] || box;
      next?.focus(); next?.scrollIntoView({ block: "nearest" }); e.preventDefault(); return true;
    }
    if (e.key !== "Enter" || at !== box || list.dataset.for !== box.value.trim() || !choices.length) return false;
    e.preventDefault(); choices[0].click(); return true;
  };
  const box = document.querySelector("[data-pick]");   // what is searched for stands there: go on behind it
  box?.setSelectionRange?.(box.value.length, box.value.length);
  addEventListener("keydown", e => {
    const at = document.activeElement;
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && at.form) { e.preventDefault(); at.form.requestSubmit(at.form.querySelector("button.pri")); return; }
    if (e.key === "Escape" && typing(at) && !at.closest("[popover],dialog")) { at.blur(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (walkChoices(e, at) || typing(at)) return;
    if (e.key === "j" || e.key === "k") {
      const rows = [...document.querySelectorAll("[data-row]")]; if (!rows.length) return;
      const i = rows.indexOf(at), next = rows[e.key === "j" ? Math.min(i + 1, rows.length - 1) : Math.max(i - 1, 0)];
      next.focus(); next.scrollIntoView({ block: "nearest" }); e.preventDefault(); return;
    }
    if (e.key === "x" && at.matches("[data-row]")) { const c = at.closest("tr").querySelector("[data-choose]"); if (c) { e.preventDefault(); c.click(); return; } }
    const hit = document.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
    if (hit) { e.preventDefault(); typing(hit) ? hit.focus() : hit.click(); }
  });

  // ---- rows that are ticked, to be moved together: how many, the whole page, and from one to another with Shift held. What
  // is ticked is the browser's: a row that news takes off the list is not chosen any more.
  const rowBoxes = () => [...document.querySelectorAll("input[data-choose]")];
  let lastBox;
  const countBoxes = () => {
    const all = rowBoxes(), n = all.filter(c => c.checked).length;
    document.querySelectorAll("[data-chosen]").forEach(el => {
      const words = (n === 0 ? el.dataset.none : n === 1 ? el.dataset.one : el.dataset.many).replace("#", n);
      if (el.textContent !== words) el.textContent = words;
    });
    document.querySelectorAll("input[data-choose-all]").forEach(c => { c.checked = n > 0 && n === all.length; c.indeterminate = n > 0 && n < all.length; });
  };
  addEventListener("click", e => {
    const box = e.target.closest?.("input[data-choose]");
    if (box) {
      const all = rowBoxes(), i = all.indexOf(box), j = all.findIndex(c => c.id === lastBox);
      if (e.shiftKey && j >= 0) all.slice(Math.min(i, j), Math.max(i, j) + 1).forEach(c => c.checked = box.checked);
      lastBox = box.id;
    } else if (e.target.closest?.("[data-choose-page]")) rowBoxes().forEach(c => c.checked = true);
    else if (e.target.matches?.("input[data-choose-all]")) { const on = e.target.checked; rowBoxes().forEach(c => c.checked = on); }
    else return;
    countBoxes();
  });
  addEventListener("reset", () => setTimeout(countBoxes));
  addEventListener("pageshow", countBoxes);
  document.addEventListener("htmx:finally:request", countBoxes);

  // ---- clocks: relative times grow old on a page that stays open all day
  setInterval(() => document.querySelectorAll("time[data-ago]").forEach(t => {
    const min = (Date.now() - Date.parse(t.dateTime)) / 6e4;
    const words = min < 1 ? body.dataset.now : min < 60 ? body.dataset.minutes.replace("#", Math.floor(min)) : min < 360 ? body.dataset.hours.replace("#", Math.floor(min / 60)) : "";
    if (words && t.textContent !== words) t.textContent = words;
  }), 30000);
})();
