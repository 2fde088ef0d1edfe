import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Deployment, ModelDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { deploymentsQuery } from "./api";
import { DeployDialog } from "./DeployDialog";
import css from "./Models.module.css";

/** Shadow and canary deployments of the model, with their results. */
export function DeploymentsCard({ model, writer }: { model: ModelDetail; writer: boolean }) {
  const { t } = useTranslation();
  const { moment, percent } = useFormats();
  const deployments = useQuery(deploymentsQuery(model.name));
  const [asked, setAsked] = useState<Deployment | "new" | null>(null);
  const free = deployments.data?.every((each) => each.state !== "active") ?? false;
  const others = model.version_list.filter((each) => each.version !== model.champion);
  if (deployments.error) return <ErrorNotice error={deployments.error} />;
  const pairs = (test: Deployment["errors"]) => `${String(test.worse)} / ${String(test.even)} / ${String(test.better)}`;
  const extremes = (test: Deployment["extremes"]) => (test.bound === null ? "–" : `${String(test.beyond)} / ${String(test.beyond + test.within)}`);
  return (
    <Card
      title={t("life.deployments")}
      note={t("life.deploymentsNote")}
      actions={writer && free && model.champion !== null && others.length > 0 ? <Button onPress={() => setAsked("new")}>{t("life.deploy")}</Button> : null}
      testId="deployments"
    >
      {deployments.data?.length === 0 ? <p className={css["soft"]}>{t("life.noDeployments")}</p> : null}
      {deployments.data && deployments.data.length > 0 ? (
        <Table caption={t("life.deployments")}>
          <thead>
            <tr>
              <th scope="col">{t("models.version")}</th>
              <th scope="col">{t("life.mode")}</th>
              <th scope="col">{t("life.state")}</th>
              <th scope="col">{t("models.when")}</th>
              <th scope="col" className={tableCss["number"]}>{t("life.errors")}</th>
              <th scope="col" className={tableCss["number"]}>{t("life.losses")}</th>
              <th scope="col" className={tableCss["number"]}>{t("life.extremes")}</th>
              <th scope="col">{t("models.reason")}</th>
              {writer ? (
                <th scope="col">
                  <span className="visually-hidden">{t("life.end")}</span>
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {deployments.data.map((each) => (
              <tr key={each.number}>
                <th scope="row" className={tableCss["nowrap"]}>
                  v{each.version} / v{each.alongside}
                </th>
                <td className={tableCss["nowrap"]}>
                  {t(`life.${each.mode}`)} {each.mode === "canary" ? percent(each.share_percent / 100) : null}
                </td>
                <td>
                  <Badge tone={each.state === "active" ? "azure" : each.state === "rolled_back" ? "bad" : "quiet"}>{t(`life.${each.state}`)}</Badge>
                </td>
                <td className={tableCss["nowrap"]}>
                  {moment(each.started_at)} – {each.ended_at ? moment(each.ended_at) : t("life.today")}
                </td>
                <td className={tableCss["number"]}>{pairs(each.errors)}</td>
                <td className={tableCss["number"]}>{pairs(each.losses)}</td>
                <td className={tableCss["number"]}>{extremes(each.extremes)}</td>
                <td>{each.ended_reason ?? each.reason}</td>
                {writer ? (
                  <td>
                    {each.state === "active" ? (
                      <Button small onPress={() => setAsked(each)}>
                        {t("life.end")}
                      </Button>
                    ) : null}
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </Table>
      ) : null}
      {asked === null ? null : <DeployDialog name={model.name} versions={others.map((each) => each.version)} ending={asked === "new" ? null : asked} onClose={() => setAsked(null)} />}
    </Card>
  );
}
