// A stub for each chart: the code that draws is loaded once a page, inside render(), never before it.
const WAIT_MS = 30000;

const fromFile = (name) => {
  const link = document.querySelector(`link[data-cw-charts="${name}"]`);
  return link ? import(link.href) : Promise.reject(new Error("no such file on this page"));
};

const fromKernel = (model, name) => new Promise((resolve, reject) => {
  const late = setTimeout(() => reject(new Error("the chart code did not arrive; reload the page")), WAIT_MS);
  const arrive = (content, buffers) => {
    if (content.bundle !== name) return;
    clearTimeout(late);
    model.off("msg:custom", arrive);
    const url = URL.createObjectURL(new Blob([buffers[0]], { type: "text/javascript" }));
    import(url).then(resolve, reject).finally(() => URL.revokeObjectURL(url));
  };
  model.on("msg:custom", arrive);
  model.send({ ask: "bundle" });
});

const chartCode = (model) => {
  const name = model.get("bundle");
  const shared = (globalThis.__capitationCharts ??= {});
  shared[name] ??= fromFile(name).catch(() => fromKernel(model, name)).catch((error) => {
    delete shared[name];
    throw error;
  });
  return shared[name];
};

export default {
  render({ model, el }) {
    let remove = null;
    let removed = false;
    el.classList.add("cw-live");
    chartCode(model).then(
      (code) => { if (!removed) remove = code.mount({ model, el }); },
      (error) => { el.textContent = `This chart can't be drawn: ${error.message}`; },
    );
    return () => { removed = true; remove?.(); };
  },
};
