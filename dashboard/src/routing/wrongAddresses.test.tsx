import { screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { answerApi, page, showPage } from "../testing-pages";
import { PAGES } from "./pages";
import { SignedIn } from "./SignedIn";

/** Where each page of one thing leads if the thing does not exist. */
const LISTS: Record<string, string> = {
  "/runs/:id": "/runs",
  "/models/:name": "/models",
  "/datasets/:name": "/datasets",
  "/schedules/:id": "/schedules",
  "/schedules/:id/edit": "/schedules",
  "/automations/:id": "/automations",
  "/automations/:id/edit": "/automations",
  "/studies/:id": "/studies",
  "/feeds/:name": "/feeds",
  "/learners/:name": "/learners",
};

/** Addresses whose query names something. */
const QUERIES: Record<string, string> = {
  "/datasets/wrong?version=7": "/datasets/wrong",
  "/comparison?runs=wrong,wrong2": "/runs",
  "/comparison": "/runs",
  "/new-run?from=wrong": "/runs",
  "/new-schedule?from=wrong": "/schedules",
};

const session = { slug: "default", name: "Default", role: "member", archived: false, person: "ada" };

function open(address: string): void {
  answerApi({ "GET /projects/current": { body: session }, "GET /projects": { body: page([session]) }, "GET /runs": { body: page([]) }, "GET /datasets": { body: page([]) }, "GET /plugins": { body: page([]) } });
  window.history.replaceState(null, "", `/p/default${address}`);
  showPage(<SignedIn />, { path: `/p/default${address}` });
}

afterEach(() => window.history.replaceState(null, "", "/"));

describe("an address of something that does not exist", () => {
  it("is covered for every page of one thing", () => {
    expect(Object.keys(PAGES).filter((pattern) => pattern.includes(":")).sort()).toEqual(Object.keys(LISTS).sort());
  });

  const wrong = Object.entries(LISTS).flatMap(([pattern, list]) => ["wrong", "%E0%A4", "a%2Fb"].map((id) => [pattern.replace(/:\w+/, id), list] as const));
  it.each([...wrong, ...Object.entries(QUERIES)])("%s says so once and leads to %s", async (address, list) => {
    open(address);
    const main = await screen.findByRole("main");
    const links = await within(main).findAllByRole("link", { name: /./ });
    if (address !== "/comparison") expect((await within(main).findAllByRole("alert")).map(({ textContent }) => textContent)).toEqual(["not there"]);
    expect(links.map((link) => link.getAttribute("href"))).toContain(`/p/default${list}`);
  });

  it("says that a page does not exist, with a link to the home page", async () => {
    open("/nothing/here");
    await screen.findByRole("heading", { name: "This page does not exist" });
    expect(within(screen.getByRole("main")).getByRole("link", { name: "Open the project’s home page" }).getAttribute("href")).toBe("/p/default");
  });
});
