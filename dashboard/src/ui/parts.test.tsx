import { QueryClientProvider, useMutation } from "@tanstack/react-query";
import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { post } from "../api/client";
import { createQueryClient } from "../api/queries";
import { answerApi, showPage } from "../testing-pages";
import { Button } from "./Button";
import { Menu } from "./Menu";
import { ErrorNotice } from "./Notice";
import { Tabs } from "./Tabs";
import { Toasts } from "./Toast";
import { dismiss, say } from "./toasts";

describe("Tabs", () => {
  const tabs = ["one", "two"].map((id) => ({ id, title: id.toUpperCase(), content: () => <p>content of {id}</p> }));

  it("opens the tab that the address names, and changes the address", async () => {
    const { history } = showPage(<Tabs label="Parts" tabs={tabs} />, { path: "/p/default/runs/x?filter=a&tab=two" });
    expect(screen.getByText("content of two")).toBeTruthy();
    await userEvent.click(screen.getByRole("tab", { name: "ONE" }));
    expect(screen.getByText("content of one")).toBeTruthy();
    await userEvent.keyboard("{ArrowRight}{Enter}");
    expect(screen.getByText("content of two")).toBeTruthy();
    expect(history.slice(1)).toEqual(["/p/default/runs/x?filter=a", "/p/default/runs/x?filter=a&tab=two"]);
  });

  it("opens the first tab for a wrong address", () => {
    showPage(<Tabs label="Parts" tabs={tabs} />, { path: "/p/default/runs/x?tab=nothing" });
    expect(screen.getByRole("tab", { name: "ONE" }).getAttribute("aria-selected")).toBe("true");
  });
});

describe("Menu", () => {
  it("opens by keyboard, and carries out the chosen action", async () => {
    const chosen = vi.fn();
    render(<Menu label="More" actions={["a", "b"].map((id) => ({ id, name: `Do ${id}`, onAction: () => void chosen(id) }))}>…</Menu>);
    await userEvent.tab();
    await userEvent.keyboard("{Enter}");
    await userEvent.click(await screen.findByRole("menuitem", { name: "Do b" }));
    expect(chosen).toHaveBeenCalledWith("b");
    expect(screen.queryByRole("menu")).toBeNull();
  });
});

function Action({ shows }: { shows: boolean }) {
  const pin = useMutation({ mutationFn: () => post("/sessions", { link: "x" }) });
  return (
    <>
      <Button onPress={() => pin.mutate()}>Pin</Button>
      {shows && pin.error ? <ErrorNotice error={pin.error} /> : null}
    </>
  );
}

describe("a failed action", () => {
  it.each([
    [false, "is said in a message"],
    [true, "is said once, where the page shows it"],
  ])("(page shows it: %s) %s", async (shows) => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    const client = createQueryClient(() => undefined);
    render(
      <QueryClientProvider client={client}>
        <Action shows={shows} />
        <Toasts />
      </QueryClientProvider>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Pin" }));
    expect((await screen.findByRole("alert")).textContent).toContain("does not answer");
    await new Promise((done) => setTimeout(done, 300));
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    const messages = screen.queryAllByTestId("toast");
    expect(messages).toHaveLength(shows ? 0 : 1);
    if (messages[0]) await userEvent.click(within(messages[0]).getByRole("button", { name: "Close" }));
  });

  it("is said while the platform only hangs", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", (_url: string, init: RequestInit) => new Promise((_done, failed) => init.signal?.addEventListener("abort", () => failed(new DOMException("", "TimeoutError")))));
    render(<Toasts />);
    void post("/sessions", { link: "x" }).catch(() => undefined);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((after) => {
      const control = new AbortController();
      setTimeout(() => control.abort(), after);
      return control.signal;
    });
    await act(() => vi.advanceTimersByTimeAsync(1900));
    vi.useRealTimers();
    expect(screen.getByRole("alert").textContent).toContain("not answered");
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
  });
});

describe("Toasts", () => {
  it("takes back what was done", async () => {
    answerApi({});
    const undo = vi.fn();
    render(<Toasts />);
    act(() => void say({ text: "Deleted", undo }));
    await userEvent.click(screen.getByTestId("undo"));
    expect(undo).toHaveBeenCalledOnce();
    expect(screen.queryByTestId("toast")).toBeNull();
  });

  it("shows one text once", () => {
    render(<Toasts />);
    let last = 0;
    act(() => {
      say({ text: "Same" });
      last = say({ text: "Same" });
    });
    expect(screen.getAllByTestId("toast")).toHaveLength(1);
    act(() => dismiss(last));
  });
});
