export const plugins = {
  plugins: {
    title: "Plugins",
    note: "Built-in ones come in by the same door as yours",
    none: "No plugins are installed",
    unknown: "Could not be loaded",
    pipeline: "Pipelines",
    agent: "Agents",
    source: "Sources",
    name: "Name",
    does: "What it does",
    origin: "Comes from",
    state: "State",
    use: "Use it",
    ok: "works",
    broken: "broken",
    run: "Run it",
  },
};
