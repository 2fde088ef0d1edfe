import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearchParams } from "wouter";

import type { DatasetVersion } from "../api/types";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Facts, Hash } from "../ui/Facts";
import { ErrorNotice, Loading } from "../ui/Notice";
import { datasetQuery, datasetsQuery, rowsQuery } from "./api";
import css from "./Datasets.module.css";
import { FindingList } from "./FindingList";

const RowsPlot = lazy(() => import("../charts/RowsPlot"));
const PicturesCard = lazy(() => import("../vision/PicturesCard"));

/** One version: its shape over time, what was found in it, where it came from. */
export default function DatasetPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const wanted = Number(search.get("version")) || null;
  const dataset = useQuery(datasetQuery(name, wanted));
  const known = useQuery(datasetsQuery).data?.find((one) => one.name === name || one.id === name);
  useTitle(name);
  if (dataset.error) return <ErrorNotice error={dataset.error} />;
  if (dataset.data === undefined) return <Loading />;
  const shown = dataset.data;
  const numbers = known?.numbers ?? [];
  const versions = (numbers.includes(shown.version) ? [...numbers] : [...numbers, shown.version]).sort((one, other) => other - one);
  // A version can be deleted alone; then its dataset is still listed.
  const place = placeOf.dataset(shown.id, known === undefined ? null : shown.version);
  return (
    <div className={css["page"]}>
      <PageHead title={shown.name}>
        <label className={css["versions"]}>
          {t("datasets.version")}
          <select value={shown.version} onChange={(event) => setSearch({ version: event.target.value })}>
            {versions.map((version) => (
              <option key={version}>{version}</option>
            ))}
          </select>
        </label>
        {mayWrite(session) && !shown.deleted_at ? (
          <>
            <ButtonLink to={paths.newRun({ dataset: shown.name })} look="primary">
              {t(shown.dataset_schema.kind === "images" ? "vision.train" : "datasets.forecast")}
            </ButtonLink>
            {numbers.length > 1 ? (
              <DeleteButton
                what={`${shown.name} v${String(shown.version)}`}
                label={t("trash.deleteVersion")}
                place={placeOf.dataset(shown.id, shown.version)}
                onDone={() => setSearch({})}
              />
            ) : null}
            <DeleteButton what={shown.name} place={placeOf.dataset(shown.id)} onDone={() => navigate(paths.datasets)} />
          </>
        ) : null}
      </PageHead>
      {shown.deleted_at ? <InTrash at={shown.deleted_at} by={shown.deleted_by ?? null} place={place} /> : null}
      {shown.dataset_schema.kind === "images" ? (
        <Suspense fallback={<Loading />}>
          <PicturesCard dataset={shown} />
        </Suspense>
      ) : (
        <ChartCard dataset={shown} />
      )}
      <Card title={t("datasets.findings")}>
        {shown.findings.length > 0 ? <FindingList findings={shown.findings} /> : <p className={css["soft"]}>{t("datasets.noFindings")}</p>}
      </Card>
      <AboutCard dataset={shown} />
    </div>
  );
}

function ChartCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const { target, unit, series_names: names } = dataset.dataset_schema;
  const [series, setSeries] = useState<string | null>(null);
  const rows = useQuery(rowsQuery(dataset.id, dataset.version, series ?? names?.[0] ?? null));
  const choice = names ? (
    <label className={css["versions"]}>
      {t("series.one")}
      <select value={series ?? names[0]} onChange={(event) => setSeries(event.target.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  ) : null;
  const note = rows.data && rows.data.times.length < rows.data.total_rows ? t("datasets.reduced", { count: rows.data.total_rows, shown: count(rows.data.total_rows) }) : undefined;
  return (
    <Card title={unit === "" ? target : `${target} (${unit})`} note={note} actions={choice}>
      {rows.error ? <ErrorNotice error={rows.error} /> : null}
      {rows.isLoading ? <Loading /> : null}
      {rows.data ? (
        <Suspense fallback={<Loading />}>
          <RowsPlot rows={rows.data} column={target} series={rowZoneOf(dataset.dataset_schema)} />
        </Suspense>
      ) : null}
    </Card>
  );
}

function AboutCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const { count, moment, row } = useFormats();
  const { dataset_schema: schema } = dataset;
  const series = rowZoneOf(schema);
  const provenance = Object.entries(dataset.provenance).map(([name, value]) => ({
    name,
    code: true,
    value: typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value),
  }));
  return (
    <Card title={t("datasets.about")}>
      <Facts
        facts={[
          ...(schema.kind === "images"
            ? [{ name: t("vision.pictures"), value: count(dataset.rows) }]
            : [
                { name: t("datasets.rows"), value: count(dataset.rows) },
                { name: t("datasets.start"), value: row(dataset.start, series) },
                { name: t("datasets.end"), value: row(dataset.end, series) },
                { name: t("datasets.frequency"), value: schema.frequency ?? "–" },
                { name: t("datasets.season"), value: count(schema.season) },
                { name: t("datasets.timezone"), value: schema.timezone },
                ...(schema.series ? [{ name: t("datasets.series"), value: `${schema.series}: ${count(schema.series_names?.length ?? 0)}` }] : []),
                { name: t("datasets.features"), value: schema.features?.join(", ") || "–" },
              ]),
          { name: t("details.fingerprint"), value: <Hash value={dataset.fingerprint} /> },
          { name: t("datasets.fileHash"), value: <Hash value={dataset.file_sha256} /> },
          { name: t("datasets.source"), value: dataset.source },
          { name: t("datasets.created"), value: moment(dataset.created_at) },
        ]}
      />
      {provenance.length > 0 ? (
        <>
          <h3 className={css["sub"]}>{t("datasets.provenance")}</h3>
          <Facts facts={provenance} long />
        </>
      ) : null}
    </Card>
  );
}
