import { useTranslation } from "react-i18next";

import { formatsFor, type Formats } from "./format";
import { readerLocale } from "./setup";

export function useFormats(): Formats {
  const { i18n } = useTranslation();
  return formatsFor(readerLocale(i18n.language));
}
