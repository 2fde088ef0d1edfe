import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { ProjectSize } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { sizesQuery, useSetQuota } from "./api";
import { limitOf, MEGABYTE, readLimit } from "./limits";
import css from "../members/Members.module.css";

/** All projects of the platform with their sizes, and the quotas that administrators set. */
export function ProjectSizes() {
  const { t } = useTranslation();
  const { data, error } = useQuery(sizesQuery);
  return (
    <Card title={t("administration.projects")} note={t("administration.projectsNote")}>
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : <SizeTable projects={data} />}
    </Card>
  );
}

function SizeTable({ projects }: { projects: readonly ProjectSize[] }) {
  const { t } = useTranslation();
  const { number, bytes } = useFormats();
  const [asked, setAsked] = useState<ProjectSize | null>(null);
  const heads = ["members", "datasets", "rows", "stored", "runs", "activeRuns"] as const;
  const of = (used: number, limit: number | null | undefined, shown = number) => (limit === null || limit === undefined ? shown(used) : t("usage.of", { used: shown(used), limit: shown(limit) }));
  return (
    <>
      <Table caption={t("administration.projects")} testId="project-sizes">
        <thead>
          <tr>
            <th scope="col">{t("administration.project")}</th>
            <th scope="col">{t("administration.state")}</th>
            {heads.map((head) => (
              <th key={head} scope="col" className={tableCss["number"]}>
                {t(`usage.${head}`)}
              </th>
            ))}
            <th scope="col">
              <span className="visually-hidden">{t("administration.quota")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {projects.map((project) => (
            <tr key={project.slug}>
              <th scope="row">
                {project.name} <span className={tableCss["soft"]}>{project.slug}</span>
              </th>
              <td>{t(`administration.states.${project.state}`)}</td>
              <td className={tableCss["number"]}>{of(project.members, project.quota.members)}</td>
              <td className={tableCss["number"]}>{of(project.datasets, project.quota.datasets)}</td>
              <td className={tableCss["number"]}>{number(project.rows)}</td>
              <td className={tableCss["number"]}>{of(project.stored_bytes, project.quota.stored_bytes, bytes)}</td>
              <td className={tableCss["number"]}>{number(project.runs)}</td>
              <td className={tableCss["number"]}>{of(project.active_runs, project.quota.runs)}</td>
              <td className={tableCss["number"]}>
                <Button small onPress={() => setAsked(project)} testId={`quota-${project.slug}`}>
                  {t("administration.quota")}
                  <span className="visually-hidden"> {project.slug}</span>
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {asked === null ? null : <QuotaDialog project={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function QuotaDialog({ project, onClose }: { project: ProjectSize; onClose: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => ({
    stored_bytes: limitOf(project.quota.stored_bytes, MEGABYTE),
    runs: limitOf(project.quota.runs),
    datasets: limitOf(project.quota.datasets),
    members: limitOf(project.quota.members),
  }));
  const set = useSetQuota(onClose);
  const fields = [
    ["stored_bytes", t("administration.storedLimit")],
    ["runs", t("usage.activeRuns")],
    ["datasets", t("usage.datasets")],
    ["members", t("usage.members")],
  ] as const;
  const wrong = (field: keyof typeof typed) => (readLimit(typed[field], field === "stored_bytes" ? MEGABYTE : 1) === undefined ? t("administration.notLimit") : undefined);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const stored = readLimit(typed.stored_bytes, MEGABYTE);
    const [runs, datasets, members] = [readLimit(typed.runs), readLimit(typed.datasets), readLimit(typed.members)];
    if (stored === undefined || runs === undefined || datasets === undefined || members === undefined) return;
    set.mutate({ slug: project.slug, limits: { stored_bytes: stored, runs, datasets, members } });
  };
  return (
    <Dialog title={t("administration.quotaTitle", { name: project.name })} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <p>{t("administration.quotaText")}</p>
        {fields.map(([field, label]) => (
          <TextField key={field} label={label} value={typed[field]} onChange={(value) => setTyped({ ...typed, [field]: value })} name={field} mode="decimal" error={wrong(field)} testId={`limit-${field}`} />
        ))}
        {set.error ? <ErrorNotice error={set.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("administration.keep")}</Button>
          <Button type="submit" look="primary" pending={set.isPending} testId="set-quota">
            {t("administration.setQuota")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
