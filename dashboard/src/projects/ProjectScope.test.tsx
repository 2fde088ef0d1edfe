import { QueryClient, QueryClientProvider, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import { useEffect } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Router, useLocation } from "wouter";
import { memoryLocation } from "wouter/memory-location";

import { get, projectOfPage } from "../api/client";
import { FirstPage } from "./FirstPage";
import { ProjectScope } from "./ProjectScope";
import { useSession } from "./session";

const PROJECTS = ["default", "sales"];
let asked: { path: string; project: string | null }[] = [];

/** A platform with two projects: every answer is of the project that the request's header names. */
function answer(url: string, init: RequestInit): Promise<Response> {
  const path = url.replace("/api/v1", "").split("?")[0] ?? "";
  const project = new Headers(init.headers).get("AzuraForge-Project");
  asked.push({ path, project });
  const json = (body: unknown, status = 200) => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" } }));
  if (path === "/projects") return json({ items: PROJECTS.map((slug) => ({ slug, name: slug.toUpperCase(), role: "owner" })), next: null });
  if (project === null) return json({ detail: "the request names no project", code: "project_required" }, 422);
  if (!PROJECTS.includes(project)) return json({ detail: "no such project", code: "not_found" }, 404);
  if (path === "/projects/current") return json({ slug: project, name: project.toUpperCase(), role: "owner", person: "ada" });
  return json({ items: [{ name: `data of ${project}` }], next: null });
}

const datasetsQuery = queryOptions({ queryKey: ["datasets"], queryFn: ({ signal }) => get("/datasets", {}, signal), staleTime: Infinity });

let cache: QueryClient | null = null;

function Datasets() {
  const client = useQueryClient();
  useEffect(() => {
    cache = client;
  }, [client]);
  const { slug } = useSession();
  const { data } = useQuery(datasetsQuery);
  return <p>{`${slug}: ${data?.items.map((each) => each.name).join() ?? "…"}`}</p>;
}

function Pages() {
  const [path] = useLocation();
  const slug = projectOfPage(path) ?? "";
  return (
    <ProjectScope key={slug} slug={slug}>
      <Datasets />
    </ProjectScope>
  );
}

function show(page: React.ReactNode, path: string) {
  const { hook, navigate, history } = memoryLocation({ path, record: true });
  window.history.replaceState(null, "", path);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Router hook={hook}>{page}</Router>
    </QueryClientProvider>,
  );
  const go = (to: string) => {
    window.history.replaceState(null, "", to);
    navigate(to);
  };
  return { go, history };
}

beforeEach(() => {
  asked = [];
  localStorage.clear();
  vi.stubGlobal("fetch", answer);
});
afterEach(() => window.history.replaceState(null, "", "/"));

describe("ProjectScope", () => {
  it("asks for the project that the address names, and keeps the projects apart", async () => {
    const { go } = show(<Pages />, "/p/default/datasets");
    expect(await screen.findByText("default: data of default")).toBeTruthy();
    go("/p/sales/datasets");
    expect(await screen.findByText("sales: data of sales")).toBeTruthy();
    expect(asked.filter(({ path }) => path === "/datasets").map(({ project }) => project)).toEqual(["default", "sales"]);
  });

  it("says that a project is not there, and leads to the person's projects", async () => {
    show(<Pages />, "/p/elsewhere/datasets");
    expect(await screen.findByText("There is no project “elsewhere”, or you are not one of its members.")).toBeTruthy();
    const links = await screen.findAllByRole("link");
    expect(links.map((link) => link.getAttribute("href"))).toEqual(["/p/default", "/p/sales"]);
    expect(screen.queryByText(/data of/)).toBeNull();
  });
});

describe("a page whose project is lost", () => {
  const renew = () => {
    if (cache === null) throw new Error("no page is shown");
    return cache.invalidateQueries({ queryKey: ["project"] });
  };

  it("says that the person was removed", async () => {
    show(<Pages />, "/p/sales/datasets");
    await screen.findByText("sales: data of sales");
    PROJECTS.pop();
    await renew();
    PROJECTS.push("sales");
    expect((await screen.findByRole("alert")).textContent).toContain("You were removed from the project “SALES”");
    expect(screen.queryByText(/data of/)).toBeNull();
  });

  it("stays while the platform does not answer", async () => {
    show(<Pages />, "/p/sales/datasets");
    await screen.findByText("sales: data of sales");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await renew();
    expect(screen.getByText("sales: data of sales")).toBeTruthy();
  });
});

describe("FirstPage", () => {
  it.each([
    [null, "/p/default"],
    ["sales", "/p/sales"],
    ["gone", "/p/default"],
  ])("after the project %s, it opens %s", async (last, opened) => {
    if (last !== null) localStorage.setItem("azuraforge.project", last);
    const { history } = show(<FirstPage />, "/");
    await waitFor(() => expect(history.at(-1)).toBe(opened));
  });

  it("opens the project that was shown last", async () => {
    show(<Pages />, "/p/sales/datasets");
    await screen.findByText("sales: data of sales");
    const { history } = show(<FirstPage />, "/");
    await waitFor(() => expect(history.at(-1)).toBe("/p/sales"));
  });
});

describe("projectOfPage", () => {
  it("is the first part of a page's address", () => {
    expect(projectOfPage("/p/sales/runs/k3v9")).toBe("sales");
    expect(projectOfPage("/p/%C3%BC/runs")).toBe("%C3%BC"); // a header holds no other letters
    expect(projectOfPage("/sign-in")).toBeNull();
  });
});
