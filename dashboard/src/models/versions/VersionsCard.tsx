import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { ModelDetail, ModelVersion } from "../../api/types";
import { useMetrics } from "../../evaluation/metrics";
import { useFormats } from "../../language/useFormats";
import { pluginsQuery } from "../../plugins/api";
import { taskKind } from "../../plugins/taskKinds";
import { usePaths } from "../../projects/session";
import { placeOf } from "../../projects/trash/api";
import { DeleteButton } from "../../projects/trash/DeleteButton";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Hash } from "../../ui/Facts";
import { Table, tableCss } from "../../ui/Table";
import { advantageOf, type Advantage } from "./advantage";

interface VersionsProps {
  model: ModelDetail;
  versions: readonly ModelVersion[];
  onPromote: ((version: number) => void) | null;
  onCompare: ((version: number) => void) | null;
  more?: ReactNode;
}

/** The versions of a model, each compared with the best baseline of its run. */
export function VersionsCard({ model, versions, onPromote, onCompare, more }: VersionsProps) {
  const { t } = useTranslation();
  const { bytes, moment } = useFormats();
  const { title } = useMetrics();
  const paths = usePaths();
  const plugins = useQuery(pluginsQuery).data;
  const kindOf = (version: ModelVersion) => taskKind(plugins, version.kind);
  const first = versions.map((version) => advantageOf(version.metrics, kindOf(version))).find((each) => each !== null);
  const minus = first && first.measure !== "ratio" ? title(first.metric) : null;
  return (
    <Card title={t("models.versions")} note={minus === null ? t("models.versionsNote") : t("models.differenceNote", { metric: minus })}>
      <Table caption={t("models.versions")}>
        <thead>
          <tr>
            <th scope="col">{t("models.version")}</th>
            <th scope="col">{t("models.plugin")}</th>
            <th scope="col" className={tableCss["number"]}>{minus === null ? t("models.skill") : t("models.difference", { metric: minus })}</th>
            <th scope="col">{t("models.run")}</th>
            <th scope="col" className={tableCss["number"]}>{t("models.size")}</th>
            <th scope="col">{t("models.created")}</th>
            {onPromote || onCompare ? (
              <th scope="col">
                <span className="visually-hidden">{t("modelPage.actions")}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => {
            const advantage = advantageOf(version.metrics, kindOf(version));
            return (
              <tr key={version.version}>
                <th scope="row" className={tableCss["nowrap"]}>
                  v{version.version}{" "}
                  {version.aliases.map((alias) => (
                    <Badge key={alias} tone={alias === "champion" ? "azure" : "quiet"}>
                      {alias}
                    </Badge>
                  ))}{" "}
                  {version.learned_from.evaluated ? <Badge tone="quiet">{t("models.refitted")}</Badge> : null}
                </th>
                <td className={tableCss["soft"]}>{version.plugin}</td>
                <td className={tableCss["number"]}>{advantage === null ? "–" : <AdvantageText advantage={advantage} />}</td>
                <td>
                  {version.run_id ? (
                    <Link href={paths.run(version.run_id)}>
                      <Hash value={version.run_id} length={8} />
                    </Link>
                  ) : (
                    t("life.imported")
                  )}
                </td>
                <td className={tableCss["number"]}>{bytes(version.bytes)}</td>
                <td className={`${tableCss["nowrap"]} ${tableCss["soft"]}`}>{moment(version.created_at)}</td>
                {onPromote || onCompare ? (
                  <td className={tableCss["number"]}>
                    {onCompare === null ? null : (
                      <Button small onPress={() => onCompare(version.version)}>
                        {t("compareVersions.button")}
                      </Button>
                    )}{" "}
                    {version.version === model.champion || !onPromote ? null : (
                      <Button small onPress={() => onPromote(version.version)}>
                        {t("models.promote")}
                      </Button>
                    )}{" "}
                    {version.aliases.length > 0 || !onPromote ? null : (
                      <DeleteButton small what={`${model.name} v${String(version.version)}`} place={placeOf.model(model.name, version.version)} />
                    )}
                  </td>
                ) : null}
              </tr>
            );
          })}
        </tbody>
      </Table>
      {more}
    </Card>
  );
}

function AdvantageText({ advantage: { measure, value } }: { advantage: Advantage }) {
  const { t } = useTranslation();
  const { number, percent } = useFormats();
  const signed = `${value > 0 ? "+" : ""}${number(value, 3)}`;
  if (measure === "ratio") return percent(value, 1, true);
  return measure === "points" ? t("models.points", { count: Math.abs(value), points: signed }) : signed;
}
