// Two versions side by side: the settings in which they differ.

/** One line of a comparison; `differs` marks lines whose two values are not equal. */
export interface ComparedLine {
  name: string;
  values: [unknown, unknown];
  differs: boolean;
}

/** Return all settings of two configs by name; nested objects are named by their path. */
export function comparedSettings(a: Record<string, unknown>, b: Record<string, unknown>): ComparedLine[] {
  const [one, two] = [flat(a), flat(b)];
  const names = [...new Set([...one.keys(), ...two.keys()])].sort((x, y) => x.localeCompare(y));
  return names.map((name) => {
    const values: [unknown, unknown] = [one.get(name), two.get(name)];
    return { name, values, differs: JSON.stringify(values[0] ?? null) !== JSON.stringify(values[1] ?? null) };
  });
}

function flat(config: Record<string, unknown>, path = ""): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(config)) {
    const name = path === "" ? key : `${path}.${key}`;
    const inner = typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    if (inner) for (const [deep, one] of flat(value as Record<string, unknown>, name)) found.set(deep, one);
    else found.set(name, value);
  }
  return found;
}
