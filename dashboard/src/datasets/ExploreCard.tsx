import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { DatasetProfile, DatasetVersion } from "../api/types";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Facts } from "../ui/Facts";
import { ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { Tabs } from "../ui/Tabs";
import { differenceQuery, profileQuery, tableQuery } from "./api";
import css from "./Datasets.module.css";
import { SameImages } from "./SameImages";

const PAGE = 50;

interface Shown {
  dataset: DatasetVersion;
}

/** Rows, statistics and changes of a version, in tabs. */
export function ExploreCard({ dataset, numbers }: Shown & { numbers: readonly number[] }) {
  const { t } = useTranslation();
  const others = numbers.filter((number) => number !== dataset.version).sort((one, other) => other - one);
  const isSeries = dataset.dataset_schema.time != null;
  return (
    <Card title={t("explore.title")}>
      <Tabs
        label={t("explore.title")}
        tabs={[
          { id: "rows", title: t("explore.table"), content: () => <Rows dataset={dataset} /> },
          { id: "profile", title: t(isSeries ? "explore.profile" : "explore.same"), content: () => <Profile dataset={dataset} /> },
          ...(others.length > 0 ? [{ id: "changes", title: t("explore.difference"), content: () => <Difference dataset={dataset} others={others} /> }] : []),
        ]}
      />
    </Card>
  );
}

function Rows({ dataset }: Shown) {
  const { t } = useTranslation();
  const { count, number, row } = useFormats();
  const [offset, setOffset] = useState(0);
  const page = useQuery({ ...tableQuery(dataset.id, dataset.version, offset, PAGE), placeholderData: (previous) => previous });
  if (page.error) return <ErrorNotice error={page.error} />;
  if (page.data === undefined) return <Loading />;
  const { columns, rows, total } = page.data;
  const { time } = dataset.dataset_schema;
  const isNumber = columns.map((_, column) => rows.some((cells) => typeof cells[column] === "number"));
  return (
    <>
      <Table caption={t("explore.table")} testId="dataset-table">
        <thead>
          <tr>
            {columns.map((name, column) => (
              <th key={name} scope="col" className={isNumber[column] ? tableCss["number"] : undefined} dir="auto">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, place) => (
            <tr key={place}>
              {cells.map((cell, column) => (
                <td key={column} className={isNumber[column] ? tableCss["number"] : undefined} dir="auto">
                  {cell === null ? "–" : typeof cell === "number" ? number(cell) : columns[column] === time ? row(cell, rowZoneOf(dataset.dataset_schema)) : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      <div className={css["pager"]}>
        <Button small disabled={offset === 0} onPress={() => setOffset(Math.max(0, offset - PAGE))}>
          {t("explore.previous")}
        </Button>
        <Button small disabled={offset + PAGE >= total} onPress={() => setOffset(offset + PAGE)}>
          {t("explore.next")}
        </Button>
        <span role="status">{t("explore.shown", { first: count(offset + 1), last: count(Math.min(offset + PAGE, total)), total: count(total) })}</span>
      </div>
    </>
  );
}

function Profile({ dataset }: Shown) {
  const profile = useQuery(profileQuery(dataset.id, dataset.version));
  if (profile.error) return <ErrorNotice error={profile.error} />;
  if (profile.data === undefined) return <Loading />;
  return profile.data.columns.length > 0 ? <ColumnTable profile={profile.data} dataset={dataset} /> : <SameImages found={profile.data} />;
}

function ColumnTable({ profile, dataset }: Shown & { profile: DatasetProfile }) {
  const { t } = useTranslation();
  const { count, number, row } = useFormats();
  const zone = rowZoneOf(dataset.dataset_schema);
  return (
    <>
      <Table caption={t("explore.profile")} testId="dataset-profile">
        <thead>
          <tr>
            <th scope="col">{t("preview.column")}</th>
            <th scope="col">{t("preview.missing")}</th>
            <th scope="col">{t("explore.mean")}</th>
            <th scope="col">{t("explore.deviation")}</th>
            <th scope="col">{t("preview.lowest")}</th>
            <th scope="col">{t("explore.quartiles")}</th>
            <th scope="col">{t("preview.highest")}</th>
            <th scope="col">{t("explore.distribution")}</th>
          </tr>
        </thead>
        <tbody>
          {profile.columns.map((column) => (
            <tr key={column.name}>
              <td dir="auto">{column.name}</td>
              <td className={tableCss["number"]}>{count(column.missing)}</td>
              {[column.mean, column.deviation, column.lowest].map((value, place) => (
                <td key={place} className={tableCss["number"]}>
                  {number(value)}
                </td>
              ))}
              <td className={tableCss["number"]}>{[column.lower_quartile, column.median, column.upper_quartile].map((value) => number(value)).join(" · ")}</td>
              <td className={tableCss["number"]}>{number(column.highest)}</td>
              <td>{column.histogram ? <Bars counts={column.histogram.counts} label={t("explore.histogram", { column: column.name, lowest: number(column.lowest), highest: number(column.highest) })} /> : "–"}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      {profile.column_count > profile.columns.length ? <p className={css["soft"]}>{t("explore.firstColumns", { shown: count(profile.columns.length), total: count(profile.column_count) })}</p> : null}
      <p>{profile.gaps === 0 ? t("explore.noGaps") : t("explore.gaps", { count: profile.gaps, shown: count(profile.gaps) })}</p>
      <ul>
        {profile.longest_gaps.map((gap) => (
          <li key={`${gap.series ?? ""} ${gap.after}`}>
            {gap.series === null ? null : <>{gap.series}: </>}
            {row(gap.after, zone)} – {row(gap.before, zone)}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A small histogram. */
function Bars({ counts, label }: { counts: readonly number[]; label: string }) {
  const most = Math.max(...counts, 1);
  return (
    <svg className={css["bars"]} viewBox={`0 0 ${String(counts.length)} 20`} preserveAspectRatio="none" role="img" aria-label={label}>
      {counts.map((value, place) => (
        <rect key={place} x={place + 0.05} width={0.9} y={20 - (20 * value) / most} height={(20 * value) / most} />
      ))}
    </svg>
  );
}

function Difference({ dataset, others }: Shown & { others: readonly number[] }) {
  const { t } = useTranslation();
  const { count, number } = useFormats();
  const [before, setBefore] = useState(others.find((one) => one < dataset.version) ?? others[0] ?? 1);
  const found = useQuery(differenceQuery(dataset.id, dataset.version, before));
  const shown = (value: unknown) => (value === null || value === undefined ? "–" : typeof value === "number" ? number(value) : typeof value === "string" ? value : JSON.stringify(value));
  return (
    <>
      <label className={css["versions"]}>
        {t("explore.compareWith")}
        <select value={before} onChange={(event) => setBefore(Number(event.target.value))}>
          {others.map((version) => (
            <option key={version}>{version}</option>
          ))}
        </select>
      </label>
      {found.error ? <ErrorNotice error={found.error} /> : null}
      {found.isLoading ? <Loading /> : null}
      {found.data ? (
        <>
          <Facts
            facts={[
              { name: t("explore.added"), value: count(found.data.rows_added) },
              { name: t("explore.removed"), value: count(found.data.rows_removed) },
              { name: t("explore.changed"), value: count(found.data.rows_changed) },
              { name: t("explore.equal"), value: count(found.data.rows_equal) },
              ...(found.data.columns_added.length > 0 ? [{ name: t("explore.newColumns"), value: found.data.columns_added.join(", ") }] : []),
              ...(found.data.columns_removed.length > 0 ? [{ name: t("explore.goneColumns"), value: found.data.columns_removed.join(", ") }] : []),
            ]}
          />
          {found.data.changes.length + found.data.settings.length > 0 ? (
            <Table caption={t("explore.firstChanges")} testId="dataset-changes">
              <thead>
                <tr>
                  <th scope="col">{t("explore.place")}</th>
                  <th scope="col">{t("preview.column")}</th>
                  <th scope="col">{t("explore.before", { version: found.data.before })}</th>
                  <th scope="col">{t("explore.before", { version: found.data.after })}</th>
                </tr>
              </thead>
              <tbody>
                {found.data.settings.map((setting) => (
                  <tr key={setting.name}>
                    <td>{t("explore.setting")}</td>
                    <td>{setting.name}</td>
                    <td>{shown(setting.before)}</td>
                    <td>{shown(setting.after)}</td>
                  </tr>
                ))}
                {found.data.changes.map((change) => (
                  <tr key={`${change.series ?? ""} ${change.at} ${change.column}`}>
                    <td dir="auto">{change.series === null ? change.at : `${change.series} · ${change.at}`}</td>
                    <td dir="auto">{change.column}</td>
                    <td className={tableCss["number"]}>{shown(change.before)}</td>
                    <td className={tableCss["number"]}>{shown(change.after)}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          ) : null}
        </>
      ) : null}
    </>
  );
}
