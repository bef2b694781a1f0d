// Draws one chart of a page. `vegaEmbed` is put in scope by the bundler.
const OPTIONS = { renderer: "svg", actions: false };

const node = (tag, className, parent) => {
  const made = Object.assign(document.createElement(tag), { className });
  parent.append(made);
  return made;
};

const frame = (el) => {
  el.replaceChildren();
  const heading = node("h3", "cw-card-title", el);
  const chart = node("div", "cw-chart", el);
  chart.setAttribute("role", "img");
  const drawing = node("div", "cw-drawing", chart); // Vega gives its container a role of its own
  drawing.setAttribute("aria-hidden", "true");
  const words = node("details", "cw-words", el);
  node("summary", "", words).textContent = "In words";
  const text = node("p", "", words);
  return { el, heading, chart, drawing, text, view: null, drawnSpec: null, shown: null, next: null, busy: false };
};

const say = (parts, payload) => {
  parts.heading.textContent = payload.finding;
  parts.text.textContent = payload.alt;
  parts.chart.setAttribute("aria-label", payload.alt);
  parts.el.dataset.chart = payload.name;
};

const embed = async (parts, spec, payload) => {
  parts.view?.finalize();
  const whole = { ...structuredClone(spec), datasets: structuredClone(payload.data) };
  parts.view = (await vegaEmbed(parts.drawing, whole, OPTIONS)).view;
  parts.drawnSpec = spec;
};

const pushData = async (parts, payload) => {
  Object.entries(payload.data).forEach(([name, rows]) => parts.view.data(name, structuredClone(rows)));
  await parts.view.runAsync();
};

const draw = async (parts, spec, payload) => {
  const sameSpec = parts.view && (spec === parts.drawnSpec || JSON.stringify(spec) === JSON.stringify(parts.drawnSpec));
  await (sameSpec ? pushData(parts, payload) : embed(parts, spec, payload));
  say(parts, payload);
  parts.shown = payload;
  if (!sameSpec) warm(parts, payload);
};

const mark = (parts, payload) => {
  const name = `cw:drawn:${payload.name}`;
  parts.el.dataset.drawn = payload.serial;
  delete parts.el.dataset.stale;
  performance.clearMarks(name);
  performance.mark(name, { detail: { serial: payload.serial } });
};

const fail = (parts, error) => {
  parts.el.dataset.failed = error.message;
  console.error(error);
};

// A chart's first redraws are slow while the browser still compiles; they are made while nobody waits.
const WARM_TURNS = 3;
const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 200));

const warm = (parts, payload, turns = WARM_TURNS) => {
  if (turns > 0) idle(async () => {
    if (parts.busy || parts.shown !== payload || !parts.el.isConnected) return;
    parts.busy = true;
    await pushData(parts, payload).catch((error) => fail(parts, error));
    parts.busy = false;
    if (parts.next) parts.resume();
    else warm(parts, payload, turns - 1);
  });
};

// One redraw at a time, of the newest payload only; none while the chart can't be seen.
const redraw = async (parts, model) => {
  if (parts.busy) return;
  parts.busy = true;
  while (parts.next && parts.drawing.clientWidth > 0) {
    const payload = parts.next;
    parts.next = null;
    await draw(parts, model.get("spec"), payload).then(() => mark(parts, payload), (error) => fail(parts, error));
  }
  parts.busy = false;
  if (parts.next) parts.el.dataset.stale = parts.next.serial;
};

// Vega measures its container only when drawn or when the window's size changes.
const fit = (parts, width) => {
  if (parts.view && width > 0 && parts.drawnSpec.width === "container") parts.view.signal("width", width).runAsync();
};

const watchWidth = (parts, seen) => {
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (parts.drawing.clientWidth === width) return;
    width = parts.drawing.clientWidth;
    fit(parts, width);
    seen();
  });
  observer.observe(parts.drawing);
  return observer;
};

const tellPage = (model) => {
  const kernel = model.widget_manager?.kernel;
  if (kernel) document.dispatchEvent(new CustomEvent("cw:kernel", { detail: kernel }));
};

export const mount = ({ model, el }) => {
  const parts = frame(el);
  parts.resume = () => redraw(parts, model);
  const change = () => {
    parts.next = model.get("payload");
    return parts.resume();
  };
  say(parts, model.get("payload"));
  const observer = watchWidth(parts, parts.resume);
  model.on("change:payload", change);
  change();
  tellPage(model);
  return () => {
    observer.disconnect();
    model.off("change:payload", change);
    parts.view?.finalize();
  };
};
