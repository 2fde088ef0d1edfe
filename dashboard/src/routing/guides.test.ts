import { describe, expect, it } from "vitest";

import { guideOf } from "./guides";

describe("guideOf", () => {
  it("names the guide of a page in the page's language", () => {
    expect(guideOf("/p/default/models/co2", "en")).toBe("/docs/guide/models");
    expect(guideOf("/p/default/new-schedule", "tr")).toBe("/docs/guide/tr/automations");
  });

  it("names the guide of the dashboard for a page that it does not know", () => {
    expect(guideOf("/p/default", "tr")).toBe("/docs/guide/tr/dashboard");
    expect(guideOf("/", "en")).toBe("/docs/guide/dashboard");
  });
});
