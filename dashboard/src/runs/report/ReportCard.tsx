import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { address, part } from "../../api/client";
import { Problem } from "../../api/problem";
import type { RunDetail } from "../../api/types";
import { Card } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import page from "../RunPage.module.css";
import css from "./Drawing.module.css";

const FORMATS = { html: "HTML", pdf: "PDF", md: "Markdown" };

/** The run's report: read here, or taken along as one file. It is written when it is first asked for. */
export function ReportCard({ run }: { run: RunDetail }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const language = i18n.language.startsWith("tr") ? "tr" : "en";
  const place = (format: string) => address(`/runs/${part(run.id)}/report`, { format, language });
  const report = useQuery({
    queryKey: ["run", run.id, "report", language, run.finished_at],
    queryFn: async ({ signal }) => {
      const answer = await fetch(place("html"), { credentials: "same-origin", signal });
      if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
      return answer.text();
    },
    enabled: open,
    staleTime: 60_000,
  });
  return (
    <Card title={t("report.title")} note={t("report.note")} testId="report">
      <p>
        {Object.entries(FORMATS).map(([format, name]) => (
          <span key={format}>
            <a href={place(format)} download>
              {name}
            </a>{" "}
          </span>
        ))}
      </p>
      <details className={page["disclosure"]} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t("report.read")}</summary>
        {report.error ? <ErrorNotice error={report.error} /> : null}
        {open && report.isLoading ? <Loading /> : null}
        {/* No script runs in it, whatever a name may hold. */}
        {report.data ? <iframe className={css["report"]} sandbox="" srcDoc={report.data} title={t("report.title")} /> : null}
      </details>
    </Card>
  );
}
