import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { get, part } from "../../api/client";
import { Problem } from "../../api/problem";
import type { RunDetail } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import text from "../../ui/Content.module.css";
import { Facts, Hash } from "../../ui/Facts";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { Table } from "../../ui/Table";
import { runQuery } from "../api";
import { DetailsCard } from "../DetailsCard";
import { NeedsCard } from "../NeedsCard";
import { differencesOf, settingsOf } from "./settings";

const SHOWN = 60;

/** Config with the differences from the copied run, the data, and what reproduces the run. */
export function ConfigTab({ run }: { run: RunDetail }) {
  return (
    <>
      <SettingsCard run={run} />
      <DataCard run={run} />
      <NeedsCard run={run} />
      <DetailsCard run={run} />
    </>
  );
}

function SettingsCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { count, input } = useFormats();
  const paths = usePaths();
  const [search, setSearch] = useState("");
  const [whole, setWhole] = useState(false);
  const parent = useQuery({ ...runQuery(run.parent?.id ?? ""), enabled: run.parent !== null });
  const shownValue = (value: unknown): string => {
    if (value === undefined) return t("runConfig.notNamed");
    if (value === null) return "–";
    if (typeof value === "number") return input(value);
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const settings = settingsOf(run);
  const changed = parent.data ? differencesOf(settings, settingsOf(parent.data)) : new Map<string, unknown>();
  const names = [...new Set([...Object.keys(settings), ...changed.keys()])].filter((name) => name.toLowerCase().includes(search.trim().toLowerCase()));
  const ordered = [...names.filter((name) => changed.has(name)), ...names.filter((name) => !changed.has(name))];
  const shown = whole ? ordered : ordered.slice(0, SHOWN);
  return (
    <Card
      title={t("runConfig.config")}
      note={
        run.parent ? (
          <span data-testid="parent">
            {t("runConfig.parent")} <Link href={paths.run(run.parent.id)}>{run.parent.name}</Link>
            {parent.data ? `. ${changed.size === 0 ? t("runConfig.same") : t("runConfig.changed", { count: changed.size, shown: count(changed.size) })}` : ""}
          </span>
        ) : undefined
      }
      testId="settings"
    >
      {parent.error ? <ErrorNotice error={parent.error} /> : null}
      {Object.keys(settings).length > 20 ? <TextField label={t("runConfig.search")} value={search} onChange={setSearch} /> : null}
      {ordered.length === 0 ? (
        <p className={text["soft"]}>{t("details.noConfig")}</p>
      ) : (
        <Table caption={t("runConfig.config")}>
          <thead>
            <tr>
              <th scope="col">{t("runConfig.setting")}</th>
              <th scope="col">{t("runConfig.value")}</th>
              {changed.size > 0 ? <th scope="col">{t("runConfig.before")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {shown.map((name) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code> {changed.has(name) ? <Badge tone="ember">{t("runConfig.differs")}</Badge> : null}
                </th>
                <td dir="auto">{shownValue(settings[name])}</td>
                {changed.size > 0 ? <td dir="auto">{changed.has(name) ? shownValue(changed.get(name)) : ""}</td> : null}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {shown.length < ordered.length ? <Button onPress={() => setWhole(true)}>{t("runConfig.more", { shown: count(ordered.length) })}</Button> : null}
    </Card>
  );
}

function DataCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const name = run.dataset_name;
  const gone = useQuery({
    queryKey: ["dataset", "exists", run.dataset_id ?? name],
    queryFn: async ({ signal }) => {
      try {
        await get(`/datasets/${part(run.dataset_id ?? name ?? "")}`, {}, signal);
        return false;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return true;
        throw error;
      }
    },
    enabled: name !== null,
  }).data;
  if (name === null) return null;
  return (
    <Card title={t("runConfig.data")}>
      {gone ? <Notice tone="ember">{t("runConfig.datasetGone", { name })}</Notice> : null}
      <Facts
        facts={[
          { name: t("runConfig.dataset"), value: gone ? name : <Link href={paths.dataset(name)}>{name}</Link> },
          { name: t("runConfig.version"), value: count(run.dataset_version) },
          { name: t("details.fingerprint"), value: <Hash value={run.dataset_fingerprint} length={24} /> },
        ]}
      />
    </Card>
  );
}
