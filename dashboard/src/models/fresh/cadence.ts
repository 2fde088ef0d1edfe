import { useTranslation } from "react-i18next";

/** The intervals that the form offers. */
export const CADENCES = ["hourly", "daily", "weekly", "monthly", "never"] as const;

/** "daily" or "6h" in words. */
export function useCadence(): (cadence: string) => string {
  const { t } = useTranslation();
  return (cadence) => {
    const known = CADENCES.find((each) => each === cadence);
    return known === undefined ? t("fresh.every", { distance: cadence }) : t(`fresh.cadences.${known}`);
  };
}
