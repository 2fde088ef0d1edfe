import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import { problemsByField } from "../runs/start/form";
import { SelectField, TextField } from "../ui/forms/Field";

/** Return whether a file is a workbook with sheets, by its name. */
export const isWorkbook = (file: File | null): boolean => file?.name.toLowerCase().endsWith(".xlsx") ?? false;

interface SheetFieldProps {
  value: string;
  onChange: (sheet: string) => void;
  hint: string;
  /** The platform's error for the workbook; it lists the sheets if one must be selected. */
  error: Error | null;
}

/** The sheet of an Excel workbook: typed, or selected from those that the platform listed. */
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
