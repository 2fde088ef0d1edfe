import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { Learner } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Button } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { learnerPages } from "./api";
import css from "./Learners.module.css";
import { LearnerState } from "./LearnerState";
import { NewLearnerForm } from "./NewLearnerForm";
import { targetInWords } from "./target";

/** Learners with their states; the list is read again every few seconds. */
export default function LearnersPage() {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [adding, setAdding] = useState(false);
  const learners = useInfiniteQuery(learnerPages);
  useTitle(t("learners.title"));
  return (
    <div className={css["page"]} data-testid="learners-list">
      <PageHead title={t("learners.title")} note={t("learners.note")}>
        {mayWrite(session) ? (
          <Button look="primary" onPress={() => setAdding(true)} testId="new-learner">
            <Icon name="plus" />
            {t("learners.new")}
          </Button>
        ) : null}
      </PageHead>
      <Card>
        {learners.error ? <ErrorNotice error={learners.error} /> : null}
        {learners.isLoading ? <Loading /> : null}
        {learners.data?.length === 0 ? (
          <Empty title={t("learners.none")}>
            <p>{t("learners.noneNext")}</p>
          </Empty>
        ) : null}
        {learners.data && learners.data.length > 0 ? <LearnerTable learners={learners.data} /> : null}
        <More list={learners} />
      </Card>
      <Dialog title={t("learners.new")} open={adding} onClose={() => setAdding(false)}>
        <NewLearnerForm
          onClose={() => setAdding(false)}
          onMade={(learner) => {
            setAdding(false);
            navigate(paths.learner(learner.name));
          }}
        />
      </Dialog>
    </div>
  );
}

function LearnerTable({ learners }: { learners: readonly Learner[] }) {
  const { t, i18n } = useTranslation();
  const { count, moment } = useFormats();
  const paths = usePaths();
  return (
    <Table caption={t("learners.title")}>
      <thead>
        <tr>
          <th scope="col">{t("learners.name")}</th>
          <th scope="col">{t("learners.state")}</th>
          <th scope="col">{t("learners.feed")}</th>
          <th scope="col">{t("learners.target")}</th>
          <th scope="col">{t("learners.plugin")}</th>
          <th scope="col" className={tableCss["number"]}>{t("learners.behind")}</th>
          <th scope="col" className={tableCss["number"]}>{t("learners.outcomes")}</th>
          <th scope="col">{t("learners.at")}</th>
        </tr>
      </thead>
      <tbody>
        {learners.map((learner) => (
          <tr key={learner.id}>
            <th scope="row">
              <Link href={paths.learner(learner.name)}>{learner.name}</Link>
            </th>
            <td>
              <LearnerState state={learner.state} />
              {learner.problem ? <span className={css["reason"]}>{inLanguage(learner.problem, i18n.language)}</span> : null}
            </td>
            <td>
              <Link href={paths.feed(learner.feed)}>{learner.feed}</Link>
            </td>
            <td>{targetInWords(learner.plan.target, t)}</td>
            <td className={tableCss["soft"]}>{learner.plugin}</td>
            <td className={tableCss["number"]}>{count(learner.lag_rows)}</td>
            <td className={tableCss["number"]}>{count(learner.outcomes)}</td>
            <td className={tableCss["nowrap"]}>{learner.at ? moment(learner.at) : "–"}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
