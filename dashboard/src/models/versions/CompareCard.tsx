import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { ModelDetail, ModelVersion } from "../../api/types";
import { PairResult } from "../../comparison/PairResult";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { evaluationQuery } from "../../runs/api";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Hash } from "../../ui/Facts";
import { CheckField, SelectField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { Table, tableCss } from "../../ui/Table";
import { versionQuery } from "../api";
import { comparedSettings } from "./compared";
import { ScoresTable } from "./ScoresTable";
import css from "./Versions.module.css";

interface CompareProps {
  model: ModelDetail;
  versions: readonly ModelVersion[];
  a: number;
  b: number;
  onChoose: (a: number | null, b: number | null) => void;
}

/** Two versions side by side: scores beside baselines, settings, data and origin. */
export function CompareCard({ model, versions, a, b, onChoose }: CompareProps) {
  const { t } = useTranslation();
  const one = useQuery(versionQuery(model.name, a));
  const two = useQuery(versionQuery(model.name, b));
  const numbers = [...new Set([...versions.map(({ version }) => version), a, b])].sort((x, y) => y - x);
  const options = numbers.map((version) => ({ value: String(version), label: version === model.champion ? `v${String(version)} (${t("models.champion")})` : `v${String(version)}` }));
  const error = one.error ?? two.error;
  return (
    <Card title={t("compareVersions.title")} note={t("compareVersions.note")} testId="compare-versions">
      <div className={css["choices"]}>
        <SelectField label={t("compareVersions.first")} value={String(a)} onChange={(value) => onChoose(Number(value), b)} options={options} testId="compare-a" />
        <SelectField label={t("compareVersions.second")} value={String(b)} onChange={(value) => onChoose(a, Number(value))} options={options} testId="compare-b" />
        <Button onPress={() => onChoose(b, a)}>{t("compareVersions.swap")}</Button>
      </div>
      {error ? <ErrorNotice error={error} /> : null}
      {one.isLoading || two.isLoading ? <Skeleton lines={6} /> : null}
      {one.data && two.data ? <Sides one={one.data} two={two.data} /> : null}
    </Card>
  );
}

function Sides({ one, two }: { one: ModelVersion; two: ModelVersion }) {
  const { t } = useTranslation();
  if (one.version === two.version) return <p className={css["soft"]}>{t("compareVersions.same")}</p>;
  return (
    <>
      <h3 className={css["part"]}>{t("compareVersions.scores")}</h3>
      <ScoresTable versions={[one, two]} />
      <Proof one={one} two={two} />
      <Settings one={one} two={two} />
      <h3 className={css["part"]}>{t("compareVersions.origin")}</h3>
      <Origin one={one} two={two} />
    </>
  );
}

/** Whether one is better beyond chance: known only if both were the candidates of their runs, on the same rows. */
function Proof({ one, two }: { one: ModelVersion; two: ModelVersion }) {
  const { t } = useTranslation();
  const first = useQuery(evaluationQuery(one.run_id ?? "", one.run_id !== null));
  const second = useQuery(evaluationQuery(two.run_id ?? "", two.run_id !== null));
  if (first.isLoading || second.isLoading) return <Skeleton lines={1} />;
  const own = (version: ModelVersion, evaluation: typeof first.data) => evaluation?.evaluation.contenders.some(({ role, name }) => role === "candidate" && name === version.plugin) ?? false;
  if (one.run_id === null || two.run_id === null || one.run_id === two.run_id || !own(one, first.data) || !own(two, second.data)) return <p className={css["soft"]}>{t("compareVersions.noProof")}</p>;
  return <PairResult a={one.run_id} b={two.run_id} names={[`v${String(one.version)}`, `v${String(two.version)}`]} />;
}

function Settings({ one, two }: { one: ModelVersion; two: ModelVersion }) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const [all, setAll] = useState(false);
  const lines = comparedSettings({ plugin: one.plugin, seed: one.seed, ...one.config }, { plugin: two.plugin, seed: two.seed, ...two.config });
  const shown = all ? lines : lines.filter(({ differs }) => differs);
  const say = (value: unknown): string => {
    if (value === null || value === undefined) return "–";
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
    if (typeof value === "number") return input(value);
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return (
    <>
      <h3 className={css["part"]}>{t("compareVersions.settings")}</h3>
      <CheckField label={t("compareVersions.all", { count: lines.length })} checked={all} onChange={setAll} />
      {shown.length === 0 ? <p className={css["soft"]}>{t("compareVersions.sameSettings")}</p> : null}
      {shown.length > 0 ? (
        <SidesTable caption={t("compareVersions.settings")} one={one} two={two} lines={shown.map(({ name, values, differs }) => ({ name: <code>{name}</code>, key: name, cells: [say(values[0]), say(values[1])], differs }))} testId="version-settings" />
      ) : null}
    </>
  );
}

function Origin({ one, two }: { one: ModelVersion; two: ModelVersion }) {
  const { t } = useTranslation();
  const { bytes, count, moment } = useFormats();
  const paths = usePaths();
  const line = (key: string, name: string, of: (version: ModelVersion) => unknown, show: (version: ModelVersion) => ReactNode) => ({ key, name, cells: [show(one), show(two)], differs: JSON.stringify(of(one)) !== JSON.stringify(of(two)) });
  const rows = ({ learned_from: rows }: ModelVersion) => rows.rows;
  const lines = [
    line("data", t("compareVersions.data"), (v) => [v.dataset_id, v.dataset_version], (v) => (v.dataset_id === null ? "–" : <Link href={paths.dataset(v.dataset_id)}>{t("compareVersions.dataVersion", { version: v.dataset_version ?? "–" })}</Link>)),
    line("fingerprint", t("compareVersions.fingerprint"), (v) => v.dataset_fingerprint, (v) => <Hash value={v.dataset_fingerprint} />),
    line("rows", t("compareVersions.rows"), rows, (v) => count(rows(v))),
    line("until", t("compareVersions.until"), (v) => v.learned_from.end, (v) => (v.learned_from.end === null ? "–" : moment(v.learned_from.end))),
    line("run", t("models.run"), (v) => v.run_id, (v) => (v.run_id === null ? t("life.imported") : <Link href={paths.run(v.run_id)}><Hash value={v.run_id} length={8} /></Link>)),
    line("parent", t("compareVersions.parent"), (v) => v.parent_version, (v) => (v.parent_version === null ? "–" : `v${String(v.parent_version)}`)),
    line("code", t("compareVersions.code"), (v) => v.code_version, (v) => v.code_version),
    line("plugin", t("compareVersions.pluginVersion"), (v) => v.plugin_version, (v) => v.plugin_version ?? "–"),
    line("content", t("models.content"), (v) => v.content_hash, (v) => <Hash value={v.content_hash} />),
    line("weights", t("compareVersions.weights"), (v) => v.weights_sha256 ?? v.version, (v) => <Hash value={v.weights_sha256} />),
    line("size", t("models.size"), (v) => v.bytes, (v) => bytes(v.bytes)),
    line("created", t("models.created"), (v) => v.created_at, (v) => moment(v.created_at)),
  ];
  return <SidesTable caption={t("compareVersions.origin")} one={one} two={two} lines={lines} testId="version-origin" />;
}

interface SideLine {
  key: string;
  name: ReactNode;
  cells: readonly ReactNode[];
  differs: boolean;
}

function SidesTable({ caption, one, two, lines, testId }: { caption: string; one: ModelVersion; two: ModelVersion; lines: readonly SideLine[]; testId: string }) {
  const { t } = useTranslation();
  return (
    <Table caption={caption} testId={testId}>
      <thead>
        <tr>
          <th scope="col">{t("compareVersions.field")}</th>
          <th scope="col">v{one.version}</th>
          <th scope="col">v{two.version}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ key, name, cells, differs }) => (
          <tr key={key} className={differs ? tableCss["marked"] : undefined}>
            <th scope="row">
              {name}
              {differs ? (
                <span title={t("compareVersions.differs")}>
                  {" "}
                  <span aria-hidden="true">≠</span>
                  <span className="visually-hidden">{t("compareVersions.differs")}</span>
                </span>
              ) : null}
            </th>
            {cells.map((cell, index) => (
              <td key={index} dir="auto">{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
