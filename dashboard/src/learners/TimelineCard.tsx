import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Learner } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, useSession } from "../projects/session";
import { Badge, type BadgeTone } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { Choice } from "../ui/forms/Choice";
import { timelineQuery } from "./api";
import { CopyButton } from "./CopyButton";
import { entriesOf, shownOf, SHOWN, type EntryKind, type Shown } from "./timeline";

const TONES: Record<EntryKind, BadgeTone> = { state: "quiet", archive: "azure", command: "good", drift: "ember", low_accuracy: "ember", environment: "ember", response: "good", absence: "ember", request: "azure", metrics: "quiet", note: "quiet", other: "quiet" };

const FIRST = 15;

/** Saved states, archives, drift and other notices, and commands, newest first. */
export function TimelineCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const { bytes, count, moment } = useFormats();
  const timeline = useQuery(timelineQuery(learner));
  const [all, setAll] = useState(false);
  const [shown, setShown] = useState<Shown>("all");
  const copies = mayWrite(useSession());
  const entries = timeline.data ? shownOf(entriesOf(timeline.data), shown) : [];
  const choice = (
    <Choice
      label={t("learners.shownEntries")}
      value={shown}
      onChange={(value) => setShown(SHOWN.find((one) => one === value) ?? "all")}
      options={SHOWN.map((value) => ({ value, label: t(`learners.shown.${value}`) }))}
      testId="timeline-shown"
    />
  );
  return (
    <Card title={t("learners.timeline")} note={t("learners.timelineNote")} actions={choice}>
      {timeline.error ? <ErrorNotice error={timeline.error} /> : null}
      {timeline.isLoading ? <Loading /> : null}
      {timeline.data && entries.length === 0 ? <Empty title={t("learners.noEntries")} /> : null}
      {entries.length > 0 ? (
        <Table caption={t("learners.timeline")}>
          <thead>
            <tr>
              <th scope="col">{t("learners.entry")}</th>
              <th scope="col" className={tableCss["number"]}>{t("learners.row")}</th>
              <th scope="col">{t("learners.time")}</th>
              <th scope="col">{t("learners.content")}</th>
              {copies ? (
                <th scope="col">
                  <span className="visually-hidden">{t("learners.copy")}</span>
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {(all ? entries : entries.slice(0, FIRST)).map((one) => (
              <tr key={one.id}>
                <td>
                  <Badge tone={TONES[one.kind]}>{t(`learners.entries.${one.kind}`)}</Badge>
                </td>
                <td className={tableCss["number"]}>{one.seq === null ? t("learners.waits") : count(one.seq)}</td>
                <td className={tableCss["nowrap"]}>{moment(one.at)}</td>
                <td>{one.size === null ? one.text : bytes(one.size)}</td>
                {copies ? <td className={tableCss["number"]}>{one.size === null || one.seq === null ? null : <CopyButton id={learner.id} name={learner.name} seq={one.seq} />}</td> : null}
              </tr>
            ))}
          </tbody>
        </Table>
      ) : null}
      {entries.length > FIRST && !all ? <Button onPress={() => setAll(true)}>{t("common.more")}</Button> : null}
    </Card>
  );
}
