// The navigation: three groups of pages, and the pages below an entry.
import type { IconName } from "../ui/Icon";
import { mayManage } from "../projects/session";
import type { CurrentProject } from "../api/types";
import type { Paths } from "../routing/paths";

export interface Place {
  /** Key of its name under `shell`. */
  name: "home" | "runs" | "studies" | "models" | "predictions" | "datasets" | "feeds" | "learners" | "automations" | "schedules" | "plugins" | "events" | "settings" | "members" | "tokens" | "secrets" | "trash" | "account";
  to: string;
  icon?: IconName;
  /** Other addresses that belong to it. */
  also?: readonly string[];
  /** Pages that are listed below it while one of them is shown. */
  below?: readonly Place[];
}

export interface PlaceGroup {
  name: "work" | "results" | "platform";
  places: readonly Place[];
}

export function placeGroups(paths: Paths, session: CurrentProject): readonly PlaceGroup[] {
  const tokens: readonly Place[] = mayManage(session) ? [{ name: "tokens", to: paths.tokens }] : [];
  const secrets: readonly Place[] = session.role === "viewer" ? [] : [{ name: "secrets", to: paths.secrets }];
  return [
    {
      name: "work",
      places: [
        { name: "home", to: paths.home, icon: "home" },
        { name: "runs", to: paths.runs, icon: "runs", also: [paths.newRun(), `${paths.home}/comparison`] },
        { name: "studies", to: paths.studies, icon: "studies", also: [paths.newStudy] },
      ],
    },
    {
      name: "results",
      places: [
        { name: "models", to: paths.models, icon: "models" },
        { name: "predictions", to: paths.predictions, icon: "predictions" },
        { name: "datasets", to: paths.datasets, icon: "datasets" },
        { name: "feeds", to: paths.feeds, icon: "feeds" },
        { name: "learners", to: paths.learners, icon: "learners" },
      ],
    },
    {
      name: "platform",
      places: [
        {
          name: "automations",
          to: paths.automations,
          icon: "automations",
          also: [paths.newAutomation],
          below: [{ name: "schedules", to: paths.schedules, also: [paths.newSchedule()] }],
        },
        { name: "plugins", to: paths.plugins, icon: "plugins" },
        { name: "events", to: paths.events, icon: "events" },
        {
          name: "settings",
          to: paths.settings,
          icon: "settings",
          below: [{ name: "members", to: paths.members }, ...tokens, ...secrets, { name: "trash", to: paths.trash }, { name: "account", to: paths.account }],
        },
      ],
    },
  ];
}

/** Whether an address is a place's own or one below it; the home page has no addresses below it. */
export function isAt(place: Place, location: string, home: string): boolean {
  return [place.to, ...(place.also ?? [])].some((path) => location === path || (path !== home && location.startsWith(`${path}/`)));
}

/** Whether the place or one of the pages below it is shown. */
export function isWithin(place: Place, location: string, home: string): boolean {
  return isAt(place, location, home) || (place.below ?? []).some((each) => isAt(each, location, home));
}
