// The table of a batch prediction, as what its chart draws.

export interface BatchTable {
  columns: readonly string[];
  rows: readonly (readonly (string | null)[])[];
}

export interface BatchLine {
  at: string[];
  actual: (number | null)[];
  predicted: (number | null)[];
  low: (number | null)[] | null;
  high: (number | null)[] | null;
}

const numberOf = (cell: string | null | undefined) => (cell === null || cell === undefined || cell === "" || !Number.isFinite(Number(cell)) ? null : Number(cell));

/** The values that the column contains, in the order in which they appear; at most `most` of them. */
export function valuesOf(table: BatchTable, column: string, most: number): string[] {
  const place = table.columns.indexOf(column);
  const found = new Set<string>();
  if (place >= 0) for (const row of table.rows) if (row[place] && found.size < most) found.add(row[place]);
  return [...found];
}

/** Forecasts of one series, the given number of steps ahead, over time; null if the table holds no forecasts. */
export function lineOf(table: BatchTable, step: string, series: string | null): BatchLine | null {
  const place = (name: string) => table.columns.indexOf(name);
  const [at, value, actual, steps, named] = [place("target_at"), place("value"), place("actual"), place("step"), place("series")];
  if (at < 0 || value < 0) return null;
  const quantiles = table.columns.filter((name) => /^q\d/.test(name)).sort((one, other) => Number(one.slice(1)) - Number(other.slice(1)));
  const [low, high] = [quantiles.length > 1 ? place(quantiles[0] ?? "") : -1, quantiles.length > 1 ? place(quantiles.at(-1) ?? "") : -1];
  const rows = table.rows.filter((row) => row[at] && (steps < 0 || row[steps] === step) && (series === null || named < 0 || row[named] === series));
  rows.sort((one, other) => Date.parse(one[at] ?? "") - Date.parse(other[at] ?? ""));
  return {
    at: rows.map((row) => row[at] ?? ""),
    actual: rows.map((row) => numberOf(row[actual])),
    predicted: rows.map((row) => numberOf(row[value])),
    low: low < 0 ? null : rows.map((row) => numberOf(row[low])),
    high: high < 0 ? null : rows.map((row) => numberOf(row[high])),
  };
}

export interface ClassCount {
  name: string;
  predicted: number;
  right: number;
  labelled: number;
}

/** Rows that the version was trained on: a right prediction there proves nothing. */
export function learnedRows(table: BatchTable): number {
  const learned = table.columns.indexOf("learned");
  return learned < 0 ? 0 : table.rows.filter((row) => row[learned] === "true").length;
}

/**
 * How often each class was predicted, and how often that was right, counting only labelled examples that the version is
 * known not to have learned from; the most frequent class first. Empty without classes.
 */
export function classCounts(table: BatchTable): ClassCount[] {
  const [answer, actual, learned] = [table.columns.indexOf("answer"), table.columns.indexOf("actual"), table.columns.indexOf("learned")];
  if (answer < 0) return [];
  const found = new Map<string, ClassCount>();
  for (const row of table.rows) {
    const name = row[answer] ?? "";
    const one = found.get(name) ?? { name, predicted: 0, right: 0, labelled: 0 };
    one.predicted += 1;
    if (row[actual] && row[learned] === "false") {
      one.labelled += 1;
      if (row[actual] === name) one.right += 1;
    }
    found.set(name, one);
  }
  return [...found.values()].sort((one, other) => other.predicted - one.predicted);
}
