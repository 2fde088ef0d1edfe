import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { mayWrite, usePaths, useSession } from "../projects/session";
import { Button, ButtonLink } from "../ui/Button";
import { Card } from "../ui/Card";
import { EmptyState } from "../ui/EmptyState";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Skeleton } from "../ui/Skeleton";
import { Table, tableCss } from "../ui/Table";
import { modelsQuery } from "./api";
import { ImportBundle } from "./ImportBundle";
import { ModelRow } from "./ModelRow";
import css from "./Models.module.css";

/** Rows that are shown at first. */
const ROWS = 25;

/** All models: searched while typing, each with its champion, its live error beside the naive one, and drift. */
export default function ModelsPage() {
  const { t, i18n } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const models = useQuery(modelsQuery);
  const [search, setSearch] = useSearchParams();
  const [rows, setRows] = useState(ROWS);
  const asked = search.get("q") ?? "";
  const folded = (words: string) => words.toLocaleLowerCase(i18n.language);
  const words = folded(asked).split(/\s+/).filter((word) => word !== "");
  const found = (models.data ?? []).filter((model) => words.every((word) => folded(`${model.name} ${model.target} ${model.kind ?? ""}`).includes(word)));
  return (
    <Page title={t("models.title")} note={t("models.note")} actions={mayWrite(session) && !session.archived ? <ImportBundle /> : null}>
      <Card>
        {models.error ? <ErrorNotice error={models.error} /> : null}
        {models.isLoading ? <Skeleton lines={6} /> : null}
        {models.data?.length === 0 ? (
          <EmptyState title={t("models.none")} text={t("models.noneNext")}>
            <ButtonLink to={paths.newRun()} look="primary">{t("runs.new")}</ButtonLink>
            <ButtonLink to={paths.datasets}>{t("modelList.toDatasets")}</ButtonLink>
          </EmptyState>
        ) : null}
        {models.data && models.data.length > 0 ? (
          <>
            <div className={css["search"]}>
              <TextField label={t("modelList.search")} value={asked} onChange={(value) => setSearch(value === "" ? {} : { q: value }, { replace: true })} testId="search-models" />
            </div>
            <p className="visually-hidden" role="status">{t("modelList.found", { count: found.length })}</p>
            {found.length === 0 ? (
              <EmptyState title={t("modelList.nothing")}>
                <Button onPress={() => setSearch({})}>{t("modelList.all")}</Button>
              </EmptyState>
            ) : (
              <Table caption={t("models.title")} testId="models">
                <thead>
                  <tr>
                    <th scope="col">{t("models.name")}</th>
                    <th scope="col">{t("modelList.task")}</th>
                    <th scope="col">{t("models.champion")}</th>
                    <th scope="col" className={tableCss["number"]}>{t("modelList.live")}</th>
                    <th scope="col" className={tableCss["number"]}>{t("live.naive")}</th>
                    <th scope="col">{t("drift.title")}</th>
                    <th scope="col" className={tableCss["number"]}>{t("models.versions")}</th>
                    <th scope="col" className={tableCss["number"]}>{t("models.created")}</th>
                  </tr>
                </thead>
                <tbody>
                  {found.slice(0, rows).map((model) => (
                    <ModelRow key={model.name} model={model} />
                  ))}
                </tbody>
              </Table>
            )}
            {found.length > rows ? (
              <Button small onPress={() => setRows(rows + ROWS)} testId="more">
                {t("common.more")}
              </Button>
            ) : null}
          </>
        ) : null}
      </Card>
    </Page>
  );
}
