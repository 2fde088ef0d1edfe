import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { modelPages } from "./api";
import { ImportBundle } from "./ImportBundle";

export default function ModelsPage() {
  const { t } = useTranslation();
  const { count, moment } = useFormats();
  const paths = usePaths();
  const session = useSession();
  const models = useInfiniteQuery(modelPages);
  useTitle(t("models.title"));
  return (
    <>
      <PageHead title={t("models.title")} note={t("models.note")}>
        {mayWrite(session) ? <ImportBundle /> : null}
      </PageHead>
      <Card>
        {models.error ? <ErrorNotice error={models.error} /> : null}
        {models.isLoading ? <Loading /> : null}
        {models.data?.length === 0 ? (
          <Empty title={t("models.none")}>
            <p>{t("models.noneNext")}</p>
            <ButtonLink to={paths.newRun()}>{t("runs.new")}</ButtonLink>
          </Empty>
        ) : null}
        {models.data && models.data.length > 0 ? (
          <Table caption={t("models.title")}>
            <thead>
              <tr>
                <th scope="col">{t("models.name")}</th>
                <th scope="col">{t("models.target")}</th>
                <th scope="col" className={tableCss["number"]}>{t("models.champion")}</th>
                <th scope="col" className={tableCss["number"]}>{t("models.versions")}</th>
                <th scope="col" className={tableCss["number"]}>{t("models.created")}</th>
              </tr>
            </thead>
            <tbody>
              {models.data.map((model) => (
                <tr key={model.name}>
                  <th scope="row">
                    <Link href={paths.model(model.name)}>{model.name}</Link>
                  </th>
                  <td>
                    {model.target} <span className={tableCss["soft"]}>{model.unit}</span>
                  </td>
                  <td className={tableCss["number"]}>{model.champion === null ? t("models.noChampion") : `v${model.champion}`}</td>
                  <td className={tableCss["number"]}>{count(model.versions)}</td>
                  <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{moment(model.created_at)}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        ) : null}
        <More list={models} />
      </Card>
    </>
  );
}
