// An error document of the API (RFC 9457), or the reason why the API could not be reached.

export interface FieldProblem {
  field: string;
  message: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly where: string | null;
  readonly nextStep: string | null;
  readonly fields: readonly FieldProblem[];
  /** The sheets of an Excel workbook, one of which must be selected. */
  readonly sheets: readonly string[];
  /** Further facts, such as the position of a fault. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, body: unknown) {
    const read = isRecord(body) ? body : {};
    super(text(read["detail"]) ?? text(read["title"]) ?? "");
    this.name = "Problem";
    this.status = status;
    this.code = text(read["code"]) ?? (status === 0 ? "unreachable" : "error");
    this.where = text(read["where"]);
    this.nextStep = text(read["next_step"]);
    this.fields = fieldProblems(this.message, this.where, read["details"]);
    this.details = isRecord(read["details"]) ? read["details"] : {};
    const sheets = isRecord(read["details"]) ? read["details"]["sheets"] : null;
    this.sheets = Array.isArray(sheets) ? sheets.filter((each): each is string => typeof each === "string") : [];
  }
}

/** Return the inputs that an error refers to: `details.fields`, `details.field`, or `where`. */
function fieldProblems(message: string, where: string | null, details: unknown): FieldProblem[] {
  if (isRecord(details)) {
    const listed = details["fields"];
    if (Array.isArray(listed)) {
      return listed.filter(isRecord).flatMap((item) => {
        const field = text(item["field"]);
        return field === null ? [] : [{ field, message: text(item["message"]) ?? message }];
      });
    }
    const field = text(details["field"]);
    if (field !== null) return [{ field, message }];
  }
  return where === null ? [] : [{ field: where, message }];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
