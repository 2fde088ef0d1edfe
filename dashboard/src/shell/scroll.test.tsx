import { act, render } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { keepScroll, useScrollPosition } from "./scroll";

/** How far the page can be scrolled, which grows while it loads. */
let room = 0;
let resized: (() => void)[] = [];

beforeEach(() => {
  resized = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(private readonly onResize: () => void) {}
      observe(): void {
        resized.push(this.onResize);
      }
      disconnect(): void {
        resized = resized.filter((one) => one !== this.onResize);
      }
    },
  );
  vi.stubGlobal("scrollTo", (_x: number, y: number) => vi.stubGlobal("scrollY", Math.min(y, room)));
});

function Page({ location }: { location: string }) {
  useScrollPosition(location);
  return null;
}

/** An entry of the tab's history; its key stays when Back returns to it. */
function enter(key: string): void {
  vi.stubGlobal("navigation", { currentEntry: { key } });
}

function scrolledTo(top: number): void {
  vi.stubGlobal("scrollY", top);
  window.dispatchEvent(new Event("scroll"));
}

function grow(to: number): void {
  room = to;
  act(() => resized.forEach((one) => one()));
}

/** A list that was left at 700, a page opened from it, and Back. The list is short until it has loaded. */
function leaveAndReturn(name: string) {
  enter(`${name} list`);
  room = 2000;
  const shown = render(<Page location="/runs" />);
  scrolledTo(700);
  enter(`${name} run`);
  shown.rerender(<Page location="/runs/1" />);
  expect(window.scrollY).toBe(0);
  scrolledTo(50);
  room = 100;
  enter(`${name} list`);
  shown.rerender(<Page location="/runs" />);
  return shown;
}

describe("useScrollPosition", () => {
  it("shows a new page at its top, and after Back the old one where it was left, once it is long enough", () => {
    leaveAndReturn("back");
    expect(window.scrollY).toBe(100);
    grow(400);
    expect(window.scrollY).toBe(400);
    grow(2000);
    expect(window.scrollY).toBe(700);
    scrolledTo(300);
    grow(3000);
    expect(window.scrollY).toBe(300);
  });

  it("lets a reader who scrolls first have the page", () => {
    leaveAndReturn("reader");
    window.dispatchEvent(new Event("wheel"));
    scrolledTo(20);
    grow(2000);
    expect(window.scrollY).toBe(20);
  });
});

describe("keepScroll", () => {
  it("keeps the place inside an element, for each entry of the history", () => {
    const [one, other] = [document.createElement("div"), document.createElement("div")];
    enter("grid list");
    const end = keepScroll(one, "runs");
    one.scrollTop = 480;
    one.dispatchEvent(new Event("scroll"));
    end?.();
    enter("grid other");
    keepScroll(other, "runs");
    expect(other.scrollTop).toBe(0);
    enter("grid list");
    keepScroll(other, "runs");
    expect(other.scrollTop).toBe(480);
  });
});
