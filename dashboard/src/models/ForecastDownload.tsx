import { useTranslation } from "react-i18next";

import { address } from "../api/client";
import { useSession } from "../projects/session";
import css from "./Models.module.css";

/** A forecast of the ledger as a file, with intervals, time zone and unit. */
export function ForecastDownload({ id }: { id: string }) {
  const { t, i18n } = useTranslation();
  const query = { project: useSession().slug, prediction_id: id, language: i18n.language.startsWith("tr") ? "tr" : "en" };
  return (
    <p className={css["soft"]} data-testid="download-forecast">
      {t("forecastFile.download")}:{" "}
      {(["xlsx", "csv"] as const).map((format, index) => (
        <span key={format}>
          {index === 0 ? null : " · "}
          <a href={address("/predictions/file", { ...query, format })} download={`forecast.${format}`}>
            .{format}
          </a>
        </span>
      ))}
    </p>
  );
}
