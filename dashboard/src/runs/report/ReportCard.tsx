import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { address, part, readText } from "../../api/client";
import type { RunDetail } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { useSession } from "../../projects/session";
import { Card } from "../../ui/Card";
import text from "../../ui/Content.module.css";
import { ErrorNotice, Loading, Notice } from "../../ui/Notice";
import css from "./Report.module.css";
import { problemQuery, writtenQuery } from "./written";

const FORMATS = { html: "HTML", pdf: "PDF", md: "Markdown" };

/** The run's report, read here or downloaded as one file. It is written when the run ends. */
export function ReportCard({ run }: { run: RunDetail }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const language = i18n.language.startsWith("tr") ? "tr" : "en";
  const { slug } = useSession();
  const place = (format: string) => address(`/runs/${part(run.id)}/report`, { project: slug, format, language });
  const report = useQuery({
    queryKey: ["run", run.id, "report", language, run.finished_at],
    queryFn: ({ signal }) => readText(place("html"), signal),
    enabled: open,
    staleTime: 60_000,
  });
  return (
    <Card title={t("report.title")} note={t("report.note")} testId="report">
      <Writing run={run} />
      <p>
        {Object.entries(FORMATS).map(([format, name]) => (
          <span key={format}>
            <a href={place(format)} download>
              {name}
            </a>{" "}
          </span>
        ))}
      </p>
      <details className={text["disclosure"]} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t("report.read")}</summary>
        {report.error ? <ErrorNotice error={report.error} /> : null}
        {open && report.isLoading ? <Loading /> : null}
        {/* The sandbox runs no scripts, whatever the report's names contain. */}
        {report.data ? <iframe className={css["report"]} sandbox="" srcDoc={report.data} title={t("report.title")} /> : null}
      </details>
    </Card>
  );
}

/** Whether the report was written at the end of the run, and otherwise why not. */
function Writing({ run }: { run: RunDetail }): ReactNode {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const written = useQuery(writtenQuery(run)).data;
  const reason = useQuery(problemQuery(run.id, written?.state === "failed")).data;
  if (run.kind === "trial") return <p className={text["soft"]}>{t("report.trial")}</p>;
  if (written?.state === "written") return <p className={text["soft"]}>{t("report.written", { at: moment(written.at) })}</p>;
  if (written?.state === "coming") return <p className={text["soft"]} role="status">{t("report.coming")}</p>;
  if (written?.state === "failed" && reason !== undefined) return <Notice tone="ember">{t("report.failed", { reason })}</Notice>;
  return null;
}
