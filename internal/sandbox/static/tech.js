// The technician's phone: pages stay young by themselves, photos are seen before they go, nothing is sent twice.
// Nothing here decides anything: without this file all works by links and forms. Strict CSP, no framework.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const words = document.body.dataset;

  // ---- what was done is said once: reloading the page does not say it again
  if (new URLSearchParams(location.search).has("feito")) history.replaceState(null, "", location.pathname);

  // ---- young pages: every few seconds the page is asked for again, and parts with data-vivo take on what is new. Only
  // what differs is touched, so that the cursor, an open list and the place on the page stay where they are.
  const quick = 3000, slow = 15000;
  let tag = "", timer, wait = quick, asking = false;

  const same = (a, b) => a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
  function morph(now, next, top) {
    if (now.isEqualNode(next)) return;
    if (now.nodeType !== 1) { now.nodeValue = next.nodeValue; return; }
    for (const { name } of [...now.attributes]) if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
    for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    let at = now.firstChild;
    for (const child of [...next.childNodes]) {
      let match = child.id ? [...now.children].find(c => c.id === child.id) : at && same(at, child) ? at : null;
      if (!match) {
        match = document.importNode(child, true);
        now.insertBefore(match, at);
        if (match.nodeName === "LI" && top) match.classList.add("fresh");
        continue;
      }
      if (match === at) at = at.nextSibling; else now.insertBefore(match, at);
      morph(match, child, top);
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  }

  function alone(yes) {
    const line = document.getElementById("sem-resposta");
    if (!line || line.hidden !== yes) return;
    line.textContent = yes ? words.offline : "";
    line.hidden = !yes;
  }

  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(location.pathname, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", redirect: "error" });
      if (answer.status === 200) {
        const next = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fine = !document.querySelector(".trouble");
        for (const part of all("[data-vivo]")) {
          const young = next.getElementById(part.id);
          if (young) morph(part, young, true);
        }
        if (fine && document.querySelector(".trouble")) document.getElementById("feito")?.remove();   // it is not so any more
        tag = answer.headers.get("ETag") || "";
      } else if (answer.status === 404) { location.reload(); return; }   // a reset took it: say so
      wait = quick;
      alone(answer.status >= 500);
    } catch { wait = Math.min(wait * 2, slow); alone(true); }
    asking = false;
    timer = setTimeout(ask, wait);
  }
  if (document.querySelector("[data-vivo]") && !document.getElementById("agora")) {
    timer = setTimeout(ask, quick);
    document.addEventListener("visibilitychange", ask);
    addEventListener("pageshow", e => { if (e.persisted) ask(); });
  }

  // ---- a form that came back begins where something is to be mended
  document.querySelector("[aria-invalid]")?.focus();

  // ---- nothing is sent twice: the first press counts, and the button says so
  document.addEventListener("submit", e => {
    const form = e.target, button = e.submitter;
    if (form.dataset.enviado) { e.preventDefault(); return; }
    form.dataset.enviado = "1";
    if (button && !form.closest("nav")) {
      button.setAttribute("aria-disabled", "true");
      button.dataset.antes = button.textContent;
      button.textContent = words.sending;
    }
  });
  addEventListener("pageshow", e => {                        // back again: the form may be sent anew
    if (!e.persisted) return;
    for (const form of all("form[data-enviado]")) delete form.dataset.enviado;
    for (const button of all("button[data-antes]")) { button.textContent = button.dataset.antes; button.removeAttribute("aria-disabled"); }
  });

  // ---- photos: each shot adds to those before it, is seen, and can be taken out again
  for (const box of all("[data-fotos]")) {
    const input = box.querySelector("input[type=file]"), limit = 32e6;
    let files = [];
    const keep = () => {
      const list = new DataTransfer();
      for (const f of files) list.items.add(f);
      input.files = list.files;
      input.setCustomValidity(files.reduce((sum, f) => sum + f.size, 0) > limit ? box.dataset.demais : "");
    };
    const draw = async (file, into) => {
      try {
        const picture = await createImageBitmap(file), canvas = document.createElement("canvas");
        const scale = Math.min(1, 320 / Math.min(picture.width, picture.height));
        canvas.width = picture.width * scale; canvas.height = picture.height * scale;
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", file.name);
        into.prepend(canvas);
      } catch {                                              // a kind that this browser can't draw: its name will do
        const name = document.createElement("span");
        name.className = "name"; name.textContent = file.name;
        into.prepend(name);
      }
    };
    input.addEventListener("change", () => {
      for (const file of input.files) {
        files.push(file);
        const shot = document.createElement("div"), out = document.createElement("button");
        shot.className = "shot";
        out.className = "out"; out.type = "button";
        out.setAttribute("aria-label", box.dataset.tirar.replace("#", file.name));
        out.addEventListener("click", () => { files = files.filter(f => f !== file); keep(); shot.remove(); input.focus(); });
        shot.append(out);
        box.append(shot);
        draw(file, shot);
      }
      keep();
    });
  }

  // ---- the console: the type that is chosen is explained, and a wait is asked for only where it counts
  const kind = document.getElementById("c-tipo");
  if (kind) {
    const explained = document.getElementById("d-tipo"), waiting = document.querySelector("[data-so-espera]");
    const tell = () => {
      const chosen = kind.selectedOptions[0];
      explained.textContent = chosen.dataset.dica;
      waiting.hidden = !("espera" in chosen.dataset);
    };
    kind.addEventListener("change", tell);
    tell();
    for (const number of all(".often .box")) number.addEventListener("input", () => { number.closest(".often").querySelector("[type=radio]").checked = true; });
  }
})();
