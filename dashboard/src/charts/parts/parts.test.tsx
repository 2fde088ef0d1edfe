import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { scaleLinear, scaleLog, scalePoint } from "d3-scale";
import { describe, expect, it, vi } from "vitest";

import { colorOf, dashOf, markOf } from "../colors";
import { Axis, ticksOf } from "./Axis";
import { ChartFrame } from "./ChartFrame";
import { Legend } from "./Legend";

describe("series", () => {
  it("never share colour and dash, or colour and mark, before sixty", () => {
    const looks = Array.from({ length: 60 }, (_, index) => [`${colorOf(index)} ${dashOf(index).join()}`, `${colorOf(index)} ${markOf(index)}`]);
    expect(new Set(looks.map(([line]) => line)).size).toBe(60);
    expect(new Set(looks.map(([, dot]) => dot)).size).toBe(60);
  });
});

describe("Axis", () => {
  it("names the quantity with its unit", () => {
    render(<svg><Axis scale={scaleLinear([0, 10], [0, 100])} side="bottom" label="RMSE" unit="ppm" ticks={2} /></svg>);
    expect(screen.getByText("RMSE (ppm)")).toBeTruthy();
    expect(screen.getByText("5")).toBeTruthy();
  });

  it("cuts a category only where it does not fit, and names it in full on hover", () => {
    const [long, other] = ["seasonal_exponential_smoothing", "ridge"];
    const { rerender, container } = render(<svg><Axis scale={scalePoint([long, other], [0, 600])} side="bottom" /></svg>);
    expect(screen.getByText(long)).toBeTruthy();
    expect(container.querySelector("title")).toBeNull();
    rerender(<svg><Axis scale={scalePoint([long, other], [0, 160])} side="bottom" /></svg>);
    expect(container.querySelector("title")?.textContent).toBe(long);
    expect(screen.getByText(/^seasonal_e…/)).toBeTruthy();
  });

  it("shows categories, and the powers of a wide logarithmic axis", () => {
    expect(ticksOf(scalePoint(["adam", "sgd"], [0, 100]), 5)).toEqual(["adam", "sgd"]);
    expect(ticksOf(scaleLog([1e-5, 1], [0, 100]), 5)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  });
});

describe("ChartFrame", () => {
  it("says that it loads, and why it is empty", () => {
    const { rerender } = render(<ChartFrame label="Loss" height={100} loading>{() => null}</ChartFrame>);
    expect(screen.getByRole("status").textContent).toContain("Loading");
    rerender(<ChartFrame label="Loss" height={100} empty="No metric was logged.">{() => null}</ChartFrame>);
    expect(screen.getByText("No metric was logged.")).toBeTruthy();
  });
});

describe("Legend", () => {
  it("hides a series by keyboard, and says so", async () => {
    const toggle = vi.fn();
    render(<Legend label="Series" items={[{ name: "<script>", index: 0, hidden: true }]} onToggle={toggle} />);
    await userEvent.tab();
    await userEvent.keyboard("{Enter}");
    expect(toggle).toHaveBeenCalledOnce();
    expect(screen.getByRole("button", { name: "<script>" }).getAttribute("aria-pressed")).toBe("false");
  });
});
