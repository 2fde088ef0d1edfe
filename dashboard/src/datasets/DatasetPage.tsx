import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearchParams } from "wouter";

import type { DatasetVersion } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Facts, Hash } from "../ui/Facts";
import { Loading } from "../ui/Notice";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { AddRowsCard } from "./AddRowsCard";
import { AvailabilityCard } from "./AvailabilityCard";
import { datasetQuery, datasetsQuery } from "./api";
import css from "./Datasets.module.css";
import { ExploreCard } from "./ExploreCard";
import { FindingList } from "./FindingList";
import { IncumbentFileCard } from "./IncumbentFileCard";
import { kindOf } from "./kinds";

/** Page of one dataset version: chart, findings and provenance. */
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
  if (dataset.data === undefined || isMissing(dataset.error)) return <PageProblem title={name} list={wanted === null ? { name: t("datasets.title"), to: paths.datasets } : { name, to: paths.dataset(name) }} error={dataset.error} />;
  const shown = dataset.data;
  const { Card: ContentCard, train } = kindOf(shown.dataset_schema);
  const numbers = known?.numbers ?? [];
  const versions = (numbers.includes(shown.version) ? [...numbers] : [...numbers, shown.version]).sort((one, other) => other - one);
  // A version can be deleted alone; its dataset is then still listed.
  const place = placeOf.dataset(shown.id, known === undefined ? null : shown.version);
  return (
    <div className={css["page"]}>
      <PageHead title={shown.name} crumbs={[{ name: t("datasets.title"), to: paths.datasets }]}>
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
              {train(t)}
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
      <Suspense fallback={<Loading />}>
        <ContentCard dataset={shown} />
      </Suspense>
      <Card title={t("datasets.findings")}>
        {shown.findings.length > 0 ? <FindingList findings={shown.findings} /> : <p className={css["soft"]}>{t("datasets.noFindings")}</p>}
      </Card>
      <ExploreCard key={`explore ${shown.id} ${String(shown.version)}`} dataset={shown} numbers={numbers} />
      <AddRowsCard key={shown.id} dataset={shown} />
      <IncumbentFileCard key={`incumbent ${shown.id}`} dataset={shown} />
      <AvailabilityCard key={shown.version} dataset={shown} />
      <AboutCard dataset={shown} />
    </div>
  );
}

function AboutCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const provenance = Object.entries(dataset.provenance).map(([name, value]) => ({
    name,
    code: true,
    value: typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value),
  }));
  return (
    <Card title={t("datasets.about")}>
      <Facts
        facts={[
          ...kindOf(dataset.dataset_schema).facts(dataset, { t, formats }),
          { name: t("details.fingerprint"), value: <Hash value={dataset.fingerprint} /> },
          { name: t("datasets.fileHash"), value: <Hash value={dataset.file_sha256} /> },
          { name: t("datasets.source"), value: dataset.source },
          { name: t("datasets.created"), value: formats.moment(dataset.created_at) },
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
