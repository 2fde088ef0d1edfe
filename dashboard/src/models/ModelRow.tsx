import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Model } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { usePaths } from "../projects/session";
import { Badge } from "../ui/Badge";
import { tableCss } from "../ui/Table";
import css from "./Models.module.css";

const DRIFT = {
  alarm: { tone: "ember", text: "modelList.drifts" },
  steady: { tone: "good", text: "modelList.steady" },
  too_few: { tone: "quiet", text: "modelList.tooFew" },
} as const;

/** A model of the list, with what is known of its champion on live data. */
export function ModelRow({ model }: { model: Model }) {
  const { t, i18n } = useTranslation();
  const { count, moment, number, percent } = useFormats();
  const paths = usePaths();
  const live = model.champion === null ? null : model.live;
  const task = useQuery(pluginsQuery).data?.find((plugin) => plugin.kind === "task_kind" && plugin.name === model.kind);
  const loss = (value: number | null | undefined) => (value === null || value === undefined ? "–" : live?.classes ? percent(value, 1) : `${number(value)} ${model.unit}`);
  return (
    <tr>
      <th scope="row" className={css["wrap"]} dir="auto">
        <Link href={paths.model(model.name)}>{model.name}</Link>
      </th>
      <td>
        {inLanguage(task?.title ?? {}, i18n.language) || (model.kind ?? "–")}{" "}
        <span className={tableCss["soft"]} dir="auto">{model.unit === "" ? model.target : `${model.target} (${model.unit})`}</span>
      </td>
      <td>{model.champion === null ? <Badge tone="ember">{t("modelPage.noChampion")}</Badge> : `v${String(model.champion)}`}</td>
      <td className={tableCss["number"]}>{live?.points === 0 ? t("common.notYetKnown") : loss(live?.loss)}</td>
      <td className={tableCss["number"]}>{loss(live?.naive_loss)}</td>
      <td>{live?.drift ? <Badge tone={DRIFT[live.drift].tone}>{t(DRIFT[live.drift].text)}</Badge> : <span className={tableCss["soft"]}>–</span>}</td>
      <td className={tableCss["number"]}>{count(model.versions)}</td>
      <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{moment(model.created_at)}</td>
    </tr>
  );
}
