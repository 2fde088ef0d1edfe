import { describe, expect, it } from "vitest";

import type { LiveEvent, RunFields, RunPage } from "../../api/types";
import { sampleEvent, sampleRun } from "../samples";
import { carryOut, changedBy, inverse, tagProblem } from "./bulk";
import { columnOf, fits, moved, toggled } from "./columns";
import { placeAt, searchedFor, suggestionsAt } from "./filter/completion";
import { columnWindow, movedBy, rowWindow } from "./grid/grid";
import { changeOf, patched, runsOf, without } from "./pages";
import { removeView, savedViews, saveView } from "./savedViews";
import { all, current, NOTHING, toggle, toggleShown } from "./selection";
import { linesOf } from "./grid/Sparkline";
import { both, pressSort, readView, searchOf, sortKeys, splitNames } from "./view";

describe("the address", () => {
  it("keeps a view as it is", () => {
    const view = readView("filter=name+~+%22%C5%9F%22&state=failed&sort=-metrics.loss.min&columns=state,config.%22a,b%22,curve.loss&group=config.lr&trials=1");
    expect(view).toEqual({ filter: 'name ~ "ş"', state: "failed", sort: "-metrics.loss.min", columns: ["state", 'config."a,b"', "curve.loss"], group: "config.lr", trials: true });
    expect(readView(searchOf(view))).toEqual(view);
    expect(searchOf(readView(""))).toBe("");
  });

  it("ignores columns and states that do not exist", () => {
    expect(readView("columns=state,nothing,config.&state=asleep")).toMatchObject({ columns: ["state"], state: null });
  });

  it("splits names at commas outside quotes", () => {
    expect(splitNames('a, config."b,\\"c", d')).toEqual(["a", 'config."b,\\"c"', "d"]);
  });

  it("sorts by a header: ascending, descending, default; Shift adds a key", () => {
    expect(pressSort("", "name", false)).toBe("name");
    expect(pressSort("name", "name", false)).toBe("-name");
    expect(pressSort("-name", "name", false)).toBe("");
    expect(pressSort("-name", "metrics.loss", true)).toBe("-name, metrics.loss");
    expect(sortKeys("")).toEqual([{ name: "created_at", descending: true }]);
  });

  it("joins conditions without changing the first", () => {
    expect(both("", "a = 1")).toBe("a = 1");
    expect(both("x = 1 or y = 2", "a = 1")).toBe("(x = 1 or y = 2) AND a = 1");
  });
});

describe("columns", () => {
  it("read statistics, and quoted names as they are", () => {
    expect(columnOf("metrics.loss.min")).toMatchObject({ kind: "metric", short: "loss", statistic: "min" });
    expect(columnOf('metrics."loss.min"')).toMatchObject({ short: "loss.min", statistic: "last" });
    expect(columnOf("metrics.min")).toMatchObject({ short: "min", statistic: "last" });
    expect(columnOf("config.a.b")).toMatchObject({ kind: "config", short: "a.b", sortable: true });
    expect(columnOf("other.a")).toBeNull();
  });

  it("stay within the limits of the API", () => {
    const curves = Array.from({ length: 5 }, (_, index) => `curve.c${index}`);
    expect(fits(curves, "curve.more")).toBe(false);
    expect(toggled(curves, "curve.more")).toBe(curves);
    expect(fits(Array.from({ length: 60 }, (_, index) => `config.c${index}`), "metrics.loss")).toBe(false);
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b"], "b", 1)).toEqual(["a", "b"]);
  });
});

const FIELDS: RunFields = {
  fields: [
    { name: "state", kind: "choice", operators: ["=", "!=", "in"], values: ["running", "failed"], sortable: true },
    { name: "started_at", kind: "date", operators: ["<", ">"], values: [], sortable: true },
    { name: "dataset", kind: "text", operators: ["=", "~"], values: [], sortable: true },
    { name: "config.", kind: "config", operators: ["=", "<"], values: [], sortable: true },
    { name: "metrics.", kind: "metric", operators: ["=", "<", ">"], values: [], sortable: true },
    { name: "curve.", kind: "curve", operators: [], values: [], sortable: false },
  ],
  config: ["lr"],
  metrics: ["loss", '"my loss"'],
  more_metrics: false,
};
const shown = (text: string, cursor = text.length) => suggestionsAt(placeAt(text, cursor), FIELDS, (field) => (field === "dataset" ? ["weather", "a b"] : [])).map((each) => each.shown);

