// The project that this browser showed last; the first page opens it again.
const KEY = "azuraforge.project";

export function rememberProject(slug: string): void {
  localStorage.setItem(KEY, slug);
}

/** The last shown one of these projects, or else the first of them; null if there is none. */
export function projectToOpen(slugs: readonly string[]): string | null {
  const last = localStorage.getItem(KEY);
  return last !== null && slugs.includes(last) ? last : (slugs[0] ?? null);
}
