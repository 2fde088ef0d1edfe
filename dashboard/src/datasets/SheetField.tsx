import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import { problemsByField } from "../runs/start/form";
import { SelectField, TextField } from "../ui/Field";

/** Whether a file has sheets, by its name. */
export const isWorkbook = (file: File | null): boolean => file?.name.toLowerCase().endsWith(".xlsx") ?? false;

interface SheetFieldProps {
  value: string;
  onChange: (sheet: string) => void;
  hint: string;
  /** What the platform answered to the workbook; it names the sheets where one has to be chosen. */
  error: Error | null;
}

/** The sheet of an Excel workbook: typed, or chosen among those that the platform named. */
export function SheetField({ value, onChange, hint, error }: SheetFieldProps) {
  const { t } = useTranslation();
  const sheets = error instanceof Problem ? error.sheets : [];
  const shared = { label: t("datasets.sheet"), value, onChange, name: "sheet", testId: "sheet" };
  if (sheets.length === 0) {
    const problem = error instanceof Problem ? problemsByField(error.fields, ["sheet"])["sheet"] : undefined;
    return <TextField {...shared} hint={hint} error={problem} />;
  }
  const options = sheets.map((sheet) => ({ value: sheet, label: sheet }));
  return <SelectField {...shared} options={sheets.includes(value) ? options : [{ value: "", label: t("datasets.chooseSheet") }, ...options]} />;
}