describe("completion", () => {
  it("offers fields, operators, values and connectives in turn", () => {
    expect(shown("st")).toEqual(["state", "started_at", 'name ~ "st"']);
    expect(shown("state ")).toEqual(["=", "!=", "in (…)"]);
    expect(shown("state = ")).toEqual(["running", "failed"]);
    expect(shown("state = fa")).toEqual(["failed"]);
    expect(shown("state = failed ")).toEqual(["AND", "OR"]);
    expect(shown("NOT (state = failed OR ")).toContain("metrics.…");
    expect(shown("state in (failed, ")).toEqual(["running", "failed"]);
    expect(shown("state in (failed) ")).toEqual(["AND", "OR"]);
  });

  it("knows names of config fields and metrics, and values of the page", () => {
    expect(shown("config.l")).toEqual(["config.lr"]);
    expect(shown("metrics.lo")).toEqual(["metrics.loss"]);
    expect(shown("metrics.loss")).toEqual(["metrics.loss", "metrics.loss.min", "metrics.loss.max"]);
    expect(shown("metrics.loss<")).toEqual(["<"]);
    expect(suggestionsAt(placeAt("dataset = a", 11), FIELDS, () => ["a b"])[0]?.text).toBe('"a b" ');
    expect(searchedFor(placeAt('metrics."my lo', 14))).toBe("my lo");
    expect(searchedFor(placeAt("metrics.loss.min", 16))).toBe("loss");
  });

  it("replaces the whole word at the cursor", () => {
    expect(placeAt("state = failed AND plu = 1", 22)).toMatchObject({ expects: "field", typed: "plu", from: 19, to: 22 });
    expect(placeAt("sta = failed", 1)).toMatchObject({ typed: "s", from: 0, to: 3 });
    expect(placeAt('name = "a ( b', 13)).toMatchObject({ expects: "value", from: 7 });
  });
});

describe("the grid", () => {
  it("draws the visible rows and columns only", () => {
    const { first, last } = rowWindow(40_000, 600, 40, 10_000);
    expect([first <= 1000, last >= 1015, last - first < 60]).toEqual([true, true, true]);
    expect(rowWindow(0, 600, 40, 3)).toEqual({ first: 0, last: 3 });
    expect(columnWindow(250, 200, [0, 100, 200, 300, 400, 500])).toEqual({ first: 1, last: 5 });
    expect(columnWindow(0, 0, [0])).toEqual({ first: 0, last: 0 });
  });

  it("moves by keys and stays inside", () => {
    const size = { rows: 100, columns: 5, page: 10 };
    expect(movedBy("ArrowUp", { row: 0, column: 1 }, size, false)).toEqual({ row: -1, column: 1 });
    expect(movedBy("PageDown", { row: 95, column: 1 }, size, false)).toEqual({ row: 99, column: 1 });
    expect(movedBy("Home", { row: 50, column: 4 }, size, false)).toEqual({ row: 50, column: 0 });
    expect(movedBy("End", { row: 0, column: 0 }, size, true)).toEqual({ row: 99, column: 4 });
    expect(movedBy("x", { row: 0, column: 0 }, size, false)).toBeNull();
  });

  it("draws a curve with gaps where values are missing, also one of a single point", () => {
    expect(linesOf([1, 2, 3, 4], [1, null, 2, 3])).toHaveLength(2);
    expect(linesOf([5], [1])).toEqual(["48.0,11.0 48.0,11.0"]);
    expect(linesOf([1, 2], [null, null])).toEqual([]);
  });
});

const runs = ["a", "b", "c"].map((id) => sampleRun({ id, name: id, state: id === "a" ? "running" : "succeeded", tags: id === "b" ? ["x"] : [] }));
const pageOf = (items: typeof runs): RunPage => ({ items, next: null, total: 3 });

const moves = (seq: number, type: string, ids: string[]) => ({ stream: "project", seq, type, data: { run_ids: ids, by: null }, at: "2026-01-02T03:05:00Z" }) as LiveEvent;

