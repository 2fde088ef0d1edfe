// A project's pages by the part of their addresses after the project; each loads when it opens.
import { getEarly } from "../api/client";
import { CurvePlot } from "../charts/lazy";
import { readEarly } from "../runs/list/api";
import { readView } from "../runs/list/view";
import { lazily } from "./lazily";

export const PAGES = {
  "": lazily(() => import("../home/HomePage")),
  "/events": lazily(() => import("../events/EventsPage")),
  "/predictions": lazily(() => import("../predictions/PredictionsPage")),
  "/runs": lazily(() => import("../runs/list/RunsPage")),
  "/new-run": lazily(() => import("../runs/start/NewRunPage")),
  "/runs/:id": lazily(() => import("../runs/RunPage")),
  "/comparison": lazily(() => import("../comparison/ComparisonPage")),
  "/models": lazily(() => import("../models/ModelsPage")),
  "/models/:name": lazily(() => import("../models/ModelPage")),
  "/datasets": lazily(() => import("../datasets/DatasetsPage")),
  "/datasets/:name": lazily(() => import("../datasets/DatasetPage")),
  "/schedules": lazily(() => import("../automations/SchedulesPage")),
  "/new-schedule": lazily(() => import("../automations/NewSchedulePage")),
  "/schedules/:id/edit": lazily(() => import("../automations/EditSchedulePage")),
  "/schedules/:id": lazily(() => import("../automations/SchedulePage")),
  "/automations": lazily(() => import("../automations/triggers/AutomationsPage")),
  "/new-automation": lazily(() => import("../automations/triggers/form/NewAutomationPage")),
  "/automations/:id/edit": lazily(() => import("../automations/triggers/form/EditAutomationPage")),
  "/automations/:id": lazily(() => import("../automations/triggers/AutomationPage")),
  "/studies": lazily(() => import("../studies/StudiesPage")),
  "/new-study": lazily(() => import("../studies/NewStudyPage")),
  "/studies/:id": lazily(() => import("../studies/StudyPage")),
  "/feeds": lazily(() => import("../feeds/FeedsPage")),
  "/feeds/:name": lazily(() => import("../feeds/FeedPage")),
  "/learners": lazily(() => import("../learners/LearnersPage")),
  "/learners/:name": lazily(() => import("../learners/LearnerPage")),
  "/plugins": lazily(() => import("../plugins/PluginsPage")),
  "/trash": lazily(() => import("../projects/trash/TrashPage")),
  "/tokens": lazily(() => import("../projects/tokens/TokensPage")),
  "/secrets": lazily(() => import("../projects/secrets/SecretsPage")),
  "/account": lazily(() => import("../projects/account/AccountPage")),
  "/members": lazily(() => import("../projects/members/MembersPage")),
  "/administration": lazily(() => import("../projects/administration/AdministrationPage")),
  "/settings": lazily(() => import("../projects/settings/SettingsPage")),
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

/** What a page reads and shows first, for the pages that people open most. */
const FIRST: Partial<Record<keyof typeof PAGES, (address: Address, language: string) => void>> = {
  "/runs": ({ search }, language) => readEarly(readView(search), language),
  "/runs/:id": ({ pathname }, language) => {
    const id = /\/runs\/([^/]+)/.exec(pathname)?.[1] ?? "";
    getEarly(`/runs/${id}`, {}, language);
    void CurvePlot.preload().catch(() => undefined);
  },
};

type Address = Pick<Location, "pathname" | "search">;

/** Load the page of an address and start what it reads first, while texts and session are still loading. */
export async function preload(address: Address, language: string): Promise<void> {
  const page = pageOf(address.pathname);
  if (page === undefined) return;
  getEarly("/projects/current", {}, language);
  FIRST[page]?.(address, language);
  // A page that cannot be loaded says so when it is shown.
  await PAGES[page].preload().catch(() => undefined);
}
