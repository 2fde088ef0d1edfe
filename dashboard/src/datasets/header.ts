// Reads the header of a file before it is sent, so that columns can be selected by name.

const LOOK_AT_BYTES = 64 * 1024;
const SEPARATORS = [",", ";", "\t", "|"] as const;

export interface Header {
  columns: string[];
  separator: string;
}

/** Return the header; null if the file is not a text table (such as Parquet), so that column names must be typed. */
export async function readHeader(file: Blob): Promise<Header | null> {
  const text = await file.slice(0, LOOK_AT_BYTES).text();
  return text.includes("\0") || text.startsWith("PAR1") ? null : headerOf(text);
}

export function headerOf(text: string): Header | null {
  const [line, second] = text.replace(/^\uFEFF/, "").split(/\r?\n/).filter((one) => one.trim() !== "");
  if (line === undefined) return null;
  // The separator that splits the first two lines into the same number of cells, and into the most.
  const agrees = (sign: string) => second === undefined || cells(second, sign).length === cells(line, sign).length;
  const score = (sign: string) => (agrees(sign) ? cells(line, sign).length : 1);
  const separator = SEPARATORS.reduce((best, sign) => (score(sign) > score(best) ? sign : best));
  const columns = cells(line, separator);
  return columns.length < 2 || new Set(columns).size < columns.length ? null : { columns, separator };
}

function cells(line: string, separator: string): string[] {
  const found: string[] = [];
  let [cell, quoted] = ["", false];
  for (const sign of line) {
    if (sign === '"') quoted = !quoted;
    else if (sign === separator && !quoted) {
      found.push(cell.trim());
      cell = "";
    } else cell += sign;
  }
  return [...found, cell.trim()];
}

/** Return the column whose name looks most like a time, or the first column. */
export function likelyTime(columns: readonly string[]): string {
  return columns.find((name) => /^(date|time|timestamp|datetime|ds|tarih|zaman|formatted date|open.?time)$/i.test(name)) ?? columns.find((name) => /date|time|tarih|zaman/i.test(name)) ?? columns[0] ?? "";
}