describe("loaded pages", () => {
  const pages = { pages: [pageOf(runs.slice(0, 2)), pageOf(runs.slice(1))], pageParams: [null, "x"] };

  it("show a run once that moved between two pages", () => {
    expect(runsOf(pages).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  it("follow events: states, names, tags, pins and deletions", () => {
    const change = changeOf([
      sampleEvent(1, "run.state", { run_id: "a", state: "succeeded", attempt: 2, cancel_requested: false }),
      sampleEvent(2, "run.edited", { run_id: "c", name: "new", tags: ["y"] }),
      moves(3, "run.pinned", ["c"]),
      moves(4, "run.deleted", ["b"]),
    ]);
    const after = without(patched(pages, change.patches), change.deleted);
    expect(runsOf(after).map(({ id, state, name, tags, pinned }) => [id, state, name, tags, pinned])).toEqual([
      ["a", "succeeded", "a", [], false],
      ["c", "succeeded", "new", ["y"], true],
    ]);
    expect(after.pages[0]?.total).toBe(2);
    expect(patched(pages, new Map([["c", { name: "z" }]])).pages[0]).toBe(pages.pages[0]);
  });

  it("keep a run that was deleted and restored", () => {
    expect(changeOf([moves(1, "run.deleted", ["b"]), moves(2, "run.restored", ["b"])]).deleted.size).toBe(0);
  });
});

describe("the selection", () => {
  it("takes single runs, ranges and all that are shown", () => {
    const one = toggle(NOTHING, runs, 0, null);
    expect([...one.keys()]).toEqual(["a"]);
    expect([...toggle(one, runs, 0, null).keys()]).toEqual([]);
    expect([...toggle(NOTHING, runs, 0, 2).keys()].sort()).toEqual(["a", "b", "c"]);
    expect(toggleShown(one, runs).size).toBe(3);
    expect(toggleShown(all(NOTHING, runs), runs.slice(0, 2)).size).toBe(1);
  });

  it("has the newest fields of the runs that are shown", () => {
    const before = toggle(NOTHING, runs, 1, null);
    expect(current(before, [sampleRun({ id: "b", tags: ["x", "new"] })])[0]?.tags).toEqual(["x", "new"]);
    expect(current(before, [])[0]?.tags).toEqual(["x"]);
  });
});

describe("bulk actions", () => {
  it("change only what is not so already, so that an undo restores the former state", () => {
    expect(changedBy({ kind: "tag", tag: "x" }, runs).map(({ id }) => id)).toEqual(["a", "c"]);
    expect(changedBy({ kind: "delete" }, runs).map(({ id }) => id)).toEqual(["b", "c"]);
    expect(changedBy({ kind: "cancel" }, runs).map(({ id }) => id)).toEqual(["a"]);
    expect(inverse({ kind: "untag", tag: "x" })).toEqual({ kind: "tag", tag: "x" });
    expect(inverse({ kind: "cancel" })).toBeNull();
  });

  it("are sent in parts, and report what is done before a failure", async () => {
    const ids = Array.from({ length: 1200 }, (_, index) => `r${index}`);
    const sizes: number[] = [];
    let so = 0;
    const sent = carryOut(
      { kind: "pin" },
      ids,
      ({ run_ids }) => {
        sizes.push(run_ids.length);
        if (sizes.length === 3) return Promise.reject(new Error("gone"));
        return Promise.resolve({ failed: 1, items: run_ids.map((id) => ({ id, error: id === "r3" ? { code: "x", message: "no" } : null })) });
      },
      ({ done }) => (so = done.length),
    );
    await expect(sent).rejects.toThrow("gone");
    expect([sizes, so]).toEqual([[500, 500, 200], 999]);
  });

  it("check tags like the API", () => {
    expect([" ok ", "", "a,b", "x".repeat(51), "🎉".repeat(50)].map(tagProblem)).toEqual([null, "empty", "comma", "long", null]);
  });
});

describe("saved views", () => {
  it("belong to a project and replace those of the same name", () => {
    saveView("p", { name: "best", search: "sort=name" });
    saveView("p", { name: "best", search: "sort=-name" });
    expect(savedViews("p")).toEqual([{ name: "best", search: "sort=-name" }]);
    expect(savedViews("q")).toEqual([]);
    removeView("p", "best");
    expect(savedViews("p")).toEqual([]);
    localStorage.setItem("azuraforge.run-views.p", "not json");
    expect(savedViews("p")).toEqual([]);
  });
});
