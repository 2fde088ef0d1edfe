// All addresses of the dashboard. They begin with the project's slug; a tab belongs to one project.
const part = encodeURIComponent;

export interface NewRunFields {
  plugin?: string;
  dataset?: string;
  from?: string;
}

export function pathsOf(project: string) {
  const root = `/p/${part(project)}`;
  return {
    home: root,
    events: `${root}/events`,
    predictions: `${root}/predictions`,
    runs: `${root}/runs`,
    run: (id: string) => `${root}/runs/${part(id)}`,
    newRun: (fields: NewRunFields = {}) => {
      const search = new URLSearchParams(Object.entries(fields)).toString();
      return `${root}/new-run${search === "" ? "" : `?${search}`}`;
    },
    comparison: (ids: readonly string[]) => `${root}/comparison?runs=${ids.map(part).join(",")}`,
    models: `${root}/models`,
    model: (name: string) => `${root}/models/${part(name)}`,
    datasets: `${root}/datasets`,
    dataset: (name: string) => `${root}/datasets/${part(name)}`,
    schedules: `${root}/schedules`,
    schedule: (id: string) => `${root}/schedules/${part(id)}`,
    editSchedule: (id: string) => `${root}/schedules/${part(id)}/edit`,
    newSchedule: (from?: string) => `${root}/new-schedule${from === undefined ? "" : `?from=${part(from)}`}`,
    automations: `${root}/automations`,
    automation: (id: string) => `${root}/automations/${part(id)}`,
    editAutomation: (id: string) => `${root}/automations/${part(id)}/edit`,
    newAutomation: `${root}/new-automation`,
    studies: `${root}/studies`,
    study: (id: string) => `${root}/studies/${part(id)}`,
    newStudy: `${root}/new-study`,
    feeds: `${root}/feeds`,
    feed: (name: string) => `${root}/feeds/${part(name)}`,
    learners: `${root}/learners`,
    learner: (name: string) => `${root}/learners/${part(name)}`,
    plugins: `${root}/plugins`,
    trash: `${root}/trash`,
    tokens: `${root}/tokens`,
    secrets: `${root}/secrets`,
    account: `${root}/account`,
    members: `${root}/members`,
    settings: `${root}/settings`,
    administration: `${root}/administration`,
  };
}

/** The address of the sign-in page, which returns to the page that is shown now. */
export function signInPath({ pathname, search }: { pathname: string; search: string } = window.location): string {
  return `/sign-in#next=${part(pathname + search)}`;
}

export type Paths = ReturnType<typeof pathsOf>;

/** Return a part of an address as text; a part that is not encoded properly stands for itself, and nothing has such a name. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Remove a secret in the fragment from the address, so that it does not stay in the history. */
export function clearFragment(): void {
  if (window.location.hash !== "") window.history.replaceState(null, "", window.location.pathname);
}

/** Return the path to open after signing in; only paths of this origin are accepted. */
export function safeNext(next: string | null): string | null {
  if (next === null || !/^\/[^/\\]/.test(next)) return null;
  try {
    const target = new URL(next, window.location.origin);
    if (target.origin !== window.location.origin || target.pathname.startsWith("/sign-in")) return null;
    return target.pathname + target.search + target.hash;
  } catch {
    return null;
  }
}
