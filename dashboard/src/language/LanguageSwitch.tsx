import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { chooseLanguage, type Language } from "./setup";

const NAMES: Record<Language, string> = { en: "English", tr: "Türkçe" };

/** Button that switches between two languages; its label is the other language's own name, or its first letters. */
export function LanguageSwitch({ short = false }: { short?: boolean }) {
  const { i18n } = useTranslation();
  const other: Language = i18n.language === "tr" ? "en" : "tr";
  return (
    <Button testId="language-switch" small onPress={() => void chooseLanguage(other)}>
      <span lang={other}>
        {short ? (
          <>
            <span aria-hidden="true">{other.toUpperCase()}</span>
            <span className="visually-hidden">{NAMES[other]}</span>
          </>
        ) : (
          NAMES[other]
        )}
      </span>
    </Button>
  );
}
