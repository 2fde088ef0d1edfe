import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Dataset } from "../api/types";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Card, PageHead } from "../ui/Card";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { AddDataset } from "./AddDataset";
import { datasetPages } from "./api";
import css from "./Datasets.module.css";
import { kindOf } from "./kinds";

export default function DatasetsPage() {
  const { t } = useTranslation();
  const session = useSession();
  const datasets = useInfiniteQuery(datasetPages);
  useTitle(t("datasets.title"));
  const none = datasets.data?.length === 0;
  return (
    <div className={css["page"]}>
      <PageHead title={t("datasets.title")} note={t("datasets.note")} />
      {mayWrite(session) ? (
        <Card title={t("datasets.addTitle")}>
          <AddDataset dropAnywhere empty={none} onAdded={() => undefined} />
        </Card>
      ) : null}
      <Card>
        {datasets.error ? <ErrorNotice error={datasets.error} /> : null}
        {datasets.isLoading ? <Loading /> : null}
        {none ? (
          <Empty title={t("datasets.none")}>
            <p>{t("datasets.noneNext")}</p>
          </Empty>
        ) : null}
        {datasets.data && !none ? <DatasetTable datasets={datasets.data} /> : null}
        <More list={datasets} />
      </Card>
    </div>
  );
}

function DatasetTable({ datasets }: { datasets: readonly Dataset[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { count, day } = formats;
  const paths = usePaths();
  return (
    <Table caption={t("datasets.title")}>
      <thead>
        <tr>
          <th scope="col">{t("datasets.name")}</th>
          <th scope="col">{t("datasets.target")}</th>
          <th scope="col" className={tableCss["number"]}>{t("datasets.rows")}</th>
          <th scope="col">{t("datasets.range")}</th>
          <th scope="col">{t("datasets.frequency")}</th>
          <th scope="col">{t("datasets.source")}</th>
          <th scope="col" className={tableCss["number"]}>{t("datasets.versions")}</th>
          <th scope="col" className={tableCss["number"]}>{t("datasets.findings")}</th>
        </tr>
      </thead>
      <tbody>
        {datasets.map(({ id, name, versions, latest }) => (
          <tr key={id}>
            <th scope="row">
              <Link href={paths.dataset(name)}>{name}</Link>
            </th>
            <td>
              {kindOf(latest.dataset_schema).target(latest.dataset_schema, { t, formats })}{" "}
              <span className={tableCss["soft"]}>{latest.dataset_schema.unit}</span>
            </td>
            <td className={tableCss["number"]}>{count(latest.rows)}</td>
            <td className={tableCss["nowrap"]}>{latest.start ? `${day(latest.start, rowZoneOf(latest.dataset_schema))} – ${day(latest.end, rowZoneOf(latest.dataset_schema))}` : "–"}</td>
            <td>{kindOf(latest.dataset_schema).spacing(latest.dataset_schema, t)}</td>
            <td className={tableCss["soft"]}>{latest.source}</td>
            <td className={tableCss["number"]}>{count(versions)}</td>
            <td className={tableCss["number"]}>{count(latest.findings.length)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
