import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { PAGES, pageOf } from "./pages";

describe("pages", () => {
  it("finds the page of an address", () => {
    expect(pageOf("/p/default")).toBe("");
    expect(pageOf("/p/default/")).toBe("");
    expect(pageOf("/p/default/runs")).toBe("/runs");
    expect(pageOf("/p/default/runs/a%2Fb")).toBe("/runs/:id");
    expect(pageOf("/p/default/schedules/x/edit")).toBe("/schedules/:id/edit");
    expect(pageOf("/p/default/nothing")).toBeUndefined();
    expect(pageOf("/sign-in")).toBeUndefined();
  });

  it("loads early what the routes show", () => {
    const routes = [...readFileSync("src/routing/SignedIn.tsx", "utf8").matchAll(/path="\/p\/:project([^"*]*)"/g)].map(([, path]) => path);
    expect(routes.sort()).toEqual(Object.keys(PAGES).sort());
  });
});
