import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { LinkedRun, RunDetail } from "../api/types";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { Table } from "../ui/Table";
import { StateBadge } from "./StateBadge";

/** The runs that a run depends on, and the runs that depend on it. */
export function NeedsCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  if (run.depends_on.length === 0 && run.needed_by.length === 0) return null;
  const note = run.depends_on.length === 0 ? undefined : t(run.on_failure === "run" ? "needs.runsAnyway" : "needs.fallsWith");
  return (
    <Card title={t("needs.title")} note={note} testId="needs">
      <LinkedRuns title={t("needs.dependsOn")} runs={run.depends_on} />
      <LinkedRuns title={t("needs.neededBy")} runs={run.needed_by} />
    </Card>
  );
}

function LinkedRuns({ title, runs }: { title: string; runs: readonly LinkedRun[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (runs.length === 0) return null;
  return (
    <Table caption={title}>
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">{t("needs.state")}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map(({ id, name, state }) => (
          <tr key={id}>
            <td>
              <Link href={paths.run(id)}>{name}</Link>
            </td>
            <td>
              <StateBadge state={state} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
