import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { readerLocale } from "./setup";
import { Formats } from "./format";

export function useFormats(): Formats {
  const { i18n } = useTranslation();
  return useMemo(() => new Formats(readerLocale(i18n.language)), [i18n.language]);
}
