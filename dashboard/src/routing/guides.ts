// The guide of each page, by the part of the address that follows the project: /p/<project>/<page>.
// tests/documentation/test_site.py checks that every page has one and that it exists in both languages.
export const GUIDES: Record<string, string> = {
  "events": "dashboard",
  "predictions": "predictions",
  "runs": "runs",
  "new-run": "runs",
  "comparison": "comparison",
  "models": "models",
  "datasets": "datasets",
  "schedules": "automations",
  "new-schedule": "automations",
  "automations": "automations",
  "new-automation": "automations",
  "feeds": "feeds",
  "learners": "learners",
  "studies": "studies",
  "new-study": "studies",
  "plugins": "plugins",
  "trash": "trash",
  "tokens": "security",
  "secrets": "security",
  "account": "people",
  "members": "projects",
  "settings": "projects",
  "administration": "administration",
};

/** The address of the guide for an address of the dashboard, in the page's language. */
export function guideOf(location: string, language: string): string {
  const name = GUIDES[location.split("/")[3] ?? ""] ?? "dashboard";
  return `/docs/guide/${language === "tr" ? "tr/" : ""}${name}`;
}
