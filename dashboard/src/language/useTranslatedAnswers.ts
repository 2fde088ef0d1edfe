// Responses that contain sentences, such as the error of a run, are in the language of their request.
import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

/** Read every query again when the language changes: visible ones at once, the others when they are needed. */
export function useTranslatedAnswers(client: QueryClient): void {
  const { i18n } = useTranslation();
  useEffect(() => {
    const readAgain = () => void client.invalidateQueries();
    i18n.on("languageChanged", readAgain);
    return () => i18n.off("languageChanged", readAgain);
  }, [client, i18n]);
}
