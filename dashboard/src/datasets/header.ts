// The first look at a file before it is sent: which columns are there, so that they can be chosen by name.

const LOOK_AT_BYTES = 64 * 1024;
const SEPARATORS = [",", ";", "\t", "|"] as const;

export interface Header {
  columns: string[];
  separator: string;
}

/** Null where the file is no text table (a Parquet file, for one): then columns are typed. */
export async function readHeader(file: Blob): Promise<Header | null> {
  const text = await file.slice(0, LOOK_AT_BYTES).text();
  return text.includes("\0") || text.startsWith("PAR1") ? null : headerOf(text);
}

export function headerOf(text: string): Header | null {
  const [line, second] = text.replace(/^\uFEFF/, "").split(/\r?\n/).filter((one) => one.trim() !== "");
  if (line === undefined) return null;
  // The sign that cuts the first two lines into equally many cells, and into most.
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

/** The column that by its name looks most like the time, or the first. */
export function likelyTime(columns: readonly string[]): string {
  return columns.find((name) => /^(date|time|timestamp|datetime|ds|tarih|zaman|formatted date|open.?time)$/i.test(name)) ?? columns.find((name) => /date|time|tarih|zaman/i.test(name)) ?? columns[0] ?? "";
}
