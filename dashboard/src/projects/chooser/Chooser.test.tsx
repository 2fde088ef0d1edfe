import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { answerApi, page, showPage } from "../../testing-pages";
import { CreateProject } from "./CreateProject";
import { ProjectMenu } from "./ProjectMenu";
import { isSlug, slugOf } from "./slug";

describe("slugOf", () => {
  it.each([
    ["Satış tahminleri", "satis-tahminleri"],
    ["IŞIK & Gölge", "isik-golge"],
    ["2026 Sales!", "sales"],
    ["  Çağrı--Merkezi  ", "cagri-merkezi"],
    ["x".repeat(50), "x".repeat(40)],
    ["…", ""],
  ])("of %s is %s", (name, slug) => {
    expect(slugOf(name)).toBe(slug);
    expect(slug === "" || isSlug(slug)).toBe(true);
  });

  it.each(["a", "1a", "a--b", "a-", "-a", "A", "aş", "x".repeat(41)])("%s is no slug", (text) => expect(isSlug(text)).toBe(false));
});

describe("CreateProject", () => {
  it("creates the project with a slug that follows its name, and opens it", async () => {
    const asked = answerApi({ "POST /projects": { status: 201, body: { slug: "satis", name: "Satış", role: "owner" } } });
    const open = vi.fn();
    showPage(<CreateProject onClose={() => undefined} open={open} />);
    await userEvent.click(screen.getByTestId("create-project"));
    expect(screen.getByText("Enter a name")).toBeTruthy();
    await userEvent.type(screen.getByTestId("project-name"), "Satış");
    expect(screen.getByTestId<HTMLInputElement>("project-slug").value).toBe("satis");
    await userEvent.click(screen.getByTestId("create-project"));
    await waitFor(() => expect(open).toHaveBeenCalledWith("/p/satis"));
    expect(asked).toEqual([{ method: "POST", path: "/projects", body: { slug: "satis", name: "Satış" } }]);
  });

  it("keeps what was typed when the name is not available", async () => {
    answerApi({ "POST /projects": { status: 409, body: { detail: "the name is not available", code: "conflict" } } });
    const open = vi.fn();
    showPage(<CreateProject onClose={() => undefined} open={open} />);
    await userEvent.type(screen.getByTestId("project-name"), "Sales");
    await userEvent.clear(screen.getByTestId("project-slug"));
    await userEvent.type(screen.getByTestId("project-slug"), "sales-two");
    await userEvent.click(screen.getByTestId("create-project"));
    expect(await screen.findByText(/not available/)).toBeTruthy();
    expect(screen.getByTestId<HTMLInputElement>("project-slug").value).toBe("sales-two");
    expect(open).not.toHaveBeenCalled();
  });
});

describe("ProjectMenu", () => {
  it("lists the person's projects when it is opened, and leads to a new one", async () => {
    const projects = ["default", "sales"].map((slug) => ({ slug, name: slug.toUpperCase(), role: "owner" }));
    const asked = answerApi({ "GET /projects": { body: page(projects) } });
    showPage(<ProjectMenu />);
    expect(asked).toEqual([]);
    await userEvent.click(screen.getByTestId("project-menu"));
    const other = await screen.findByRole("link", { name: "SALES" });
    expect(other.getAttribute("href")).toBe("/p/sales");
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("link", { name: "SALES" })).toBeNull();
    await userEvent.click(screen.getByTestId("project-menu"));
    await userEvent.click(screen.getByTestId("new-project"));
    expect(await screen.findByRole("dialog", { name: "Create project" })).toBeTruthy();
  });
});
