import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../../language/useFormats";
import { mayWrite, usePaths, useSession } from "../../projects/session";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { isUnderWay, loopDemoQuery, useCancelDemo, useStartDemo, type LoopDemo } from "./api";
import css from "./LoopDemo.module.css";

const COMMAND = "azuraforge demo --loop";

/**
 * The demo of a model that keeps learning, started here and run by a process of the platform.
 *
 * `offered`: whether to show the card before the demo was started; a running demo is always shown.
 */
export function LoopDemoCard({ offered }: { offered: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const demo = useQuery(loopDemoQuery).data;
  const start = useStartDemo();
  const cancel = useCancelDemo();
  const [closed, setClosed] = useState<string | null>(null);
  if (demo === undefined) return null;
  const fresh = demo.state === "none" || demo.started_at === closed;
  if (fresh && !offered) return null;
  const underWay = isUnderWay(demo);
  const mayStart = demo.offered && mayWrite(session);
  const buttons = !mayStart ? null : underWay ? (
    <Button pending={cancel.isPending || demo.state === "cancelling"} onPress={() => cancel.mutate()} testId="demo-cancel">
      {t("loopDemo.cancel")}
    </Button>
  ) : (
    <>
      {fresh ? null : <Button onPress={() => setClosed(demo.started_at ?? null)}>{t("common.close")}</Button>}
      <Button look="primary" pending={start.isPending} onPress={() => start.mutate()} testId="demo-start">
        {t(fresh ? "loopDemo.start" : "loopDemo.again")}
      </Button>
    </>
  );
  return (
    <div className={css["demo"]}>
      <Card title={t("loopDemo.title")} actions={buttons} testId="loop-demo">
        <div className={css["body"]}>
          <p>{t("loopDemo.text")}</p>
          {start.error ? <ErrorNotice error={start.error} /> : null}
          {cancel.error ? <ErrorNotice error={cancel.error} /> : null}
          {fresh ? mayStart ? null : <Command /> : <Course demo={demo} />}
        </div>
      </Card>
    </div>
  );
}

/** Command that runs the demo in a terminal, for a platform with several processes. */
function Command() {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  // Missing without https, except on this machine; the text is then selected for manual copying.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return (
    <>
      <p>{t("loopDemo.inTerminal")}</p>
      <div className={css["command"]}>
        <code>{COMMAND}</code>
        {clipboard ? (
          <Button small onPress={() => void clipboard.writeText(COMMAND).then(() => setCopied(true))}>
            {t(copied ? "tokens.copied" : "tokens.copy")}
          </Button>
        ) : null}
      </div>
    </>
  );
}

function Course({ demo }: { demo: LoopDemo }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const { end, model, row, rows } = demo;
  return (
    <>
      <p role="status" data-testid="demo-state">
        {t(`loopDemo.state.${demo.state}`)}{" "}
        {isUnderWay(demo) && row != null ? t("loopDemo.row", { row: count(row), of: count(rows) }) : null}{" "}
        {model && demo.lines.length > 1 ? <Link href={paths.model(model)}>{t("loopDemo.model", { model })}</Link> : null}
      </p>
      <ol className={css["lines"]} data-testid="demo-lines">
        {demo.lines.map((line, index) => (
          <Step key={index} line={line} model={model ?? ""} />
        ))}
      </ol>
      {end?.error ? (
        <Notice tone="bad">
          <p>{end.error}</p>
          {end.next_step ? <p>{end.next_step}</p> : null}
        </Notice>
      ) : null}
      {end?.problems.map((problem) => (
        <Notice key={problem} tone="bad">
          {t(`loopDemo.problem.${problem}`)}
        </Notice>
      ))}
      {end && end.phases.length > 0 ? <Phases phases={end.phases} /> : null}
    </>
  );
}

function Step({ line, model }: { line: LoopDemo["lines"][number]; model: string }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const { event, row, version } = line;
  if (event === "connected" || event === "row") return null; // not steps of the demo; the platform leaves them out
  if (event !== "trained") return <li>{t(`loopDemo.line.${event}`, { model, row: count(row), of: count(line.of), more: count(line.more), runs: count(line.runs), version: version ?? "" })}</li>;
  return (
    <li>
      {t("loopDemo.line.trained", { row: count(row) })}{" "}
      {line.run_id ? (
        <Link href={paths.run(line.run_id)}>{line.decision ? t(`decisions.${line.decision as "kept"}`, { approved: line.approved ?? "–" }) : t("loopDemo.noVerdict")}</Link>
      ) : null}
    </li>
  );
}

function Phases({ phases }: { phases: NonNullable<LoopDemo["end"]>["phases"] }) {
  const { t } = useTranslation();
  const { count, fixed } = useFormats();
  return (
    <>
      <Table caption={t("loopDemo.table.caption")} testId="demo-table">
        <thead>
          <tr>
            <th scope="col">{t("loopDemo.table.stretch")}</th>
            {(["rows", "champion", "unchanged", "naive"] as const).map((name) => (
              <th key={name} scope="col" className={tableCss["number"]}>
                {t(`loopDemo.table.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {phases.map((phase) => (
            <tr key={phase.name}>
              <th scope="row">{t(`loopDemo.phase.${phase.name}`)}</th>
              <td className={tableCss["number"]}>{count(phase.rows)}</td>
              <td className={tableCss["number"]}>{fixed(phase.error, 2)}</td>
              <td className={tableCss["number"]}>{fixed(phase.unchanged_error, 2)}</td>
              <td className={tableCss["number"]}>{fixed(phase.naive_error, 2)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css["soft"]}>{t("loopDemo.table.caption")}</p>
    </>
  );
}
