import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Lineage } from "../../api/types";
import { answerApi, showPage } from "../../testing-pages";
import { HEIGHT, layoutOf } from "./layout";
import LineageTab from "./LineageTab";

type Node = Lineage["nodes"][number];

/** Versions 1…n; two of each run, all of one dataset. */
function lineageOf(count: number): Lineage {
  const nodes: Partial<Node>[] = [{ id: "dataset:d:1", kind: "dataset", label: "sales v1", dataset: "sales", version: 1 }];
  const edges: Lineage["edges"] = [];
  for (let number = count; number > 0; number--) {
    const run = `run:r${String(Math.ceil(number / 2))}`;
    if (!nodes.some(({ id }) => id === run)) {
      nodes.push({ id: run, kind: "run", label: run, name: run === "run:r1" ? null : `night of ${run.slice(4)}`, run_id: run.slice(4) });
      edges.push({ start: "dataset:d:1", end: run, kind: "learned" });
    }
    nodes.push({ id: `version:${String(number)}`, kind: "version", label: `v${String(number)}`, version: number, plugin: "forecasting.ets", aliases: number === 1 ? ["champion", "night"] : [] });
    edges.push({ start: run, end: `version:${String(number)}`, kind: "made" });
  }
  return { model: "sales", nodes: nodes.map((node) => ({ aliases: [], ...node })) as Node[], edges, left_out: 3 };
}

describe("layoutOf", () => {
  it("puts no box on another, and joins the boxes from left to right", () => {
    const { places, wires, height } = layoutOf(lineageOf(9), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(places).toHaveLength(1 + 5 + 9 + 1);
    for (const one of places) {
      expect(one.y + HEIGHT).toBeLessThanOrEqual(height);
      for (const other of places) if (one !== other && one.x === other.x) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(HEIGHT);
    }
    for (const { from, to } of wires) expect(from.x).toBeLessThan(to.x);
    expect(wires).toHaveLength(5 + 9 + 1);
  });

  it("keeps runs apart whose versions alternate", () => {
    const found = lineageOf(4);
    const crossed = found.edges.map((edge) => (edge.end === "version:1" ? { ...edge, start: "run:r2" } : edge.end === "version:4" ? { ...edge, start: "run:r2" } : edge.kind === "made" ? { ...edge, start: "run:r1" } : edge));
    const runs = layoutOf({ ...found, edges: crossed }, [4, 3, 2, 1]).places.filter(({ id }) => id.startsWith("run:"));
    expect(Math.abs((runs[0]?.y ?? 0) - (runs[1]?.y ?? 0))).toBeGreaterThanOrEqual(HEIGHT);
  });

  it("draws only what leads to the chosen versions", () => {
    const { places } = layoutOf(lineageOf(9), [9]);
    expect(places.map(({ id }) => id)).toEqual(["dataset:d:1", "run:r5", "version:9"]);
  });
});

describe("LineageTab", () => {
  it("reaches every box with a page by keyboard, says the same as a list, and draws all versions on request", async () => {
    const user = userEvent.setup();
    answerApi({ "GET /models/sales/lineage": { body: lineageOf(14) } });
    showPage(<LineageTab name="sales" />);
    const graph = await screen.findByTestId("lineage-graph");
    expect(within(graph).getByText("champion, night")).toBeTruthy();
    expect(within(graph).getAllByRole("link", { name: /forecasting.ets/ })).toHaveLength(11);
    expect(within(graph).getByRole("link", { name: /^v1\b/ }).getAttribute("href")).toBe("/p/default/models/sales?tab=versions&a=1");
    expect(within(graph).getByRole("link", { name: /night of r7/ }).getAttribute("href")).toBe("/p/default/runs/r7");
    expect(within(graph).getByRole("link", { name: /run:r1/ })).toBeTruthy();
    await user.tab();
    expect(document.activeElement).toBe(graph);
    await user.tab();
    expect(document.activeElement?.getAttribute("href")).toBe("/p/default/datasets/sales");
    await user.click(screen.getByRole("button", { name: "Show all versions (14)" }));
    expect(within(graph).getAllByRole("link", { name: /forecasting.ets/ })).toHaveLength(14);
    expect(screen.getByText("As a list, with predictions")).toBeTruthy();
    expect(screen.getByText("3 older versions are not shown")).toBeTruthy();
  });
});
