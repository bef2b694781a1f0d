// What the page does around its widgets: the cover while it starts, the banner, names for what has none.
(() => {
  const COVER_LIMIT_MS = 8000;
  const QUIET_MS = 120;
  const WAITING = 'script[type="application/vnd.voila.cell-output+json"], .cw-live:not([data-drawn], [data-failed])';
  // a board has its own frame; a notebook is one main part, with the controls as a region of it
  const BOARD = [
    [".cw-header", { role: "banner" }],
    [".cw-rail", { role: "navigation", "aria-label": "Steps" }],
    [".cw-main:not(.cw-main .cw-main)", { role: "main", id: "cw-content", tabindex: "-1" }],
    [".cw-controls", { role: "complementary", "aria-label": "Controls" }],
    [".cw-footer", { role: "region", "aria-label": "Changes and designs" }],
    [".cw-page > .cw-trace", { role: "contentinfo" }],
  ];
  const NOTEBOOK = [
    ["#rendered_cells", { role: "main", tabindex: "-1" }],
    [".cw-controls", { role: "region", "aria-label": "Controls" }],
  ];
  const LOST = "The connection to the board is lost. Trying again…";
  const ENDED = "The board's calculation has stopped. Reload the page to go on: a design is kept when it was saved.";
  const FAILED = "This page could not be built. What went wrong is in the messages of the server that shows it.";
  const byId = (id) => document.getElementById(id);
  let lastChange = performance.now();

  window.voila_heartbeat = () => {};
  window.voila_process = (step, steps) => {
    byId("cw-cover-words").textContent = `Reading the data… step ${step} of ${steps}`;
    Object.assign(byId("cw-cover-progress"), { max: steps, value: step - 1 });
  };

  // ---- names and landmarks
  const setMissing = (element, attributes) => Object.entries(attributes).forEach(([name, value]) => {
    if (!element.hasAttribute(name)) element.setAttribute(name, value);
  });
  const labelOf = (element) =>
    element.closest(".widget-inline-hbox, .jupyter-widgets")?.querySelector(".widget-label")?.textContent.trim();
  const nameHandle = (handle, index, handles) => {
    const label = labelOf(handle);
    if (!label) return;
    const readout = handle.closest(".jupyter-widgets")?.querySelector(".widget-readout")?.textContent.trim();
    handle.setAttribute("aria-label", handles.length > 1 ? `${label}, ${index ? "highest" : "lowest"}` : label);
    if (readout && handles.length === 1 && handle.getAttribute("aria-valuetext") !== readout) {
      handle.setAttribute("aria-valuetext", readout);
    }
  };
  const nameReadout = (readout) => {
    const label = labelOf(readout);
    if (label && readout.isContentEditable) setMissing(readout, { role: "textbox", "aria-label": `${label}, typed in` });
  };
  const nameButton = (button) => {
    if (!button.textContent.trim() && button.title) setMissing(button, { "aria-label": button.title });
    button.querySelectorAll("i").forEach((icon) => icon.setAttribute("aria-hidden", "true"));
  };
  const markStep = (step) => {
    const on = step.classList.contains("is-on");
    if (on !== step.hasAttribute("aria-current")) {
      on ? step.setAttribute("aria-current", "step") : step.removeAttribute("aria-current");
    }
  };
  const addLandmarks = () => {
    if (!document.body.dataset.ready) return; // until then it is not known which of the two this is
    const framed = document.querySelector(".cw-header");
    (framed ? BOARD : NOTEBOOK).forEach(([selector, attributes]) => document.querySelectorAll(selector)
      .forEach((element) => setMissing(element, attributes)));
    document.querySelector(".cw-skip")?.setAttribute("href", framed ? "#cw-content" : "#rendered_cells");
  };
  const nameAll = () => {
    document.querySelectorAll(".noUi-base").forEach((base) =>
      [...base.querySelectorAll(".noUi-handle")].forEach(nameHandle));
    document.querySelectorAll(".widget-readout").forEach(nameReadout);
    document.querySelectorAll("button").forEach(nameButton);
    document.querySelectorAll(".cw-step").forEach(markStep);
    addLandmarks();
  };
  let asked = false;
  const changed = () => {
    lastChange = performance.now();
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; nameAll(); });
  };
  new MutationObserver(changed).observe(document.documentElement,
    { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["class"] });

  // ---- the cover
  const isSeen = (element) => element.matches("script") || element.clientWidth > 0;
  const isFault = (output) => output.textContent.includes("There was an error when executing cell");
  const isLoading = (output) => output.textContent === "Loading widget...";
  const settled = () =>
    ![...document.querySelectorAll(WAITING)].some(isSeen)
    && ![...document.querySelectorAll(".jp-OutputArea-output")].some(isLoading)
    && performance.now() - lastChange > QUIET_MS;
  const uncover = () => {
    byId("cw-cover")?.remove();
    document.body.dataset.ready = "yes";
    nameAll();
    if ([...document.querySelectorAll(".jp-OutputArea-output")].some(isFault)) say(FAILED);
    performance.mark("cw:ready");
  };
  const waitForCharts = (since) => {
    if (settled() || performance.now() - since > COVER_LIMIT_MS) uncover();
    else setTimeout(waitForCharts, 40, since);
  };
  window.voila_finish = () => {
    window.cellLoaded = true;
    if (!window.themeLoaded || !byId("rendered_cells")) return;
    byId("rendered_cells").style.display = "";
    if (byId("cw-cover-words")) byId("cw-cover-words").textContent = "Drawing the charts…";
    waitForCharts(performance.now());
  };
  window.display_cells = window.voila_finish;

  // ---- the banner
  const say = (words) => {
    const banner = byId("cw-banner");
    banner.textContent = words;
    banner.hidden = !words;
  };
  let ended = false;
  const onStatus = (_, status) => {
    if (!["dead", "restarting", "autorestarting", "terminating"].includes(status)) return;
    ended = true;
    say(ENDED);
  };
  const onConnection = (_, status) => {
    if (ended) return;
    say(status === "connected" ? "" : status === "disconnected" ? ENDED : LOST);
  };
  let watched = null;
  document.addEventListener("cw:kernel", ({ detail: kernel }) => {
    if (kernel === watched) return;
    watched = kernel;
    kernel.statusChanged.connect(onStatus);
    kernel.connectionStatusChanged.connect(onConnection);
  });

  // ---- the token stays out of the address bar and of what is copied from it
  const address = new URL(location.href);
  if (address.searchParams.has("token")) {
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
})();
