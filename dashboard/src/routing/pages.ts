// Modules of a project's pages by the part of their addresses after the project; each loads when its page opens.
import { getEarly } from "../api/client";
import { readEarly } from "../runs/list/api";
import { readView } from "../runs/list/view";

export const PAGES = {
  "": () => import("../home/HomePage"),
  "/events": () => import("../events/EventsPage"),
  "/predictions": () => import("../predictions/PredictionsPage"),
  "/runs": () => import("../runs/list/RunsPage"),
  "/new-run": () => import("../runs/start/NewRunPage"),
  "/runs/:id": () => import("../runs/RunPage"),
  "/comparison": () => import("../comparison/ComparisonPage"),
  "/models": () => import("../models/ModelsPage"),
  "/models/:name": () => import("../models/ModelPage"),
  "/datasets": () => import("../datasets/DatasetsPage"),
  "/datasets/:name": () => import("../datasets/DatasetPage"),
  "/schedules": () => import("../automations/SchedulesPage"),
  "/new-schedule": () => import("../automations/NewSchedulePage"),
  "/schedules/:id/edit": () => import("../automations/EditSchedulePage"),
  "/schedules/:id": () => import("../automations/SchedulePage"),
  "/automations": () => import("../automations/triggers/AutomationsPage"),
  "/new-automation": () => import("../automations/triggers/form/NewAutomationPage"),
  "/automations/:id/edit": () => import("../automations/triggers/form/EditAutomationPage"),
  "/automations/:id": () => import("../automations/triggers/AutomationPage"),
  "/studies": () => import("../studies/StudiesPage"),
  "/new-study": () => import("../studies/NewStudyPage"),
  "/studies/:id": () => import("../studies/StudyPage"),
  "/feeds": () => import("../feeds/FeedsPage"),
  "/feeds/:name": () => import("../feeds/FeedPage"),
  "/plugins": () => import("../plugins/PluginsPage"),
  "/trash": () => import("../projects/trash/TrashPage"),
  "/tokens": () => import("../projects/tokens/TokensPage"),
  "/secrets": () => import("../projects/secrets/SecretsPage"),
  "/account": () => import("../projects/account/AccountPage"),
  "/members": () => import("../projects/members/MembersPage"),
  "/administration": () => import("../projects/administration/AdministrationPage"),
  "/settings": () => import("../projects/settings/SettingsPage"),
};

/** Return the pattern of `PAGES` that an address matches. */
export function pageOf(address: string): keyof typeof PAGES | undefined {
  const inside = /^\/p\/[^/]+(.*?)\/?$/.exec(address)?.[1];
  if (inside === undefined) return undefined;
  const parts = inside.split("/");
  return (Object.keys(PAGES) as (keyof typeof PAGES)[]).find((pattern) => {
    const wanted = pattern.split("/");
    return wanted.length === parts.length && wanted.every((part, index) => part.startsWith(":") || part === parts[index]);
  });
}

/** Reads with which a page begins, for pages that people open most. */
const FIRST_READS: Partial<Record<keyof typeof PAGES, (address: Address, language: string) => void>> = {
  "/runs": ({ search }, language) => readEarly(readView(search), language),
};

type Address = Pick<Location, "pathname" | "search">;

/** Start to load the page of an address and what it reads first, while texts and session are still loading. */
export function preload(address: Address, language: string): void {
  const page = pageOf(address.pathname);
  if (page === undefined) return;
  getEarly("/projects/current", {}, language);
  FIRST_READS[page]?.(address, language);
  // A page that cannot be loaded says so when it is shown.
  void PAGES[page]().catch(() => undefined);
}
